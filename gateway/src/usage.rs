//! Metering: what each attempt consumed, journalled, stored and reported.

pub mod journal;
pub(crate) mod rating;
pub mod record;
pub(crate) mod sql;
pub mod writer;

pub use record::{Status, UsageRecord, UsageSource};
pub use writer::Writer;
