//! `bench`: the scripted upstream, the floor, the load generator and the suite, one subcommand each.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use bench::floor::Floor;
use bench::gateway_config::gateway_config;
use bench::load::{self, Call, Mode, Target};
use bench::probe::Probe;
use bench::suite::{self, Subject, Suite};
use bench::upstream::Upstream;
use bench::{flows, rag, rest};
use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};

/// Measures the gateway against a bare proxy.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves scripted answers in all dialects until it is stopped.
    Upstream {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        #[command(flatten)]
        life: Life,
    },
    /// Forwards everything to the upstream until it is stopped.
    Floor {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// The upstream, as `host:port` or `http://host:port`.
        #[arg(long)]
        upstream: String,
        #[command(flatten)]
        life: Life,
    },
    /// Sends chat completions and prints what was measured as JSON.
    Load(LoadArgs),
    /// Starts everything, measures, prints the table.
    Suite(SuiteArgs),
    /// Measures a gateway that is already running.
    Run(RunArgs),
    /// Measures the REST API under many users, and model calls while passwords are guessed.
    Rest(RestArgs),
    /// Measures the RAG hub: how fast documents come in and are found, and how well.
    Rag(RagArgs),
    /// Measures flows: what a step costs, webhooks a second, memory after many runs.
    Flows(FlowsArgs),
    /// Prints the configuration that the gateway is measured with.
    Config {
        /// `http://host:port` of the upstream.
        #[arg(long)]
        upstream_url: String,
    },
}

#[derive(Debug, Clone, Copy, Args)]
struct Life {
    /// Stop when standard input ends, so that no process outlives the one that started it.
    #[arg(long)]
    until_stdin_ends: bool,
}

#[derive(Debug, Args)]
struct LoadArgs {
    /// `http://host:port` of the server.
    #[arg(long)]
    url: String,
    /// Sent as `Authorization: Bearer`.
    #[arg(long)]
    key: Option<String>,
    /// More headers, as `name: value`.
    #[arg(long = "header")]
    headers: Vec<String>,
    /// The model, which scripts the upstream.
    #[arg(long, default_value = "m-1k")]
    model: String,
    /// Bytes of the request's body; `k` and `m` are understood.
    #[arg(long, default_value = "1k", value_parser = parse_size)]
    size: usize,
    /// Ask for a stream.
    #[arg(long)]
    stream: bool,
    /// Connections; the most in flight with `--rate`.
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// Requests a second, open loop; closed loop without it.
    #[arg(long)]
    rate: Option<u64>,
    /// How long to send.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// A process whose CPU time and memory are measured.
    #[arg(long)]
    pid: Option<u32>,
}

#[derive(Debug, Args)]
struct SuiteArgs {
    /// The gateway's binary. Without it the floor alone is measured.
    #[arg(long)]
    binary: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// `http://host:port` of the gateway.
    #[arg(long)]
    gateway_url: String,
    /// Its process, for CPU time and memory.
    #[arg(long)]
    gateway_pid: u32,
    /// Its API key.
    #[arg(long)]
    key: String,
    /// Where the upstream listens that the gateway is configured with (`bench config`).
    #[arg(long, default_value = "127.0.0.1:18999")]
    upstream_listen: SocketAddr,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct RestArgs {
    /// The gateway's binary.
    #[arg(long)]
    binary: PathBuf,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct RagArgs {
    /// The program's binary.
    #[arg(long)]
    binary: PathBuf,
    /// A folder with real files, to measure how fast they are read.
    #[arg(long)]
    documents: Option<PathBuf>,
    /// A folder with retrieval sets, each with `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`.
    #[arg(long)]
    retrieval: Option<PathBuf>,
    /// A directory with an embedding model, for vectors of the retrieval sets.
    #[arg(long, requires = "retrieval")]
    model: Option<PathBuf>,
    /// The ONNX Runtime library that runs it.
    #[arg(long, requires = "model")]
    onnx_runtime: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct FlowsArgs {
    /// The program's binary.
    #[arg(long)]
    binary: PathBuf,
    /// An empty PostgreSQL database (`postgres://…`), to measure that too.
    #[arg(long)]
    postgres: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Output {
    /// At most 90 seconds instead of 8 minutes, with noisier figures.
    #[arg(long)]
    quick: bool,
    /// Also write the table to this file.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Also write all figures to this file, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Exit with an error when a bar is missed.
    #[arg(long)]
    strict: bool,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Upstream { listen, life } => {
            let upstream = Upstream::start_on(listen)?;
            announce(&upstream.url())?;
            end_with_stdin(life);
            upstream.wait();
        }
        Command::Floor {
            listen,
            upstream,
            life,
        } => {
            let upstream = upstream.trim_start_matches("http://").parse()?;
            let floor = Floor::start_on(listen, upstream)?;
            announce(&floor.url())?;
            end_with_stdin(life);
            floor.wait();
        }
        Command::Load(args) => generate_load(&args)?,
        Command::Suite(args) => {
            let subject = args.binary.map_or(Subject::FloorOnly, Subject::Binary);
            measure(subject, None, &args.output)?;
        }
        Command::Run(args) => {
            let subject = Subject::Running {
                url: args.gateway_url,
                pid: args.gateway_pid,
                key: args.key,
            };
            measure(subject, Some(args.upstream_listen), &args.output)?;
        }
        Command::Rest(args) => {
            let report = rest::run(&args.binary, args.output.quick)?;
            publish(
                &report.to_markdown(),
                &report.to_json(),
                report.passed(),
                &args.output,
            )?;
        }
        Command::Rag(args) => {
            let report = rag::run(&rag::Options {
                binary: args.binary,
                documents: args.documents,
                retrieval: args.retrieval,
                model: args.model,
                onnx_runtime: args.onnx_runtime,
                quick: args.output.quick,
            })?;
            publish(
                &report.to_markdown(),
                &report.to_json(),
                report.passed(),
                &args.output,
            )?;
        }
        Command::Flows(args) => {
            let report = flows::run(&flows::Options {
                binary: args.binary,
                postgres: args.postgres,
                quick: args.output.quick,
            })?;
            publish(
                &report.to_markdown(),
                &report.to_json(),
                report.passed(),
                &args.output,
            )?;
        }
        Command::Config { upstream_url } => say(&gateway_config(&upstream_url))?,
    }
    Ok(())
}

fn generate_load(args: &LoadArgs) -> Result<()> {
    let mut target = Target::new(&args.url, args.key.as_deref())?;
    for header in &args.headers {
        let (name, value) = header.split_once(':').unwrap_or((header, ""));
        target.header(name.trim(), value.trim())?;
    }
    let call = Call::chat(&args.model, args.size, args.stream);
    let mode = match args.rate {
        Some(per_second) => Mode::Open {
            per_second,
            connections: args.connections.max(256),
        },
        None => Mode::Closed {
            connections: args.connections,
            ramp: Duration::ZERO,
        },
    };
    let plan = load::Plan {
        mode,
        length: Duration::from_secs_f64(args.seconds),
        probe: args.pid.map(Probe::new),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(load::run(&target, &call, &plan));
    say(&format!("{:#}\n", outcome.to_json()))
}

fn measure(subject: Subject, upstream: Option<SocketAddr>, output: &Output) -> Result<()> {
    let report = suite::run(Suite {
        subject,
        upstream_listen: upstream,
        quick: output.quick,
        tool: std::env::current_exe()?,
    })?;
    publish(
        &report.to_markdown(),
        &report.to_json(),
        report.passed(),
        output,
    )
}

fn publish(table: &str, figures: &Value, passed: bool, output: &Output) -> Result<()> {
    say(table)?;
    if let Some(path) = &output.out {
        std::fs::write(path, table)?;
    }
    if let Some(path) = &output.json {
        std::fs::write(path, format!("{figures:#}\n"))?;
    }
    anyhow::ensure!(!output.strict || passed, "a bar is missed");
    Ok(())
}

/// One JSON line on standard output, for the process that started this one.
fn announce(url: &str) -> Result<()> {
    say(&format!("{}\n", json!({"url": url})))
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn end_with_stdin(life: Life) {
    if !life.until_stdin_ends {
        return;
    }
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
}

fn parse_size(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm') => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    let number: usize = digits.parse().map_err(|_| format!("`{text}` is no size"))?;
    Ok(number * unit)
}
