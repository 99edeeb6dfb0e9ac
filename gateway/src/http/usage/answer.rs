//! Reports as CSV and NDJSON.

use accounts::Organization;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::usage::report::{AttemptRow, COLUMNS, Figures, Pages, Summary, csv, pdf};

const TRUNCATED: HeaderName = HeaderName::from_static("x-nab-truncated");

/// The forms that hold any number of rows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Export {
    Csv,
    Ndjson,
}

impl Export {
    fn headers(self) -> HeaderMap {
        let (kind, disposition) = match self {
            Self::Csv => (
                "text/csv; charset=utf-8; header=present",
                "attachment; filename=\"usage.csv\"",
            ),
            Self::Ndjson => (
                "application/x-ndjson",
                "attachment; filename=\"usage.ndjson\"",
            ),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
        headers
    }

    /// What stands before the first attempt.
    fn head(self) -> String {
        match self {
            Self::Csv => csv::header(COLUMNS),
            Self::Ndjson => String::new(),
        }
    }

    fn line(self, row: &AttemptRow) -> String {
        match self {
            Self::Csv => csv::row(fields(row).values()),
            Self::Ndjson => json_line(row),
        }
    }

    fn page(self, rows: &[AttemptRow]) -> Bytes {
        rows.iter()
            .map(|row| self.line(row))
            .collect::<String>()
            .into()
    }
}

pub(super) fn summary_csv(summary: &Summary) -> Response {
    let figures = fields(&Figures::default());
    let columns = figures.keys().map(String::as_str);
    let mut text = csv::header(summary.group_by.iter().copied().chain(columns));
    for row in &summary.data {
        text.push_str(&csv::row(fields(row).values()));
    }
    whole(Export::Csv, text, summary.truncated)
}

pub(super) fn summary_ndjson(summary: &Summary) -> Response {
    let text = summary.data.iter().map(json_line).collect();
    whole(Export::Ndjson, text, summary.truncated)
}

pub(super) fn summary_pdf(organization: &Organization, summary: &Summary) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, "attachment; filename=\"usage.pdf\""),
    ];
    (headers, pdf::render(organization, summary)).into_response()
}

fn whole(form: Export, text: String, truncated: bool) -> Response {
    let mut headers = form.headers();
    let truncated = if truncated { "true" } else { "false" };
    headers.insert(TRUNCATED, HeaderValue::from_static(truncated));
    (headers, text).into_response()
}

/// All rows of a walk, page by page. A failure before the first row is an error; after it the
/// connection breaks, so that half an export does not pass for a whole one.
pub(super) async fn attempts(form: Export, mut pages: Pages) -> store::Result<Response> {
    let first = pages.next().await?;
    let mut head = form.head().into_bytes();
    head.extend_from_slice(&form.page(&first));
    let head = stream::once(std::future::ready(Ok(Bytes::from(head))));
    let rest = stream::try_unfold(pages, move |mut pages| async move {
        match pages.next().await {
            Ok(rows) if rows.is_empty() => Ok(None),
            Ok(rows) => Ok(Some((form.page(&rows), pages))),
            Err(error) => {
                tracing::error!(%error, "cannot read the rest of an export");
                Err(error)
            }
        }
    });
    let body = Body::from_stream(futures_util::StreamExt::chain(head, rest));
    Ok((form.headers(), body).into_response())
}

fn json_line(row: &impl Serialize) -> String {
    let mut line = serde_json::to_string(row).unwrap_or_default();
    line.push('\n');
    line
}

/// A row's fields in their order.
fn fields(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}
