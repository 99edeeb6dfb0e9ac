//! Who is calling: organizations, users, teams, API keys, limits and budgets, provider credentials.

pub mod pattern;
mod principal;
mod rule;
mod secret;
mod word;

pub use principal::Principal;
pub use rule::{Budget, Limit, Metric, Period, Scope, ScopeKind, Unit, Window};
pub use secret::{MASK, Secret};

/// The handle.
#[derive(Debug, Clone)]
pub struct Accounts;
