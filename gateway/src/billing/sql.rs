//! Statements (of SQL) behind statements (of account).

use store::{Db, OrgId, on_reader, row};

row! {
    /// What a model was used for in a span of time.
    #[derive(Debug)]
    pub(super) struct LineRow {
        pub(super) provider: String,
        pub(super) model: String,
        pub(super) requests: i64,
        pub(super) input_tokens: i64,
        pub(super) output_tokens: i64,
        pub(super) cost_nano_usd: i64,
        pub(super) unpriced_requests: i64,
    }

    /// What was used on a day.
    #[derive(Debug)]
    pub(super) struct DayRow {
        pub(super) day_start: i64,
        pub(super) requests: i64,
        pub(super) tokens: i64,
        pub(super) cost_nano_usd: i64,
    }
}

/// Sums by model of `[from_us, to_us)`, the dearest first. Cache hits cost nothing and used nothing.
pub(super) async fn lines(
    db: &Db,
    org: OrgId,
    from_us: i64,
    to_us: i64,
) -> store::Result<Vec<LineRow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT provider, model, COUNT(*) AS requests,
             CAST(COALESCE(SUM(CASE WHEN status <> 'cache_hit' THEN input_tokens END), 0) AS BIGINT)
                 AS input_tokens,
             CAST(COALESCE(SUM(CASE WHEN status <> 'cache_hit' THEN output_tokens END), 0) AS BIGINT)
                 AS output_tokens,
             CAST(COALESCE(SUM(cost_nano_usd), 0) AS BIGINT) AS cost_nano_usd,
             COUNT(CASE WHEN cost_nano_usd IS NULL THEN 1 END) AS unpriced_requests
         FROM usage_records
         WHERE org_id = $1 AND created_at >= $2 AND created_at < $3
         GROUP BY provider, model
         ORDER BY cost_nano_usd DESC, provider, model",
    )
    .bind(org)
    .bind(from_us)
    .bind(to_us)
    .fetch_all(c)
    .await)
}

/// Sums by day of everything, in order of time.
pub(super) async fn days(db: &Db, org: OrgId) -> store::Result<Vec<DayRow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT day_start, CAST(SUM(requests) AS BIGINT) AS requests,
             CAST(SUM(tokens) AS BIGINT) AS tokens,
             CAST(SUM(cost_nano_usd) AS BIGINT) AS cost_nano_usd
         FROM usage_days WHERE org_id = $1 GROUP BY day_start ORDER BY day_start",
    )
    .bind(org)
    .fetch_all(c)
    .await)
}
