//! Bills worked out by hand, lookups, overrides, and the data as a whole.

mod bills;
mod bound;
mod data;
mod lookup;
mod overrides;
mod snapshot;
