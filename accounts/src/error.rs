//! One error for changes and lookups, one for authentication.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// What an error means for the caller's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The thing does not exist in the caller's organization.
    NotFound,
    /// The record was changed since the caller read it; `details` holds what it is now.
    Stale,
    /// A rule of uniqueness or reference forbids it (a name that is taken, a team with keys).
    Conflict,
    /// The input is wrong; the message says which field and why.
    Invalid,
    /// The proof of who it is was wrong.
    Unauthorized,
    /// Known, understood and not allowed.
    Forbidden,
    /// Too often; `retry_after` says when to come again.
    TooMany,
    /// The database cannot be reached or is busy, or the master key was exchanged meanwhile.
    Unavailable,
    /// The master key is missing, unreadable or the wrong one.
    Vault,
    /// A bug or damaged data.
    Internal,
}

/// The result of everything in this crate but authentication.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed change or lookup. `message` never holds a secret.
#[derive(Debug)]
pub struct Error {
    /// What it means.
    pub kind: ErrorKind,
    /// Lower case, says what was attempted and what was wrong.
    pub message: String,
    /// A stable word for programs, where the kind alone does not say enough.
    pub code: Option<&'static str>,
    /// More for programs.
    pub details: Option<Box<Value>>,
    /// When a retry makes sense.
    pub retry_after: Option<Duration>,
    source: Option<store::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            code: None,
            details: None,
            retry_after: None,
            source: None,
        }
    }

    /// Adds the word for programs.
    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// Adds more for programs.
    pub(crate) fn with_details(self, details: Value) -> Self {
        Self {
            details: Some(Box::new(details)),
            ..self
        }
    }

    /// Too often: come again after `wait`.
    pub(crate) fn too_many(message: impl Into<String>, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(ErrorKind::TooMany, message).with_code("too_many_attempts")
        }
    }

    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message).with_code(code)
    }

    pub(crate) fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthorized, message).with_code(code)
    }

    /// What was asked for is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// `what` with this id is not there, or is not the caller's: both look the same from outside.
    pub fn not_found(what: &str, id: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} {id} does not exist"))
    }

    /// Says in the user's words which rule a conflict broke.
    #[must_use]
    pub fn explain_conflict(self, message: impl FnOnce() -> String) -> Self {
        if self.kind != ErrorKind::Conflict {
            return self;
        }
        Self {
            message: message(),
            ..self
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
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
        Self {
            message: error.message.clone(),
            source: Some(error),
            ..Self::new(kind, String::new())
        }
    }
}

/// Why a caller was not let in. The messages may be shown: they never repeat the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthError {
    /// No key was presented.
    #[error(
        "no API key was given: send it as `Authorization: Bearer nab-…`, `x-api-key` or `api-key`, or \
         sign in"
    )]
    Missing,
    /// The text is not one of this gateway's keys at all, perhaps a vendor's.
    #[error(
        "this is not an API key of this gateway: its keys begin with `nab-`; keys of AI vendors \
         belong into the gateway's configuration"
    )]
    Foreign,
    /// No such key.
    #[error("the API key is unknown; it may have been mistyped or deleted")]
    Unknown,
    /// The key was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// The key's time is over.
    #[error("the API key has expired")]
    Expired,
    /// The text is not a session's access token, or it was changed, or the master key was.
    #[error("the session's token is wrong: sign in again")]
    InvalidSession,
    /// The access token's time is over.
    #[error("the session's access token has expired: refresh it")]
    ExpiredSession,
    /// The session was ended.
    #[error("the session was ended: sign in again")]
    RevokedSession,
    /// The session works in no organization that its person belongs to.
    #[error("the session is in no organization of yours: switch to one, or make one")]
    NoOrganization,
    /// The organization wants two factors, and the session has shown one.
    #[error(
        "this organization wants a second factor: set one up in your profile, or sign in again with it"
    )]
    FactorRequired,
    /// A browser's request without the proof that one of our pages sent it.
    #[error(
        "this request came with a cookie but not from a page of this server: send the cookie \
         `nab_csrf` again as the header `x-nab-csrf`"
    )]
    Csrf,
    /// The key is not in memory and the database cannot be asked. A 503, never a 401: the key may
    /// be a good one.
    #[error("the API key cannot be checked at the moment: the database does not answer")]
    Unavailable,
}

impl AuthError {
    /// Stable word for error bodies, logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing_api_key",
            Self::Foreign | Self::Unknown => "invalid_api_key",
            Self::Revoked => "revoked_api_key",
            Self::Expired => "expired_api_key",
            Self::InvalidSession => "invalid_session",
            Self::ExpiredSession => "expired_session",
            Self::RevokedSession => "revoked_session",
            Self::NoOrganization => "no_organization",
            Self::FactorRequired => "mfa_required",
            Self::Csrf => "wrong_csrf_token",
            Self::Unavailable => "temporarily_unavailable",
        }
    }

    /// 503 for [`Unavailable`](Self::Unavailable), 403 for known callers in the wrong place, 401
    /// otherwise.
    pub const fn status(self) -> u16 {
        match self {
            Self::Unavailable => 503,
            Self::NoOrganization | Self::FactorRequired | Self::Csrf => 403,
            Self::Missing
            | Self::Foreign
            | Self::Unknown
            | Self::Revoked
            | Self::Expired
            | Self::InvalidSession
            | Self::ExpiredSession
            | Self::RevokedSession => 401,
        }
    }
}
