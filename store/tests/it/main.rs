//! The crate's behaviour on real databases, as other crates use it.

mod connect;
mod schema;
mod statements;
