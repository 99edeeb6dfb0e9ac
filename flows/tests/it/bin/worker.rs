//! A worker like the product's, for tests of nodes that run code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let jobs: [(&str, sandbox::Job); 2] = [
        (sandbox::code::JOB, sandbox::code::job),
        (rag::parse::JOB, rag::parse::job),
    ];
    sandbox::worker_main(&args, &jobs)
}
