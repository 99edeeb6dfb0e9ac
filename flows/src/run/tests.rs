//! Runs in memory and in the database, with nodes that count what they do.

mod durable;
mod memory;
mod world;
