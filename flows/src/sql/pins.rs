//! Outputs that nodes of drafts have in tests.

use serde_json::{Map, Value};
use store::{Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx, row};

use crate::ids::WorkflowId;

row! {
    #[derive(Debug)]
    pub(crate) struct PinRow {
        pub(crate) node_id: String,
        pub(crate) outputs: Json<Map<String, Value>>,
    }

    /// What the pins of a flow take, without one of them.
    #[derive(Debug)]
    pub(crate) struct Taken {
        pub(crate) pins: i64,
        pub(crate) bytes: i64,
    }
}

pub(crate) async fn list(db: &Db, org: OrgId, workflow: WorkflowId) -> Result<Vec<PinRow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT node_id, outputs FROM workflow_pins WHERE workflow_id = $1 AND org_id = $2
         ORDER BY node_id",
    ).bind(workflow).bind(org).fetch_all(c).await)
}

/// Makes the pin or replaces it; `bytes`: of the outputs as JSON.
pub(crate) async fn put(
    tx: &mut Tx,
    org: OrgId,
    workflow: WorkflowId,
    pin: &PinRow,
    bytes: i64,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO workflow_pins (workflow_id, org_id, node_id, outputs, bytes, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (workflow_id, node_id) DO UPDATE SET outputs = excluded.outputs,
             bytes = excluded.bytes, updated_at = excluded.updated_at
         WHERE workflow_pins.org_id = excluded.org_id",
    )
    .bind(workflow)
    .bind(org)
    .bind(&pin.node_id)
    .bind(&pin.outputs)
    .bind(bytes)
    .bind(now))?;
    Ok(())
}

pub(crate) async fn taken(
    tx: &mut Tx,
    org: OrgId,
    workflow: WorkflowId,
    without: &str,
) -> Result<Taken> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT count(*) AS pins, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes
         FROM workflow_pins WHERE workflow_id = $1 AND org_id = $2 AND node_id <> $3",
    ).bind(workflow).bind(org).bind(without).fetch_one(c).await)
}

/// Nodes with a pin.
pub(crate) async fn nodes(tx: &mut Tx, org: OrgId, workflow: WorkflowId) -> Result<Vec<String>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT node_id FROM workflow_pins WHERE workflow_id = $1 AND org_id = $2",
    ).bind(workflow).bind(org).fetch_all(c).await)
}

pub(crate) async fn delete(
    tx: &mut Tx,
    org: OrgId,
    workflow: WorkflowId,
    node: &str,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM workflow_pins WHERE workflow_id = $1 AND org_id = $2 AND node_id = $3",
    ).bind(workflow).bind(org).bind(node))?;
    Ok(())
}
