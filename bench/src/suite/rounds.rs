//! The measurements: every window runs on each side in turn, round after round, so that a machine
//! that slows down slows all sides.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::figures::{Figures, Metric, Side};
use super::settings::Settings;
use crate::gateway_config::{SAME_DIALECT, TRANSLATED};
use crate::load::{self, Call, Mode, Outcome, Plan, Target};
use crate::probe::Probe;
use crate::upstream::Upstream;

const KILOBYTE: usize = 1 << 10;
const MEGABYTE: usize = 1 << 20;
/// Streams that are open at once while chunks are measured.
const CHUNK_STREAMS: usize = 64;
/// Streams that are open at once while memory is measured.
const MEMORY_STREAMS: usize = 500;
/// The most requests in flight in an open loop.
const OPEN_CONNECTIONS: usize = 512;

/// A server under measurement.
#[derive(Debug)]
pub(super) struct Measured {
    target: Target,
    probe: Probe,
}

impl Measured {
    pub(super) fn new(url: &str, key: Option<&str>, pid: u32) -> Result<Self> {
        Ok(Self {
            target: Target::new(url, key)?,
            probe: Probe::new(pid),
        })
    }
}

/// The model name that reaches `script` at the upstream through the same dialect. The upstream and
/// the floor understand it as well, so that all sides are sent the same bytes.
pub(super) fn same_dialect(script: &str) -> String {
    format!("{SAME_DIALECT}/{script}")
}

fn translated(script: &str) -> String {
    format!("{TRANSLATED}/{script}")
}

/// All sides of a run.
pub(super) struct Bench {
    pub(super) settings: Settings,
    pub(super) upstream: Upstream,
    pub(super) direct: Target,
    pub(super) floor: Measured,
    pub(super) gateway: Option<Measured>,
}

/// A side's target, its process, and the model name that reaches a script there.
type Way<'a> = (Side, &'a Target, Option<Probe>, fn(&str) -> String);

impl Bench {
    /// Measures memory on the fresh processes, then all rounds.
    pub(super) async fn measure(&self, figures: &mut Figures) -> Result<()> {
        self.memory(figures).await?;
        for way in self.ways() {
            let warm_up = closed(64, Duration::from_millis(500));
            self.window(&way, "m-1k", KILOBYTE, false, warm_up, figures)
                .await?;
        }
        for _ in 0..self.settings.rounds {
            self.throughput(figures).await?;
            self.latency(figures).await?;
            self.chunks(figures).await?;
        }
        Ok(())
    }

    /// The processes under measurement.
    pub(super) fn probes(&self) -> Vec<Probe> {
        let gateway = self.gateway.iter().map(|gateway| gateway.probe);
        gateway.chain([self.floor.probe]).collect()
    }

    fn ways(&self) -> Vec<Way<'_>> {
        let floor = &self.floor;
        let mut ways: Vec<Way> = vec![
            (Side::Direct, &self.direct, None, same_dialect),
            (Side::Floor, &floor.target, Some(floor.probe), same_dialect),
        ];
        if let Some(gateway) = &self.gateway {
            let probe = Some(gateway.probe);
            ways.push((Side::Gateway, &gateway.target, probe, same_dialect));
            ways.push((Side::Translated, &gateway.target, probe, translated));
        }
        ways
    }

    async fn window(
        &self,
        (side, target, probe, model): &Way<'_>,
        script: &str,
        size: usize,
        stream: bool,
        (mode, length): (Mode, Duration),
        figures: &mut Figures,
    ) -> Result<Outcome> {
        let call = Call::chat(&model(script), size, stream);
        let plan = Plan {
            mode,
            length,
            probe: *probe,
        };
        let before = self.upstream.figures().requests;
        let outcome = load::run(target, &call, &plan).await;
        let forwarded = self.upstream.figures().requests - before;
        let errors = &outcome.errors;
        ensure!(
            outcome.completed() > 0,
            "{side:?} gave no good answer to {script}: {errors:?}"
        );
        figures.push(*side, Metric::Failed, outcome.failed() as f64);
        for (error, count) in errors {
            let reason = format!("{side:?}, {script}: {error}");
            *figures.errors.entry(reason).or_default() += count;
        }
        let unseen = (outcome.completed() as u64).saturating_sub(forwarded);
        if unseen > 0 {
            let reason =
                format!("{side:?}, {script}: answered without the upstream (a cache is on)");
            *figures.errors.entry(reason).or_default() += unseen;
        }
        Ok(outcome)
    }

    async fn throughput(&self, figures: &mut Figures) -> Result<()> {
        for way in self.ways() {
            let (side, length) = (way.0, self.settings.throughput);
            if side == Side::Direct {
                continue;
            }
            let window = closed(64, length);
            let small = self
                .window(&way, "m-1k", KILOBYTE, false, window, figures)
                .await?;
            figures.push(side, Metric::CpuPerRequest, small.cpu_per_call());
            figures.push(side, Metric::PerSecond, small.rate());
        }
        for way in self.ways() {
            if way.0 == Side::Direct {
                continue;
            }
            let window = closed(4, self.settings.throughput / 2);
            let large = self
                .window(&way, "m-1k", MEGABYTE, false, window, figures)
                .await?;
            figures.push(way.0, Metric::CpuPerMegabyte, large.cpu_per_call());
        }
        Ok(())
    }

    async fn latency(&self, figures: &mut Figures) -> Result<()> {
        let length = self.settings.latency;
        let windows = [
            (closed(1, length / 2), Metric::P50AtOne, Metric::P99AtOne),
            (open(500, length), Metric::P50At500, Metric::P99At500),
            (open(2000, length), Metric::P50At2000, Metric::P99At2000),
        ];
        for (window, p50, p99) in windows {
            for way in self.ways() {
                let outcome = self
                    .window(&way, "m-1k", KILOBYTE, false, window, figures)
                    .await?;
                figures.push(way.0, p50, millis(outcome.latency.percentile(50.0)));
                figures.push(way.0, p99, millis(outcome.latency.percentile(99.0)));
            }
        }
        for way in self.ways() {
            let window = closed(1, length / 2);
            let outcome = self
                .window(&way, "s-3", KILOBYTE, true, window, figures)
                .await?;
            let first = outcome.first_event.percentile(50.0);
            figures.push(way.0, Metric::FirstEventP50, millis(first));
        }
        Ok(())
    }

    async fn chunks(&self, figures: &mut Figures) -> Result<()> {
        for way in self.ways() {
            if way.0 == Side::Direct {
                continue;
            }
            // Spread over the interval, so that the streams' chunks do not come in bursts.
            let mode = Mode::Closed {
                connections: CHUNK_STREAMS,
                ramp: Duration::from_millis(100),
            };
            let window = (mode, self.settings.chunks);
            let outcome = self
                .window(&way, "s-100-i10", KILOBYTE, true, window, figures)
                .await?;
            figures.push(way.0, Metric::CpuPerChunk, outcome.cpu_per_event());
        }
        Ok(())
    }

    async fn memory(&self, figures: &mut Figures) -> Result<()> {
        // Fresh processes may still be writing what their start left behind.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let script = format!("s-{}-i50", self.settings.long_stream);
        for way in self.ways() {
            let (side, Some(probe)) = (way.0, way.2) else {
                continue;
            };
            if side == Side::Translated {
                continue;
            }
            figures.push(side, Metric::MemoryIdle, megabytes(probe.rss()));
            let ramp = Duration::from_millis(500);
            let mode = Mode::Closed {
                connections: MEMORY_STREAMS,
                ramp,
            };
            // Each connection starts one stream, which outlives the window.
            let window = (mode, ramp + Duration::from_millis(100));
            let streams = self.window(&way, &script, KILOBYTE, true, window, figures);
            let most = most_memory(probe, streams).await?;
            figures.push(side, Metric::MemoryAt500Streams, most);
            tokio::time::sleep(self.settings.settle).await;
            figures.push(side, Metric::MemoryAfter, megabytes(probe.rss()));
        }
        Ok(())
    }
}

/// The most resident megabytes of a process while `work` goes on.
async fn most_memory(probe: Probe, work: impl Future<Output = Result<Outcome>>) -> Result<f64> {
    tokio::pin!(work);
    let mut most = 0.0_f64;
    loop {
        tokio::select! {
            outcome = &mut work => {
                outcome?;
                return Ok(most);
            }
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                most = most.max(megabytes(probe.rss()));
            }
        }
    }
}

fn closed(connections: usize, length: Duration) -> (Mode, Duration) {
    let ramp = Duration::ZERO;
    (Mode::Closed { connections, ramp }, length)
}

fn open(per_second: u64, length: Duration) -> (Mode, Duration) {
    let connections = OPEN_CONNECTIONS;
    (
        Mode::Open {
            per_second,
            connections,
        },
        length,
    )
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn megabytes(bytes: Option<u64>) -> f64 {
    bytes.map_or(f64::NAN, |bytes| bytes as f64 / f64::from(1 << 20))
}
