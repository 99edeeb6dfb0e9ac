//! Flows: what a step costs, webhooks a second, large flows and values, memory.

mod graphs;
mod report;
mod site;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde_json::json;

use crate::child;
use crate::load::{Call, Mode, Plan, run as load};
use graphs::{STEPS, chain, chat, hook, items};
pub use report::Report;
use report::{Chat, Measured, Memory, Store};
use site::{Site, Storage, text};

/// The scripted model of the chat: 20 words, 10 ms apart.
const MODEL: &str = "up/s-20-i10";
/// A large value.
const PAYLOAD_BYTES: usize = 10 << 20;
/// Runs under way at once while memory is measured.
const AT_ONCE: usize = 16;
/// A file system in memory, on Linux.
const MEMORY: &str = "/dev/shm";
/// The longest that everything may take.
const LIMIT: Duration = Duration::from_secs(900);

/// What is measured.
#[derive(Debug)]
pub struct Options {
    /// The program's binary.
    pub binary: PathBuf,
    /// An empty PostgreSQL database, to measure that too.
    pub postgres: Option<String>,
    /// Shorter, with noisier figures.
    pub quick: bool,
}

/// Measures the binary, started on empty databases.
///
/// # Errors
/// Fails when it does not start, refuses what is prepared, or time runs out.
pub fn run(options: &Options) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let measured = tokio::time::timeout(LIMIT, measure(options)).await;
        measured.context("it took too long")?.map(Report::new)
    })
}

async fn measure(options: &Options) -> Result<Measured> {
    let length = Duration::from_secs(if options.quick { 3 } else { 10 });
    let core = child::pin_this_process(1).then_some(0);
    let memory = Path::new(MEMORY);
    let mut stores = Vec::new();
    if memory.is_dir() {
        stores.push(store(options, "memory", Storage::Memory(memory), core, length).await?);
    }
    stores.push(store(options, "SQLite", Storage::Sqlite, core, length).await?);
    if let Some(url) = &options.postgres {
        stores.push(store(options, "PostgreSQL", Storage::Postgres(url), core, length).await?);
    }
    Ok(Measured {
        stores,
        memory: growth(options, core).await?,
    })
}

async fn store(
    options: &Options,
    name: &'static str,
    storage: Storage<'_>,
    core: Option<u32>,
    length: Duration,
) -> Result<Store> {
    let site = Site::start(&options.binary, storage, core).await?;
    let target = site.target()?;
    let wanted = json!({"input": {}});
    let one = Call::post(&site.runnable("One", &chain(1)).await?, &wanted)?;
    let forty = Call::post(&site.runnable("Forty", &chain(STEPS)).await?, &wanted)?;
    let items = Call::post(&site.runnable("Items", &items()).await?, &wanted)?;
    let large = Call::post(
        &site.runnable("Large", &chain(1)).await?,
        &json!({"input": {"text": "x".repeat(PAYLOAD_BYTES)}}),
    )?;
    let alone = closed(1, length);
    let one = load(&target, &one, &alone).await;
    let steps = load(&target, &forty, &closed(AT_ONCE, length)).await;
    let forty = load(&target, &forty, &alone).await;
    let items = load(&target, &items, &alone).await;
    let large = load(&target, &large, &alone).await;
    let (id, path) = site.webhook(&hook()).await?;
    let call = Call::post(&path, &json!({"n": 1}))?;
    let hooks = load(&target, &call, &closed(64, length)).await;
    Ok(Store {
        name,
        stored: site.stored(&id).await?,
        chat: first_words(&site, length).await?,
        one,
        forty,
        steps,
        items,
        large,
        hooks,
    })
}

/// The first words of a model, and of a flow that asks it.
async fn first_words(site: &Site, length: Duration) -> Result<Chat> {
    let flow = site.publish("Chat", &chat(MODEL)).await?;
    let target = site.target()?;
    let alone = closed(1, length);
    let model = Call::chat(MODEL, 1 << 10, true);
    let slug = text(&flow, "/slug")?;
    let flow = Call::chat(&format!("flow/{slug}"), 1 << 10, true);
    Ok(Chat {
        direct: load(&target, &model, &alone).await,
        flow: load(&target, &flow, &alone).await,
    })
}

/// Resident memory before any run, after 1,000 and after 10,000.
async fn growth(options: &Options, core: Option<u32>) -> Result<Memory> {
    let site = Site::start(&options.binary, Storage::Sqlite, core).await?;
    let (_, path) = site.webhook(&hook()).await?;
    let idle = site.memory()?;
    runs(&site, &path, 1_000).await?;
    let thousand = site.memory()?;
    runs(&site, &path, 9_000).await?;
    Ok(Memory {
        idle,
        thousand,
        ten_thousand: site.memory()?,
    })
}

async fn runs(site: &Site, path: &str, count: usize) -> Result<()> {
    let body = json!({"n": 1});
    let share = count.div_ceil(AT_ONCE);
    let workers = (0..AT_ONCE).map(async |_| {
        for _ in 0..share {
            site.post(path, &body).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(workers).await?;
    Ok(())
}

fn closed(connections: usize, length: Duration) -> Plan {
    Plan {
        mode: Mode::Closed {
            connections,
            ramp: Duration::ZERO,
        },
        length,
        probe: None,
    }
}
