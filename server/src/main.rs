//! `nocode-ai`.

use std::process::ExitCode;

use clap::Parser;
use server::cli::{Cli, Command};

/// Requests make and drop many small buffers of varying sizes on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stderr, reason = "the last word of a failed command")]
fn main() -> ExitCode {
    let cli = Cli::parse();
    // It locks itself in, which threads and sockets of a runtime would survive.
    if let Command::Worker { args } = &cli.command {
        return server::commands::worker::run(args);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(server::commands::run(cli)),
        Err(error) => Err(anyhow::anyhow!("cannot start the runtime: {error}")),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
