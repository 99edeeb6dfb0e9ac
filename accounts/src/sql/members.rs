use serde::Serialize;
use store::{Db, Micros, OrgId, Result, TeamId, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::{PageRequest, Role};

row! {
    /// A person as a member of an organization.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Member {
        /// The person's id.
        pub id: UserId,
        /// Lowercased; unique in the whole instance.
        pub email: String,
        /// For people.
        pub name: String,
        /// What the person may do in the organization.
        pub role: Role,
        /// Since when.
        pub joined_at: Micros,
    }

    /// What is kept in memory of a membership.
    #[derive(Debug, Clone)]
    pub(crate) struct LoadedMember {
        pub(crate) user_id: UserId,
        pub(crate) org_id: OrgId,
        pub(crate) role: Role,
        /// The team that the person joined first.
        pub(crate) team_id: Option<TeamId>,
        pub(crate) name: String,
        pub(crate) is_instance_owner: bool,
    }
}

/// The user with this address, made when there is none.
pub(crate) async fn ensure_user(
    tx: &mut Tx,
    fresh: UserId,
    email: &str,
    name: &str,
    now: Micros,
) -> Result<UserId> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (email) DO NOTHING",
    )
    .bind(fresh)
    .bind(email)
    .bind(name)
    .bind(now))?;
    on_tx!(tx, c => sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
        .bind(email)
        .fetch_one(c)
        .await)
}

pub(crate) async fn join(
    tx: &mut Tx,
    org: OrgId,
    user: UserId,
    role: Role,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO org_members (org_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(org)
    .bind(user)
    .bind(role)
    .bind(now))?;
    Ok(())
}

pub(crate) async fn set_role(tx: &mut Tx, org: OrgId, user: UserId, role: Role) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE org_members SET role = $3 WHERE org_id = $1 AND user_id = $2",
    )
    .bind(org)
    .bind(user)
    .bind(role))?;
    Ok(())
}

pub(crate) async fn leave(tx: &mut Tx, org: OrgId, user: UserId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM org_members WHERE org_id = $1 AND user_id = $2",
    )
    .bind(org)
    .bind(user))?;
    Ok(())
}

pub(crate) async fn get_in(tx: &mut Tx, org: OrgId, user: UserId) -> Result<Option<Member>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, m.role, m.joined_at
         FROM org_members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.user_id = $2",
    ).bind(org).bind(user).fetch_optional(c).await)
}

pub(crate) async fn get(db: &Db, org: OrgId, user: UserId) -> Result<Option<Member>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, m.role, m.joined_at
         FROM org_members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.user_id = $2",
    ).bind(org).bind(user).fetch_optional(c).await)
}

pub(crate) async fn list(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<Member>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, m.role, m.joined_at
         FROM org_members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.user_id < $2 ORDER BY m.user_id DESC LIMIT $3",
    )
    .bind(org)
    .bind(page.below())
    .bind(page.rows())
    .fetch_all(c)
    .await)
}

/// The memberships of all organizations.
pub(crate) async fn all(db: &Db) -> Result<Vec<LoadedMember>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT m.user_id, m.org_id, m.role, u.name, u.is_instance_owner,
             (SELECT t.team_id FROM team_members t
              WHERE t.org_id = m.org_id AND t.user_id = m.user_id
              ORDER BY t.added_at, t.team_id LIMIT 1) AS team_id
         FROM org_members m JOIN users u ON u.id = m.user_id",
    ).fetch_all(c).await)
}

/// How many members an organization has.
pub(crate) async fn count(db: &Db, org: OrgId) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar("SELECT count(*) FROM org_members WHERE org_id = $1")
        .bind(org)
        .fetch_one(c)
        .await)
}

pub(crate) async fn count_in(tx: &mut Tx, org: OrgId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar("SELECT count(*) FROM org_members WHERE org_id = $1")
        .bind(org)
        .fetch_one(c)
        .await)
}

/// How many owners an organization has.
pub(crate) async fn owners_in(tx: &mut Tx, org: OrgId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM org_members WHERE org_id = $1 AND role = 'owner'",
    )
    .bind(org)
    .fetch_one(c)
    .await)
}

/// The addresses of an organization's owners and admins.
pub(crate) async fn administrators(db: &Db, org: OrgId) -> Result<Vec<String>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT u.email FROM org_members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.role IN ('owner', 'admin') ORDER BY u.email",
    )
    .bind(org)
    .fetch_all(c)
    .await)
}

/// The person with this address as a member, if there is one.
pub(crate) async fn by_email_in(tx: &mut Tx, org: OrgId, email: &str) -> Result<Option<Member>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, m.role, m.joined_at
         FROM org_members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND u.email = $2",
    ).bind(org).bind(email).fetch_optional(c).await)
}
