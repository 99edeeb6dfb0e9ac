//! One error for everything between us and the database.

use std::fmt;

/// What a database error means for the caller's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The row does not exist (or belongs to somebody else).
    NotFound,
    /// A unique, foreign-key or check rule forbids the change.
    Conflict,
    /// Others hold the lock or all connections; the same statement may succeed later.
    Busy,
    /// The database cannot be reached, opened or written.
    Unavailable,
    /// The schema is not the one this program knows.
    Schema,
    /// A bug: wrong SQL, wrong types, unreadable rows.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed without anyone repairing something.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable)
    }
}

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed database operation. `message` is for operators and logs; it holds no bound values.
#[derive(Debug)]
pub struct Error {
    /// What it means.
    pub kind: ErrorKind,
    /// Lower case, says what was attempted and what was wrong.
    pub message: String,
    source: Option<Box<sqlx::Error>>,
}

impl Error {
    /// An error of our own, without one of the driver behind it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// `what` (with its id, if it helps) does not exist.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} does not exist"))
    }

    /// The same error with a message that says what was attempted.
    #[must_use]
    pub fn context(mut self, attempted: impl fmt::Display) -> Self {
        self.message = format!("{attempted}: {}", self.message);
        self
    }

    /// Whether the row does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    /// Whether a unique, foreign-key or check rule was violated.
    pub fn is_conflict(&self) -> bool {
        self.kind == ErrorKind::Conflict
    }

    pub(crate) fn with_source(kind: ErrorKind, message: String, source: sqlx::Error) -> Self {
        Self {
            kind,
            message,
            source: Some(Box::new(source)),
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
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let kind = kind_of(&error);
        let message = match (&error, kind) {
            (sqlx::Error::RowNotFound, _) => "the row does not exist".to_owned(),
            (sqlx::Error::PoolTimedOut, _) => "no database connection became free".to_owned(),
            (sqlx::Error::Database(database), _) => database.message().to_owned(),
            _ => error.to_string(),
        };
        Self::with_source(kind, message, error)
    }
}

fn kind_of(error: &sqlx::Error) -> ErrorKind {
    match error {
        sqlx::Error::RowNotFound => ErrorKind::NotFound,
        sqlx::Error::PoolTimedOut => ErrorKind::Busy,
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => ErrorKind::Unavailable,
        sqlx::Error::Migrate(_) => ErrorKind::Schema,
        sqlx::Error::Database(database) => kind_of_database(database.as_ref()),
        _ => ErrorKind::Internal,
    }
}

fn kind_of_database(error: &dyn sqlx::error::DatabaseError) -> ErrorKind {
    if error.is_unique_violation() || error.is_foreign_key_violation() || error.is_check_violation()
    {
        return ErrorKind::Conflict;
    }
    error
        .code()
        .map_or(ErrorKind::Internal, |code| kind_of_code(&code))
}

/// SQLite reports decimal result codes (the low byte is the primary code), PostgreSQL five-letter
/// SQLSTATEs. Sources: sqlite.org/rescode.html and PostgreSQL 15 appendix A, read 2026-11-22.
fn kind_of_code(code: &str) -> ErrorKind {
    if code.len() == 5 {
        return match (&code[..2], code) {
            (_, "40001" | "40P01" | "55P03" | "57014") | ("53", _) => ErrorKind::Busy,
            ("08" | "57" | "58" | "28", _) | (_, "25006" | "3D000") => ErrorKind::Unavailable,
            _ => ErrorKind::Internal,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // SQLITE_BUSY, SQLITE_LOCKED.
        Ok(5 | 6) => ErrorKind::Busy,
        // PERM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB.
        Ok(3 | 8 | 10 | 11 | 13 | 14 | 26) => ErrorKind::Unavailable,
        _ => ErrorKind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_map_to_the_same_kinds() {
        for (code, kind) in [
            ("5", ErrorKind::Busy),
            ("517", ErrorKind::Busy),
            ("40P01", ErrorKind::Busy),
            ("53300", ErrorKind::Busy),
            ("14", ErrorKind::Unavailable),
            ("26", ErrorKind::Unavailable),
            ("57P01", ErrorKind::Unavailable),
            ("28P01", ErrorKind::Unavailable),
            ("1", ErrorKind::Internal),
            ("42601", ErrorKind::Internal),
        ] {
            assert_eq!(kind_of_code(code), kind, "{code}");
        }
    }
}
