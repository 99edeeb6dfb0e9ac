//! Statements of alerts and of messages to webhooks.

use accounts::{Budget, Period, ScopeKind, Unit};
use serde::Serialize;
use store::{
    AlertId, BudgetId, Db, DeliveryId, Micros, OrgId, Tx, on_reader, on_tx, on_writer, row,
};
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// A threshold of a budget that was passed.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct BudgetAlert {
        /// Id.
        pub id: AlertId,
        /// The organization.
        pub org_id: OrgId,
        /// The budget; one of the plan stands in no list.
        pub budget_id: BudgetId,
        /// Whose use it counts.
        pub scope: ScopeKind,
        /// The id of the organization, team, user or key.
        #[schema(value_type = String, format = "uuid")]
        pub scope_id: Uuid,
        /// The models that it counts; absent: all.
        pub model: Option<String>,
        /// Over which time it counts.
        pub period: Period,
        /// What it counts.
        pub unit: Unit,
        /// First moment of the period.
        pub period_start: Micros,
        /// Percent that were reached: 50, 80 or 100.
        pub threshold: i64,
        /// What was used then, in the budget's unit.
        pub spent: i64,
        /// The budget's maximum then.
        pub max: i64,
        /// When it was noticed.
        pub created_at: Micros,
    }

    /// A message to an organization's webhook.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct WebhookDelivery {
        /// Id, which is the message's `webhook-id`.
        pub id: DeliveryId,
        /// The organization.
        pub org_id: OrgId,
        /// What it tells of: `budget.alert` or `webhook.test`.
        pub event: String,
        /// How often sending was tried.
        pub attempts: i64,
        /// When it is tried again; absent once delivered or given up.
        pub next_attempt_at: Option<Micros>,
        /// When the receiver took it.
        pub delivered_at: Option<Micros>,
        /// The status of the receiver's last answer.
        pub last_status: Option<i64>,
        /// Why the last attempt failed.
        pub last_error: Option<String>,
        /// When it was written.
        pub created_at: Micros,
    }

    /// A message that is due.
    #[derive(Debug)]
    pub(super) struct DueDelivery {
        pub(super) id: DeliveryId,
        pub(super) org_id: OrgId,
        pub(super) payload: String,
        pub(super) attempts: i64,
    }
}

/// Notes that a threshold was passed; false when it was noted before.
pub(super) async fn note(tx: &mut Tx, alert: &BudgetAlert) -> store::Result<bool> {
    let inserted = on_tx!(tx, execute => sqlx::query(
        "INSERT INTO budget_alerts (id, org_id, budget_id, scope, scope_id, model, period, unit,
             period_start, threshold, spent, max, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (budget_id, period_start, threshold) DO NOTHING",
    )
    .bind(alert.id)
    .bind(alert.org_id)
    .bind(alert.budget_id)
    .bind(alert.scope)
    .bind(alert.scope_id)
    .bind(&alert.model)
    .bind(alert.period)
    .bind(alert.unit)
    .bind(alert.period_start)
    .bind(alert.threshold)
    .bind(alert.spent)
    .bind(alert.max)
    .bind(alert.created_at))?;
    Ok(inserted == 1)
}

/// Alerts of an organization with ids below `below`, newest first.
pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    below: Uuid,
    rows: i64,
) -> store::Result<Vec<BudgetAlert>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, budget_id, scope, scope_id, model, period, unit, period_start, threshold,
             spent, max, created_at
         FROM budget_alerts WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(below)
    .bind(rows)
    .fetch_all(c)
    .await)
}

pub(super) async fn queue(
    tx: &mut Tx,
    id: DeliveryId,
    org: OrgId,
    event: &str,
    payload: &str,
    now: Micros,
) -> store::Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO webhook_deliveries (id, org_id, event, payload, attempts, next_attempt_at,
             created_at)
         VALUES ($1, $2, $3, $4, 0, $5, $5)",
    )
    .bind(id)
    .bind(org)
    .bind(event)
    .bind(payload)
    .bind(now))?;
    Ok(())
}

/// Messages that are due, of all organizations, the longest waiting first.
pub(super) async fn due(db: &Db, now: Micros, rows: i64) -> store::Result<Vec<DueDelivery>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, payload, attempts FROM webhook_deliveries
         WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2",
    )
    .bind(now)
    .bind(rows)
    .fetch_all(c)
    .await)
}

/// Takes a due message for sending, until `lease`; false when another instance did so first.
pub(super) async fn claim(
    db: &Db,
    org: OrgId,
    id: DeliveryId,
    now: Micros,
    lease: Micros,
) -> store::Result<bool> {
    let claimed = on_writer!(db, execute => sqlx::query(
        "UPDATE webhook_deliveries SET next_attempt_at = $4, attempts = attempts + 1
         WHERE id = $1 AND org_id = $2 AND next_attempt_at <= $3",
    )
    .bind(id)
    .bind(org)
    .bind(now)
    .bind(lease))?;
    Ok(claimed == 1)
}

/// What became of an attempt.
#[derive(Debug)]
pub(super) struct Attempted<'a> {
    pub(super) delivered_at: Option<Micros>,
    pub(super) next_attempt_at: Option<Micros>,
    pub(super) status: Option<u16>,
    pub(super) error: Option<&'a str>,
}

pub(super) async fn attempted(
    db: &Db,
    org: OrgId,
    id: DeliveryId,
    outcome: &Attempted<'_>,
) -> store::Result<()> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE webhook_deliveries SET delivered_at = $3, next_attempt_at = $4, last_status = $5,
             last_error = $6
         WHERE id = $1 AND org_id = $2",
    )
    .bind(id)
    .bind(org)
    .bind(outcome.delivered_at)
    .bind(outcome.next_attempt_at)
    .bind(outcome.status.map(i64::from))
    .bind(outcome.error))?;
    Ok(())
}

/// Messages of an organization with ids below `below`, newest first.
pub(crate) async fn list_deliveries(
    db: &Db,
    org: OrgId,
    below: Uuid,
    rows: i64,
) -> store::Result<Vec<WebhookDelivery>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, event, attempts, next_attempt_at, delivered_at, last_status, last_error,
             created_at
         FROM webhook_deliveries WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(below)
    .bind(rows)
    .fetch_all(c)
    .await)
}

/// Forgets messages written before `time`, and returns how many.
pub(crate) async fn delete_deliveries_before(db: &Db, time: Micros) -> store::Result<u64> {
    on_writer!(db, execute => sqlx::query("DELETE FROM webhook_deliveries WHERE created_at < $1")
        .bind(time))
}

/// The alert that a budget passed at least this threshold in the period, as the tests and the task
/// ask for it.
pub(super) async fn highest(db: &Db, budget: &Budget, start: Micros) -> store::Result<Option<i64>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT MAX(threshold) FROM budget_alerts
         WHERE org_id = $1 AND budget_id = $2 AND period_start = $3",
    )
    .bind(budget.org_id)
    .bind(budget.id)
    .bind(start)
    .fetch_one(c)
    .await)
}
