//! Telling organizations that a budget is running out: at 50, 80 and 100 percent, by mail to owners
//! and admins and by a signed message to their webhook.
//!
//! Calls only ring a bell here ([`Alerts::used`]); a task compares stored usage with the budgets of the
//! organizations that rang. A threshold that was passed is a row that can be inserted once per budget
//! and period, and mail and message are queued in the same transaction: whichever instance inserts it
//! tells, nobody tells twice, and a kill in between loses nothing.
//!
//! A budget is also used up when the limiter refuses calls because of it although some crumbs are
//! left: reservations are made by the most a call may cost.

mod budget_words;
mod delivery;
mod message;
pub(crate) mod sql;
mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use store::{BudgetId, OrgId};
use tokio::sync::Notify;

pub use delivery::Outcome;
pub(crate) use delivery::{run as deliver, test};
pub use sql::{BudgetAlert, WebhookDelivery};
pub(crate) use watch::run as watch;

/// Percent of a budget at which somebody is told.
pub const THRESHOLDS: [i64; 3] = [50, 80, 100];
/// Percent from which a refusal means that the budget is used up.
const NEARLY_USED_UP: i64 = 90;

/// The bell that calls ring, and what the task keeps in mind. Clones share everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alerts(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Organizations that used something, with the budgets that refused calls of theirs.
    rung: Mutex<HashMap<OrgId, HashSet<BudgetId>>>,
    bell: Notify,
    /// Rung when a message was queued.
    queued: Notify,
    /// Thresholds known to be told of, so that the database is not asked each time.
    told: Mutex<HashMap<BudgetId, (i64, i64)>>,
}

impl Alerts {
    /// An organization used something. Never waits.
    pub(crate) fn used(&self, org: OrgId) {
        self.0.rung.lock().entry(org).or_default();
        self.0.bell.notify_one();
    }

    /// A budget refused a call.
    pub(crate) fn refused(&self, org: OrgId, budget: BudgetId) {
        self.0.rung.lock().entry(org).or_default().insert(budget);
        self.0.bell.notify_one();
    }

    fn take(&self) -> HashMap<OrgId, HashSet<BudgetId>> {
        std::mem::take(&mut self.0.rung.lock())
    }
}

/// The highest threshold that was passed; `None` below all.
fn passed(spent: i64, max: i64, refused: bool) -> Option<i64> {
    if max <= 0 {
        // A budget of nothing forbids, and everybody knows.
        return None;
    }
    let reaches = |percent: i64| i128::from(spent) * 100 >= i128::from(max) * i128::from(percent);
    if refused && reaches(NEARLY_USED_UP) {
        return Some(100);
    }
    THRESHOLDS.into_iter().rev().find(|t| reaches(*t))
}

#[cfg(test)]
mod tests;
