//! What was used of a budget.

use accounts::{Budget, ScopeKind, Unit};
use store::Db;

use super::sql::{self, ScopeColumn};

/// What stored usage says was used of a budget since `start_us`, in the budget's unit.
///
/// # Errors
/// Those of the database.
pub(crate) async fn budget_use(db: &Db, budget: &Budget, start_us: i64) -> store::Result<i64> {
    let column = match budget.scope {
        ScopeKind::Organization => ScopeColumn::Organization,
        ScopeKind::Team => ScopeColumn::Team,
        ScopeKind::User => ScopeColumn::User,
        ScopeKind::Key => ScopeColumn::Key,
    };
    let org = budget.org_id.uuid();
    let used = sql::scope_use(db, org, column, budget.scope_id, start_us).await?;
    let counted = used.iter().filter(|u| {
        budget.covers(&u.requested_model) || budget.covers(&format!("{}/{}", u.provider, u.model))
    });
    let amounts = counted.map(|u| match budget.unit {
        Unit::NanoUsd => u.cost_nano_usd,
        Unit::Tokens => u.tokens,
    });
    Ok(amounts.fold(0, i64::saturating_add))
}
