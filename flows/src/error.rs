//! One error for projects and flows.

use std::fmt;

use accounts::http::ApiError;
use axum::http::StatusCode;
use serde_json::Value;

/// What an error means for the caller's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The thing does not exist in the caller's organization.
    NotFound,
    /// A name is taken.
    Conflict,
    /// Somebody else has changed it meanwhile; the details have both states.
    Stale,
    /// The caller may not do this.
    Forbidden,
    /// The input is wrong.
    Invalid,
    /// The flow cannot be published; the details are the report.
    InvalidWorkflow,
    /// Publishing would allow the flow more than it may so far; the details name what.
    Grown,
    /// The database cannot be reached or is busy.
    Unavailable,
    /// A bug or damaged data.
    Internal,
}

/// The result of everything in this crate but running.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed change or lookup.
#[derive(Debug)]
pub struct Error {
    /// What it means.
    pub kind: ErrorKind,
    /// What was attempted and what was wrong.
    pub message: String,
    /// More for programs.
    pub details: Option<Box<Value>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn not_found(what: &str, id: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} {id} does not exist"))
    }

    pub(crate) fn with_details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let kind = match error.kind {
            store::ErrorKind::NotFound => ErrorKind::NotFound,
            store::ErrorKind::Conflict => ErrorKind::Conflict,
            store::ErrorKind::Busy | store::ErrorKind::Unavailable => ErrorKind::Unavailable,
            store::ErrorKind::Schema | store::ErrorKind::Internal => ErrorKind::Internal,
        };
        Self::new(kind, error.message)
    }
}

impl From<accounts::Error> for Error {
    fn from(error: accounts::Error) -> Self {
        let kind = match error.kind {
            accounts::ErrorKind::NotFound => ErrorKind::NotFound,
            accounts::ErrorKind::Conflict => ErrorKind::Conflict,
            accounts::ErrorKind::Invalid => ErrorKind::Invalid,
            accounts::ErrorKind::Unavailable => ErrorKind::Unavailable,
            _ => ErrorKind::Internal,
        };
        Self::new(kind, error.message)
    }
}

impl From<rag::Error> for Error {
    fn from(error: rag::Error) -> Self {
        let kind = match error.kind {
            rag::ErrorKind::NotFound => ErrorKind::NotFound,
            rag::ErrorKind::Conflict => ErrorKind::Conflict,
            rag::ErrorKind::Unavailable => ErrorKind::Unavailable,
            _ => ErrorKind::Internal,
        };
        Self::new(kind, error.message)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let (status, code) = match error.kind {
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
            ErrorKind::Stale => (StatusCode::CONFLICT, "stale_revision"),
            ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "invalid_request"),
            ErrorKind::InvalidWorkflow => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_workflow"),
            ErrorKind::Grown => (StatusCode::CONFLICT, "permissions_grew"),
            ErrorKind::Unavailable => {
                tracing::warn!(%error, "a request cannot be served at the moment");
                let message = "the server cannot do this at the moment; try again";
                let status = StatusCode::SERVICE_UNAVAILABLE;
                return Self::new(status, "temporarily_unavailable", message);
            }
            ErrorKind::Internal => {
                tracing::error!(%error, "a request failed");
                return Self::internal();
            }
        };
        let mut api = Self::new(status, code, error.message);
        api.details = error.details.map(|details| *details);
        api
    }
}
