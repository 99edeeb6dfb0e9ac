//! For tests of this and other crates: the same test on each database.
//!
//! SQLite always; PostgreSQL when `TEST_POSTGRES_URL` names a server on which databases may be
//! created (`postgres://user:password@127.0.0.1:5432/postgres`). Product code does not use this.

use std::future::Future;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

use crate::{Db, DbConfig};

/// The environment variable that names the PostgreSQL server for tests.
pub const POSTGRES_URL: &str = "TEST_POSTGRES_URL";

/// A test that waits longer has failed: one that waits for ever would hold up all others.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs `test` on a fresh, migrated database of each kind, and removes the database afterwards,
/// also when the test panics.
///
/// # Panics
/// When the database cannot be made, and when the test panics.
pub async fn for_each_db<F, T>(test: F)
where
    F: Fn(Db) -> T,
    T: Future<Output = ()>,
{
    for_each_empty_db(async |db| {
        db.migrate().await.expect("the schema can be made");
        test(db).await;
    })
    .await;
}

/// [`for_each_db`] without the schema.
///
/// # Panics
/// When the database cannot be made, and when the test panics.
pub async fn for_each_empty_db(test: impl AsyncFn(Db)) {
    on_sqlite(&test).await;
    match std::env::var(POSTGRES_URL) {
        Ok(url) => on_postgres(&url, &test).await,
        Err(_) => note("skipped the PostgreSQL half: TEST_POSTGRES_URL is not set"),
    }
}

/// A second, independent handle on the same database, as another process would have.
///
/// # Panics
/// When it cannot be opened.
pub async fn second_handle(db: &Db) -> Db {
    Db::connect(db.config())
        .await
        .expect("an open database opens twice")
}

/// A directory that is removed when this is dropped.
#[derive(Debug)]
pub struct TempDir(PathBuf);

impl TempDir {
    /// Makes an empty directory in the system's place for temporary files.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(
        clippy::new_without_default,
        reason = "each call makes another directory"
    )]
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("nab-test-{}", Uuid::now_v7().simple()));
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // Left-overs in the temporary directory harm nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn on_sqlite(test: &impl AsyncFn(Db)) {
    let dir = TempDir::new();
    let db = Db::connect(&DbConfig::embedded(dir.path()))
        .await
        .expect("SQLite opens");
    let outcome = catch(Box::pin(test(db.clone()))).await;
    db.close().await;
    drop(dir);
    if let Err(panic) = outcome {
        note("the test failed on SQLite");
        resume_unwind(panic);
    }
}

async fn on_postgres(server: &str, test: &impl AsyncFn(Db)) {
    let name = format!("nab_test_{}", Uuid::now_v7().simple());
    administer(server, format!("CREATE DATABASE {name}")).await;
    let config = DbConfig {
        url: Some(with_database(server, &name)),
        data_dir: PathBuf::new(),
    };
    let db = Db::connect(&config).await.expect("PostgreSQL opens");
    let outcome = catch(Box::pin(test(db.clone()))).await;
    db.close().await;
    administer(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    if let Err(panic) = outcome {
        note("the test failed on PostgreSQL");
        resume_unwind(panic);
    }
}

async fn administer(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server)
        .await
        .expect("the server of TEST_POSTGRES_URL answers");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .expect("its user may create and drop databases");
    connection.close().await.expect("the connection closes");
}

/// The URL with another database's name, its parameters kept.
fn with_database(url: &str, name: &str) -> String {
    let (base, parameters) = match url.split_once('?') {
        Some((base, parameters)) => (base, format!("?{parameters}")),
        None => (url, String::new()),
    };
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..]
        .find('/')
        .map_or(base.len(), |at| authority + at);
    format!("{}/{name}{parameters}", &base[..end])
}

/// Awaits `future` and catches its panic, so that the database can be removed first.
async fn catch(mut future: Pin<Box<impl Future<Output = ()>>>) -> std::thread::Result<()> {
    let ended = std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    });
    match tokio::time::timeout(PATIENCE, ended).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Box::new(format!("not done after {} s", PATIENCE.as_secs()))),
    }
}

/// A line on standard error, where test output goes.
fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_name_is_replaced_in_the_url() {
        for (url, wanted) in [
            ("postgres://a:b@h:1/postgres", "postgres://a:b@h:1/t"),
            ("postgres://a@h", "postgres://a@h/t"),
            (
                "postgres://a@h/x?sslmode=disable",
                "postgres://a@h/t?sslmode=disable",
            ),
        ] {
            assert_eq!(with_database(url, "t"), wanted);
        }
    }
}
