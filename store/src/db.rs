//! The handle on the database, and its transactions.

use std::sync::Arc;

use sqlx::Transaction;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};

use crate::connect::{self, DbConfig};
use crate::{Error, ErrorKind, Result, migrate};

/// Which database is behind a [`Db`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The embedded default.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
}

/// The open connections. Used by the macros; other code says [`on_reader!`](crate::on_reader).
#[derive(Debug, Clone)]
pub enum Pools {
    /// One writer, because SQLite has one writer anyway and a queue is fairer than busy waiting;
    /// several readers, which in WAL mode never wait for it.
    Sqlite {
        /// One connection.
        writer: SqlitePool,
        /// Connections that cannot write.
        reader: SqlitePool,
    },
    /// One pool for all.
    Postgres(PgPool),
}

/// The database. Clones share their connections.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Pools,
    config: DbConfig,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The configuration may hold a password.
        f.debug_struct("Db")
            .field("dialect", &self.dialect())
            .finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the database that `config` names; creates the SQLite file and its directory.
    ///
    /// # Errors
    /// `Unavailable`, saying what is wrong: directory that cannot be created, file that is not a
    /// database, host that does not answer, wrong password, missing database.
    pub async fn connect(config: &DbConfig) -> Result<Self> {
        let inner = Inner {
            pools: Box::pin(connect::open(config)).await?,
            config: config.clone(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Brings the schema to this program's version; see [`Schema`](crate::Schema) for what it finds.
    /// Each migration is a transaction of its own, and instances that start together wait for each
    /// other.
    ///
    /// # Errors
    /// `Schema` when the database is newer than this program or a released migration was edited.
    pub async fn migrate(&self) -> Result<()> {
        Box::pin(migrate::run(self)).await
    }

    /// Which versions of the schema the database has and this program knows.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn schema(&self) -> Result<migrate::Schema> {
        migrate::schema(self).await
    }

    /// Begins a write transaction (`BEGIN IMMEDIATE` on SQLite); [`in_tx!`](crate::in_tx) is the
    /// usual way. Dropping the transaction rolls back.
    ///
    /// # Errors
    /// `Busy` when another process keeps the write lock for more than the busy timeout.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match &self.inner.pools {
            Pools::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Checks that the database answers, for readiness probes.
    ///
    /// # Errors
    /// `Unavailable` or `Busy` when it does not.
    pub async fn ping(&self) -> Result<()> {
        let one: i32 =
            crate::on_reader!(self, c => sqlx::query_scalar("SELECT 1").fetch_one(c).await)?;
        if one == 1 {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Internal,
            "SELECT 1 gave another value",
        ))
    }

    /// Which database this is; for the few texts that differ, such as `FOR UPDATE SKIP LOCKED`.
    pub fn dialect(&self) -> Dialect {
        match &self.inner.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The open connections, for the macros.
    pub fn pools(&self) -> &Pools {
        &self.inner.pools
    }

    /// What this database was opened with.
    pub fn config(&self) -> &DbConfig {
        &self.inner.config
    }

    /// Closes all connections after the statements under way; later statements fail with
    /// `Unavailable`.
    pub async fn close(&self) {
        match &self.inner.pools {
            Pools::Sqlite { writer, reader } => {
                // Readers first: the last connection to close folds the write-ahead log back into
                // the database file, which readers may not do.
                reader.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// An open write transaction; dropped without [`commit`](Tx::commit) it is rolled back.
#[derive(Debug)]
pub enum Tx {
    /// On the one writer connection.
    Sqlite(Transaction<'static, Sqlite>),
    /// On one connection of the pool.
    Postgres(Transaction<'static, Postgres>),
}

/// The connection inside a transaction, for [`on_tx!`](crate::on_tx).
#[derive(Debug)]
pub enum TxConnection<'t> {
    /// SQLite's.
    Sqlite(&'t mut SqliteConnection),
    /// PostgreSQL's.
    Postgres(&'t mut PgConnection),
}

impl Tx {
    /// The connection, for [`on_tx!`](crate::on_tx).
    pub fn connection(&mut self) -> TxConnection<'_> {
        match self {
            Self::Sqlite(tx) => TxConnection::Sqlite(&mut *tx),
            Self::Postgres(tx) => TxConnection::Postgres(&mut *tx),
        }
    }

    /// Makes everything done so far durable and visible.
    ///
    /// # Errors
    /// Those of the database; nothing is changed then.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes everything done so far. A failure is only logged: the database undoes an unfinished
    /// transaction by itself.
    pub async fn rollback(self) {
        let outcome = match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "cannot roll back a transaction");
        }
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}
