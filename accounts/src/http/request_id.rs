//! The id under which the log knows a request.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::ApiError;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const MAX_LENGTH: usize = 128;

/// Put into a request's extensions by whoever names requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Middleware: writes the request's id into error bodies and into the header `x-request-id`.
///
/// The id is the extension [`RequestId`], else the client's own `x-request-id`, else a new one.
pub async fn with_request_id(mut request: Request, next: Next) -> Response {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .or_else(|| from_client(request.headers()))
        .unwrap_or_else(|| Uuid::now_v7().to_string());
    // For this middleware further in: a request has one id.
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.respond(Some(id.clone()));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().entry(HEADER).or_insert(value);
    }
    response
}

fn from_client(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let fits = (1..=MAX_LENGTH).contains(&id.len());
    let clean = id.bytes().all(|byte| byte.is_ascii_graphic());
    (fits && clean).then(|| id.to_owned())
}
