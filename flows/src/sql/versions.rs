use serde::Serialize;
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::graph::Graph;
use crate::ids::{VersionId, WorkflowId};
use crate::versions::Snapshot;

row! {
    /// A published version. It never changes.
    #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
    pub struct Version {
        /// Id.
        pub id: VersionId,
        /// The organization that owns it.
        pub org_id: OrgId,
        /// The flow.
        pub workflow_id: WorkflowId,
        /// 1, 2, 3, …
        pub number: i64,
        /// What is run.
        #[schema(value_type = Graph)]
        pub graph: Json<Graph>,
        /// The project's variables, and names of its secrets, at that time.
        #[schema(value_type = Snapshot)]
        pub environment: Json<Snapshot>,
        /// What changed, for people.
        pub notes: String,
        /// The user who published it.
        pub created_by: Option<UserId>,
        /// When.
        pub created_at: Micros,
    }

    /// A version in a list: without its graph.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct VersionSummary {
        /// Id.
        pub id: VersionId,
        /// 1, 2, 3, …
        pub number: i64,
        /// What changed, for people.
        pub notes: String,
        /// The user who published it.
        pub created_by: Option<UserId>,
        /// When.
        pub created_at: Micros,
    }
}

/// `published_by`: the label of who publishes it.
pub(crate) async fn insert(tx: &mut Tx, version: &Version, published_by: &str) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO workflow_versions (id, org_id, workflow_id, number, graph, environment, notes,
             created_by, created_at, published_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(version.id)
    .bind(version.org_id)
    .bind(version.workflow_id)
    .bind(version.number)
    .bind(&version.graph)
    .bind(&version.environment)
    .bind(&version.notes)
    .bind(version.created_by)
    .bind(version.created_at)
    .bind(published_by))?;
    Ok(())
}

pub(crate) async fn get(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    number: i64,
) -> Result<Option<Version>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, workflow_id, number, graph, environment, notes, created_by, created_at
         FROM workflow_versions WHERE workflow_id = $1 AND org_id = $2 AND number = $3",
    ).bind(workflow).bind(org).bind(number).fetch_optional(c).await)
}

/// Who published a version: the user, and the label of the change. `None`: there is no such version.
pub(crate) async fn publisher(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    number: i64,
) -> Result<Option<(Option<UserId>, Option<String>)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT created_by, published_by FROM workflow_versions
         WHERE workflow_id = $1 AND org_id = $2 AND number = $3",
    ).bind(workflow).bind(org).bind(number).fetch_optional(c).await)
}

/// Versions below `before`, newest first.
pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    page: accounts::PageRequest,
) -> Result<Vec<VersionSummary>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, number, notes, created_by, created_at FROM workflow_versions
         WHERE workflow_id = $1 AND org_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
    ).bind(workflow).bind(org).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}
