//! What an organization uses of its plan.

use accounts::{Accounts, Budget, Period, Plan, Unit};
use serde::Serialize;
use store::{Micros, OrgId};
use utoipa::ToSchema;

use super::{Month, MonthTotal, months};
use crate::Gateway;
use crate::limit::{period_end, period_start};
use crate::usage::budget_use;

/// Plan, seats and budgets with what is used of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Overview {
    /// The plan that the organization is on.
    pub plan: Plan,
    /// Members against the plan's seats.
    pub seats: Seats,
    /// The plan's budgets and the organization's own, with what is used of them.
    pub meters: Vec<Meter>,
    /// What was used in the present month.
    pub month: MonthTotal,
}

/// Members against the plan's seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Seats {
    /// Members.
    pub used: i64,
    /// Members that the plan allows; `null`: any number.
    pub max: Option<u32>,
}

/// A budget with what is used of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Meter {
    /// The budget. Budgets of the plan stand in no list of `/api/v1/budgets`.
    #[serde(flatten)]
    pub budget: Budget,
    /// Whether the plan sets it, and not the organization.
    pub from_plan: bool,
    /// What is used in the present period, in the budget's unit.
    pub used: i64,
    /// The same in whole percent of the maximum; `null` for a maximum of 0.
    pub used_percent: Option<i64>,
    /// First moment of the present period; `null` for budgets for good.
    pub from: Option<Micros>,
    /// When it starts anew; `null` for budgets for good.
    pub to: Option<Micros>,
}

/// What an organization uses of its plan and of all its budgets.
///
/// # Errors
/// Those of accounts and of the database.
pub async fn overview(gateway: &Gateway, org: OrgId) -> accounts::Result<Overview> {
    let accounts: &Accounts = gateway.accounts();
    let now = Micros(gateway.now_us());
    let plan = accounts.plan_of(org).await?;
    let of_plan: Vec<_> = plan.rules(org).1.into_iter().map(|b| b.id).collect();
    let mut meters = Vec::new();
    for budget in accounts.budgets_in_memory(org) {
        let start = period_start(budget.period, now.0);
        let used = budget_use(gateway.db(), &budget, start).await?;
        let endless = budget.period == Period::Total;
        meters.push(Meter {
            from_plan: of_plan.contains(&budget.id),
            used,
            used_percent: percent(used, budget.max),
            from: (!endless).then_some(Micros(start)),
            to: period_end(budget.period, now.0).map(Micros),
            budget,
        });
    }
    // Those of the plan first, money before tokens.
    meters.sort_by_key(|m| (!m.from_plan, m.budget.unit != Unit::NanoUsd, m.budget.id));
    let present = Month::of(now).to_string();
    let month = months(gateway.db(), org, now).await?;
    let month = month.into_iter().find(|total| total.month == present);
    Ok(Overview {
        seats: Seats {
            used: accounts.count_members(org).await?,
            max: plan.seats,
        },
        month: month.unwrap_or_else(|| MonthTotal::empty(present, Month::of(now))),
        plan,
        meters,
    })
}

/// How much of a hundred; `None` where there is nothing to have a part of.
pub(crate) fn percent(used: i64, max: i64) -> Option<i64> {
    let percent = (i128::from(used) * 100).checked_div(i128::from(max))?;
    i64::try_from(percent).ok()
}
