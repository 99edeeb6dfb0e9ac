//! The provider crate's tests on real wire shapes: one binary, one module a provider.

mod gemini;
mod native;
mod ollama;
//! Whole maps, driven by fixtures.

mod responses;
