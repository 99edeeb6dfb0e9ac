//! Runs what nobody vouches for: users' code and parsers of uploaded files.
//!
//! The program starts itself again as a worker (`nocode-ai worker`), which locks itself in before it
//! sees any input: no file system, no network, no other programs, bounded memory. The parent hands
//! jobs over and kills the worker at the deadline.
//!
//! ```ignore
//! let pool = sandbox::Pool::new(config, sandbox::Program::this("worker")?);
//! let text = pool.run("parse", &file, Limits::default()).await?;
//! let outcome = sandbox::code::run(&pool, organization, &request).await?;
//! ```
//!
//! # Invariants
//!
//! - On Linux nothing runs without seccomp: a worker that cannot have it answers "unavailable".
//! - A worker process serves one owner; [`Pool::run`] takes a process that nobody has used. Python
//!   code runs in a fork of its own of an interpreter that has never seen a job.
//! - A worker that timed out, crashed or answered nonsense is killed with its whole process group,
//!   and so is one whose caller has gone away.
//! - What a worker says is bounded before it is read.
//!
//! # Adding a job
//!
//! Write a `fn(&[u8]) -> Result<Vec<u8>, String>` and give it a name where the program calls
//! [`worker_main`]. It runs with nothing but its input: no files, no clock but the monotonic and the
//! real one, no threads.

pub mod code;
mod config;
mod error;
mod frame;
mod jail;
mod limits;
mod pool;
mod process;
mod worker;

pub use config::SandboxConfig;
pub use error::SandboxError;
pub use jail::Confinement;
pub use limits::Limits;
pub use pool::{Owner, Pool, PythonFound};
pub use process::Program;
pub use worker::{Job, worker_main};
