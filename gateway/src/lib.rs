//! The gateway.
pub mod config;
pub mod error;
pub mod limit;
