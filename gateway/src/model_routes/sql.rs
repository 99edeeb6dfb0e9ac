//! Statements of organizations' routes.

use serde::Serialize;
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::config::ModelConfig;

store::id! {
    /// An organization's route.
    pub struct ModelRouteId;
}

row! {
    /// An alias or virtual model of an organization.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct ModelRoute {
        /// Id.
        pub id: ModelRouteId,
        /// The organization.
        pub org_id: OrgId,
        /// What clients call it by; may hold one `*`. Unique in the organization.
        #[schema(example = "support")]
        pub name: String,
        /// Where calls go, in the shape of the configuration's `[models."name"]`.
        #[schema(value_type = ModelConfig)]
        pub definition: Json<ModelConfig>,
        /// Who made it; absent for an API key without a person.
        pub created_by: Option<UserId>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

/// Raises the counter that tells other processes of a change, and notes that it is this organization's.
///
/// The counter's row stays locked until the transaction ends: one change at a time compares and writes,
/// and values become visible in ascending order.
pub(super) async fn bump(tx: &mut Tx, org: OrgId) -> Result<()> {
    let revision: i64 = on_tx!(tx, c => sqlx::query_scalar(
        "UPDATE revisions SET value = value + 1 WHERE name = 'model_routes' RETURNING value",
    )
    .fetch_one(c)
    .await)?;
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO model_route_revisions (org_id, revision) VALUES ($1, $2)
         ON CONFLICT (org_id) DO UPDATE SET revision = excluded.revision",
    )
    .bind(org)
    .bind(revision))?;
    Ok(())
}

/// Organizations whose routes changed after `seen`, with the value of their last change.
pub(super) async fn changed(db: &Db, seen: i64) -> Result<Vec<(OrgId, i64)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, revision FROM model_route_revisions WHERE revision > $1",
    )
    .bind(seen)
    .fetch_all(c)
    .await)
}

/// All routes of the organizations whose routes changed after `seen`, by organization and name.
pub(super) async fn of_changed(db: &Db, seen: i64) -> Result<Vec<ModelRoute>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, definition, created_by, created_at, updated_at
         FROM model_routes WHERE org_id IN (
             SELECT r.org_id FROM model_route_revisions r WHERE r.revision > $1
         ) ORDER BY org_id, name",
    )
    .bind(seen)
    .fetch_all(c)
    .await)
}

pub(super) async fn list(db: &Db, org: OrgId) -> Result<Vec<ModelRoute>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, definition, created_by, created_at, updated_at
         FROM model_routes WHERE org_id = $1 ORDER BY name",
    )
    .bind(org)
    .fetch_all(c)
    .await)
}

pub(super) async fn get(db: &Db, org: OrgId, id: ModelRouteId) -> Result<Option<ModelRoute>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, definition, created_by, created_at, updated_at
         FROM model_routes WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(id)
    .fetch_optional(c)
    .await)
}

pub(super) async fn get_in(
    tx: &mut Tx,
    org: OrgId,
    id: ModelRouteId,
) -> Result<Option<ModelRoute>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, name, definition, created_by, created_at, updated_at
         FROM model_routes WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(id)
    .fetch_optional(c)
    .await)
}

pub(super) async fn count_in(tx: &mut Tx, org: OrgId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM model_routes WHERE org_id = $1")
        .bind(org)
        .fetch_one(c)
        .await)
}

pub(super) async fn insert(tx: &mut Tx, route: &ModelRoute) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO model_routes (id, org_id, name, definition, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(route.id)
    .bind(route.org_id)
    .bind(&route.name)
    .bind(&route.definition)
    .bind(route.created_by)
    .bind(route.created_at)
    .bind(route.updated_at))?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, route: &ModelRoute) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE model_routes SET name = $3, definition = $4, updated_at = $5
         WHERE org_id = $1 AND id = $2",
    )
    .bind(route.org_id)
    .bind(route.id)
    .bind(&route.name)
    .bind(&route.definition)
    .bind(route.updated_at))?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, org: OrgId, id: ModelRouteId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM model_routes WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id))?;
    Ok(())
}
