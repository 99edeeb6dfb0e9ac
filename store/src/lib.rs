//! The database: one SQL text for SQLite and PostgreSQL, migrations, ids and the clock.
//!
//! ```ignore
//! let db = Db::connect(&DbConfig::embedded(data_dir)).await?;
//! db.migrate().await?;
//! let names: Vec<(String,)> = on_reader!(db, c => {
//!     sqlx::query_as("SELECT name FROM teams WHERE org_id = $1").bind(org).fetch_all(c).await
//! })?;
//! in_tx!(db, tx => {
//!     on_tx!(tx, execute => sqlx::query("DELETE FROM teams WHERE id = $1").bind(team))?;
//!     Ok(())
//! })
//! ```
//!
//! A statement is written once with `$1` placeholders. The macros put it into one arm per driver, so
//! that the compiler checks binds and rows against both; there is no `Any` driver and no code at
//! build time that needs a database.
//!
//! # Invariants
//!
//! * SQLite has one writer connection, and write transactions begin with `BEGIN IMMEDIATE`: a
//!   deferred transaction that reads and then writes fails at once with "database is locked" when a
//!   second process writes, whatever `busy_timeout` says.
//! * Readers cannot write (`query_only`), so a write through [`on_reader!`] fails in tests.
//! * Ids are UUIDv7 (`BLOB` | `uuid`), times are `i64` microseconds in UTC, money is `i64`
//!   nano-dollars, JSON is `TEXT` in both.
//!
//! # Adding a table
//!
//! One file of the same name in `migrations/sqlite` and `migrations/postgres`, the next number. A test
//! compares both schemas. Released files are never edited: their checksums are stored.

mod clock;
mod connect;
mod db;
mod error;
mod ids;
mod json;
mod macros;
mod migrate;
mod query;
pub mod testing;

pub use clock::{Clock, Micros, ParseMicrosError, SharedClock, SystemClock, TestClock};
pub use connect::DbConfig;
pub use db::{Db, Dialect, Pools, Tx, TxConnection};
pub use error::{Error, ErrorKind, Result};
#[doc(hidden)]
pub use ids::string_schema;
pub use ids::{
    AlertId, AuditId, BudgetId, CredentialId, DeliveryId, EmailId, IdentityId, InvitationId, KeyId,
    LimitId, OrgId, ParseIdError, PasskeyId, SessionId, TeamId, UserId,
};
pub use json::Json;
pub use migrate::{Migration, Schema};
pub use query::Conditions;

/// What the macros of this crate need at the place where they are expanded.
#[doc(hidden)]
pub mod reexport {
    pub use {serde, sqlx, utoipa, uuid};
}
