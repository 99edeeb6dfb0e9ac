//! Statements of metering.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use sqlx::error::BoxDynError;
use sqlx::query::Query;
use sqlx::{
    Arguments as _, AssertSqlSafe, Database, IntoArguments, QueryBuilder, Row as _, SqlSafeStr as _,
};
use store::{Db, OrgId, Tx, in_tx, on_reader, on_tx, on_writer};
use uuid::Uuid;

use super::record::UsageRecord;
use crate::limit::{Period, period_start};

/// Rows of one statement, largest first. Few sizes, so that each statement is prepared once and kept:
/// preparing costs more than inserting. SQLite takes 32,766 binds; 128 times 38 leave room.
const STATEMENT_ROWS: [usize; 3] = [128, 16, 1];

const COLUMNS: &str = "id, org_id, request_id, attempt, key_id, user_id, team_id, created_at, \
     operation, endpoint, requested_model, provider, model, status, http_status, error_kind, \
     error_message, upstream_id, stream, input_tokens, output_tokens, cache_read_tokens, \
     cache_write_tokens, reasoning_tokens, usage_detail, usage_source, cost_nano_usd, \
     saved_nano_usd, price_version, latency_us, first_token_us, overhead_us, end_user, tags, \
     metadata, caller, run_id, translation";

/// Most tokens that one row counts. No vendor's model gives a millionth of it; it keeps a broken
/// upstream's figures from overflowing every later sum.
const MAX_TOKENS: i64 = 1_000_000_000_000;
/// Most money that one row counts: a million dollars.
const MAX_NANO_USD: i64 = 1_000_000_000_000_000;
/// Where a daily sum stops.
const MAX_SUM: i64 = 100_000_000_000_000_000;
/// Longest name in bytes. Names are in indexes, and PostgreSQL takes no entry above 2,704 bytes.
const MAX_NAME_BYTES: usize = 512;

/// Stores rows and their daily sums in one transaction. Rows that are there already are ignored, and
/// do not count a second time.
pub(crate) async fn insert_records(db: &Db, rows: &[UsageRecord]) -> store::Result<()> {
    let stored = in_tx!(db, tx: Stop => {
        for rows in pieces(rows) {
            if insert_chunk(tx, rows).await? < rows.len() as u64 {
                return Err(Stop::Repeated);
            }
        }
        add_to_days(tx, &sum_days(rows.iter())).await?;
        Ok(())
    });
    match stored {
        Ok(()) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
        Err(Stop::Repeated) => insert_repeated(db, rows).await,
    }
}

/// Why the quick way of storing rows stopped.
enum Stop {
    Failed(store::Error),
    /// Some rows are there already.
    Repeated,
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Failed(error)
    }
}

/// [`insert_records`] where some rows are there already (a replay): which ones, the database tells.
async fn insert_repeated(db: &Db, rows: &[UsageRecord]) -> store::Result<()> {
    in_tx!(db, tx: store::Error => {
        let mut fresh = HashSet::new();
        for rows in pieces(rows) {
            fresh.extend(insert_chunk_returning(tx, rows).await?);
        }
        // Taken out when counted: the same row may stand twice in `rows`.
        add_to_days(tx, &sum_days(rows.iter().filter(|r| fresh.remove(&r.id)))).await
    })
}

/// Cuts a slice into pieces of the sizes that statements are prepared for.
fn pieces<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = STATEMENT_ROWS
            .into_iter()
            .find(|size| *size <= rest.len())?;
        let (piece, after) = rest.split_at(size);
        rest = after;
        Some(piece)
    })
}

/// Inserts what is not there yet; gives how many rows that was.
async fn insert_chunk(tx: &mut Tx, rows: &[UsageRecord]) -> store::Result<u64> {
    on_tx!(tx, execute => insertion(rows, "")?)
}

/// Inserts what is not there yet; gives the ids of those rows. Slower: each id is a row of its own on
/// its way back.
async fn insert_chunk_returning(tx: &mut Tx, rows: &[UsageRecord]) -> store::Result<Vec<Uuid>> {
    on_tx!(tx, c => {
        let stored = insertion(rows, " RETURNING id")?.fetch_all(c).await;
        stored.and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
    })
}

/// The insertion of rows that are as many as one of [`STATEMENT_ROWS`], with `tail` behind it.
fn insertion<DB>(rows: &[UsageRecord], tail: &str) -> sqlx::Result<Query<'static, DB, Values<DB>>>
where
    DB: Database,
    Uuid: Encode<DB>,
    Option<Uuid>: Encode<DB>,
    String: Encode<DB>,
    Option<String>: Encode<DB>,
    &'static str: Encode<DB>,
    i64: Encode<DB>,
    Option<i64>: Encode<DB>,
    bool: Encode<DB>,
{
    let mut values = DB::Arguments::default();
    for row in rows {
        add_row::<DB>(&mut values, row).map_err(sqlx::Error::Encode)?;
    }
    let text = insertion_text::<DB>(rows.len());
    let text = match tail {
        "" => AssertSqlSafe(text).into_sql_str(),
        tail => AssertSqlSafe(format!("{text}{tail}")).into_sql_str(),
    };
    Ok(sqlx::query_with(text, Values(values)))
}

/// Arguments of a statement. The type names its database, which the driver's own does not.
struct Values<DB: Database>(DB::Arguments);

impl<DB: Database> IntoArguments<DB> for Values<DB> {
    fn into_arguments(self) -> DB::Arguments {
        self.0
    }
}

/// Made once for each size: the text of the largest has thousands of placeholders. They have no
/// numbers on SQLite, which walks through a list of names to bind a numbered one.
fn insertion_text<DB: Database>(rows: usize) -> &'static str {
    const TEXTS: usize = STATEMENT_ROWS.len();
    static NUMBERED: [OnceLock<String>; TEXTS] = [const { OnceLock::new() }; TEXTS];
    static PLAIN: [OnceLock<String>; TEXTS] = [const { OnceLock::new() }; TEXTS];
    let is_plain = DB::NAME == sqlx::Sqlite::NAME;
    let texts = if is_plain { &PLAIN } else { &NUMBERED };
    let at = STATEMENT_ROWS.iter().position(|size| *size == rows);
    debug_assert!(at.is_some(), "rows are cut into pieces of these sizes");
    texts[at.unwrap_or_default()].get_or_init(|| {
        let columns = COLUMNS.split(',').count();
        let row = |first: usize| {
            let bind = |n| {
                if is_plain {
                    "?".to_owned()
                } else {
                    format!("${n}")
                }
            };
            let binds: Vec<String> = (first..first + columns).map(bind).collect();
            format!("({})", binds.join(", "))
        };
        let values: Vec<String> = (0..rows).map(|at| row(at * columns + 1)).collect();
        let values = values.join(", ");
        format!("INSERT INTO usage_records ({COLUMNS}) VALUES {values} ON CONFLICT (id) DO NOTHING")
    })
}

fn add_row<DB>(all: &mut DB::Arguments, r: &UsageRecord) -> Result<(), BoxDynError>
where
    DB: Database,
    Uuid: Encode<DB>,
    Option<Uuid>: Encode<DB>,
    String: Encode<DB>,
    Option<String>: Encode<DB>,
    &'static str: Encode<DB>,
    i64: Encode<DB>,
    Option<i64>: Encode<DB>,
    bool: Encode<DB>,
{
    all.add(r.id)?;
    all.add(r.org_id)?;
    all.add(name(&r.request_id))?;
    all.add(i64::from(r.attempt))?;
    all.add(r.key_id)?;
    all.add(r.user_id)?;
    all.add(r.team_id)?;
    all.add(r.created_at)?;
    all.add(name(&r.operation))?;
    all.add(name(&r.endpoint))?;
    all.add(name(&r.requested_model))?;
    all.add(name(&r.provider))?;
    all.add(name(&r.model))?;
    all.add(r.status.word())?;
    all.add(r.http_status.map(i64::from))?;
    all.add(r.error_kind.as_deref().map(name))?;
    all.add(r.error_message.as_deref().map(text))?;
    all.add(r.upstream_id.as_deref().map(name))?;
    all.add(r.stream)?;
    all.add(tokens(r.usage.input_tokens))?;
    all.add(tokens(r.usage.output_tokens))?;
    all.add(tokens(r.usage.cache_read_tokens))?;
    all.add(tokens(r.usage.cache_write_tokens))?;
    all.add(tokens(r.usage.reasoning_tokens))?;
    all.add(serde_json::to_string(&r.usage).unwrap_or_default())?;
    all.add(r.usage_source.word())?;
    all.add(r.cost_nano_usd.map(money))?;
    all.add(money(r.saved_nano_usd))?;
    all.add(r.price_version.as_deref().map(name))?;
    all.add(r.latency_us)?;
    all.add(r.first_token_us)?;
    all.add(r.overhead_us)?;
    all.add(r.end_user.as_deref().map(name))?;
    all.add(tags(&r.tags))?;
    all.add(r.metadata.as_deref().map(text))?;
    all.add(name(&r.caller))?;
    all.add(r.run_id)?;
    all.add(r.translation.as_deref().map(text))
}

/// A value that both drivers can bind.
trait Encode<DB: Database>: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB> {}

impl<DB: Database, T: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>> Encode<DB> for T {}

/// What a daily sum is kept by. Absent ids are nil, because a primary key cannot hold NULL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DayKey<'a> {
    org: Uuid,
    day_start: i64,
    key: Uuid,
    user: Uuid,
    team: Uuid,
    requested_model: &'a str,
    provider: &'a str,
    model: &'a str,
}

#[derive(Debug, Default, Clone, Copy)]
struct DaySum {
    requests: i64,
    tokens: i64,
    cost_nano_usd: i64,
}

/// Sums in the order of their keys: two instances that add to the same days lock them in the same
/// order, so that neither waits for the other in a circle.
fn sum_days<'a>(rows: impl Iterator<Item = &'a UsageRecord>) -> Vec<(DayKey<'a>, DaySum)> {
    let mut sums: BTreeMap<DayKey<'a>, DaySum> = BTreeMap::new();
    for r in rows {
        let key = DayKey {
            org: r.org_id,
            day_start: period_start(Period::Day, r.created_at),
            key: r.key_id.unwrap_or_default(),
            user: r.user_id.unwrap_or_default(),
            team: r.team_id.unwrap_or_default(),
            requested_model: &r.requested_model,
            provider: &r.provider,
            model: &r.model,
        };
        let sum = sums.entry(key).or_default();
        sum.requests += 1;
        // A cache hit repeats the tokens it saved; budgets do not count them.
        if r.status != super::Status::CacheHit {
            sum.tokens = add(sum.tokens, tokens(r.usage.total_tokens()));
        }
        sum.cost_nano_usd = add(sum.cost_nano_usd, money(r.cost_nano_usd.unwrap_or(0)));
    }
    sums.into_iter().collect()
}

async fn add_to_days(tx: &mut Tx, sums: &[(DayKey<'_>, DaySum)]) -> store::Result<()> {
    for sums in pieces(sums) {
        add_some_to_days(tx, sums).await?;
    }
    Ok(())
}

async fn add_some_to_days(tx: &mut Tx, sums: &[(DayKey<'_>, DaySum)]) -> store::Result<()> {
    on_tx!(tx, c => {
        let mut q = QueryBuilder::new(
            "INSERT INTO usage_days (org_id, day_start, key_id, user_id, team_id, \
             requested_model, provider, model, requests, tokens, cost_nano_usd) ",
        );
        q.push_values(sums, |mut b, (key, sum)| {
            b.push_bind(key.org)
                .push_bind(key.day_start)
                .push_bind(key.key)
                .push_bind(key.user)
                .push_bind(key.team)
                .push_bind(name(key.requested_model))
                .push_bind(name(key.provider))
                .push_bind(name(key.model))
                .push_bind(sum.requests)
                .push_bind(sum.tokens)
                .push_bind(sum.cost_nano_usd);
        });
        q.push(
            " ON CONFLICT (org_id, day_start, key_id, user_id, team_id, requested_model, provider, \
             model) DO UPDATE SET requests = usage_days.requests + excluded.requests, tokens = ",
        );
        push_sum(&mut q, "tokens");
        q.push(", cost_nano_usd = ");
        push_sum(&mut q, "cost_nano_usd");
        q.build().execute(c).await.map(|_| ())
    })
}

/// Both terms are at most [`MAX_SUM`], so that their sum cannot overflow.
fn push_sum<DB: Database>(q: &mut QueryBuilder<DB>, column: &str) {
    q.push(format_args!(
        "CASE WHEN usage_days.{column} + excluded.{column} > {MAX_SUM} THEN {MAX_SUM} \
         ELSE usage_days.{column} + excluded.{column} END"
    ));
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

fn tokens(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX).min(MAX_TOKENS)
}

fn money(nano_usd: i64) -> i64 {
    nano_usd.clamp(0, MAX_NANO_USD)
}

fn add(a: i64, b: i64) -> i64 {
    a.saturating_add(b).min(MAX_SUM)
}

/// PostgreSQL's text cannot hold NUL, and its JSON functions refuse the escaped one.
fn text(text: &str) -> String {
    match memchr::memchr(0, text.as_bytes()) {
        None => text.to_owned(),
        Some(_) => text.replace('\0', ""),
    }
}

fn name(name: &str) -> String {
    let mut name = text(name);
    name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
    name
}

/// Each tag once, as JSON: reports count a row under each of its tags.
fn tags(tags: &[String]) -> String {
    if tags.is_empty() {
        return "[]".to_owned();
    }
    let mut seen = HashSet::new();
    let tags = tags.iter().map(|tag| name(tag));
    let distinct: Vec<String> = tags.filter(|tag| seen.insert(tag.clone())).collect();
    serde_json::to_string(&distinct).unwrap_or_default()
}

/// Deletes all rows of this crate that belong to an organization, and returns how many.
pub(crate) async fn delete_of_organization(db: &Db, org: OrgId) -> store::Result<u64> {
    in_tx!(db, tx => {
        let mut rows = 0;
        for table in ["usage_records", "usage_days", "stored_responses", "logged_bodies"] {
            rows += on_tx!(tx, c => {
                let mut q = QueryBuilder::new("DELETE FROM ");
                q.push(table).push(" WHERE org_id = ").push_bind(org);
                q.build().execute(c).await.map(|done| done.rows_affected())
            })?;
        }
        Ok(rows)
    })
}
