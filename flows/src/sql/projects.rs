use accounts::PageRequest;
use serde::Serialize;
use store::{Conditions, Db, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::ids::ProjectId;

row! {
    /// A project: flows with their variables and secrets.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Project {
        /// Id.
        pub id: ProjectId,
        /// The organization that owns it.
        pub org_id: OrgId,
        /// For people.
        pub name: String,
        /// For people.
        pub description: String,
        /// Put aside: it is not listed unless asked for, and its flows are not triggered.
        pub is_archived: bool,
        /// The user who made it.
        pub created_by: Option<UserId>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

pub(crate) async fn insert(tx: &mut Tx, project: &Project) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO projects (id, org_id, name, description, is_archived, created_by, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(project.id)
    .bind(project.org_id)
    .bind(&project.name)
    .bind(&project.description)
    .bind(project.is_archived)
    .bind(project.created_by)
    .bind(project.created_at)
    .bind(project.updated_at))?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, project: &Project) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE projects SET name = $3, description = $4, is_archived = $5, updated_at = $6
         WHERE id = $1 AND org_id = $2",
    )
    .bind(project.id)
    .bind(project.org_id)
    .bind(&project.name)
    .bind(&project.description)
    .bind(project.is_archived)
    .bind(project.updated_at))?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: ProjectId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM projects WHERE id = $1 AND org_id = $2")
        .bind(id)
        .bind(org))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId, id: ProjectId) -> Result<Option<Project>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, description, is_archived, created_by, created_at, updated_at
         FROM projects WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_in(tx: &mut Tx, org: OrgId, id: ProjectId) -> Result<Option<Project>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, name, description, is_archived, created_by, created_at, updated_at
         FROM projects WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    search: Option<&str>,
    archived: bool,
    page: PageRequest,
) -> Result<Vec<Project>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT id, org_id, name, description, is_archived, created_by, created_at, updated_at
             FROM projects",
        );
        let mut and = Conditions::new();
        and.next(&mut q).push("org_id = ").push_bind(org);
        and.next(&mut q).push("id < ").push_bind(page.below());
        and.next(&mut q).push("is_archived = ").push_bind(archived);
        if let Some(search) = search {
            let pattern = super::workflows::pattern(search);
            and.next(&mut q).push("lower(name || ' ' || description) LIKE ").push_bind(pattern)
                .push(" ESCAPE '!'");
        }
        q.push(" ORDER BY id DESC LIMIT ").push_bind(page.rows());
        q.build_query_as().fetch_all(c).await
    })
}
