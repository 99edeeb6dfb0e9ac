//! Vendors: their wire formats to and from one set of types, as pure maps.
//!
//! This crate knows no tenant, no database, no clock and opens no connection. It has two sides:
//!
//! * [`Provider`]: a vendor as we call it. Turns a canonical request into the vendor's bytes and the
//!   vendor's bytes into canonical answers, chunks and errors.
//! * [`Dialect`]: a wire format as our own clients speak it to us (OpenAI chat, OpenAI responses,
//!   Anthropic messages). Turns a client's bytes into a canonical request and canonical answers into
//!   the client's bytes.
//!
//! The canonical types ([`chat`]) are OpenAI's chat completions with unknown fields kept.
//! Where a provider natively speaks the client's dialect ([`Info::dialects`]) nothing is translated:
//! the gateway forwards the bytes and reads usage beside them through [`dialect::Tap`].
//!
//! # Invariants
//!
//! * Maps are pure: the same input gives the same output. Ids that a vendor omits are derived from
//!   the answer's own id and position, times that it omits are `0` and filled in by the gateway.
//! * What a map drops, changes or emulates is written to [`Notes`]; nothing is lost silently.
//! * Secrets never enter a map: [`auth::AuthKind`] says where the key goes, the caller puts it there.
//! * A decoder's `finish` fails when the stream was cut: a truncated answer is never a success.
//!
//! # Adding a vendor
//!
//! An OpenAI-compatible vendor is one row in [`compatible`]. A wire format of its own is one file or
//! folder implementing [`Provider`], one line in [`registry`], fixtures under `tests/it/fixtures/`
//! and a section in `docs/providers.md`.

pub mod anthropic;
pub mod auth;
pub mod azure;
pub mod builtin;
pub mod chat;
pub mod collect;
pub mod compatible;
pub mod dialect;
pub mod error;
pub mod gemini;
pub mod http_call;
mod native;
pub mod notes;
pub mod ollama;
pub mod openai;
mod portable;
pub mod provider;
pub mod registry;
pub mod sse;
pub mod tokens;
pub mod usage;
pub mod webhook;

pub use dialect::{Dialect, DialectId};
pub use error::{Error, ErrorKind};
pub use notes::Notes;
pub use provider::{Info, Operation, Provider, Target};
pub use usage::Usage;
