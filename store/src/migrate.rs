//! Bringing the schema to this program's version.
//!
//! Our own runner instead of sqlx's, because its lock does nothing on SQLite, it does not say which
//! program wrote a newer schema, and it needs a second copy of the list.

use sqlx::migrate::MigrationType;
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::{
    Clock as _, Db, Dialect, Error, ErrorKind, Result, SystemClock, Tx, in_tx, on_reader, on_tx,
    row,
};

/// One embedded migration.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3, … without gaps.
    pub version: i64,
    /// The file's name without number and ending.
    pub name: &'static str,
    /// All its statements.
    pub sql: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Serialises migrations of several instances on one PostgreSQL; an arbitrary constant ("nab1").
const ADVISORY_LOCK: i64 = 0x6e61_6231;
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Versions of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The newest migration that the database has; 0 when it is empty.
    pub applied: i64,
    /// The newest migration that this program knows.
    pub known: i64,
}

row! {
    struct Applied {
        version: i64,
        name: String,
        checksum: String,
        program: String,
    }
}

impl Migration {
    /// The migrations of one database, ascending.
    pub fn all(dialect: Dialect) -> &'static [Self] {
        match dialect {
            Dialect::Sqlite => SQLITE,
            Dialect::Postgres => POSTGRES,
        }
    }

    /// SHA-384 of the statements in hexadecimal, line endings aside.
    fn checksum(&self) -> String {
        let text = self.sql.replace("\r\n", "\n");
        let hashed = sqlx::migrate::Migration::new(
            self.version,
            self.name.into(),
            MigrationType::Simple,
            AssertSqlSafe(text).into_sql_str(),
            false,
        );
        hashed
            .checksum
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Applies what is missing, see [`Db::migrate`].
pub(crate) async fn run(db: &Db) -> Result<()> {
    run_list(db, Migration::all(db.dialect())).await
}

async fn run_list(db: &Db, known: &'static [Migration]) -> Result<()> {
    while let Some(applied) = step(db, known).await? {
        tracing::info!(
            version = applied.version,
            name = applied.name,
            "migrated the database"
        );
    }
    Ok(())
}

/// Applies the next missing migration in a transaction of its own and returns it.
async fn step(db: &Db, known: &'static [Migration]) -> Result<Option<Migration>> {
    in_tx!(db, tx => {
        lock(tx).await?;
        create_table(tx).await?;
        let applied: Vec<Applied> = on_tx!(tx, c => sqlx::query_as(
            "SELECT version, name, checksum, program FROM schema_migrations ORDER BY version",
        ).fetch_all(c).await)?;
        check(&applied, known)?;
        let Some(next) = known.get(applied.len()) else {
            return Ok(None);
        };
        apply(tx, next).await?;
        Ok(Some(*next))
    })
}

/// Waits for other instances that migrate. SQLite's `BEGIN IMMEDIATE` is such a lock already.
async fn lock(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        on_tx!(tx, execute => sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(ADVISORY_LOCK))
            .map_err(|error: Error| error.context("cannot lock the schema"))?;
    }
    Ok(())
}

async fn create_table(tx: &mut Tx) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
            version BIGINT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL,
            program TEXT NOT NULL,
            applied_at BIGINT NOT NULL
        )",
    ))?;
    Ok(())
}

async fn apply(tx: &mut Tx, migration: &Migration) -> Result<()> {
    on_tx!(tx, execute => sqlx::raw_sql(migration.sql)).map_err(|error: Error| {
        let mut error = error.context(format!(
            "cannot apply migration {:04}_{}",
            migration.version, migration.name
        ));
        error.kind = ErrorKind::Schema;
        error
    })?;
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO schema_migrations (version, name, checksum, program, applied_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(migration.version)
    .bind(migration.name)
    .bind(migration.checksum())
    .bind(PROGRAM)
    .bind(SystemClock.now()))?;
    Ok(())
}

/// Checks that the applied migrations are a prefix of the known ones.
fn check(applied: &[Applied], known: &[Migration]) -> Result<()> {
    if let Some(newest) = applied.last().filter(|newest| newest.version > last(known)) {
        return Err(Error::new(
            ErrorKind::Schema,
            format!(
                "the database has schema version {} (written by nocode-ai {}), but this program \
                 ({PROGRAM}) knows versions up to {} only: start nocode-ai {} or newer, or restore \
                 a backup made before the upgrade",
                newest.version,
                newest.program,
                last(known),
                newest.program
            ),
        ));
    }
    for (position, (applied, known)) in applied.iter().zip(known).enumerate() {
        if applied.version != known.version {
            return Err(Error::new(
                ErrorKind::Schema,
                format!("the database lacks migration {:04}", position + 1),
            ));
        }
        if applied.name != known.name || applied.checksum != known.checksum() {
            return Err(Error::new(
                ErrorKind::Schema,
                format!(
                    "migration {:04}_{} was changed after the database received it as {:04}_{} \
                     (from nocode-ai {}): changes belong into a new migration",
                    known.version, known.name, applied.version, applied.name, applied.program
                ),
            ));
        }
    }
    Ok(())
}

fn last(known: &[Migration]) -> i64 {
    known.last().map_or(0, |migration| migration.version)
}

/// Reads both versions, see [`Db::schema`].
pub(crate) async fn schema(db: &Db) -> Result<Schema> {
    let known = last(Migration::all(db.dialect()));
    let tables: i64 = match db.dialect() {
        Dialect::Sqlite => on_reader!(db, c => sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'",
        ).fetch_one(c).await)?,
        Dialect::Postgres => on_reader!(db, c => sqlx::query_scalar(
            "SELECT count(*) FROM pg_tables
             WHERE schemaname = current_schema() AND tablename = 'schema_migrations'",
        ).fetch_one(c).await)?,
    };
    if tables == 0 {
        return Ok(Schema { applied: 0, known });
    }
    let applied = on_reader!(db, c => sqlx::query_scalar(
        "SELECT coalesce(max(version), 0) FROM schema_migrations",
    ).fetch_one(c).await)?;
    Ok(Schema { applied, known })
}

#[cfg(test)]
mod tests;
