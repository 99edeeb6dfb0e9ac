//! One HTTP exchange with a vendor.

use std::time::{Duration, Instant};

use accounts::Secret;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use outbound::{InBody, OutBody};
use providers::auth;
use providers::{Error, ErrorKind, Operation};

use super::retry_after;
use crate::config::Timeouts;
use crate::route::{Target, Vendor};

/// Largest complete answer accepted from a vendor.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;
/// Largest error body read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("nocode-ai/", env!("CARGO_PKG_VERSION")));
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What is sent.
pub(crate) struct Outgoing {
    pub(crate) operation: Operation,
    pub(crate) stream: bool,
    pub(crate) content_type: HeaderValue,
    pub(crate) body: OutBody,
    /// Dialect headers of the client that the vendor should see (`anthropic-beta`, `openai-beta`).
    pub(crate) headers: HeaderMap,
}

/// Sends a request and waits for a successful head.
///
/// # Errors
/// What the vendor said for anything but 2xx; `Timeout`, `Connection`.
pub(crate) async fn send(
    vendor: &Vendor,
    target: &Target,
    secret: Option<&Secret>,
    out: Outgoing,
    timeouts: &Timeouts,
    now_us: i64,
) -> Result<Response<InBody>, Error> {
    let address = target.address(vendor, out.operation, out.stream)?;
    let mut request = Request::new(out.body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = address.uri.clone();
    let headers = request.headers_mut();
    headers.reserve(8);
    headers.insert(CONTENT_TYPE, out.content_type);
    headers.insert(USER_AGENT, AGENT);
    headers.extend(out.headers);
    for (name, value) in &address.headers {
        headers.insert(name, value.clone());
    }
    auth::apply(
        vendor.provider.info().auth,
        secret.map(Secret::expose),
        headers,
    )
    .map_err(|e| Error::new(ErrorKind::Authentication, e.to_string()))?;

    let wait = if out.stream {
        timeouts.first_token_ms
    } else {
        timeouts.headers_ms
    };
    let wait = Duration::from_millis(wait.min(timeouts.total_ms));
    let connecting = Duration::from_millis(timeouts.connect_ms);
    let client = vendor.client.connecting_within(connecting);
    let answer = tokio::time::timeout(wait, client.send(request))
        .await
        .map_err(|_| timed_out("did not answer", wait))?
        .map_err(|e| from_outbound(&e))?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    Err(refusal(vendor, answer, now_us).await)
}

async fn refusal(vendor: &Vendor, answer: Response<InBody>, now_us: i64) -> Error {
    let status = answer.status().as_u16();
    let (parts, body) = answer.into_parts();
    let deadline = Instant::now() + Duration::from_secs(10);
    let body = read(body, MAX_ERROR_BYTES, Duration::from_secs(10), deadline).await;
    let body = body.unwrap_or_default();
    let mut error = vendor.provider.decode_error(status, &parts.headers, &body);
    error.status = Some(status);
    if error.retry_after_ms.is_none() {
        let wait = retry_after::parse(&parts.headers, now_us);
        error.retry_after_ms = wait.and_then(|w| u64::try_from(w.as_millis()).ok());
    }
    error
}

/// Reads a complete answer.
///
/// # Errors
/// `Timeout` on a stall or at the deadline, `Connection` when it breaks, `Malformed` when too large.
pub(crate) async fn read_answer(
    body: InBody,
    timeouts: &Timeouts,
    began: Instant,
) -> Result<Bytes, Error> {
    let deadline = began + Duration::from_millis(timeouts.total_ms);
    read(
        body,
        MAX_ANSWER_BYTES,
        Duration::from_millis(timeouts.stall_ms),
        deadline,
    )
    .await
}

async fn read(
    mut body: InBody,
    limit: usize,
    stall: Duration,
    deadline: Instant,
) -> Result<Bytes, Error> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        let wait = stall.min(deadline.saturating_duration_since(Instant::now()));
        let frame = tokio::time::timeout(wait, body.frame())
            .await
            .map_err(|_| timed_out("stopped in the middle of its answer", wait))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|e| broken(&e))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.len() + rest.len() + data.len() > limit {
            return Err(Error::malformed(format!(
                "the answer is larger than {limit} bytes"
            )));
        }
        // One frame is the usual case and is not copied.
        if first.is_empty() && rest.is_empty() {
            first = data;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&first);
            first = Bytes::new();
        }
        rest.extend_from_slice(&data);
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

/// The connection broke while the answer was coming in.
pub(crate) fn broken(error: &hyper::Error) -> Error {
    Error::new(
        ErrorKind::Connection,
        format!("the connection broke during the answer: {error}"),
    )
}

/// The vendor was too slow.
pub(crate) fn timed_out(what: &str, wait: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the provider {what} within {} ms", wait.as_millis()),
    )
}

fn from_outbound(error: &outbound::Error) -> Error {
    let kind = match error.kind {
        outbound::ErrorKind::Refused => ErrorKind::InvalidRequest,
        outbound::ErrorKind::Connect | outbound::ErrorKind::Broken => ErrorKind::Connection,
    };
    Error::new(kind, error.message.clone())
}

/// The vendor's id of an exchange, from whichever header it uses.
pub(crate) fn upstream_id(headers: &HeaderMap) -> Option<String> {
    [
        "x-request-id",
        "request-id",
        "apim-request-id",
        "x-ms-request-id",
        "cf-ray",
    ]
    .iter()
    .find_map(|name| headers.get(*name)?.to_str().ok())
    .map(|id| id.chars().take(200).collect())
}
