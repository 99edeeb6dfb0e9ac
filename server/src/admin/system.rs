//! How an instance fares.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use store::Dialect;
use utoipa::ToSchema;

use crate::app::App;

/// A disk with less room than this is told of.
const LITTLE_ROOM: u64 = 1 << 30;
/// A database that takes longer for nothing is told of.
const SLOW: Duration = Duration::from_secs(1);

/// How an instance fares.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct System {
    /// Version of the program.
    version: &'static str,
    /// Seconds since the start.
    uptime_s: u64,
    /// Memory that the program holds, in bytes; absent where the system does not tell.
    memory_bytes: Option<u64>,
    /// Processors that it may use.
    processors: usize,
    /// The database.
    database: Database,
    /// The directory with the journal, the master key and, where they are embedded, all data.
    disk: Disk,
    /// Where vectors are: `embedded` or `qdrant`.
    vectors: &'static str,
    /// Where mails go: `smtp`, or `outbox` where no mail server is configured.
    mail: &'static str,
    /// How users' code and files are locked in.
    sandbox: Sandbox,
    /// What is wrong and what to do; empty when nothing is.
    problems: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Database {
    /// `sqlite` or `postgres`.
    kind: &'static str,
    /// How long it took to answer, in milliseconds; absent when it did not.
    answer_ms: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Disk {
    /// Bytes that may still be written; absent where the system does not tell.
    free_bytes: Option<u64>,
    /// Bytes in all.
    total_bytes: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Sandbox {
    /// `seccomp, Landlock 6`, or why there is none.
    jail: String,
    /// Version of the Python that runs code, or why there is none.
    python: String,
}

impl System {
    pub(super) async fn look(app: &App) -> Self {
        let mut problems = Vec::new();
        let began = Instant::now();
        let answer = app.db.ping().await;
        let took = began.elapsed();
        if let Err(error) = &answer {
            problems.push(format!("The database does not answer: {error}"));
        } else if took > SLOW {
            problems.push("The database is slow to answer. Is its server or disk busy?".to_owned());
        }
        if !app.gateway.is_healthy() {
            let what =
                "The usage journal cannot be written, so calls are refused. Is the disk full?";
            problems.push(what.to_owned());
        }
        let disk = Disk::of(&app.instance.data_dir);
        if disk.free_bytes.is_some_and(|free| free < LITTLE_ROOM) {
            problems.push("The disk of the data directory has less than 1 GiB left.".to_owned());
        }
        Self {
            version: env!("CARGO_PKG_VERSION"),
            uptime_s: app.instance.begun.elapsed().as_secs(),
            memory_bytes: memory(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            database: Database {
                kind: match app.db.dialect() {
                    Dialect::Sqlite => "sqlite",
                    Dialect::Postgres => "postgres",
                },
                answer_ms: answer.is_ok().then_some(took.as_secs_f64() * 1_000.0),
            },
            disk,
            vectors: app.instance.vectors,
            mail: app.instance.mail,
            sandbox: Sandbox::of(app, &mut problems).await,
            problems,
        }
    }
}

impl Disk {
    fn of(dir: &Path) -> Self {
        let found = rustix::fs::statvfs(dir).ok();
        let bytes = |blocks: fn(&rustix::fs::StatVfs) -> u64| {
            let found = found.as_ref();
            found.map(|found| blocks(found).saturating_mul(found.f_frsize))
        };
        Self {
            free_bytes: bytes(|found| found.f_bavail),
            total_bytes: bytes(|found| found.f_blocks),
        }
    }
}

impl Sandbox {
    async fn of(app: &App, problems: &mut Vec<String>) -> Self {
        let confinement = &app.instance.confinement;
        let jail = match confinement.get_or_try_init(|| app.sandbox.check()).await {
            Ok(found) if found.seccomp => format!("seccomp, Landlock {}", found.landlock),
            Ok(_) => {
                let what = "This system has no seccomp: let nobody you do not trust run code here.";
                problems.push(what.to_owned());
                "no seccomp".to_owned()
            }
            Err(error) => {
                problems.push(format!("Code and files cannot be locked in: {error}"));
                error.to_string()
            }
        };
        let python = match app.sandbox.python().await {
            Ok(found) => found.version.clone(),
            Err(error) => error.to_string(),
        };
        Self { jail, python }
    }
}

/// Resident memory, from `/proc`.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
