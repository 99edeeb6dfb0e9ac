//! Qdrant's REST interface, as far as it is used.
//!
//! REST through `outbound` and not `qdrant-client`: that is a second HTTP stack (tonic, with prost and
//! its own TLS and connections), and connections are opened by `outbound` alone.
//! Source: Qdrant's OpenAPI document (collections, points), read 2026-11-22.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use outbound::{Client, OutBody};
use serde_json::Value;

use crate::{Error, ErrorKind, Result};

/// Longest answer that is read.
const MAX_ANSWER: usize = 64 << 20;

/// A Qdrant server or cluster.
pub(super) struct Server {
    client: Client,
    url: String,
    api_key: Option<String>,
}

impl Server {
    pub(super) fn new(client: Client, url: &str, api_key: Option<String>) -> Self {
        Self {
            client,
            url: url.trim_end_matches('/').to_owned(),
            api_key,
        }
    }

    /// Sends a request. `Ok(None)` for 404.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Option<Value>> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        if let Some(key) = &self.api_key {
            request = request.header("api-key", key);
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let request = request
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(OutBody::full(body))
            .map_err(|error| {
                Error::new(
                    ErrorKind::NotConfigured,
                    format!("`qdrant.url` or `qdrant.api_key` cannot be used: {error}"),
                )
            })?;
        let response = self
            .client
            .send(request)
            .await
            .map_err(|e| unavailable(&e.message))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let body = body
            .map_err(|error| unavailable(&error.to_string()))?
            .to_bytes();
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(Some(answer.get("result").cloned().unwrap_or_default()));
        }
        let why = answer["status"]["error"]
            .as_str()
            .unwrap_or("no reason given");
        Err(match status.as_u16() {
            401 | 403 => Error::new(
                ErrorKind::NotConfigured,
                format!("the Qdrant server refuses `qdrant.api_key`: {why}"),
            ),
            409 => Error::new(ErrorKind::Conflict, format!("the Qdrant server: {why}")),
            429 | 500..=599 => unavailable(&format!("status {status}: {why}")),
            _ => Error::internal(format!(
                "the Qdrant server refused {path} ({status}): {why}"
            )),
        })
    }
}

fn unavailable(why: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the Qdrant server does not answer: {why}"),
    )
}
