//! Metering: what each attempt consumed, journalled, stored and reported.

pub mod journal;
pub mod leftovers;
pub(crate) mod rating;
pub mod record;
mod refusal;
pub(crate) mod sql;
pub mod writer;

pub use record::{Status, UsageRecord, UsageSource};
pub use writer::Writer;
