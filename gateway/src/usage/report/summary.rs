//! Sums by group.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Db, Micros, OrgId};
use utoipa::ToSchema;

use super::{Dimension, SummaryQuery, Usd, sql};

/// What was used, by group and in all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Summary {
    /// First moment that counts.
    pub from: Micros,
    /// First moment that no longer counts.
    pub to: Micros,
    /// What the rows are grouped by.
    pub group_by: Vec<&'static str>,
    /// One row per group: in order of time where grouped by time, else (and within a time) the
    /// dearest first.
    pub data: Vec<SummaryRow>,
    /// Everything that the filters let through, each attempt once.
    pub total: Figures,
    /// Whether there are more groups than `limit`.
    pub truncated: bool,
}

/// One group.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SummaryRow {
    /// What the group has in common, a field per word of `group_by`; `null` where attempts have no
    /// such thing (no team, no tag).
    #[serde(flatten)]
    #[schema(value_type = GroupFields)]
    pub group: Map<String, Value>,
    /// What it used.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The fields that `group_by` adds to a row. Only those asked for are there.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct GroupFields {
    /// Start of the hour (UTC), `2026-11-22T19:00:00Z`.
    pub hour: Option<String>,
    /// The day (UTC), `2026-11-22`.
    pub day: Option<String>,
    /// Model at the provider.
    pub model: Option<String>,
    /// Provider as configured.
    pub provider: Option<String>,
    /// Id of the API key.
    pub key: Option<String>,
    /// Id of the user whose key it is.
    pub user: Option<String>,
    /// Id of the team whose key it is.
    pub team: Option<String>,
    /// Tag.
    pub tag: Option<String>,
    /// Path that was called.
    pub endpoint: Option<String>,
    /// `chat`, `embeddings`, ….
    pub operation: Option<String>,
    /// `success`, `error`, `cancelled`, `cache_hit` or `interrupted`.
    pub status: Option<String>,
    /// The client's name for its end user.
    pub end_user: Option<String>,
    /// Model as the client named it.
    pub requested_model: Option<String>,
    /// `http`, `rag` or `flow`.
    pub caller: Option<String>,
}

/// What a group used. Attempts, tokens, nano-dollars; times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// Attempts at upstreams, cache hits included.
    pub requests: i64,
    /// Calls of clients: different request ids.
    pub calls: i64,
    /// Attempts that failed.
    pub errors: i64,
    /// Attempts during which the client hung up.
    pub cancelled: i64,
    /// Attempts that were open when the program was killed.
    pub interrupted: i64,
    /// Answers from the cache.
    pub cache_hits: i64,
    /// Input tokens, cache reads and writes included. Tokens of cache hits are `saved_tokens`.
    pub input_tokens: i64,
    /// Output tokens, reasoning included.
    pub output_tokens: i64,
    /// Part of `input_tokens` read from vendors' prompt caches.
    pub cache_read_tokens: i64,
    /// Part of `input_tokens` written to vendors' prompt caches.
    pub cache_write_tokens: i64,
    /// Part of `output_tokens` spent on reasoning.
    pub reasoning_tokens: i64,
    /// Input and output tokens that cache hits saved.
    pub saved_tokens: i64,
    /// Money, in nano-dollars.
    pub cost_nano_usd: i64,
    /// The same in dollars, exactly.
    pub cost_usd: Usd,
    /// Money that cache hits saved, in nano-dollars.
    pub saved_nano_usd: i64,
    /// Attempts whose cost is unknown: the model has no price. They count as 0 in the cost.
    pub unpriced_requests: i64,
    /// Attempts whose tokens are our estimate, because the vendor reported none.
    pub estimated_requests: i64,
    /// Median latency; from the request's arrival to the end of the answer.
    pub latency_p50_ms: Option<f64>,
    /// 95 of 100 attempts were not slower.
    pub latency_p95_ms: Option<f64>,
    /// 99 of 100 attempts were not slower.
    pub latency_p99_ms: Option<f64>,
    /// Median time to the first piece of a stream.
    pub first_token_p50_ms: Option<f64>,
    /// 95 of 100 streams began not later.
    pub first_token_p95_ms: Option<f64>,
}

/// Sums what a question asks for.
///
/// # Errors
/// Those of the database.
pub async fn summarize(db: &Db, org: OrgId, query: &SummaryQuery) -> store::Result<Summary> {
    let total = sql::sums(db, org, &query.filter, &[], 1);
    let (total, mut rows) = match query.group_by.as_slice() {
        [] => (total.await?, Vec::new()),
        dimensions => {
            let groups = sql::sums(db, org, &query.filter, dimensions, query.limit + 1);
            futures_util::future::try_join(total, groups).await?
        }
    };
    let truncated = rows.len() as u64 > query.limit;
    rows.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    Ok(Summary {
        from: query.filter.from,
        to: query.filter.to,
        group_by: query.group_by.iter().map(|d| d.word()).collect(),
        data: rows
            .iter()
            .map(|row| SummaryRow {
                group: group(row, &query.group_by),
                figures: Figures::from(row),
            })
            .collect(),
        total: total.first().map(Figures::from).unwrap_or_default(),
        truncated,
    })
}

fn group(row: &sql::SumRow, dimensions: &[Dimension]) -> Map<String, Value> {
    let field = |d: &Dimension| (d.word().to_owned(), value(row, *d));
    dimensions.iter().map(field).collect()
}

fn value(row: &sql::SumRow, dimension: Dimension) -> Value {
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
    match dimension {
        Dimension::Hour => time(row.by_hour, "%Y-%m-%dT%H:00:00Z"),
        Dimension::Day => time(row.by_day, "%Y-%m-%d"),
        Dimension::Model => text(&row.by_model),
        Dimension::Provider => text(&row.by_provider),
        Dimension::Key => text(&row.by_key.map(|id| id.to_string())),
        Dimension::User => text(&row.by_user.map(|id| id.to_string())),
        Dimension::Team => text(&row.by_team.map(|id| id.to_string())),
        Dimension::Tag => text(&row.by_tag),
        Dimension::Endpoint => text(&row.by_endpoint),
        Dimension::Operation => text(&row.by_operation),
        Dimension::Status => text(&row.by_status),
        Dimension::EndUser => text(&row.by_end_user),
        Dimension::RequestedModel => text(&row.by_requested_model),
        Dimension::Caller => text(&row.by_caller),
    }
}

fn time(start: Option<i64>, format: &str) -> Value {
    start
        .and_then(|us| Timestamp::from_microsecond(us).ok())
        .map_or(Value::Null, |t| {
            Value::String(t.strftime(format).to_string())
        })
}

impl From<&sql::SumRow> for Figures {
    fn from(row: &sql::SumRow) -> Self {
        Self {
            requests: row.requests,
            calls: row.calls,
            errors: row.errors,
            cancelled: row.cancelled,
            interrupted: row.interrupted,
            cache_hits: row.cache_hits,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cache_read_tokens: row.cache_read_tokens,
            cache_write_tokens: row.cache_write_tokens,
            reasoning_tokens: row.reasoning_tokens,
            saved_tokens: row.saved_tokens,
            cost_nano_usd: row.cost_nano_usd,
            cost_usd: Usd(row.cost_nano_usd),
            saved_nano_usd: row.saved_nano_usd,
            unpriced_requests: row.unpriced_requests,
            estimated_requests: row.estimated_requests,
            latency_p50_ms: row.latency_p50_us.map(millis),
            latency_p95_ms: row.latency_p95_us.map(millis),
            latency_p99_ms: row.latency_p99_us.map(millis),
            first_token_p50_ms: row.first_token_p50_us.map(millis),
            first_token_p95_ms: row.first_token_p95_us.map(millis),
        }
    }
}

fn millis(us: i64) -> f64 {
    us as f64 / 1_000.0
}
