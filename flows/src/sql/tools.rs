use store::{Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx, row};

use crate::graph::Graph;
use crate::ids::WorkflowId;

row! {
    /// How a flow is offered as a tool.
    #[derive(Debug, Clone)]
    pub(crate) struct ToolRow {
        pub(crate) workflow_id: WorkflowId,
        pub(crate) org_id: OrgId,
        pub(crate) is_on: bool,
        pub(crate) description: String,
        pub(crate) timeout_ms: i64,
        pub(crate) created_at: Micros,
        pub(crate) updated_at: Micros,
    }

    /// A live flow that is offered as a tool.
    #[derive(Debug)]
    pub(crate) struct LiveTool {
        /// Its name.
        pub(crate) slug: String,
        /// The flow's name.
        pub(crate) title: String,
        /// The tool's own description, else the flow's.
        pub(crate) description: String,
        pub(crate) timeout_ms: i64,
        /// The live version.
        pub(crate) graph: Json<Graph>,
    }
}

macro_rules! tool_columns {
    () => {
        "workflow_id, org_id, is_on, description, timeout_ms, created_at, updated_at"
    };
}

pub(crate) async fn get(db: &Db, org: OrgId, workflow: WorkflowId) -> Result<Option<ToolRow>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", tool_columns!(), " FROM workflow_tools WHERE workflow_id = $1 AND org_id = $2",
    )).bind(workflow).bind(org).fetch_optional(c).await)
}

/// Makes the tool or replaces it.
pub(crate) async fn put(tx: &mut Tx, tool: &ToolRow) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(concat!(
        "INSERT INTO workflow_tools (", tool_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (workflow_id) DO UPDATE SET is_on = excluded.is_on,
             description = excluded.description, timeout_ms = excluded.timeout_ms,
             updated_at = excluded.updated_at
         WHERE workflow_tools.org_id = excluded.org_id",
    ))
    .bind(tool.workflow_id)
    .bind(tool.org_id)
    .bind(tool.is_on)
    .bind(&tool.description)
    .bind(tool.timeout_ms)
    .bind(tool.created_at)
    .bind(tool.updated_at))?;
    Ok(())
}

/// The organization's flows that are on and offered as tools, at most 1,000, by slug.
pub(crate) async fn live(db: &Db, org: OrgId) -> Result<Vec<LiveTool>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT w.slug, w.name AS title,
             CASE WHEN t.description = '' THEN w.description ELSE t.description END AS description,
             t.timeout_ms, v.graph
         FROM workflow_tools t
         JOIN workflows w ON w.id = t.workflow_id AND w.org_id = t.org_id
         JOIN workflow_versions v ON v.workflow_id = w.id AND v.number = w.live_version
         WHERE t.org_id = $1 AND t.is_on AND w.is_active AND NOT w.is_archived
         ORDER BY w.slug LIMIT 1000",
    ).bind(org).fetch_all(c).await)
}
