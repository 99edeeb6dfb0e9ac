//! Errors as clients of the gateway see them, from one table.

use std::time::Duration;

use providers::ErrorKind;
use providers::dialect::WireError;

/// Everything that can go wrong with a call, one variant per machine-readable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The body is not what the endpoint takes.
    InvalidRequest,
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// No key, an unknown, revoked or expired one.
    InvalidApiKey,
    /// The caller is known and may not call models.
    PermissionDenied,
    /// The key may not use this model.
    ModelNotAllowed,
    /// The key may not use this endpoint.
    EndpointNotAllowed,
    /// Nothing is configured under this model name.
    ModelNotFound,
    /// A stored object is not there (for this organization).
    NotFound,
    /// One of our own limits is reached.
    RateLimitExceeded,
    /// One of our own budgets is used up, or too small for this call.
    BudgetExceeded,
    /// A money budget applies and the model has no price.
    PriceUnknown,
    /// The target cannot express what was asked.
    NotSupported,
    /// The prompt does not fit the model.
    ContextLengthExceeded,
    /// The vendor's safety system refused.
    ContentFilter,
    /// The vendor limits us and no other target was left.
    UpstreamRateLimited,
    /// Our key at the vendor is bad.
    UpstreamAuthentication,
    /// Our account at the vendor is out of money.
    UpstreamQuota,
    /// The vendor is overloaded.
    UpstreamOverloaded,
    /// The vendor failed or sent rubbish.
    UpstreamError,
    /// The vendor could not be reached.
    UpstreamUnreachable,
    /// The vendor did not answer in time.
    UpstreamTimeout,
    /// A bug or a broken part of ours.
    Internal,
}

impl Code {
    /// HTTP status, OpenAI's error type, and the code's word: the whole table.
    pub const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (400, "invalid_request_error", "invalid_request"),
            Self::PayloadTooLarge => (413, "invalid_request_error", "payload_too_large"),
            Self::InvalidApiKey => (401, "authentication_error", "invalid_api_key"),
            Self::PermissionDenied => (403, "permission_error", "permission_denied"),
            Self::ModelNotAllowed => (403, "permission_error", "model_not_allowed"),
            Self::EndpointNotAllowed => (403, "permission_error", "endpoint_not_allowed"),
            Self::ModelNotFound => (404, "invalid_request_error", "model_not_found"),
            Self::NotFound => (404, "invalid_request_error", "not_found"),
            Self::RateLimitExceeded => (429, "rate_limit_error", "rate_limit_exceeded"),
            Self::BudgetExceeded => (402, "insufficient_quota", "budget_exceeded"),
            Self::PriceUnknown => (400, "invalid_request_error", "price_unknown"),
            Self::NotSupported => (400, "invalid_request_error", "not_supported"),
            Self::ContextLengthExceeded => {
                (400, "invalid_request_error", "context_length_exceeded")
            }
            Self::ContentFilter => (400, "invalid_request_error", "content_filter"),
            Self::UpstreamRateLimited => (429, "rate_limit_error", "upstream_rate_limited"),
            Self::UpstreamAuthentication => (502, "api_error", "upstream_authentication"),
            Self::UpstreamQuota => (502, "api_error", "upstream_quota_exhausted"),
            Self::UpstreamOverloaded => (503, "overloaded_error", "upstream_overloaded"),
            Self::UpstreamError => (502, "api_error", "upstream_error"),
            Self::UpstreamUnreachable => (502, "api_error", "upstream_unreachable"),
            Self::UpstreamTimeout => (504, "api_error", "upstream_timeout"),
            Self::Internal => (500, "api_error", "internal_error"),
        }
    }

    /// HTTP status.
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// The word in `error.code`.
    pub const fn word(self) -> &'static str {
        self.row().2
    }
}

/// A refused or failed call. Safe to show: never holds a key.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What it is.
    pub code: Code,
    /// For people: what was wrong and what to do.
    pub message: String,
    /// Field of the request that is wrong.
    pub param: Option<String>,
    /// When a retry makes sense.
    pub retry_after: Option<Duration>,
    /// Target that failed last, as `provider/model`.
    pub target: Option<String>,
    /// `x-ratelimit-*` and other headers to send along.
    pub headers: Vec<(&'static str, String)>,
}

impl Error {
    /// An error with a message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            param: None,
            retry_after: None,
            target: None,
            headers: Vec::new(),
        }
    }

    /// A wrong field of the request.
    pub fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(Code::InvalidRequest, message)
        }
    }

    /// Adds when to retry.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds the target.
    #[must_use]
    pub fn with_target(mut self, target: &str) -> Self {
        self.target = Some(target.to_owned());
        self
    }

    /// The form that dialects encode.
    pub fn wire<'a>(&'a self, request_id: &'a str) -> WireError<'a> {
        let (status, kind, code) = self.code.row();
        WireError {
            status,
            message: &self.message,
            kind,
            code: Some(code),
            param: self.param.as_deref(),
            request_id,
        }
    }
}

impl From<providers::Error> for Error {
    fn from(error: providers::Error) -> Self {
        let code = match error.kind {
            ErrorKind::InvalidRequest => Code::InvalidRequest,
            ErrorKind::ContextWindow => Code::ContextLengthExceeded,
            ErrorKind::ContentPolicy => Code::ContentFilter,
            ErrorKind::NotSupported => Code::NotSupported,
            ErrorKind::ModelNotFound => Code::ModelNotFound,
            ErrorKind::Authentication => Code::UpstreamAuthentication,
            ErrorKind::QuotaExhausted => Code::UpstreamQuota,
            ErrorKind::RateLimited => Code::UpstreamRateLimited,
            ErrorKind::Overloaded => Code::UpstreamOverloaded,
            ErrorKind::Upstream | ErrorKind::Malformed => Code::UpstreamError,
            ErrorKind::Timeout => Code::UpstreamTimeout,
            ErrorKind::Connection => Code::UpstreamUnreachable,
        };
        Self {
            code,
            message: error.message,
            param: error.param,
            retry_after: error.retry_after_ms.map(Duration::from_millis),
            target: None,
            headers: Vec::new(),
        }
    }
}
