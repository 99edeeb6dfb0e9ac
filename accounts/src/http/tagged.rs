//! Records with their `ETag`, and edits with their `If-Match`.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, HeaderValue, IF_MATCH};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::{ETag, IfMatch};

/// A record as JSON with its tag in the header `etag`.
#[derive(Debug, Clone, Copy)]
pub struct Tagged<T>(pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = ETag::of(&self.0);
        with_tag(Json(self.0).into_response(), &tag)
    }
}

/// Puts a record's tag on an answer that shows more than the record.
pub(super) fn with_tag(mut response: Response, tag: &ETag) -> Response {
    if let Ok(value) = HeaderValue::from_str(tag.as_str()) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(IF_MATCH);
        // A header that is no text matches nothing.
        let wanted = header.map(|value| Self::parse(value.to_str().unwrap_or_default()));
        Ok(wanted.unwrap_or_default())
    }
}
