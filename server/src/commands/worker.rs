//! `nocode-ai worker`: the process in which users' code runs and files are parsed.

use std::process::ExitCode;

use sandbox::{Job, Pool, Program, SandboxConfig};

/// The jobs that workers know.
const JOBS: &[(&str, Job)] = &[
    (sandbox::code::JOB, sandbox::code::job),
    (rag::parse::JOB, rag::parse::job),
];

/// Serves jobs until the server is gone. To be called before any thread is started.
pub fn run(args: &[String]) -> ExitCode {
    sandbox::worker_main(args, JOBS)
}

/// Workers of this program.
///
/// # Errors
/// When the path of the running program is unknown.
pub(crate) fn pool(config: SandboxConfig) -> std::io::Result<Pool> {
    Ok(Pool::new(config, Program::this("worker")?))
}
