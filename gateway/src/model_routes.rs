//! Aliases and virtual models that organizations make for themselves, beside those of the
//! configuration.
//!
//! They have the shape of the configuration's, are checked by the same code, and lead where it leads
//! ([`Table`](crate::route::Table)). Every process keeps all of them in memory, ready to be called: a
//! call looks its organization up in an immutable map and waits for nothing. What a change touched is
//! read again by each process within a quarter of a second ([`Memory::watch`]).

mod change;
mod check;
mod export;
mod health;
mod memory;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use change::{CreateModelRoute, UpdateModelRoute};
pub(crate) use export::RouteExport;
pub(crate) use health::health;
pub use health::{TargetHealth, TargetState};
pub(crate) use memory::Memory;
pub use sql::{ModelRoute, ModelRouteId};
