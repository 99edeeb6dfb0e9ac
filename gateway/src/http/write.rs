//! From a reply or an error to an HTTP answer.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use providers::{DialectId, Operation};

use crate::call::{self, Reply};
use crate::dialects;
use crate::error::{Code, Error};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Writes a reply.
pub(super) fn reply(reply: Reply, request_id: &str) -> Response {
    let body = match reply.body {
        call::Body::Full(bytes) => Body::from(bytes),
        call::Body::Stream(stream) => Body::from_stream(stream),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::OK);
    *response.headers_mut() = reply.headers;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, reply.content_type);
    name(&mut response, request_id);
    response
}

/// Writes a complete JSON body.
pub(super) fn json(body: Vec<u8>, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    name(&mut response, request_id);
    response
}

/// Writes an error in the dialect of the endpoint.
pub(super) fn error(operation: Operation, error: &Error, request_id: &str) -> Response {
    let dialect = dialects::of(operation).unwrap_or(dialects::get(DialectId::Chat));
    let dialect = match operation {
        Operation::CountTokens => dialects::get(DialectId::Messages),
        _ => dialect,
    };
    let body = dialect.encode_error(&error.wire(request_id));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = http::StatusCode::from_u16(error.code.status())
        .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    if error.code == Code::InvalidApiKey {
        headers.insert(
            http::header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer"),
        );
    }
    if let Some(wait) = error.retry_after {
        // Whole seconds rounded up, and exact milliseconds for clients that read them.
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        headers.insert(RETRY_AFTER, number(seconds));
        headers.insert(
            HeaderName::from_static("retry-after-ms"),
            number(wait.as_millis()),
        );
    }
    if matches!(
        error.code,
        Code::BudgetExceeded | Code::UpstreamQuota | Code::InvalidRequest
    ) {
        // The official clients retry on some of these by themselves; it would be in vain.
        headers.insert(
            HeaderName::from_static("x-should-retry"),
            HeaderValue::from_static("false"),
        );
    }
    if let Some(target) = &error.target
        && let Ok(value) = HeaderValue::from_str(target)
    {
        headers.insert(HeaderName::from_static("x-nab-model"), value);
    }
    for (name, value) in &error.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    name(&mut response, request_id);
    response
}

fn number(n: u128) -> HeaderValue {
    HeaderValue::from(u64::try_from(n).unwrap_or(u64::MAX))
}

/// Says which request the answer is for.
pub(super) fn name(response: &mut Response, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
}
