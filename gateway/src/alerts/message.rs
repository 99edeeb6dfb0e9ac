//! What a webhook is told.

use serde_json::{Value, json};
use store::Micros;

use super::BudgetAlert;
use crate::alerts::budget_words::amount;

/// The event of a passed threshold.
pub(super) const BUDGET_ALERT: &str = "budget.alert";
/// The event of a test.
pub(super) const TEST: &str = "webhook.test";

/// A passed threshold, in words for people beside the figures for programs.
pub(super) fn budget_alert(alert: &BudgetAlert, budget: &str) -> String {
    let text = format!(
        "The budget {budget} has reached {} %: {} of {}.",
        alert.threshold,
        amount(alert.unit, alert.spent),
        amount(alert.unit, alert.max),
    );
    message(
        BUDGET_ALERT,
        alert.created_at,
        &json!({"text": text, "alert": alert}),
    )
}

/// A message that only shows that messages arrive.
pub(super) fn test(now: Micros) -> String {
    let text = "This is a test: messages of NoCode AI Builder arrive here.";
    message(TEST, now, &json!({"text": text}))
}

fn message(event: &str, at: Micros, data: &Value) -> String {
    json!({"type": event, "timestamp": at, "data": data}).to_string()
}
