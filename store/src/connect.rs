//! Opening the database, with errors that say what to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::{Error, ErrorKind, Pools, Result};

/// Name of the database file inside the data directory.
const FILE_NAME: &str = "nocode-ai.db";
/// SQLite connections for reading; more only compete for two or four cores.
const READERS: u32 = 4;
/// PostgreSQL connections per instance; its default allows 100 in total.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a statement waits for another process's write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

/// Where the database is.
#[derive(Clone, Default)]
pub struct DbConfig {
    /// `postgres://user:password@host/database`, or `None` for the SQLite file in `data_dir`.
    pub url: Option<String>,
    /// The directory of the SQLite file `nocode-ai.db`; unused with PostgreSQL.
    pub data_dir: PathBuf,
}

impl DbConfig {
    /// The SQLite file in `data_dir`.
    pub fn embedded(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            url: None,
            data_dir: data_dir.into(),
        }
    }

    /// The SQLite file, whether or not it is used.
    pub fn sqlite_path(&self) -> PathBuf {
        self.data_dir.join(FILE_NAME)
    }
}

impl std::fmt::Debug for DbConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DbConfig")
            .field("url", &self.url.as_ref().map(|_| "***"))
            .field("data_dir", &self.data_dir)
            .finish()
    }
}

pub(crate) async fn open(config: &DbConfig) -> Result<Pools> {
    match config.url.as_deref() {
        None => open_sqlite(&config.data_dir, &config.sqlite_path()).await,
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            open_postgres(url).await.map(Pools::Postgres)
        }
        Some(url) => {
            let scheme = url
                .split_once("://")
                .map_or("no scheme", |(scheme, _)| scheme);
            Err(unavailable(format!(
                "the database URL must begin with postgres:// (found {scheme}); leave it out for \
                 the embedded SQLite database"
            )))
        }
    }
}

async fn open_sqlite(data_dir: &Path, path: &Path) -> Result<Pools> {
    create_dir(data_dir)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let failed = |error: sqlx::Error| sqlite_error(path, error);
    let writer = pool(1)
        // On a full disk SQLite ends a transaction by itself; the driver believes it open for ever.
        .before_acquire(|connection, _| {
            Box::pin(std::future::ready(Ok(!connection.is_in_transaction())))
        })
        .connect_with(options.clone())
        .await
        .map_err(failed)?;
    // The pragma that switches to WAL does not read the whole file header in all cases.
    sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sqlite_master")
        .fetch_one(&writer)
        .await
        .map_err(failed)?;
    let reader = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
    Ok(Pools::Sqlite { writer, reader })
}

/// Connections to a file need no replacing, so they stay for good.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
}

/// Creates the data directory for its owner alone; it will hold secrets. An existing one keeps its mode.
fn create_dir(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        unavailable(format!(
            "cannot create the data directory {}: {error}",
            path.display()
        ))
    })
}

fn sqlite_error(path: &Path, error: sqlx::Error) -> Error {
    let code = match &error {
        sqlx::Error::Database(database) => database.code().and_then(|code| code.parse().ok()),
        _ => None,
    };
    let primary: Option<u32> = code.map(|code: u32| code & 0xff);
    let (kind, why) = match primary {
        Some(26) => (
            ErrorKind::Unavailable,
            "it is not a SQLite database".to_owned(),
        ),
        Some(14) => (
            ErrorKind::Unavailable,
            "it cannot be opened or created; check that the directory is writable".to_owned(),
        ),
        Some(8) => (ErrorKind::Unavailable, "it is read-only".to_owned()),
        Some(5 | 6) => (ErrorKind::Busy, "another program has locked it".to_owned()),
        _ => (ErrorKind::Unavailable, error.to_string()),
    };
    Error::with_source(
        kind,
        format!("cannot open the database {}: {why}", path.display()),
        error,
    )
}

async fn open_postgres(url: &str) -> Result<PgPool> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| unavailable(format!("the database URL cannot be read: {error}")))?
        .application_name("nocode-ai")
        .disable_statement_logging();
    // One plain connection first: the pool would try for its whole waiting time where a wrong
    // address or password is known at once.
    let refused = |error| postgres_error(&options, error);
    match tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect()).await {
        Ok(connection) => connection
            .map_err(refused)?
            .close()
            .await
            .map_err(refused)?,
        Err(_) => return Err(refused(sqlx::Error::PoolTimedOut)),
    }
    Ok(PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options.clone()))
}

/// Never quotes the URL: it holds the password.
fn postgres_error(options: &PgConnectOptions, error: sqlx::Error) -> Error {
    let place = format!("{}:{}", options.get_host(), options.get_port());
    let user = options.get_username();
    let code = match &error {
        sqlx::Error::Database(database) => database.code().map(std::borrow::Cow::into_owned),
        _ => None,
    };
    let message = match code.as_deref() {
        Some("28P01") => format!("{place} refused the password of user `{user}`"),
        Some("28000") => format!("{place} does not let user `{user}` in: {error}"),
        Some("3D000") => format!(
            "{place} has no database `{}`; create it first",
            options.get_database().unwrap_or(user)
        ),
        None if matches!(error, sqlx::Error::PoolTimedOut) => {
            format!("{place} did not answer in time")
        }
        Some("53300") => format!("{place} has no free connection slots"),
        _ => format!("cannot connect to PostgreSQL at {place}: {error}"),
    };
    Error::with_source(ErrorKind::Unavailable, message, error)
}

fn unavailable(message: String) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}
