//! Tests of the vendors' and dialects' maps through their public faces.

mod anthropic;
mod messages;
