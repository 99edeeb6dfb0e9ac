//! From a model name to targets in the order in which they are tried.
//!
//! Resolving is pure and reads one immutable snapshot of the configuration ([`Table`]); picking looks
//! at the targets' health. Both never wait.

pub mod health;
pub mod keys;
pub mod pattern;
pub mod pick;
pub mod table;
pub mod target;

pub use table::Table;
pub use target::{Backend, Route, Target, Vendor};
