//! Reports on usage: sums by group, and single attempts.
//!
//! ```ignore
//! let question = SummaryQuery::parse(&pairs, now)?;
//! let summary = report::summarize(&db, org, &question).await?;
//! ```
//!
//! A row is one *attempt* at an upstream: a call that falls back twice is three rows of one
//! `request_id`. Everything here is confined to one organization and reads what the
//! [`Writer`](super::Writer) has stored, at most a fraction of a second behind.
//!
//! # Adding …
//!
//! * a way to group: a variant of [`Dimension`], its column in `sql.rs`;
//! * a filter: a variant of [`TextColumn`](filter::TextColumn), its column in `sql.rs`.

mod attempt_row;
mod cursor;
mod dimension;
pub mod filter;
mod money;
mod pages;
mod parameter;
pub(crate) mod pdf;
mod query;
mod sql;
mod summary;

pub use accounts::csv;
pub use attempt_row::{AttemptRow, COLUMNS};
pub use cursor::Cursor;
pub use dimension::Dimension;
pub use filter::Filter;
pub use money::Usd;
pub use pages::{Page, Pages};
pub use parameter::BadParameter;
#[cfg(test)]
pub(crate) use query::{ATTEMPT_PARAMETERS, SUMMARY_PARAMETERS};
pub use query::{AttemptQuery, Format, SummaryQuery};
pub use summary::{Figures, GroupFields, Summary, SummaryRow, summarize};

use store::{Db, OrgId};

/// All attempts of a call, in their order; at most 1,000.
///
/// # Errors
/// Those of the database.
pub async fn attempts(db: &Db, org: OrgId, request_id: &str) -> store::Result<Vec<AttemptRow>> {
    sql::attempts(db, org, request_id).await
}

#[cfg(test)]
mod tests;
