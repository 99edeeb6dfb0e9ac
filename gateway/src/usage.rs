//! Metering: what each attempt consumed, journalled, stored and reported.

pub mod bodies;
mod export;
pub mod journal;
pub mod leftovers;
pub mod open_rows;
pub(crate) mod rating;
pub mod record;
mod refusal;
pub mod report;
mod spent;
pub(crate) mod sql;
pub mod writer;

pub use bodies::Bodies;
pub(crate) use export::UsageExport;
pub use record::{Status, UsageRecord, UsageSource};
pub(crate) use spent::budget_use;
pub use writer::Writer;

#[cfg(test)]
pub(crate) mod tests;
