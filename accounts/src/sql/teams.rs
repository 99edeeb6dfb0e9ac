use serde::Serialize;
use store::{Db, Micros, OrgId, Result, TeamId, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::PageRequest;

row! {
    /// A team.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Team {
        /// Id.
        pub id: TeamId,
        /// The organization.
        pub org_id: OrgId,
        /// For people; unique in the organization.
        pub name: String,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// A person in a team.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct TeamMember {
        /// The person's id.
        pub user_id: UserId,
        /// Lowercased; unique in the whole instance.
        pub email: String,
        /// For people.
        pub name: String,
        /// Since when.
        pub added_at: Micros,
    }
}

pub(crate) async fn insert_team(tx: &mut Tx, team: &Team) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO teams (id, org_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(team.id)
    .bind(team.org_id)
    .bind(&team.name)
    .bind(team.created_at)
    .bind(team.updated_at))?;
    Ok(())
}

pub(crate) async fn rename_team(tx: &mut Tx, team: &Team) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE teams SET name = $3, updated_at = $4 WHERE id = $1 AND org_id = $2",
    )
    .bind(team.id)
    .bind(team.org_id)
    .bind(&team.name)
    .bind(team.updated_at))?;
    Ok(())
}

pub(crate) async fn delete_team(tx: &mut Tx, org: OrgId, id: TeamId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM teams WHERE id = $1 AND org_id = $2")
        .bind(id)
        .bind(org))?;
    Ok(())
}

pub(crate) async fn get_team_in(tx: &mut Tx, org: OrgId, id: TeamId) -> Result<Option<Team>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, name, created_at, updated_at FROM teams WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn list_teams(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<Team>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, created_at, updated_at FROM teams
         WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(page.below())
    .bind(page.rows())
    .fetch_all(c)
    .await)
}

pub(crate) async fn get_team(db: &Db, org: OrgId, id: TeamId) -> Result<Option<Team>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, created_at, updated_at FROM teams WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

/// Whether the row was new.
pub(crate) async fn add_member(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    user: UserId,
    now: Micros,
) -> Result<bool> {
    let added = on_tx!(tx, execute => sqlx::query(
        "INSERT INTO team_members (team_id, user_id, org_id, added_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (team_id, user_id) DO NOTHING",
    )
    .bind(team)
    .bind(user)
    .bind(org)
    .bind(now))?;
    Ok(added > 0)
}

/// Whether there was such a row.
pub(crate) async fn remove_member(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    user: UserId,
) -> Result<bool> {
    let removed = on_tx!(tx, execute => sqlx::query(
        "DELETE FROM team_members WHERE org_id = $1 AND team_id = $2 AND user_id = $3",
    )
    .bind(org)
    .bind(team)
    .bind(user))?;
    Ok(removed > 0)
}

/// Takes somebody out of all teams of an organization.
pub(crate) async fn remove_from_all(tx: &mut Tx, org: OrgId, user: UserId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM team_members WHERE org_id = $1 AND user_id = $2",
    )
    .bind(org)
    .bind(user))?;
    Ok(())
}

pub(crate) async fn list_members(
    db: &Db,
    org: OrgId,
    team: TeamId,
    page: PageRequest,
) -> Result<Vec<TeamMember>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT t.user_id, u.email, u.name, t.added_at
         FROM team_members t JOIN users u ON u.id = t.user_id
         WHERE t.org_id = $1 AND t.team_id = $2 AND t.user_id < $3
         ORDER BY t.user_id DESC LIMIT $4",
    )
    .bind(org)
    .bind(team)
    .bind(page.below())
    .bind(page.rows())
    .fetch_all(c)
    .await)
}
