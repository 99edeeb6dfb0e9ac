//! The gateway: what every model call of the product goes through.
//!
//! ```ignore
//! let gateway = Gateway::start(parts).await?;
//! let reply = gateway.call(&principal, call).await?;
//! ```
//!
//! One [`Gateway`] handle is shared by the HTTP endpoints (`/v1/*`), the RAG hub and the flows. A call
//! needs a [`Principal`](accounts::Principal), which only authentication makes, so nothing gets past
//! keys, limits, budgets and the meter.
//!
//! # Invariants
//!
//! * One usage row per attempt at an upstream, journalled before the answer ends ([`usage`]).
//! * Limits and budgets of all scopes are reserved in one step before anything is sent ([`limit`]).
//! * The hot path never waits for the database: keys, routes and prices are in memory. The one
//!   exception is the first call under a budget, which reads what has been spent.
//! * Same-dialect calls forward the client's and the vendor's own bytes.
//! * A cut stream never ends cleanly.
//!
//! # Adding …
//!
//! * an endpoint: a file in `http/` and its line in [`http::router`];
//! * a stage: a file in `stages/` and its line in `pipeline.rs`;
//! * a limiter that instances share: an implementation of [`limit::Limiter`];
//! * models that run in this program: an implementation of [`local::LocalModels`].

pub mod alerts;
mod attempt;
pub mod billing;
pub mod call;
pub mod catalogue;
pub mod config;
pub mod dialects;
pub mod error;
mod gateway;
pub mod hosted;
mod housekeeping;
pub mod http;
pub mod limit;
pub mod local;
mod metrics;
pub mod model_routes;
mod operations;
mod org_keys;
mod pdf;
mod pipeline;
pub mod probe;
mod responses_store;
pub mod route;
mod setup;
mod stages;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod upload;
mod upstream;
pub mod usage;

pub use call::{Call, Caller, Reply};
pub use config::GatewayConfig;
pub use error::{Code, Error};
pub use gateway::{Gateway, Parts};
pub use setup::{Secrets, check};
