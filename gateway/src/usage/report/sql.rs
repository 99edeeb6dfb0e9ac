//! Statements of reports.

use sqlx::{Database, Encode, QueryBuilder, Type};
use store::{Conditions, Db, Dialect, OrgId, on_reader};
use uuid::Uuid;

use super::filter::{IdColumn, TextColumn};
use super::{AttemptRow, Cursor, Dimension, Filter};

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 86_400_000_000;
/// Attempts of one call: clients may give many calls the same id.
const MAX_ATTEMPTS: i64 = 1_000;

store::row! {
    /// One group. Only the columns that were grouped by are set.
    #[derive(Debug)]
    pub(super) struct SumRow {
        pub(super) by_hour: Option<i64>,
        pub(super) by_day: Option<i64>,
        pub(super) by_model: Option<String>,
        pub(super) by_provider: Option<String>,
        pub(super) by_key: Option<Uuid>,
        pub(super) by_user: Option<Uuid>,
        pub(super) by_team: Option<Uuid>,
        pub(super) by_tag: Option<String>,
        pub(super) by_endpoint: Option<String>,
        pub(super) by_operation: Option<String>,
        pub(super) by_status: Option<String>,
        pub(super) by_end_user: Option<String>,
        pub(super) by_requested_model: Option<String>,
        pub(super) by_caller: Option<String>,
        pub(super) requests: i64,
        pub(super) calls: i64,
        pub(super) errors: i64,
        pub(super) cancelled: i64,
        pub(super) interrupted: i64,
        pub(super) cache_hits: i64,
        pub(super) input_tokens: i64,
        pub(super) output_tokens: i64,
        pub(super) cache_read_tokens: i64,
        pub(super) cache_write_tokens: i64,
        pub(super) reasoning_tokens: i64,
        pub(super) saved_tokens: i64,
        pub(super) cost_nano_usd: i64,
        pub(super) saved_nano_usd: i64,
        pub(super) unpriced_requests: i64,
        pub(super) estimated_requests: i64,
        pub(super) latency_p50_us: Option<i64>,
        pub(super) latency_p95_us: Option<i64>,
        pub(super) latency_p99_us: Option<i64>,
        pub(super) first_token_p50_us: Option<i64>,
        pub(super) first_token_p95_us: Option<i64>,
    }
}

/// Columns of the rows that sums are made of. An interrupted attempt has no latency.
const PICKED: &str = "u.request_id, u.status, u.usage_source, u.input_tokens, u.output_tokens, \
     u.cache_read_tokens, u.cache_write_tokens, u.reasoning_tokens, u.cost_nano_usd, \
     u.saved_nano_usd, u.first_token_us, \
     CASE WHEN u.status = 'interrupted' THEN NULL ELSE u.latency_us END AS latency_us";

/// Columns of single attempts.
const LISTED: &str = "u.id, u.request_id, u.attempt, u.created_at, u.key_id, u.user_id, u.team_id, \
     u.operation, u.endpoint, u.requested_model, u.provider, u.model, u.status, u.http_status, \
     u.error_kind, u.error_message, u.upstream_id, u.stream, u.input_tokens, u.output_tokens, \
     u.cache_read_tokens, u.cache_write_tokens, u.reasoning_tokens, u.usage_source, \
     u.cost_nano_usd, u.cost_nano_usd AS cost_usd, u.saved_nano_usd, u.price_version, \
     u.latency_us, u.first_token_us, u.overhead_us, u.end_user, u.tags, u.metadata, u.caller, \
     u.run_id, u.translation, u.usage_detail";

/// Sums. `CUME_DIST` gives each row the share of rows that are not slower; the nearest-rank
/// percentile is the least value whose share reaches it. Shares are correctly rounded quotients, so
/// comparing them with the literal is exact.
const SUMS: &str = "COUNT(*) AS requests, COUNT(DISTINCT request_id) AS calls, \
     COUNT(CASE WHEN status = 'error' THEN 1 END) AS errors, \
     COUNT(CASE WHEN status = 'cancelled' THEN 1 END) AS cancelled, \
     COUNT(CASE WHEN status = 'interrupted' THEN 1 END) AS interrupted, \
     COUNT(CASE WHEN status = 'cache_hit' THEN 1 END) AS cache_hits, \
     CAST(COALESCE(SUM(CASE WHEN status <> 'cache_hit' THEN input_tokens END), 0) AS BIGINT) \
         AS input_tokens, \
     CAST(COALESCE(SUM(CASE WHEN status <> 'cache_hit' THEN output_tokens END), 0) AS BIGINT) \
         AS output_tokens, \
     CAST(COALESCE(SUM(CASE WHEN status <> 'cache_hit' THEN cache_read_tokens END), 0) AS BIGINT) \
         AS cache_read_tokens, \
     CAST(COALESCE(SUM(CASE WHEN status <> 'cache_hit' THEN cache_write_tokens END), 0) AS BIGINT) \
         AS cache_write_tokens, \
     CAST(COALESCE(SUM(CASE WHEN status <> 'cache_hit' THEN reasoning_tokens END), 0) AS BIGINT) \
         AS reasoning_tokens, \
     CAST(COALESCE(SUM(CASE WHEN status = 'cache_hit' THEN input_tokens + output_tokens END), 0) \
         AS BIGINT) AS saved_tokens, \
     CAST(COALESCE(SUM(cost_nano_usd), 0) AS BIGINT) AS cost_nano_usd, \
     CAST(COALESCE(SUM(saved_nano_usd), 0) AS BIGINT) AS saved_nano_usd, \
     COUNT(CASE WHEN cost_nano_usd IS NULL THEN 1 END) AS unpriced_requests, \
     COUNT(CASE WHEN usage_source = 'estimated' THEN 1 END) AS estimated_requests, \
     MIN(CASE WHEN latency_share >= 0.5 THEN latency_us END) AS latency_p50_us, \
     MIN(CASE WHEN latency_share >= 0.95 THEN latency_us END) AS latency_p95_us, \
     MIN(CASE WHEN latency_share >= 0.99 THEN latency_us END) AS latency_p99_us, \
     MIN(CASE WHEN first_token_share >= 0.5 THEN first_token_us END) AS first_token_p50_us, \
     MIN(CASE WHEN first_token_share >= 0.95 THEN first_token_us END) AS first_token_p95_us";

/// Sums per group; without dimensions one row, also of nothing.
pub(super) async fn sums(
    db: &Db,
    org: OrgId,
    filter: &Filter,
    dimensions: &[Dimension],
    limit: u64,
) -> store::Result<Vec<SumRow>> {
    let dialect = db.dialect();
    on_reader!(db, c => {
        let mut q = QueryBuilder::new("WITH picked AS (SELECT ");
        for dimension in dimensions {
            let expression = expression(*dimension);
            q.push(format_args!("{expression} AS by_{}, ", dimension.word()));
        }
        q.push(PICKED).push(" FROM usage_records u");
        if dimensions.contains(&Dimension::Tag) {
            q.push(format_args!(" LEFT JOIN {} ON TRUE", each_tag(dialect)));
        }
        push_conditions(&mut q, org, filter, dialect);
        let names = names(dimensions);
        let partition = names.iter().map(|name| format!("{name}, ")).collect::<String>();
        // Values that are not there are a partition of their own.
        q.push(format_args!(
            "), ranked AS (SELECT picked.*, \
             CUME_DIST() OVER (PARTITION BY {partition}latency_us IS NULL ORDER BY latency_us) \
                 AS latency_share, \
             CUME_DIST() OVER (PARTITION BY {partition}first_token_us IS NULL \
                 ORDER BY first_token_us) AS first_token_share FROM picked) SELECT "
        ));
        for dimension in Dimension::ALL {
            let word = dimension.word();
            match dimensions.contains(&dimension) {
                true => q.push(format_args!("by_{word}, ")),
                false => q.push(format_args!("CAST(NULL AS {}) AS by_{word}, ", sql_type(dimension))),
            };
        }
        q.push(SUMS).push(" FROM ranked");
        if !names.is_empty() {
            q.push(format_args!(" GROUP BY {}", names.join(", ")));
        }
        let times = dimensions.iter().filter(|d| d.is_time());
        q.push(" ORDER BY ");
        for time in times {
            q.push(format_args!("by_{}, ", time.word()));
        }
        q.push("cost_nano_usd DESC, requests DESC");
        for name in &names {
            q.push(format_args!(", {name}"));
        }
        q.push(" LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        q.build_query_as().fetch_all(c).await
    })
}

fn names(dimensions: &[Dimension]) -> Vec<String> {
    dimensions
        .iter()
        .map(|d| format!("by_{}", d.word()))
        .collect()
}

fn expression(dimension: Dimension) -> String {
    let column = match dimension {
        Dimension::Hour => return format!("u.created_at - u.created_at % {HOUR_US}"),
        Dimension::Day => return format!("u.created_at - u.created_at % {DAY_US}"),
        Dimension::Tag => return "each_tag.value".to_owned(),
        Dimension::Model => "model",
        Dimension::Provider => "provider",
        Dimension::Key => "key_id",
        Dimension::User => "user_id",
        Dimension::Team => "team_id",
        Dimension::Endpoint => "endpoint",
        Dimension::Operation => "operation",
        Dimension::Status => "status",
        Dimension::EndUser => "end_user",
        Dimension::RequestedModel => "requested_model",
        Dimension::Caller => "caller",
    };
    format!("u.{column}")
}

fn sql_type(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Hour | Dimension::Day => "BIGINT",
        Dimension::Key | Dimension::User | Dimension::Team => "UUID",
        Dimension::Model
        | Dimension::Provider
        | Dimension::Tag
        | Dimension::Endpoint
        | Dimension::Operation
        | Dimension::Status
        | Dimension::EndUser
        | Dimension::RequestedModel
        | Dimension::Caller => "TEXT",
    }
}

/// The tags of a row as rows of their own.
fn each_tag(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "json_each(u.tags) AS each_tag",
        Dialect::Postgres => {
            "LATERAL jsonb_array_elements_text(CAST(u.tags AS JSONB)) AS each_tag(value)"
        }
    }
}

/// Attempts behind `cursor`, newest first.
pub(super) async fn list(
    db: &Db,
    org: OrgId,
    filter: &Filter,
    cursor: Option<Cursor>,
    limit: u64,
) -> store::Result<Vec<AttemptRow>> {
    let dialect = db.dialect();
    on_reader!(db, c => {
        let mut q = QueryBuilder::new("SELECT ");
        q.push(LISTED).push(" FROM usage_records u");
        push_conditions(&mut q, org, filter, dialect);
        if let Some(cursor) = cursor {
            // The first comparison is for the index.
            q.push(" AND u.created_at <= ").push_bind(cursor.created_at.0);
            q.push(" AND (u.created_at, u.id) < (").push_bind(cursor.created_at.0);
            q.push(", ").push_bind(cursor.id).push(")");
        }
        q.push(" ORDER BY u.created_at DESC, u.id DESC LIMIT ");
        q.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        q.build_query_as().fetch_all(c).await
    })
}

/// All attempts of a call, in their order.
pub(super) async fn attempts(
    db: &Db,
    org: OrgId,
    request_id: &str,
) -> store::Result<Vec<AttemptRow>> {
    on_reader!(db, c => {
        let mut q = QueryBuilder::new("SELECT ");
        q.push(LISTED).push(" FROM usage_records u WHERE u.org_id = ").push_bind(org);
        q.push(" AND u.request_id = ").push_bind(request_id.to_owned());
        q.push(" ORDER BY u.created_at, u.attempt, u.id LIMIT ").push_bind(MAX_ATTEMPTS);
        q.build_query_as().fetch_all(c).await
    })
}

fn push_conditions<DB: Database>(
    q: &mut QueryBuilder<DB>,
    org: OrgId,
    filter: &Filter,
    dialect: Dialect,
) where
    for<'q> String: Encode<'q, DB> + Type<DB>,
    for<'q> Uuid: Encode<'q, DB> + Type<DB>,
    for<'q> i64: Encode<'q, DB> + Type<DB>,
{
    let mut and = Conditions::new();
    and.next(q).push("u.org_id = ").push_bind(org.uuid());
    and.next(q)
        .push("u.created_at >= ")
        .push_bind(filter.from.0);
    and.next(q).push("u.created_at < ").push_bind(filter.to.0);
    for (column, values) in &filter.texts {
        and.next(q)
            .push(format_args!("u.{} IN (", text_column(*column)));
        push_list(q, values.iter().cloned());
    }
    for (column, values) in &filter.ids {
        and.next(q)
            .push(format_args!("u.{} IN (", id_column(*column)));
        push_list(q, values.iter().copied());
    }
    if !filter.tags.is_empty() {
        // Both databases know it under `each_tag.value`; the name inside hides the one outside.
        let tags = each_tag(dialect);
        and.next(q).push(format_args!(
            "EXISTS (SELECT 1 FROM {tags} WHERE each_tag.value IN ("
        ));
        push_list(q, filter.tags.iter().cloned());
        q.push(")");
    }
    if let Some(least) = filter.min_cost_nano_usd {
        and.next(q).push("u.cost_nano_usd >= ").push_bind(least);
    }
}

/// The values and the closing bracket.
fn push_list<DB: Database, T>(q: &mut QueryBuilder<DB>, values: impl Iterator<Item = T>)
where
    for<'q> T: Encode<'q, DB> + Type<DB>,
{
    let mut list = q.separated(", ");
    for value in values {
        list.push_bind(value);
    }
    q.push(")");
}

fn text_column(column: TextColumn) -> &'static str {
    match column {
        TextColumn::Model => "model",
        TextColumn::Provider => "provider",
        TextColumn::Endpoint => "endpoint",
        TextColumn::Operation => "operation",
        TextColumn::Status => "status",
        TextColumn::EndUser => "end_user",
        TextColumn::RequestedModel => "requested_model",
        TextColumn::Caller => "caller",
        TextColumn::RequestId => "request_id",
        TextColumn::ErrorKind => "error_kind",
    }
}

fn id_column(column: IdColumn) -> &'static str {
    match column {
        IdColumn::Key => "key_id",
        IdColumn::User => "user_id",
        IdColumn::Team => "team_id",
    }
}
