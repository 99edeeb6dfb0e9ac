//! The binary: configuration, composition, the HTTP edge and the command line. No business rule.
//!
//! [`app::App`] builds the crates' handles from a [`config::Config`]; [`serve`] puts them on a
//! listener; [`commands`] holds everything else `nocode-ai` can do.

pub mod admin;
mod api_docs;
pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
mod edge;
mod lock;
mod metrics;
pub mod openapi;
pub mod reload;
pub mod router;
pub mod serve;
mod shield;
mod telemetry;
mod trace;
mod web;
