use store::{Db, InvitationId, Micros, OrgId, Result, Tx, on_reader, on_tx};

use crate::{Invitation, PageRequest};

pub(crate) async fn insert(tx: &mut Tx, invitation: &Invitation) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO invitations (id, org_id, email, role, team_id, invited_by, sent_at, expires_at,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(invitation.id)
    .bind(invitation.org_id)
    .bind(&invitation.email)
    .bind(invitation.role)
    .bind(invitation.team_id)
    .bind(&invitation.invited_by)
    .bind(invitation.sent_at)
    .bind(invitation.expires_at)
    .bind(invitation.created_at)
    .bind(invitation.updated_at))?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, invitation: &Invitation) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE invitations SET sent_at = $3, expires_at = $4, accepted_at = $5, revoked_at = $6,
             updated_at = $7
         WHERE id = $1 AND org_id = $2",
    )
    .bind(invitation.id)
    .bind(invitation.org_id)
    .bind(invitation.sent_at)
    .bind(invitation.expires_at)
    .bind(invitation.accepted_at)
    .bind(invitation.revoked_at)
    .bind(invitation.updated_at))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId, id: InvitationId) -> Result<Option<Invitation>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, email, role, team_id, invited_by, sent_at, expires_at, accepted_at,
             revoked_at, created_at, updated_at
         FROM invitations WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_in(
    tx: &mut Tx,
    org: OrgId,
    id: InvitationId,
) -> Result<Option<Invitation>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, email, role, team_id, invited_by, sent_at, expires_at, accepted_at,
             revoked_at, created_at, updated_at
         FROM invitations WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

/// The invitation of this address that was neither accepted nor taken back.
pub(crate) async fn open_of_in(tx: &mut Tx, org: OrgId, email: &str) -> Result<Option<Invitation>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, email, role, team_id, invited_by, sent_at, expires_at, accepted_at,
             revoked_at, created_at, updated_at
         FROM invitations
         WHERE org_id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL",
    ).bind(org).bind(email).fetch_optional(c).await)
}

/// Invitations that can be accepted now.
pub(crate) async fn count_open_in(tx: &mut Tx, org: OrgId, now: Micros) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM invitations
         WHERE org_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
    ).bind(org).bind(now).fetch_one(c).await)
}

/// Whether anybody invited this address and waits for its answer. The person asks, of all tenants.
pub(crate) async fn is_invited(tx: &mut Tx, email: &str, now: Micros) -> Result<bool> {
    let open: i64 = on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM invitations
         WHERE email = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
    ).bind(email).bind(now).fetch_one(c).await)?;
    Ok(open > 0)
}

pub(crate) async fn list(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<Invitation>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, email, role, team_id, invited_by, sent_at, expires_at, accepted_at,
             revoked_at, created_at, updated_at
         FROM invitations WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    ).bind(org).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}
