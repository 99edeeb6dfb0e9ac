//! Tests of the whole crate, in one binary.

mod azure;
mod compatible;
mod openai;
mod webhook;
