//! Reports on usage, for admins.

mod answer;
mod format;
mod kept;
mod parameters;

use accounts::http::Routes;
use accounts::http::{ApiError, ErrorBody, Id, Member, with_request_id};
use accounts::routes;
use accounts::{Accounts, Permission};
use axum::Json;
use axum::extract::{FromRef, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Serialize;
use store::{Db, Micros, OrgId};
use utoipa::ToSchema;

use self::kept::Kept;
use self::parameters::Pairs;
use crate::Gateway;
use crate::usage::bodies::{self, LoggedBodies};
use crate::usage::report::{
    self, AttemptQuery, AttemptRow, BadParameter, Format, Page, Pages, Summary, SummaryQuery, Usd,
};

/// `/api/v1/usage` and what is below it, each behind the permission to read usage.
///
/// The paths are complete: merge the router, do not nest it.
pub fn router(gateway: Gateway) -> Routes {
    Routes::new()
        .routes(routes!(summarize_usage))
        .routes(routes!(list_usage_requests))
        .routes(routes!(get_usage_request))
        .with_state(Reports {
            gateway,
            kept: Kept::new(),
        })
        .layer(from_fn(with_request_id))
}

/// What the handlers need.
#[derive(Debug, Clone)]
struct Reports {
    gateway: Gateway,
    kept: Kept,
}

impl FromRef<Reports> for Accounts {
    fn from_ref(reports: &Reports) -> Self {
        reports.gateway.accounts().clone()
    }
}

impl Reports {
    /// The database, once it holds what was used until now: who looks for a call just made finds it.
    async fn db(&self) -> &Db {
        self.gateway.flush().await;
        self.gateway.db()
    }

    fn now(&self) -> Micros {
        Micros(self.gateway.now_us())
    }
}

/// Sum up usage
///
/// Sums the organization's usage by any combination of time, model, provider, key, user, team, tag,
/// endpoint and more.
/// Each row of the underlying data is one *attempt* at an upstream; `calls` counts different
/// requests.
/// A filter given several times takes any of its values.
/// CSV and NDJSON hold the rows without the total; the header `x-nab-truncated` says whether `limit`
/// cut them off.
/// A report over 5,000 attempts or more is given again for ten times as long as it took to add up, 30
/// seconds at most.
#[utoipa::path(
    get, path = "/api/v1/usage", tag = "Usage", operation_id = "summarize_usage",
    params(
        ("from" = Option<String>, Query, description = "RFC 3339 time or date (UTC) from which attempts count; 30 days before `to` when absent"),
        ("to" = Option<String>, Query, description = "RFC 3339 time before which attempts count, or the last date that counts; now when absent"),
        ("group_by" = Option<String>, Query, description = "Comma list of hour, day, model, provider, key, user, team, tag, endpoint, operation, status, end_user, requested_model, caller; only the total when absent", example = "day,model"),
        ("model" = Option<Vec<String>>, Query, description = "Model at the provider"),
        ("provider" = Option<Vec<String>>, Query, description = "Provider as configured"),
        ("key_id" = Option<Vec<String>>, Query, description = "API key"),
        ("user_id" = Option<Vec<String>>, Query, description = "User the key belongs to"),
        ("team_id" = Option<Vec<String>>, Query, description = "Team the key belongs to"),
        ("tag" = Option<Vec<String>>, Query, description = "Tag of key or request"),
        ("endpoint" = Option<Vec<String>>, Query, description = "Path that was called", example = "/v1/chat/completions"),
        ("operation" = Option<Vec<String>>, Query, description = "Kind of call, such as `chat` or `embeddings`"),
        ("status" = Option<Vec<String>>, Query, description = "success, error, cancelled, cache_hit or interrupted"),
        ("end_user" = Option<Vec<String>>, Query, description = "The client's name for its end user"),
        ("requested_model" = Option<Vec<String>>, Query, description = "Model as the client named it"),
        ("caller" = Option<Vec<String>>, Query, description = "http, rag or flow"),
        ("format" = Option<String>, Query, description = "json, csv, ndjson or pdf; else the `Accept` header decides"),
        ("limit" = Option<u64>, Query, description = "Most rows, 1 to 10,000; 1,000 when absent"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("usage:read"))),
    responses(
        (status = 200, content(
            (Summary = "application/json"),
            (String = "text/csv"),
            (String = "application/x-ndjson"),
            (Vec<u8> = "application/pdf"),
        )),
        (status = "4XX", body = ErrorBody),
    ),
)]
async fn summarize_usage(
    State(reports): State<Reports>,
    member: Member,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, ApiError> {
    let org = member.require(Permission::UsageRead)?.org_id();
    let query = SummaryQuery::parse(&pairs.0, reports.now()).map_err(refuse)?;
    let format = query.format.unwrap_or_else(|| format::accepted(&headers));
    let read = async { report::summarize(reports.db().await, org, &query).await };
    let summary = reports.kept.summary(org, &pairs, read);
    let summary = summary.await.map_err(failed)?;
    Ok(match format {
        Format::Json => Json(summary).into_response(),
        Format::Csv => answer::summary_csv(&summary),
        Format::Ndjson => answer::summary_ndjson(&summary),
        Format::Pdf => {
            let organization = reports.gateway.accounts().get_organization(org).await?;
            answer::summary_pdf(&organization, &summary)
        }
    })
}

/// List attempts
///
/// Lists the organization's attempts at upstreams, newest first, with everything that is kept of
/// them.
/// JSON comes in pages (`next_cursor`); CSV and NDJSON hold all rows, or `limit` of them.
/// A filter given several times takes any of its values.
#[utoipa::path(
    get, path = "/api/v1/usage/requests", tag = "Usage", operation_id = "list_usage_requests",
    params(
        ("from" = Option<String>, Query, description = "RFC 3339 time or date (UTC) from which attempts count; 30 days before `to` when absent"),
        ("to" = Option<String>, Query, description = "RFC 3339 time before which attempts count, or the last date that counts; now when absent"),
        ("request_id" = Option<Vec<String>>, Query, description = "`x-request-id` of a call"),
        ("model" = Option<Vec<String>>, Query, description = "Model at the provider"),
        ("provider" = Option<Vec<String>>, Query, description = "Provider as configured"),
        ("key_id" = Option<Vec<String>>, Query, description = "API key"),
        ("user_id" = Option<Vec<String>>, Query, description = "User the key belongs to"),
        ("team_id" = Option<Vec<String>>, Query, description = "Team the key belongs to"),
        ("tag" = Option<Vec<String>>, Query, description = "Tag of key or request"),
        ("endpoint" = Option<Vec<String>>, Query, description = "Path that was called", example = "/v1/chat/completions"),
        ("operation" = Option<Vec<String>>, Query, description = "Kind of call, such as `chat` or `embeddings`"),
        ("status" = Option<Vec<String>>, Query, description = "success, error, cancelled, cache_hit or interrupted"),
        ("error_kind" = Option<Vec<String>>, Query, description = "Why the attempt failed, such as `rate_limited`"),
        ("end_user" = Option<Vec<String>>, Query, description = "The client's name for its end user"),
        ("requested_model" = Option<Vec<String>>, Query, description = "Model as the client named it"),
        ("caller" = Option<Vec<String>>, Query, description = "http, rag or flow"),
        ("min_cost" = Option<String>, Query, description = "Least cost in US dollars", example = "0.05"),
        ("format" = Option<String>, Query, description = "json, csv or ndjson; else the `Accept` header decides"),
        ("limit" = Option<u64>, Query, description = "JSON: rows on the page, 1 to 500; 50 when absent. CSV and NDJSON: most rows; all when absent"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("usage:read"))),
    responses(
        (status = 200, content(
            (Page = "application/json"),
            (String = "text/csv"),
            (String = "application/x-ndjson"),
        )),
        (status = "4XX", body = ErrorBody),
    ),
)]
async fn list_usage_requests(
    State(reports): State<Reports>,
    member: Member,
    headers: HeaderMap,
    Pairs(pairs): Pairs,
) -> Result<Response, ApiError> {
    let org = member.require(Permission::UsageRead)?.org_id();
    let query = AttemptQuery::parse(&pairs, reports.now()).map_err(refuse)?;
    let db = reports.db().await;
    let exported = match query.format.unwrap_or_else(|| format::accepted(&headers)) {
        // Nothing else is a page of rows; who accepts PDF alone gets what everybody reads.
        Format::Json | Format::Pdf => {
            let rows = query.page_rows().map_err(refuse)?;
            let page = Page::read(db, org, &query.filter, query.cursor, rows).await;
            return Ok(Json(page.map_err(failed)?).into_response());
        }
        Format::Csv => answer::Export::Csv,
        Format::Ndjson => answer::Export::Ndjson,
    };
    let limit = query.export_rows();
    let pages = Pages::new(db.clone(), org, query.filter, query.cursor, limit);
    answer::attempts(exported, pages).await.map_err(failed)
}

/// A call with all its attempts.
#[derive(Debug, Serialize, ToSchema)]
struct CallDetail {
    /// `x-request-id` of the call.
    request_id: String,
    /// Its attempts at upstreams, in their order; at most 1,000.
    attempts: Vec<AttemptRow>,
    /// What the attempts with a known cost came to, in nano-dollars.
    cost_nano_usd: i64,
    /// The same in dollars, exactly.
    cost_usd: Usd,
    /// What went in and out, where the organization has that logged.
    bodies: Option<LoggedBodies>,
}

/// Show a call
///
/// Shows all attempts of one call and, when the organization logs bodies, what went in and out.
#[utoipa::path(
    get, path = "/api/v1/usage/requests/{request_id}", tag = "Usage",
    operation_id = "get_usage_request",
    params(("request_id" = String, Path, description = "`x-request-id` of the call")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("usage:read"))),
    responses((status = 200, body = CallDetail), (status = "4XX", body = ErrorBody)),
)]
async fn get_usage_request(
    State(reports): State<Reports>,
    member: Member,
    Id(request_id): Id<String>,
) -> Result<Json<CallDetail>, ApiError> {
    let org = member.require(Permission::UsageRead)?.org_id();
    let db = reports.db().await;
    // No id holds NUL, and PostgreSQL refuses to be asked for it.
    let request_id = request_id.replace('\0', "\u{fffd}");
    let (attempts, bodies) = read_call(db, org, &request_id).await.map_err(failed)?;
    if attempts.is_empty() && bodies.is_none() {
        return Err(ApiError::not_found(format!(
            "there is no call `{request_id}`"
        )));
    }
    let costs = attempts.iter().filter_map(|row| row.cost_nano_usd);
    let cost_nano_usd = costs.fold(0_i64, i64::saturating_add);
    Ok(Json(CallDetail {
        request_id,
        attempts,
        cost_nano_usd,
        cost_usd: Usd(cost_nano_usd),
        bodies,
    }))
}

async fn read_call(
    db: &Db,
    org: OrgId,
    request_id: &str,
) -> store::Result<(Vec<AttemptRow>, Option<LoggedBodies>)> {
    let attempts = report::attempts(db, org, request_id).await?;
    Ok((attempts, bodies::get(db, org, request_id).await?))
}

fn refuse(bad: BadParameter) -> ApiError {
    ApiError {
        details: Some(bad.details()),
        ..ApiError::invalid(bad.message)
    }
}

fn failed(error: store::Error) -> ApiError {
    ApiError::from(accounts::Error::from(error))
}

#[cfg(test)]
mod tests;
