//! The crate's maps on real wire shapes and on our own fixtures, in one binary.

mod azure;
mod compatible;
mod gemini;
mod native;
mod ollama;
mod openai;
mod responses;
mod webhook;
