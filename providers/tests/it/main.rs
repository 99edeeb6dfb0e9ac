//! The crate's maps on real wire shapes and on our own fixtures, in one binary.

mod anthropic;
mod azure;
mod compatible;
mod gemini;
mod matrix;
mod messages;
mod native;
mod ollama;
mod openai;
mod responses;
mod webhook;
