//! The crate's maps on real wire shapes and on our own fixtures, in one binary.

mod azure;
mod compatible;
mod gemini;
mod native;
mod ollama;
mod openai;
mod responses;
mod webhook;
//! Tests of the vendors' and dialects' maps through their public faces.

mod anthropic;
mod messages;
