use store::{BudgetId, Db, LimitId, Micros, OrgId, Result, Tx, on_reader, on_tx};
use uuid::Uuid;

use crate::{Budget, Limit, PageRequest};

/// The limits of all organizations.
pub(crate) async fn all_limits(db: &Db) -> Result<Vec<Limit>> {
    on_reader!(db, c => sqlx::query_as(
        r#"SELECT id, org_id, scope, scope_id, model, metric, "window", max, created_at, updated_at
           FROM limits ORDER BY id"#,
    ).fetch_all(c).await)
}

/// The budgets of all organizations.
pub(crate) async fn all_budgets(db: &Db) -> Result<Vec<Budget>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, scope, scope_id, model, period, unit, max, created_at, updated_at
         FROM budgets ORDER BY id",
    ).fetch_all(c).await)
}

pub(crate) async fn insert_limit(tx: &mut Tx, limit: &Limit) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        r#"INSERT INTO limits (id, org_id, scope, scope_id, model, metric, "window", max,
               created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
    )
    .bind(limit.id)
    .bind(limit.org_id)
    .bind(limit.scope)
    .bind(limit.scope_id)
    .bind(&limit.model)
    .bind(limit.metric)
    .bind(limit.window)
    .bind(limit.max)
    .bind(limit.created_at)
    .bind(limit.updated_at))?;
    Ok(())
}

pub(crate) async fn insert_budget(tx: &mut Tx, budget: &Budget) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO budgets (id, org_id, scope, scope_id, model, period, unit, max, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(budget.id)
    .bind(budget.org_id)
    .bind(budget.scope)
    .bind(budget.scope_id)
    .bind(&budget.model)
    .bind(budget.period)
    .bind(budget.unit)
    .bind(budget.max)
    .bind(budget.created_at)
    .bind(budget.updated_at))?;
    Ok(())
}

pub(crate) async fn set_limit_max(
    tx: &mut Tx,
    org: OrgId,
    id: LimitId,
    max: i64,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE limits SET max = $3, updated_at = $4 WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).bind(max).bind(now))?;
    Ok(())
}

pub(crate) async fn set_budget_max(
    tx: &mut Tx,
    org: OrgId,
    id: BudgetId,
    max: i64,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE budgets SET max = $3, updated_at = $4 WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).bind(max).bind(now))?;
    Ok(())
}

pub(crate) async fn delete_limit(tx: &mut Tx, org: OrgId, id: LimitId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM limits WHERE id = $1 AND org_id = $2")
        .bind(id).bind(org))?;
    Ok(())
}

pub(crate) async fn delete_budget(tx: &mut Tx, org: OrgId, id: BudgetId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM budgets WHERE id = $1 AND org_id = $2")
        .bind(id).bind(org))?;
    Ok(())
}

/// Removes the limits and budgets on a key, team or member that goes away.
pub(crate) async fn delete_of_scope(tx: &mut Tx, org: OrgId, scope_id: Uuid) -> Result<u64> {
    let limits = on_tx!(tx, execute => sqlx::query(
        "DELETE FROM limits WHERE org_id = $1 AND scope_id = $2",
    ).bind(org).bind(scope_id))?;
    let budgets = on_tx!(tx, execute => sqlx::query(
        "DELETE FROM budgets WHERE org_id = $1 AND scope_id = $2",
    ).bind(org).bind(scope_id))?;
    Ok(limits + budgets)
}

pub(crate) async fn get_limit(db: &Db, org: OrgId, id: LimitId) -> Result<Option<Limit>> {
    on_reader!(db, c => sqlx::query_as(
        r#"SELECT id, org_id, scope, scope_id, model, metric, "window", max, created_at, updated_at
           FROM limits WHERE id = $1 AND org_id = $2"#,
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_limit_in(tx: &mut Tx, org: OrgId, id: LimitId) -> Result<Option<Limit>> {
    on_tx!(tx, c => sqlx::query_as(
        r#"SELECT id, org_id, scope, scope_id, model, metric, "window", max, created_at, updated_at
           FROM limits WHERE id = $1 AND org_id = $2"#,
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_budget(db: &Db, org: OrgId, id: BudgetId) -> Result<Option<Budget>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, scope, scope_id, model, period, unit, max, created_at, updated_at
         FROM budgets WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_budget_in(tx: &mut Tx, org: OrgId, id: BudgetId) -> Result<Option<Budget>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, scope, scope_id, model, period, unit, max, created_at, updated_at
         FROM budgets WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn list_limits(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<Limit>> {
    on_reader!(db, c => sqlx::query_as(
        r#"SELECT id, org_id, scope, scope_id, model, metric, "window", max, created_at, updated_at
           FROM limits WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"#,
    ).bind(org).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}

pub(crate) async fn list_budgets(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<Budget>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, scope, scope_id, model, period, unit, max, created_at, updated_at
         FROM budgets WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    ).bind(org).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}
