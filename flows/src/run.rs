//! Runs of flows: in memory, or stored so that they go on after a crash at the last unfinished node.
//!
//! # Invariants
//!
//! * A stored checkpoint is final: its node is not run again, whatever dies.
//! * Before a node with effects begins, everything before it is stored.
//! * Each claim of a run raises its fence, and nothing is stored with an older one: a worker that
//!   stalled cannot write late.
//! * An answer goes out after the run's end is stored.
//! * A run that waits holds no memory and no slot.

mod attempt;
mod commit;
mod compiled;
mod driver;
mod engine;
mod events;
mod frame;
pub mod http;
mod journal;
mod memory;
mod shared;
mod sql;
mod step;
mod stored;

pub use compiled::Compiled;
pub use driver::RunEnd;
pub use engine::{Engine, EngineConfig, EngineParts, RunInfoRow, Start, Started};
pub use events::{Event, EventKind, Hub};
pub use memory::{MemoryRun, execute};
pub use shared::{Catalogue, Limits, Options, Runnable, Surroundings, Wanted};
pub use sql::lists::RunFilter;
pub use step::{LogLine, StepState};

#[cfg(test)]
mod tests;
