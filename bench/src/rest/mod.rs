//! The REST API under many users, and model calls while passwords are guessed.

mod report;
mod site;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::child;
use crate::load::{Call, Mode, Outcome, Plan, Target, User, run as load, users};
pub use report::Report;
use site::{PASSWORD, Site, owner_email};

/// Users who read at once.
const USERS: usize = 200;
/// Connections that guess passwords at once, each once a second or as fast as it is answered.
const GUESSERS: usize = 1_000;
/// Model calls a second that the guessing must not harm.
const CALLS_A_SECOND: u64 = 200;
/// Model calls that the reports have to add up.
const HISTORY: Duration = Duration::from_secs(2);
/// The longest that everything may take.
const LIMIT: Duration = Duration::from_secs(300);

/// What users read, in turn: what the pages of the web app ask for.
const READS: [&str; 14] = [
    "/api/v1/auth/me",
    "/api/v1/organizations/current",
    "/api/v1/keys?limit=50",
    "/api/v1/usage?group_by=model",
    "/api/v1/usage/requests?limit=50",
    "/api/v1/projects?limit=50",
    "/api/v1/workflows?limit=50",
    "/api/v1/teams?limit=50",
    "/api/v1/providers",
    "/api/v1/models/routes",
    "/api/v1/billing",
    "/api/v1/audit?limit=50",
    "/api/v1/collections?limit=50",
    "/api/v1/executions?limit=50",
];

/// What was measured.
pub(crate) struct Measured {
    /// Users who read something each second.
    pub(crate) reads: Outcome,
    /// Users who read without a pause.
    pub(crate) rush: Outcome,
    /// Model calls while nothing else happens.
    pub(crate) calm: Outcome,
    /// Model calls while passwords are guessed.
    pub(crate) flooded: Outcome,
    /// The guesses.
    pub(crate) guesses: Outcome,
}

/// Measures `binary`, started on an empty SQLite database.
///
/// # Errors
/// Fails when it does not start, refuses what is prepared, or time runs out.
pub fn run(binary: &Path, quick: bool) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let binary: PathBuf = binary.to_owned();
    runtime.block_on(async {
        let measured = tokio::time::timeout(LIMIT, measure(&binary, quick)).await;
        measured.context("it took too long")?.map(Report::new)
    })
}

async fn measure(binary: &Path, quick: bool) -> Result<Measured> {
    let length = Duration::from_secs(if quick { 5 } else { 20 });
    let pinned = child::pin_this_process(1);
    let site = Site::start(binary, pinned.then_some(0)).await?;
    let key = Target::new(site.url(), Some(site.key()))?;
    let chat = Call::chat("up/m-1k", 1 << 10, false);
    let history = load(&key, &chat, &closed(HISTORY)).await;
    ensure!(history.failed() == 0, "calls fail: {:?}", history.errors);

    let calls: Rc<[Call]> = READS
        .iter()
        .map(|path| Call::get(path))
        .collect::<Result<Vec<_>>>()?
        .into();
    let sessions = site.sessions(USERS).await?;
    let readers: Vec<User> = sessions
        .iter()
        .enumerate()
        .map(|(number, token)| {
            Ok(User {
                target: Target::new(site.url(), Some(token))?,
                calls: Rc::clone(&calls),
                first: number % READS.len(),
            })
        })
        .collect::<Result<_>>()?;
    let second = Duration::from_secs(1);
    // Each user's first requests fill what is kept in memory.
    users(&readers, Duration::ZERO, second).await;
    let reads = users(&readers, second, length).await;
    let rush = users(&readers, Duration::ZERO, length).await;

    let open = Plan {
        mode: Mode::Open {
            per_second: CALLS_A_SECOND,
            connections: 256,
        },
        length,
        probe: None,
    };
    let calm = load(&key, &chat, &open).await;
    let guessers = guessers(&site)?;
    let (guesses, flooded) =
        tokio::join!(users(&guessers, second, length), load(&key, &chat, &open));
    Ok(Measured {
        reads,
        rush,
        calm,
        flooded,
        guesses,
    })
}

fn closed(length: Duration) -> Plan {
    Plan {
        mode: Mode::Closed {
            connections: 16,
            ramp: Duration::ZERO,
        },
        length,
        probe: None,
    }
}

/// Guessers from as many addresses, half at an account that there is and half at others.
fn guessers(site: &Site) -> Result<Vec<User>> {
    (0..GUESSERS)
        .map(|number| {
            let mut target = Target::new(site.url(), None)?;
            let address = format!("198.18.{}.{}", number / 250, number % 250 + 1);
            target.header("x-forwarded-for", &address)?;
            let email = match number % 2 {
                0 => owner_email(),
                _ => format!("nobody-{number}@example.org"),
            };
            let guess = json!({"email": email, "password": format!("not {PASSWORD} {number}")});
            Ok(User {
                target,
                calls: Rc::from([Call::post("/api/v1/auth/login", &guess)?]),
                first: 0,
            })
        })
        .collect()
}
