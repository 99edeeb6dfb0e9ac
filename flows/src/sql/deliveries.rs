use accounts::PageRequest;
use serde::Serialize;
use serde_json::Value;
use store::{Db, Json, Micros, OrgId, Result, on_reader, on_writer, row};
use utoipa::ToSchema;

use crate::ids::{DeliveryId, RunId, WorkflowId};

row! {
    /// A request that came to a flow's webhook.
    #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
    pub struct Delivery {
        /// Id; the answer's header `x-nab-delivery-id` said it.
        pub id: DeliveryId,
        /// The trigger that took it.
        pub node_id: String,
        /// When.
        pub received_at: Micros,
        /// The request's method.
        pub method: String,
        /// What stood behind the `?`.
        pub query: String,
        /// Where it came from.
        pub client_address: Option<String>,
        /// `received`, `claimed` (its run has begun), `done`, `failed`, `refused` or `duplicate`.
        pub status: String,
        /// The value of the dedupe header.
        pub dedupe_key: Option<String>,
        /// The run it began; of a duplicate, the run of the first.
        pub run_id: Option<RunId>,
        /// The delivery whose request was sent again.
        pub replay_of: Option<DeliveryId>,
        /// What was answered; `null`: the caller had gone, or nobody called.
        pub response_status: Option<i64>,
        /// Why it was refused or failed.
        pub error: Option<String>,
        /// Length of the body.
        pub body_bytes: i64,
    }

    /// A delivery with its request, so that its run can begin.
    #[derive(Debug, Clone)]
    pub(crate) struct Request {
        pub(crate) id: DeliveryId,
        pub(crate) org_id: OrgId,
        pub(crate) workflow_id: WorkflowId,
        pub(crate) node_id: String,
        pub(crate) received_at: Micros,
        pub(crate) method: String,
        pub(crate) query: String,
        pub(crate) client_address: Option<String>,
        pub(crate) status: String,
        pub(crate) dedupe_key: Option<String>,
        pub(crate) run_id: Option<RunId>,
        pub(crate) replay_of: Option<DeliveryId>,
        pub(crate) due_at: Option<Micros>,
        pub(crate) response_status: Option<i64>,
        pub(crate) error: Option<String>,
        pub(crate) body_bytes: i64,
        pub(crate) headers: Option<Json<Value>>,
        pub(crate) body: Option<Vec<u8>>,
    }
}

macro_rules! request_columns {
    () => {
        "id, org_id, workflow_id, node_id, received_at, method, query, client_address, status, \
         dedupe_key, run_id, replay_of, due_at, response_status, error, body_bytes, headers, body"
    };
}

/// The flow behind an address. The token is all that a caller shows, so no organization narrows this.
pub(crate) async fn find_address(db: &Db, token: &str) -> Result<Option<(OrgId, WorkflowId)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, workflow_id FROM workflow_addresses WHERE token = $1",
    ).bind(token).fetch_optional(c).await)
}

/// The flow's address: the one it has, else this new one.
pub(crate) async fn put_address(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    token: &str,
    now: Micros,
) -> Result<String> {
    on_writer!(db, execute => sqlx::query(
        "INSERT INTO workflow_addresses (workflow_id, org_id, token, created_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (workflow_id) DO NOTHING",
    )
    .bind(workflow)
    .bind(org)
    .bind(token)
    .bind(now))?;
    let (token,): (String,) = on_reader!(db, c => sqlx::query_as(
        "SELECT token FROM workflow_addresses WHERE workflow_id = $1 AND org_id = $2",
    ).bind(workflow).bind(org).fetch_one(c).await)?;
    Ok(token)
}

/// The flow's address, if it has one.
pub(crate) async fn address(db: &Db, org: OrgId, workflow: WorkflowId) -> Result<Option<String>> {
    let found: Option<(String,)> = on_reader!(db, c => sqlx::query_as(
        "SELECT token FROM workflow_addresses WHERE workflow_id = $1 AND org_id = $2",
    ).bind(workflow).bind(org).fetch_optional(c).await)?;
    Ok(found.map(|(token,)| token))
}

/// Writes a delivery down; `false`: one with this dedupe key is there.
pub(crate) async fn insert(db: &Db, new: &Request) -> Result<bool> {
    let rows = on_writer!(db, execute => sqlx::query(concat!(
        "INSERT INTO workflow_deliveries (", request_columns!(), ")
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT (workflow_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING",
    ))
    .bind(new.id)
    .bind(new.org_id)
    .bind(new.workflow_id)
    .bind(&new.node_id)
    .bind(new.received_at)
    .bind(&new.method)
    .bind(&new.query)
    .bind(&new.client_address)
    .bind(&new.status)
    .bind(&new.dedupe_key)
    .bind(new.run_id)
    .bind(new.replay_of)
    .bind(new.due_at)
    .bind(new.response_status)
    .bind(&new.error)
    .bind(new.body_bytes)
    .bind(&new.headers)
    .bind(&new.body))?;
    Ok(rows == 1)
}

/// How many requests to this flow were refused since then.
pub(crate) async fn count_refused(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    since: Micros,
) -> Result<i64> {
    let (count,): (i64,) = on_reader!(db, c => sqlx::query_as(
        "SELECT count(*) FROM workflow_deliveries WHERE received_at >= $1 AND workflow_id = $2
             AND org_id = $3 AND status IN ('refused', 'duplicate')",
    ).bind(since).bind(workflow).bind(org).fetch_one(c).await)?;
    Ok(count)
}

/// The run that the delivery with this dedupe key began.
pub(crate) async fn run_of_key(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    key: &str,
) -> Result<Option<RunId>> {
    let found: Option<(Option<RunId>,)> = on_reader!(db, c => sqlx::query_as(
        "SELECT run_id FROM workflow_deliveries WHERE workflow_id = $1 AND dedupe_key = $2
             AND org_id = $3",
    ).bind(workflow).bind(key).bind(org).fetch_optional(c).await)?;
    Ok(found.and_then(|(run,)| run))
}

/// How a delivery went.
#[derive(Debug, Clone)]
pub(crate) struct Fate<'a> {
    pub(crate) status: &'a str,
    pub(crate) error: Option<&'a str>,
    pub(crate) response_status: Option<u16>,
}

/// Notes how a delivery went; nobody begins its run any more.
pub(crate) async fn settle(db: &Db, org: OrgId, id: DeliveryId, fate: Fate<'_>) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE workflow_deliveries SET status = $1, error = COALESCE($2, error),
             response_status = COALESCE($3, response_status), due_at = NULL
         WHERE id = $4 AND org_id = $5",
    )
    .bind(fate.status)
    .bind(fate.error)
    .bind(fate.response_status.map(i64::from))
    .bind(id)
    .bind(org))?;
    Ok(())
}

/// Notes what the caller was answered.
pub(crate) async fn answered(db: &Db, org: OrgId, id: DeliveryId, status: u16) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE workflow_deliveries SET response_status = $1 WHERE id = $2 AND org_id = $3",
    )
    .bind(i64::from(status))
    .bind(id)
    .bind(org))?;
    Ok(())
}

/// Deliveries of a flow, newest first, with how their runs went.
pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    page: PageRequest,
) -> Result<Vec<Delivery>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT d.id, d.node_id, d.received_at, d.method, d.query, d.client_address,
             CASE WHEN d.status = 'claimed' AND r.state = 'completed' THEN 'done'
                  WHEN d.status = 'claimed' AND r.state IN ('failed', 'cancelled') THEN 'failed'
                  ELSE d.status END AS status,
             d.dedupe_key, d.run_id, d.replay_of, d.response_status, d.error, d.body_bytes
         FROM workflow_deliveries d LEFT JOIN runs r ON r.id = d.run_id AND r.org_id = d.org_id
         WHERE d.workflow_id = $1 AND d.org_id = $2 AND d.id < $3 ORDER BY d.id DESC LIMIT $4",
    ).bind(workflow).bind(org).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}

/// A delivery with its request.
pub(crate) async fn get(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    id: DeliveryId,
) -> Result<Option<Request>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", request_columns!(), " FROM workflow_deliveries
         WHERE id = $1 AND workflow_id = $2 AND org_id = $3",
    )).bind(id).bind(workflow).bind(org).fetch_optional(c).await)
}

/// Takes deliveries of all organizations whose run should have begun by now; they are this caller's
/// until `lease`.
pub(crate) async fn take_due(db: &Db, now: Micros, lease: Micros) -> Result<Vec<Request>> {
    on_writer!(db, c => sqlx::query_as(concat!(
        "UPDATE workflow_deliveries SET due_at = $1 WHERE due_at <= $2 AND id IN
             (SELECT id FROM workflow_deliveries WHERE due_at <= $2 ORDER BY due_at LIMIT 16)
         RETURNING ", request_columns!(),
    )).bind(lease).bind(now).fetch_all(c).await)
}

/// Notes of all organizations' deliveries how their runs ended, before the runs are forgotten.
pub(crate) async fn settle_ended(db: &Db) -> Result<u64> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE workflow_deliveries SET status = CASE WHEN (SELECT r.state FROM runs r
             WHERE r.id = workflow_deliveries.run_id) = 'completed' THEN 'done' ELSE 'failed' END
         WHERE status = 'claimed' AND EXISTS (SELECT 1 FROM runs r
             WHERE r.id = workflow_deliveries.run_id AND r.ended_at IS NOT NULL)",
    ))
}

/// Deletes deliveries of all organizations that came before this time, at most `most`.
pub(crate) async fn delete_old(db: &Db, before: Micros, most: i64) -> Result<u64> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM workflow_deliveries WHERE id IN
             (SELECT id FROM workflow_deliveries WHERE received_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(most))
}
