use accounts::PageRequest;
use serde::Serialize;
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::ids::{ProjectId, SavePointId};
use crate::transfer::Document;

row! {
    /// A saved state of a whole project.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct SavePoint {
        /// Id.
        pub id: SavePointId,
        /// The project.
        pub project_id: ProjectId,
        /// For people.
        pub name: String,
        /// The user who made it.
        pub created_by: Option<UserId>,
        /// When.
        pub created_at: Micros,
    }

    #[derive(Debug)]
    pub(crate) struct Saved {
        pub(crate) document: Json<Document>,
    }
}

pub(crate) async fn insert(
    tx: &mut Tx,
    org: OrgId,
    point: &SavePoint,
    document: &Json<Document>,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO save_points (id, org_id, project_id, name, document, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(point.id)
    .bind(org)
    .bind(point.project_id)
    .bind(&point.name)
    .bind(document)
    .bind(point.created_by)
    .bind(point.created_at))?;
    Ok(())
}

pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    project: ProjectId,
    page: PageRequest,
) -> Result<Vec<SavePoint>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, project_id, name, created_by, created_at FROM save_points
         WHERE org_id = $1 AND project_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
    ).bind(org).bind(project).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}

pub(crate) async fn document(
    db: &Db,
    org: OrgId,
    project: ProjectId,
    id: SavePointId,
) -> Result<Option<Document>> {
    let saved: Option<Saved> = on_reader!(db, c => sqlx::query_as(
        "SELECT document FROM save_points WHERE org_id = $1 AND project_id = $2 AND id = $3",
    ).bind(org).bind(project).bind(id).fetch_optional(c).await)?;
    Ok(saved.map(|saved| saved.document.0))
}

pub(crate) async fn delete(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    id: SavePointId,
) -> Result<bool> {
    let gone = on_tx!(tx, execute => sqlx::query(
        "DELETE FROM save_points WHERE org_id = $1 AND project_id = $2 AND id = $3",
    ).bind(org).bind(project).bind(id))?;
    Ok(gone == 1)
}
