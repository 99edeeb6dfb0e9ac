//! This crate's errors as answers.

use std::num::NonZeroU32;

use accounts::http::ApiError;
use axum::http::StatusCode;

use crate::{Error, ErrorKind};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let (status, code) = match error.kind {
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            ErrorKind::Stale => (StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "invalid_request"),
            ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
            ErrorKind::NotConfigured => (StatusCode::CONFLICT, "not_configured"),
            ErrorKind::Unavailable => {
                tracing::warn!(%error, "a request cannot be served at the moment");
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            ErrorKind::Model(code) => {
                let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_GATEWAY);
                // The caller is known here: a vendor that refuses our key is the vendor's affair.
                let status = match status {
                    StatusCode::UNAUTHORIZED => StatusCode::BAD_GATEWAY,
                    status => status,
                };
                (status, "model_failed")
            }
            ErrorKind::Internal => {
                tracing::error!(%error, "a request failed");
                return Self::internal();
            }
        };
        let mut answer = Self::new(status, code, error.message);
        answer.details = error.details.map(|details| *details);
        answer.retry_after = error.retry_after.and_then(|wait| {
            let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
            NonZeroU32::new(seconds)
        });
        answer
    }
}
