use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Deserialize;
use store::{Micros, OrgId};
use utoipa::IntoParams;

use super::{ApiError, ErrorBody, Member};
use crate::audit::COLUMNS;
use crate::{Accounts, AuditEntry, AuditFilter, Page, PageRequest, Permission, Result, csv};

/// Which entries, and how they are written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Who did it: `key:<id>`, `user:<id>`, `command_line` or `system`.
    actor: Option<String>,
    /// What was done, such as `key.create`; `key.` for all that was done to keys.
    action: Option<String>,
    /// The id of what it was done to.
    target: Option<String>,
    /// RFC 3339 time from which entries count.
    from: Option<String>,
    /// RFC 3339 time before which entries count.
    to: Option<String>,
    /// `json` or `csv`; else the `Accept` header decides.
    format: Option<String>,
    /// Entries on the page, 1 to 500; 50 when absent. CSV holds all.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists who changed what, newest first, with the records before and after, without secrets.
///
/// JSON comes in pages; CSV holds all entries that the filters let through.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit", operation_id = "list_audit",
    params(AuditQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("audit:read"))),
    responses(
        (status = 200, content((Page<AuditEntry> = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    headers: HeaderMap,
    query: Result<Query<AuditQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    member.require(Permission::AuditRead)?;
    let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let as_csv = match query.format.as_deref() {
        Some("csv") => true,
        Some("json") => false,
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "`format` must be json or csv, not `{other:.50}`"
            )));
        }
        None => headers
            .get(ACCEPT)
            .is_some_and(|accept| accept.as_bytes().starts_with(b"text/csv")),
    };
    let filter = AuditFilter {
        actor: query.actor,
        action: query.action,
        target: query.target,
        from: time("from", query.from)?,
        to: time("to", query.to)?,
    };
    if as_csv {
        return export(accounts, member.org_id(), filter).await;
    }
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let page = accounts.list_audit(member.org_id(), &filter, page).await?;
    Ok(Json(page).into_response())
}

fn time(name: &str, text: Option<String>) -> Result<Option<Micros>, ApiError> {
    let parse = |text: String| {
        // A `+` that was not escaped arrives as a blank.
        let time = text.replace(' ', "+").parse::<Micros>();
        time.map_err(|error| ApiError::invalid(format!("`{name}`: {error}")))
    };
    text.map(parse).transpose()
}

/// All entries, page by page. A failure in the middle breaks the connection, so that half an export
/// does not pass for a whole one.
async fn export(accounts: Accounts, org: OrgId, filter: AuditFilter) -> Result<Response, ApiError> {
    let first = PageRequest::new(Some(500), None)?;
    let lines = stream::try_unfold(Some(first), move |state| {
        let (accounts, filter) = (accounts.clone(), filter.clone());
        async move {
            let Some(request) = state else {
                return Ok::<_, crate::Error>(None);
            };
            let page = accounts.list_audit(org, &filter, request).await?;
            let cursor = page.next_cursor.as_deref();
            let next = cursor
                .map(|cursor| PageRequest::new(Some(500), Some(cursor)))
                .transpose()?;
            let text: String = page.data.iter().map(AuditEntry::csv).collect();
            Ok(Some((Bytes::from(text), next)))
        }
    });
    let head = stream::once(std::future::ready(Ok(Bytes::from(csv::header(COLUMNS)))));
    let body = Body::from_stream(futures_util::StreamExt::chain(head, lines));
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
    ];
    Ok((headers, body).into_response())
}
