//! A worker like the product's, for tests of nodes that run code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    sandbox::worker_main(&args, &[(sandbox::code::JOB, sandbox::code::job)])
}
