//! The suite: starts the upstream, the floor and the gateway, each pinned to its core, measures the
//! rows of the speed bars in alternating rounds, and prints them as a table.

mod figures;
mod report;
mod rivals;
mod rounds;
mod settings;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::signal::unix::{SignalKind, signal};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::child::{self, Child, Ready};
use crate::gateway_config::{RULES, gateway_config};
use crate::load::{Call, Mode, Plan, Target, run as load};
use crate::probe::{Probe, machine_busy};
use crate::statistics::median;
use crate::upstream::Upstream;

use figures::{Figures, Metric, Side};
use report::Circumstances;
pub use report::Report;
use rounds::{Bench, Measured};
use settings::Settings;

/// The core of the measured process, and the core of what measures it.
const MEASURED_CORE: u32 = 0;
const MEASURING_CORE: u32 = 1;
/// How often the start is timed.
const STARTS: usize = 3;

/// What is measured beside the floor.
#[derive(Debug)]
pub enum Subject {
    /// Nothing: the floor alone.
    FloorOnly,
    /// A gateway started from this binary.
    Binary(PathBuf),
    /// A gateway that is running already. Its start is not measured, nor is it pinned.
    Running {
        /// `http://host:port`.
        url: String,
        /// Its process.
        pid: u32,
        /// Its API key.
        key: String,
    },
}

/// A suite to run.
#[derive(Debug)]
pub struct Suite {
    /// What is measured.
    pub subject: Subject,
    /// Where the upstream listens; a free port when not given.
    pub upstream_listen: Option<SocketAddr>,
    /// At most 90 seconds instead of 8 minutes.
    pub quick: bool,
    /// The `bench` binary, which serves the floor.
    pub tool: PathBuf,
}

/// Runs the suite. All processes that it starts are gone when it returns, also after a failure, an
/// interrupt or the end of its time.
///
/// # Errors
/// Fails when a process does not start, a measured server gives no good answer, or time runs out.
pub fn run(suite: Suite) -> Result<Report> {
    let settings = Settings::new(suite.quick);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            result = tokio::time::timeout(settings.limit, measure(suite, settings)) => {
                result.context("the suite ran out of its time")?
            }
            _ = terminate.recv() => bail!("terminated"),
            _ = interrupt.recv() => bail!("interrupted"),
        }
    })
}

async fn measure(suite: Suite, settings: Settings) -> Result<Report> {
    let begun = Instant::now();
    let pinned = child::pin_this_process(MEASURING_CORE);
    let measured_core = pinned.then_some(MEASURED_CORE);
    let home = tempfile::tempdir()?;
    let mut figures = Figures::default();

    // On a thread of this process, so that it shares the measuring core and its counts are at hand.
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let upstream = Upstream::start_on(suite.upstream_listen.unwrap_or(any_port))?;
    let upstream_url = upstream.url();

    let floor_args = ["floor", "--until-stdin-ends", "--upstream", &upstream_url];
    let floor_args = floor_args.map(str::to_owned);
    let start_floor = || {
        let log = home.path().join("floor.log");
        Child::start(&suite.tool, &floor_args, measured_core, &log)
    };
    let floor = restarted(start_floor, None, "m-1k", &mut figures, Side::Floor).await?;
    let floor_measured = Measured::new(&floor.ready.url, None, floor.pid())?;

    let mut gateway_child = None;
    let gateway = match &suite.subject {
        Subject::FloorOnly => None,
        Subject::Running { url, pid, key } => Some(Measured::new(url, Some(key), *pid)?),
        Subject::Binary(binary) => {
            let gateway = Gateway::new(binary, home.path(), &upstream_url)?;
            let (child, key) = gateway.start(measured_core, &mut figures).await?;
            let measured = Measured::new(&child.ready.url, Some(&key), child.pid())?;
            gateway_child = Some(child);
            Some(measured)
        }
    };
    let bench = Bench {
        settings,
        direct: Target::new(&upstream_url, None)?,
        upstream,
        floor: floor_measured,
        gateway,
    };
    let mut ours = vec![Probe::new(std::process::id())];
    ours.extend(bench.probes());
    let before = strangers(&ours);
    let measuring = Instant::now();
    bench.measure(&mut figures).await?;
    let after = strangers(&ours);
    let strangers = after.zip(before).map(|(after, before)| {
        after.saturating_sub(before).as_secs_f64() / measuring.elapsed().as_secs_f64()
    });
    drop(gateway_child);
    Ok(Report::new(
        figures,
        Circumstances {
            settings,
            pinned,
            took: begun.elapsed(),
            strangers,
        },
    ))
}

/// CPU time that everything but our own processes has used on this machine so far.
fn strangers(ours: &[Probe]) -> Option<Duration> {
    let own: Duration = ours.iter().filter_map(Probe::cpu).sum();
    Some(machine_busy()?.saturating_sub(own))
}

/// A gateway's binary with its configuration and data directory.
struct Gateway<'a> {
    binary: &'a Path,
    home: &'a Path,
    arguments: Vec<String>,
}

impl<'a> Gateway<'a> {
    fn new(binary: &'a Path, home: &'a Path, upstream_url: &str) -> Result<Self> {
        let config = home.join("gateway.toml");
        std::fs::write(&config, gateway_config(upstream_url))?;
        let data = home.join("data");
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--json", "--data-dir"];
        let mut arguments = arguments.map(str::to_owned).to_vec();
        arguments.push(data.to_string_lossy().into_owned());
        arguments.push("--config".to_owned());
        arguments.push(config.to_string_lossy().into_owned());
        Ok(Self {
            binary,
            home,
            arguments,
        })
    }

    /// Times the first start on an empty data directory and then restarts on the same one; returns
    /// the last process with the key that the first one printed.
    async fn start(&self, core: Option<u32>, figures: &mut Figures) -> Result<(Child, String)> {
        let begin = || {
            let log = self.home.join("gateway.log");
            Child::start(self.binary, &self.arguments, core, &log)
        };
        let model = rounds::same_dialect("m-1k");
        let (first, key, took) = first_answer(&begin, None, &model).await?;
        let key = key.context("the gateway printed no `api_key` at its first start")?;
        figures.push(Side::Gateway, Metric::FirstStart, took.as_secs_f64() * 1e3);
        switch_rules_on(&first.ready.url, &key).await?;
        drop(first);
        let child = restarted(begin, Some(&key), &model, figures, Side::Gateway).await?;
        Ok((child, key))
    }
}

/// Sets the limits and the budget that the gateway is measured under.
async fn switch_rules_on(url: &str, key: &str) -> Result<()> {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    for (path, body) in RULES {
        let mut socket = TcpStream::connect(address).await?;
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        let status = answer.lines().next().unwrap_or_default();
        ensure!(
            status.contains(" 201") || status.contains(" 200"),
            "{path}: {answer}"
        );
    }
    Ok(())
}

/// Starts a server several times; keeps the last.
async fn restarted(
    start: impl Fn() -> Result<Child>,
    key: Option<&str>,
    model: &str,
    figures: &mut Figures,
    side: Side,
) -> Result<Child> {
    let mut took = Vec::new();
    for _ in 1..STARTS {
        took.push(first_answer(&start, key, model).await?.2);
    }
    let (child, _, last) = first_answer(&start, key, model).await?;
    took.push(last);
    let millis: Vec<f64> = took.iter().map(|t| t.as_secs_f64() * 1e3).collect();
    figures.push(side, Metric::Start, median(&millis));
    Ok(child)
}

/// Starts a server and asks it once; returns it, the key it was asked with, and the time from the
/// start to the end of the answer.
async fn first_answer(
    start: &impl Fn() -> Result<Child>,
    key: Option<&str>,
    model: &str,
) -> Result<(Child, Option<String>, Duration)> {
    let begun = Instant::now();
    let child = start()?;
    let Ready { url, api_key, .. } = &child.ready;
    let key = key.map(str::to_owned).or_else(|| api_key.clone());
    let target = Target::new(url, key.as_deref())?;
    let plan = Plan {
        mode: Mode::Closed {
            connections: 1,
            ramp: Duration::ZERO,
        },
        // Long enough to start one call, too short for a second.
        length: Duration::from_micros(100),
        probe: Some(Probe::new(child.pid())),
    };
    let outcome = load(&target, &Call::chat(model, 1024, false), &plan).await;
    let took = begun.elapsed();
    ensure!(
        outcome.completed() > 0,
        "{url} gave no good first answer: {:?}\n{}",
        outcome.errors,
        child.log()
    );
    Ok((child, key, took))
}
