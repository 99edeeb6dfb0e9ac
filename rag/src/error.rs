//! One error for documents and search.

/// What an error means for the caller's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The collection, document or chunk does not exist for this organization.
    NotFound,
    /// The record was changed since the caller read it; `details` holds what it is now.
    Stale,
    /// The request is wrong; the message names the field.
    Invalid,
    /// A file has more bytes than the configuration allows.
    TooLarge,
    /// Something of that name is there already, or was changed by somebody else meanwhile.
    Conflict,
    /// A part that is needed is not configured or its files are missing; the message says what to do.
    NotConfigured,
    /// The database, the vector server or a model did not answer; the same call may succeed later.
    Unavailable,
    /// A model refused: its code and status are the gateway's.
    Model(gateway::Code),
    /// A bug, or stored data that cannot be read.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed without anyone repairing something.
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Unavailable => true,
            Self::Model(code) => matches!(code.status(), 429 | 500..=599),
            Self::NotFound
            | Self::Stale
            | Self::Invalid
            | Self::TooLarge
            | Self::Conflict
            | Self::NotConfigured
            | Self::Internal => false,
        }
    }
}

/// A failed operation. The message is safe to show.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What it means.
    pub kind: ErrorKind,
    /// What was wrong and what to do.
    pub message: String,
    /// When a retry makes sense, if somebody said so.
    pub retry_after: Option<std::time::Duration>,
    /// More for programs.
    pub details: Option<Box<serde_json::Value>>,
}

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retry_after: None,
            details: None,
        }
    }

    /// `what` does not exist.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} does not exist"))
    }

    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A bug, or stored data that cannot be read.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }
}

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

impl From<gateway::Error> for Error {
    fn from(error: gateway::Error) -> Self {
        Self {
            kind: ErrorKind::Model(error.code),
            message: error.message,
            retry_after: error.retry_after,
            details: None,
        }
    }
}

impl From<accounts::Error> for Error {
    fn from(error: accounts::Error) -> Self {
        use accounts::ErrorKind as Theirs;
        let kind = match error.kind {
            Theirs::NotFound => ErrorKind::NotFound,
            Theirs::Stale => ErrorKind::Stale,
            Theirs::Conflict => ErrorKind::Conflict,
            Theirs::Invalid | Theirs::Unauthorized | Theirs::Forbidden => ErrorKind::Invalid,
            Theirs::TooMany | Theirs::Unavailable => ErrorKind::Unavailable,
            Theirs::Vault | Theirs::Internal => ErrorKind::Internal,
        };
        Self {
            kind,
            message: error.message,
            retry_after: error.retry_after,
            details: error.details,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, format!("the store of files: {error}"))
    }
}
