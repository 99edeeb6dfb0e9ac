//! Rows at random, and their sums without a database.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use providers::Usage;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::usage::report::{Dimension, Figures, Usd};
use crate::usage::tests::rows::{HOUR, TODAY, row};
use crate::usage::{Status, UsageRecord, UsageSource};

/// Rows of one organization, few enough of each kind that groups have several.
pub(super) fn rows(org: Uuid) -> impl Strategy<Value = Vec<UsageRecord>> {
    let names = (0..3_u8, 0..2_u8, 0..3_u8, 0..3_u8, 0..2_u8);
    let outcome = (
        prop::sample::select(vec![
            Status::Success,
            Status::Error,
            Status::Cancelled,
            Status::CacheHit,
            Status::Interrupted,
        ]),
        any::<bool>(),
        prop::option::of(0..5_000_i64),
        0..50_i64,
    );
    let times = (-40..40_i64, 0..9_i64, prop::option::of(0..9_i64));
    let tags = prop::sample::subsequence(vec!["a", "b", "größe"], 0..=3);
    let tokens = (0..500_u64, 0..500_u64, 0..100_u64, 0..100_u64, 0..100_u64);
    let one = (names, outcome, times, tags, tokens).prop_map(
        move |(names, outcome, times, tags, tokens)| {
            let (model, provider, key, user, call) = names;
            let (status, estimated, cost, saved) = outcome;
            let (hours, latency, first) = times;
            let (input_tokens, output_tokens, read, write, reasoning) = tokens;
            UsageRecord {
                request_id: format!("req_{call}"),
                created_at: TODAY + hours * HOUR / 2 + 7,
                key_id: id(key),
                user_id: id(user),
                team_id: id(user / 2),
                operation: ["chat", "embeddings"][usize::from(provider)].to_owned(),
                endpoint: ["/v1/messages", "/v1/embeddings"][usize::from(provider)].to_owned(),
                requested_model: format!("alias-{}", model / 2),
                provider: format!("p{provider}"),
                model: format!("m{model}"),
                status,
                usage: Usage {
                    cache_read_tokens: read,
                    cache_write_tokens: write,
                    reasoning_tokens: reasoning,
                    ..Usage::tokens(input_tokens, output_tokens)
                },
                usage_source: match estimated {
                    true => UsageSource::Estimated,
                    false => UsageSource::Reported,
                },
                cost_nano_usd: cost,
                saved_nano_usd: saved,
                // Few different values, so that ranks fall on ties.
                latency_us: latency * 1_000 + 1,
                first_token_us: first.map(|f| f * 500),
                end_user: (user > 0).then(|| format!("u{user}")),
                tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
                caller: ["http", "rag"][usize::from(call % 2)].to_owned(),
                ..row(org)
            }
        },
    );
    prop::collection::vec(one, 0..60)
}

fn id(n: u8) -> Option<Uuid> {
    (n > 0).then(|| Uuid::from_u128(u128::from(n)))
}

/// The groups of `rows` by their fields as JSON text.
pub(super) fn groups(rows: &[UsageRecord], dimensions: &[Dimension]) -> BTreeMap<String, Figures> {
    let mut groups: BTreeMap<String, Vec<&UsageRecord>> = BTreeMap::new();
    for row in rows {
        for fields in fields(row, dimensions) {
            let key = Value::Object(fields).to_string();
            groups.entry(key).or_default().push(row);
        }
    }
    groups
        .into_iter()
        .map(|(key, rows)| (key, figures(&rows)))
        .collect()
}

/// A row's groups: one, or one per tag.
fn fields(row: &UsageRecord, dimensions: &[Dimension]) -> Vec<Map<String, Value>> {
    let mut tags: Vec<Value> = row.tags.iter().map(|tag| json!(tag)).collect();
    if tags.is_empty() {
        tags.push(Value::Null);
    }
    if !dimensions.contains(&Dimension::Tag) {
        tags.truncate(1);
    }
    let with = |tag: &Value| {
        let field = |d: &Dimension| (d.word().to_owned(), field(row, *d, tag));
        dimensions.iter().map(field).collect()
    };
    tags.iter().map(with).collect()
}

fn field(row: &UsageRecord, dimension: Dimension, tag: &Value) -> Value {
    let time = jiff::Timestamp::from_microsecond(row.created_at).expect("in range");
    match dimension {
        Dimension::Hour => json!(format!("{}:00:00Z", &time.to_string()[..13])),
        Dimension::Day => json!(time.to_string()[..10]),
        Dimension::Model => json!(row.model),
        Dimension::Provider => json!(row.provider),
        Dimension::Key => json!(row.key_id),
        Dimension::User => json!(row.user_id),
        Dimension::Team => json!(row.team_id),
        Dimension::Tag => tag.clone(),
        Dimension::Endpoint => json!(row.endpoint),
        Dimension::Operation => json!(row.operation),
        Dimension::Status => json!(row.status),
        Dimension::EndUser => json!(row.end_user),
        Dimension::RequestedModel => json!(row.requested_model),
        Dimension::Caller => json!(row.caller),
    }
}

pub(super) fn figures(rows: &[&UsageRecord]) -> Figures {
    let count = |test: &dyn Fn(&UsageRecord) -> bool| {
        i64::try_from(rows.iter().filter(|row| test(row)).count()).expect("few")
    };
    let sum = |part: &dyn Fn(&UsageRecord) -> i64| rows.iter().map(|row| part(row)).sum::<i64>();
    let tokens = |part: &dyn Fn(&Usage) -> u64| {
        sum(&|row| match row.status {
            Status::CacheHit => 0,
            _ => i64::try_from(part(&row.usage)).expect("few"),
        })
    };
    let latencies = sorted(
        rows.iter()
            .filter(|row| row.status != Status::Interrupted)
            .map(|row| row.latency_us),
    );
    let first_tokens = sorted(rows.iter().filter_map(|row| row.first_token_us));
    let calls: BTreeSet<_> = rows.iter().map(|row| &row.request_id).collect();
    let cost_nano_usd = sum(&|row| row.cost_nano_usd.unwrap_or(0));
    Figures {
        requests: count(&|_| true),
        calls: i64::try_from(calls.len()).expect("few"),
        errors: count(&|row| row.status == Status::Error),
        cancelled: count(&|row| row.status == Status::Cancelled),
        interrupted: count(&|row| row.status == Status::Interrupted),
        cache_hits: count(&|row| row.status == Status::CacheHit),
        input_tokens: tokens(&|usage| usage.input_tokens),
        output_tokens: tokens(&|usage| usage.output_tokens),
        cache_read_tokens: tokens(&|usage| usage.cache_read_tokens),
        cache_write_tokens: tokens(&|usage| usage.cache_write_tokens),
        reasoning_tokens: tokens(&|usage| usage.reasoning_tokens),
        saved_tokens: sum(&|row| match row.status {
            Status::CacheHit => i64::try_from(row.usage.total_tokens()).expect("few"),
            _ => 0,
        }),
        cost_nano_usd,
        cost_usd: Usd(cost_nano_usd),
        saved_nano_usd: sum(&|row| row.saved_nano_usd),
        unpriced_requests: count(&|row| row.cost_nano_usd.is_none()),
        estimated_requests: count(&|row| row.usage_source == UsageSource::Estimated),
        latency_p50_ms: percentile(&latencies, 50),
        latency_p95_ms: percentile(&latencies, 95),
        latency_p99_ms: percentile(&latencies, 99),
        first_token_p50_ms: percentile(&first_tokens, 50),
        first_token_p95_ms: percentile(&first_tokens, 95),
    }
}

fn sorted(values: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values
}

/// Nearest rank, in integers: the value at ⌈percent · n / 100⌉.
fn percentile(sorted: &[i64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    let value = *sorted.get(rank.checked_sub(1)?)?;
    Some(value as f64 / 1_000.0)
}
