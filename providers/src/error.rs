//! One error for everything between us and a vendor.

use std::fmt;

/// What an error means for the caller's next step. Small on purpose: decisions (retry, rotate the
/// key, fall back, tell the client) are made on this and on nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request itself is wrong (400, 404 on a path, 413, 422). Another target of the same model
    /// would refuse it too.
    InvalidRequest,
    /// The prompt does not fit the model's context window; a model with a larger one may take it.
    ContextWindow,
    /// The vendor's safety system refused prompt or answer.
    ContentPolicy,
    /// The request asks for something the target's wire format cannot express.
    NotSupported,
    /// The vendor does not know the model.
    ModelNotFound,
    /// Our key for the vendor is bad (401) or may not do this (403).
    Authentication,
    /// Our account at the vendor is out of money or quota (402, `insufficient_quota`).
    QuotaExhausted,
    /// Too many requests or tokens (429); see [`Error::retry_after_ms`].
    RateLimited,
    /// The vendor is overloaded (503, Anthropic's 529).
    Overloaded,
    /// The vendor failed (500, 502, 504 and other 5xx).
    Upstream,
    /// No answer in time: connect, headers, first token, stall or total.
    Timeout,
    /// The connection failed or was reset.
    Connection,
    /// The vendor's bytes are not what its documentation says, or the stream ended early.
    Malformed,
}

impl ErrorKind {
    /// Whether the same target may succeed on a second try.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Overloaded
                | Self::Upstream
                | Self::Timeout
                | Self::Connection
                | Self::Malformed
        )
    }

    /// Stable word for logs, metrics and usage rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::ContextWindow => "context_window",
            Self::ContentPolicy => "content_policy",
            Self::NotSupported => "not_supported",
            Self::ModelNotFound => "model_not_found",
            Self::Authentication => "authentication",
            Self::QuotaExhausted => "quota_exhausted",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Upstream => "upstream",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Malformed => "malformed",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A failed call or map. `message` is safe to show to the tenant: it never holds a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What it means.
    pub kind: ErrorKind,
    /// For people: lower case, says what was attempted and what was wrong.
    pub message: String,
    /// HTTP status the vendor answered with, if it answered.
    pub status: Option<u16>,
    /// The vendor's own code or type, unchanged (`context_length_exceeded`, `overloaded_error`).
    pub code: Option<String>,
    /// The request field the vendor blames, if it says so.
    pub param: Option<String>,
    /// How long the vendor asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Error {
    /// An error of `kind` without vendor details.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            code: None,
            param: None,
            retry_after_ms: None,
        }
    }

    /// The client's request is wrong; `param` names the field.
    pub fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(ErrorKind::InvalidRequest, message)
        }
    }

    /// The target cannot express `param`.
    pub fn not_supported(param: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(ErrorKind::NotSupported, message)
        }
    }

    /// The vendor's bytes could not be read.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    /// Adds the vendor's status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds the vendor's code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}

/// The kind that an HTTP status alone suggests, before the vendor's code is looked at.
pub fn kind_of_status(status: u16) -> ErrorKind {
    match status {
        401 | 403 => ErrorKind::Authentication,
        402 => ErrorKind::QuotaExhausted,
        // A wrong base URL or a retired deployment: the target's fault, another one may do.
        404 => ErrorKind::ModelNotFound,
        408 | 504 => ErrorKind::Timeout,
        429 => ErrorKind::RateLimited,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Upstream,
    }
}
