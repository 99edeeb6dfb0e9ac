//! The provider crate's tests on real wire shapes: one binary, one module a provider.

mod gemini;
mod native;
mod ollama;
//! Whole maps, driven by fixtures.

mod responses;
//! Tests of the whole crate, in one binary.

mod azure;
mod compatible;
mod openai;
mod webhook;
