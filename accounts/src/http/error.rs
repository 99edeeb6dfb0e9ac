//! The one error form of `/api/v1`.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::Json;
use axum::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{AuthError, Error, ErrorKind};

/// A refused request. Becomes `{"error":{"code","message","details","request_id"}}`.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable word for programs.
    pub code: &'static str,
    /// For people; says what to change.
    pub message: String,
    /// More for programs, where there is more.
    pub details: Option<Value>,
    /// When a retry makes sense: the header `retry-after`, in seconds.
    pub retry_after: Option<NonZeroU32>,
}

/// The body of an answer with an error status.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// Stable word for programs, such as `not_found`.
    pub code: String,
    /// For people; says what to change.
    pub message: String,
    /// More for programs, or `null`.
    #[schema(value_type = Option<serde_json::Value>)]
    pub details: Option<Value>,
    /// The id under which the server's log knows this request.
    pub request_id: Option<String>,
}

impl ApiError {
    /// An error without details.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: None,
            retry_after: None,
        }
    }

    /// 400: the request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// 403: the key may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 404: there is no such thing, or it is somebody else's.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 500: our fault. The reason belongs into the log, not into the answer.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "the server could not do this; its log says why",
        )
    }

    /// The body, with the id of the request once it is known.
    pub(crate) fn body(&self, request_id: Option<String>) -> ErrorBody {
        ErrorBody {
            error: ErrorDetail {
                code: self.code.to_owned(),
                message: self.message.clone(),
                details: self.details.clone(),
                request_id,
            },
        }
    }

    pub(crate) fn respond(&self, request_id: Option<String>) -> Response {
        let mut headers = HeaderMap::new();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.get()));
        }
        (self.status, headers, Json(self.body(request_id))).into_response()
    }
}

impl IntoResponse for ApiError {
    /// The answer carries the error itself along, so that
    /// [`with_request_id`](super::with_request_id) can write it again with the id.
    fn into_response(self) -> Response {
        let mut response = self.respond(None);
        response.extensions_mut().insert(self);
        response
    }
}

/// Rounded up: who comes a moment too early is sent away again.
fn whole_seconds(wait: Duration) -> NonZeroU32 {
    let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN)
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        Self::new(status, error.code(), error.to_string())
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let plain = |status, code: &'static str| Self {
            status,
            code: error.code.unwrap_or(code),
            message: error.message.clone(),
            details: error.details.as_deref().cloned(),
            retry_after: error.retry_after.map(whole_seconds),
        };
        match error.kind {
            ErrorKind::NotFound => plain(StatusCode::NOT_FOUND, "not_found"),
            ErrorKind::Stale => plain(StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            ErrorKind::Conflict => plain(StatusCode::CONFLICT, "conflict"),
            ErrorKind::Invalid => plain(StatusCode::BAD_REQUEST, "invalid_request"),
            ErrorKind::Unauthorized => plain(StatusCode::UNAUTHORIZED, "unauthorized"),
            ErrorKind::Forbidden => plain(StatusCode::FORBIDDEN, "forbidden"),
            ErrorKind::TooMany => plain(StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            ErrorKind::Unavailable => {
                tracing::warn!(%error, "a request cannot be served at the moment");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "temporarily_unavailable",
                    "the server cannot do this at the moment; try again",
                )
            }
            ErrorKind::Vault | ErrorKind::Internal => {
                tracing::error!(%error, "a request failed");
                Self::internal()
            }
        }
    }
}
