//! What a worker does to itself before it sees any input.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod syscalls;

use std::path::Path;

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// What holds a worker in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// System calls are filtered; false only on systems other than Linux.
    pub seccomp: bool,
    /// What Landlock adds: `full`, `partial` or `none`.
    pub landlock: String,
}

/// Descriptors a worker may have open; the parent's are closed at its start.
const MAX_FILES: u64 = 64;

fn limit(resource: Resource, value: u64) -> Result<(), String> {
    let both = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    setrlimit(resource, both).map_err(|e| format!("a limit of the process cannot be set: {e}"))
}

/// Limits that hold for the worker's whole life. Memory is limited by the parent, job by job.
fn limit_resources() -> Result<(), String> {
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, MAX_FILES)
}

/// Locks this process in, all its threads.
///
/// # Errors
/// Why it cannot be, and what to do.
pub(crate) fn lock_in() -> Result<Confinement, String> {
    limit_resources()?;
    #[cfg(target_os = "linux")]
    return linux::lock_in();
    #[cfg(not(target_os = "linux"))]
    Ok(Confinement {
        seccomp: false,
        landlock: "none".to_owned(),
    })
}

/// Locks this process in as far as a starting interpreter bears, and returns the filter that its
/// forks put on themselves before they run users' code (an array of `struct sock_filter`, empty where
/// there is none), and what Landlock adds.
///
/// # Errors
/// Why it cannot be, and what to do.
pub(crate) fn prepare_interpreter(interpreter: &Path) -> Result<(Vec<u8>, String), String> {
    limit_resources()?;
    #[cfg(target_os = "linux")]
    return linux::prepare_interpreter(interpreter);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = interpreter;
        Ok((Vec::new(), "none".to_owned()))
    }
}
