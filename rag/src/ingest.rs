//! How documents come in: taken at once, read by jobs that survive everything.
//!
//! [`Rag::add_stored`] makes the document and its job in one transaction, after the bytes lie safe. A
//! worker ([`Rag::run`]) claims the job for a lease that it prolongs while it works, and what it writes
//! is refused once the job is another worker's. The steps of a job are on one screen in `write.rs`:
//! fetch, parse (in the sandbox), OCR or transcription, chunk, embed, publish. Until the last of them
//! nothing of it is found and the previous revision answers.
//!
//! A job acts in the name of who made it: the models it calls are counted for that key or person, and
//! it fails when they may no longer call them.

mod attach;
mod cut;
mod evaluate;
mod fetch;
mod intake;
mod notes;
mod order;
mod read;
mod reindex;
mod run;
mod sources;
mod stopwatch;
mod sync;
mod task;
mod transcribe;
mod write;

pub use cut::{Span, cut};
pub use intake::{Accepted, Intake, Stored};
pub use sources::{FileProblem, SourceTrial};
