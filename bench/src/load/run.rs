//! Closed-loop and open-loop runs.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use super::connection::Connection;
use super::outcome::{Ledger, Measured, Outcome};
use super::pacer;
use super::target::{Call, Target};
use crate::probe::Probe;
use crate::statistics::Schedule;

/// How requests are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// So many connections, each sending its next request when the last is answered. They start
    /// spread over `ramp`.
    Closed {
        /// How many connections.
        connections: usize,
        /// Over which time they start.
        ramp: Duration,
    },
    /// So many requests a second, whatever happens to them, over at most so many connections. A
    /// request that finds none free waits, and its waiting counts.
    Open {
        /// Starts a second.
        per_second: u64,
        /// The most requests in flight.
        connections: usize,
    },
}

/// A run to make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How requests are started.
    pub mode: Mode,
    /// How long requests are started; those in flight then are finished and counted.
    pub length: Duration,
    /// The process whose CPU time and memory are measured.
    pub probe: Option<Probe>,
}

/// Makes a run.
///
/// Runs on the caller's current-thread runtime, which must have its timers and sockets enabled.
pub async fn run(target: &Target, call: &Call, plan: &Plan) -> Outcome {
    let ledger = Rc::new(RefCell::new(Ledger::default()));
    let cpu_before = plan.probe.and_then(|probe| probe.cpu());
    let start = Instant::now();
    let local = LocalSet::new();
    local
        .run_until(async {
            match plan.mode {
                Mode::Closed { connections, ramp } => {
                    closed(target, call, plan.length, connections, ramp, &ledger).await;
                }
                Mode::Open {
                    per_second,
                    connections,
                } => {
                    let schedule = Schedule::new(per_second);
                    open(target, call, plan.length, schedule, connections, &ledger).await;
                }
            }
        })
        .await;
    let elapsed = start.elapsed();
    let process = plan.probe.zip(cpu_before).and_then(|(probe, before)| {
        Some(Measured {
            cpu: probe.cpu()?.saturating_sub(before),
            rss: probe.rss()?,
            peak_rss: probe.peak_rss()?,
        })
    });
    ledger.take().close(elapsed, process)
}

async fn closed(
    target: &Target,
    call: &Call,
    length: Duration,
    connections: usize,
    ramp: Duration,
    ledger: &Rc<RefCell<Ledger>>,
) {
    let end = Instant::now() + length;
    let mut workers = JoinSet::new();
    for n in 0..connections {
        let (target, call, ledger) = (target.clone(), call.clone(), ledger.clone());
        let wait = ramp.mul_f64(n as f64 / connections as f64);
        workers.spawn_local(async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            let mut connection = Connection::new();
            loop {
                let start = Instant::now();
                if start >= end {
                    return;
                }
                let result = connection.call(&target, &call, start).await;
                let failed = result.is_err();
                ledger.borrow_mut().add(result);
                if failed {
                    // A server that refuses at once must not be asked in a tight loop.
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        });
    }
    while workers.join_next().await.is_some() {}
}

async fn open(
    target: &Target,
    call: &Call,
    length: Duration,
    schedule: Schedule,
    connections: usize,
    ledger: &Rc<RefCell<Ledger>>,
) {
    let mut starts = pacer::starts(schedule, length);
    let free = Rc::new(Semaphore::new(connections.max(1)));
    let idle: Rc<RefCell<Vec<Connection>>> = Rc::default();
    let mut calls = JoinSet::new();
    while let Some(due) = starts.recv().await {
        let (target, call, ledger) = (target.clone(), call.clone(), ledger.clone());
        let (free, idle) = (free.clone(), idle.clone());
        calls.spawn_local(async move {
            let Ok(_turn) = free.acquire().await else {
                return;
            };
            let waiting = idle.borrow_mut().pop();
            let mut connection = waiting.unwrap_or_else(Connection::new);
            let result = connection.call(&target, &call, due).await;
            ledger.borrow_mut().add(result);
            idle.borrow_mut().push(connection);
        });
        while calls.try_join_next().is_some() {}
    }
    while calls.join_next().await.is_some() {}
}
