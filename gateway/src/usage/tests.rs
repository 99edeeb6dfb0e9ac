//! The way of a row: journal, writer, database.

mod export;
mod insert;
mod journal;
pub(crate) mod rows;
mod sql;
mod writer;
