//! Monthly statements.

use accounts::{Organization, csv};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Db, Micros, OrgId};
use utoipa::ToSchema;

use super::{Month, sql};
use crate::usage::report::Usd;

/// The columns of a statement as CSV.
const COLUMNS: [&str; 9] = [
    "month",
    "provider",
    "model",
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_nano_usd",
    "cost_usd",
    "unpriced_requests",
];

/// What an organization used in a month.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Statement {
    /// The month, `2026-11`.
    #[schema(example = "2026-11")]
    pub month: String,
    /// First moment that counts.
    pub from: Micros,
    /// First moment that no longer counts.
    pub to: Micros,
    /// Whether the month is over; otherwise the figures still grow.
    pub is_final: bool,
    /// Whose it is.
    pub organization: StatementOf,
    /// One line per model, the dearest first.
    pub lines: Vec<StatementLine>,
    /// The sum of the lines' requests.
    pub requests: i64,
    /// The sum of the lines' input tokens.
    pub input_tokens: i64,
    /// The sum of the lines' output tokens.
    pub output_tokens: i64,
    /// The sum of the lines' costs, in nano-dollars.
    pub cost_nano_usd: i64,
    /// The same in dollars, exactly.
    pub cost_usd: Usd,
}

/// Whose statement it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementOf {
    /// The organization.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// The plan that it is on now.
    pub plan: String,
}

/// What a model was used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementLine {
    /// Provider as configured.
    pub provider: String,
    /// Model at the provider.
    pub model: String,
    /// Attempts at upstreams, cache hits included.
    pub requests: i64,
    /// Input tokens; those of cache hits do not count.
    pub input_tokens: i64,
    /// Output tokens; those of cache hits do not count.
    pub output_tokens: i64,
    /// What they cost, in nano-dollars.
    pub cost_nano_usd: i64,
    /// The same in dollars, exactly.
    pub cost_usd: Usd,
    /// Requests whose cost is unknown, because the model has no price; they count as 0.
    pub unpriced_requests: i64,
}

/// What an organization used in a month, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MonthTotal {
    /// The month, `2026-11`.
    #[schema(example = "2026-11")]
    pub month: String,
    /// Whether the month is over.
    pub is_final: bool,
    /// Attempts at upstreams.
    pub requests: i64,
    /// Input and output tokens.
    pub tokens: i64,
    /// Money, in nano-dollars.
    pub cost_nano_usd: i64,
    /// The same in dollars, exactly.
    pub cost_usd: Usd,
}

/// A month's statement. A month without usage has one without lines.
///
/// # Errors
/// Those of the database.
pub async fn statement(
    db: &Db,
    organization: &Organization,
    month: Month,
    now: Micros,
) -> store::Result<Statement> {
    let (from, to) = (month.start(), month.end());
    let rows = sql::lines(db, organization.id, from.0, to.0).await?;
    let lines: Vec<StatementLine> = rows.into_iter().map(StatementLine::from).collect();
    let sum = |of: fn(&StatementLine) -> i64| lines.iter().map(of).fold(0, i64::saturating_add);
    let cost_nano_usd = sum(|line| line.cost_nano_usd);
    Ok(Statement {
        month: month.to_string(),
        from,
        to,
        is_final: to <= now,
        organization: StatementOf {
            id: organization.id,
            name: organization.name.clone(),
            slug: organization.slug.clone(),
            plan: organization.plan.clone(),
        },
        requests: sum(|line| line.requests),
        input_tokens: sum(|line| line.input_tokens),
        output_tokens: sum(|line| line.output_tokens),
        cost_nano_usd,
        cost_usd: Usd(cost_nano_usd),
        lines,
    })
}

/// The months in which an organization used something, newest first, with the present one.
///
/// # Errors
/// Those of the database.
pub async fn months(db: &Db, org: OrgId, now: Micros) -> store::Result<Vec<MonthTotal>> {
    let mut months: Vec<MonthTotal> = Vec::new();
    let present = Month::of(now);
    for day in sql::days(db, org).await? {
        let month = Month::of(Micros(day.day_start)).to_string();
        if months.last().is_none_or(|last| last.month != month) {
            months.push(MonthTotal::empty(month, present));
        }
        if let Some(total) = months.last_mut() {
            total.requests = total.requests.saturating_add(day.requests);
            total.tokens = total.tokens.saturating_add(day.tokens);
            total.cost_nano_usd = total.cost_nano_usd.saturating_add(day.cost_nano_usd);
            total.cost_usd = Usd(total.cost_nano_usd);
        }
    }
    let newest = present.to_string();
    if months.last().is_none_or(|last| last.month < newest) {
        months.push(MonthTotal::empty(newest, present));
    }
    months.reverse();
    Ok(months)
}

impl MonthTotal {
    pub(super) fn empty(month: String, present: Month) -> Self {
        Self {
            is_final: month < present.to_string(),
            month,
            requests: 0,
            tokens: 0,
            cost_nano_usd: 0,
            cost_usd: Usd(0),
        }
    }
}

impl From<sql::LineRow> for StatementLine {
    fn from(row: sql::LineRow) -> Self {
        Self {
            provider: row.provider,
            model: row.model,
            requests: row.requests,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_nano_usd: row.cost_nano_usd,
            cost_usd: Usd(row.cost_nano_usd),
            unpriced_requests: row.unpriced_requests,
        }
    }
}

impl Statement {
    /// The lines as CSV, without a total: whoever adds them up gets it exactly.
    pub fn to_csv(&self) -> String {
        let mut text = csv::header(COLUMNS);
        for line in &self.lines {
            let usd = crate::stages::admit::dollars(line.cost_nano_usd);
            let cells: [Value; 9] = [
                json!(self.month),
                json!(line.provider),
                json!(line.model),
                json!(line.requests),
                json!(line.input_tokens),
                json!(line.output_tokens),
                json!(line.cost_nano_usd),
                json!(usd),
                json!(line.unpriced_requests),
            ];
            text.push_str(&csv::row(&cells));
        }
        text
    }
}
