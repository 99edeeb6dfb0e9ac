//! Statements of metering.

use std::collections::HashMap;

use sqlx::QueryBuilder;
use store::{Db, Tx, in_tx, on_reader, on_tx, on_writer};
use uuid::Uuid;

use super::record::UsageRecord;
use crate::limit::{Period, period_start};

/// SQLite takes 32,766 binds a statement; 38 columns each leave room.
const ROWS_PER_STATEMENT: usize = 400;

const COLUMNS: &str = "id, org_id, request_id, attempt, key_id, user_id, team_id, created_at, \
     operation, endpoint, requested_model, provider, model, status, http_status, error_kind, \
     error_message, upstream_id, stream, input_tokens, output_tokens, cache_read_tokens, \
     cache_write_tokens, reasoning_tokens, usage_detail, usage_source, cost_nano_usd, \
     saved_nano_usd, price_version, latency_us, first_token_us, overhead_us, end_user, tags, \
     metadata, caller, run_id, translation";

/// Stores rows and their daily sums in one transaction. Rows that are there already are ignored, and
/// do not count a second time.
pub(crate) async fn insert_records(db: &Db, rows: &[UsageRecord]) -> store::Result<()> {
    in_tx!(db, tx: store::Error => {
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            let stored = insert_chunk(tx, rows).await?;
            let fresh: std::collections::HashSet<Uuid> = stored.into_iter().collect();
            for (key, sum) in sum_days(rows.iter().filter(|r| fresh.contains(&r.id))) {
                add_to_day(tx, &key, sum).await?;
            }
        }
        Ok(())
    })
}

async fn insert_chunk(tx: &mut Tx, rows: &[UsageRecord]) -> store::Result<Vec<Uuid>> {
    on_tx!(tx, c => {
        let mut q = QueryBuilder::new("INSERT INTO usage_records (");
        q.push(COLUMNS).push(") ");
        q.push_values(rows, |mut b, r| {
            let detail = serde_json::to_string(&r.usage).unwrap_or_default();
            let tags = serde_json::to_string(&r.tags).unwrap_or_default();
            b.push_bind(r.id)
                .push_bind(r.org_id)
                .push_bind(r.request_id.clone())
                .push_bind(i64::from(r.attempt))
                .push_bind(r.key_id)
                .push_bind(r.user_id)
                .push_bind(r.team_id)
                .push_bind(r.created_at)
                .push_bind(r.operation.clone())
                .push_bind(r.endpoint.clone())
                .push_bind(r.requested_model.clone())
                .push_bind(r.provider.clone())
                .push_bind(r.model.clone())
                .push_bind(r.status.word())
                .push_bind(r.http_status.map(i64::from))
                .push_bind(r.error_kind.clone())
                .push_bind(r.error_message.clone())
                .push_bind(r.upstream_id.clone())
                .push_bind(r.stream)
                .push_bind(signed(r.usage.input_tokens))
                .push_bind(signed(r.usage.output_tokens))
                .push_bind(signed(r.usage.cache_read_tokens))
                .push_bind(signed(r.usage.cache_write_tokens))
                .push_bind(signed(r.usage.reasoning_tokens))
                .push_bind(detail)
                .push_bind(r.usage_source.word())
                .push_bind(r.cost_nano_usd)
                .push_bind(r.saved_nano_usd)
                .push_bind(r.price_version.clone())
                .push_bind(r.latency_us)
                .push_bind(r.first_token_us)
                .push_bind(r.overhead_us)
                .push_bind(r.end_user.clone())
                .push_bind(tags)
                .push_bind(r.metadata.clone())
                .push_bind(r.caller.clone())
                .push_bind(r.run_id)
                .push_bind(r.translation.clone());
        });
        q.push(" ON CONFLICT (id) DO NOTHING RETURNING id");
        q.build_query_scalar().fetch_all(c).await
    })
}

/// What a daily sum is kept by. Absent ids are nil, because a primary key cannot hold NULL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DayKey {
    org: Uuid,
    day_start: i64,
    key: Uuid,
    user: Uuid,
    team: Uuid,
    requested_model: String,
    provider: String,
    model: String,
}

#[derive(Debug, Default, Clone, Copy)]
struct DaySum {
    requests: i64,
    tokens: i64,
    cost_nano_usd: i64,
}

fn sum_days<'a>(rows: impl Iterator<Item = &'a UsageRecord>) -> HashMap<DayKey, DaySum> {
    let mut sums: HashMap<DayKey, DaySum> = HashMap::new();
    for r in rows {
        let key = DayKey {
            org: r.org_id,
            day_start: period_start(Period::Day, r.created_at),
            key: r.key_id.unwrap_or_default(),
            user: r.user_id.unwrap_or_default(),
            team: r.team_id.unwrap_or_default(),
            requested_model: r.requested_model.clone(),
            provider: r.provider.clone(),
            model: r.model.clone(),
        };
        let sum = sums.entry(key).or_default();
        sum.requests += 1;
        // A cache hit repeats the tokens it saved; budgets do not count them.
        if r.status != super::Status::CacheHit {
            sum.tokens += signed(r.usage.total_tokens());
        }
        sum.cost_nano_usd += r.cost_nano_usd.unwrap_or(0);
    }
    sums
}

async fn add_to_day(tx: &mut Tx, key: &DayKey, sum: DaySum) -> store::Result<()> {
    on_tx!(tx, c => sqlx::query(
        "INSERT INTO usage_days (org_id, day_start, key_id, user_id, team_id, requested_model, \
         provider, model, requests, tokens, cost_nano_usd) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (org_id, day_start, key_id, user_id, team_id, requested_model, provider, model) \
         DO UPDATE SET requests = usage_days.requests + excluded.requests, \
         tokens = usage_days.tokens + excluded.tokens, \
         cost_nano_usd = usage_days.cost_nano_usd + excluded.cost_nano_usd",
    )
    .bind(key.org)
    .bind(key.day_start)
    .bind(key.key)
    .bind(key.user)
    .bind(key.team)
    .bind(&key.requested_model)
    .bind(&key.provider)
    .bind(&key.model)
    .bind(sum.requests)
    .bind(sum.tokens)
    .bind(sum.cost_nano_usd)
    .execute(c)
    .await
    .map(|_| ()))
}

store::row! {
    /// What one model has used within a scope since some day.
    #[derive(Debug, Clone)]
    pub(crate) struct ScopeUse {
        pub(crate) requested_model: String,
        pub(crate) provider: String,
        pub(crate) model: String,
        pub(crate) tokens: i64,
        pub(crate) cost_nano_usd: i64,
    }
}

/// The column that a scope's rows are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeColumn {
    Organization,
    Team,
    User,
    Key,
}

/// Sums since the day that starts at `since_us`, per model, of one scope.
pub(crate) async fn scope_use(
    db: &Db,
    org: Uuid,
    scope: ScopeColumn,
    scope_id: Uuid,
    since_us: i64,
) -> store::Result<Vec<ScopeUse>> {
    on_reader!(db, c => {
        let mut q = QueryBuilder::new(
            "SELECT requested_model, provider, model, CAST(SUM(tokens) AS BIGINT) AS tokens, \
             CAST(SUM(cost_nano_usd) AS BIGINT) AS cost_nano_usd FROM usage_days WHERE org_id = ",
        );
        q.push_bind(org).push(" AND day_start >= ").push_bind(since_us);
        match scope {
            ScopeColumn::Organization => {}
            ScopeColumn::Team => { q.push(" AND team_id = ").push_bind(scope_id); }
            ScopeColumn::User => { q.push(" AND user_id = ").push_bind(scope_id); }
            ScopeColumn::Key => { q.push(" AND key_id = ").push_bind(scope_id); }
        }
        q.push(" GROUP BY requested_model, provider, model");
        q.build_query_as().fetch_all(c).await
    })
}

/// Remembers the prices behind a version, once.
pub(crate) async fn insert_price_version(
    db: &Db,
    version: &str,
    provider: &str,
    model: &str,
    prices: &str,
    now_us: i64,
) -> store::Result<()> {
    on_writer!(db, c => sqlx::query(
        "INSERT INTO price_versions (version, provider, model, prices, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (version, provider, model) DO NOTHING",
    )
    .bind(version)
    .bind(provider)
    .bind(model)
    .bind(prices)
    .bind(now_us)
    .execute(c)
    .await
    .map(|_| ()))
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
