//! What the gateway is measured with: a scripted upstream, a bare reverse proxy as the floor, a load
//! generator, and the suite that runs them against the speed bars.
//!
//! The [`upstream`] is a library of its own: the end-to-end tests script their vendors' misbehaviour
//! with the same model names that the benchmark uses.

mod api;
mod child;
pub mod floor;
pub mod flows;
pub mod gateway_config;
pub mod load;
pub mod probe;
pub mod rag;
pub mod rest;
pub mod statistics;
pub mod suite;
pub mod upstream;
