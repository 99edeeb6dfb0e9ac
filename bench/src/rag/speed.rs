//! How fast documents come in and are found, by chunks that there are.
//!
//! Vectors are those of the scripted upstream, made of a text's words: what is measured is the hub and
//! its way through the gateway, not a model.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::Options;
use super::corpus::{Numbers, PARAGRAPHS, document};
use super::counts::Step;
use super::recall;
use super::site::{Site, search};
use crate::child;
use crate::gateway_config::gateway_config;
use crate::load::{Call, Outcome, User, users};
use crate::upstream::Upstream;

/// Different questions, asked in turn.
const QUESTIONS: usize = 500;
/// Groups that documents are in, of which the filter passes one.
const GROUPS: usize = 10;
/// Documents that come in while questions are asked.
const MEANWHILE: usize = 10;

/// What was measured with a number of chunks.
pub(crate) struct Speed {
    /// Chunks that there are.
    pub(crate) chunks: u64,
    /// How long they took to come in.
    pub(crate) ingestion: Duration,
    /// Processor time of that.
    pub(crate) ingestion_cpu: Duration,
    /// What the steps of it took, of all jobs together.
    pub(crate) steps: Vec<Step>,
    /// Share of the exact first ten that the vector index finds.
    pub(crate) recall: f64,
    /// Memory before, and with the index loaded.
    pub(crate) memory: (u64, u64),
    /// Bytes in the data directory.
    pub(crate) disk: u64,
    /// The first search, which loads the index.
    pub(crate) first: Duration,
    /// Searches by one user, by what they are.
    pub(crate) searches: Vec<(&'static str, Outcome)>,
}

/// Measures with `size` chunks.
pub(super) async fn measure(options: &Options, size: usize) -> Result<Speed> {
    let pinned = child::pin_this_process(1);
    let upstream = Upstream::start()?;
    let config = format!(
        "[server]\napi_requests_per_minute = 0\n[rag]\nembedding_model = \"up/words\"\n{}",
        gateway_config(&upstream.url())
    );
    let site = Site::start(&options.binary, &config, pinned.then_some(0))?;
    let probe = site.probe();
    let idle = probe.rss().unwrap_or_default();
    let settings = json!({
        "embedding": {"model": "up/words"},
        "chunking": {"max_tokens": 400, "overlap_tokens": 0},
    });
    let collection = site.collection("Measured", &settings).await?;
    let counts = site.metrics().await?;
    let begun = (Instant::now(), probe.cpu().unwrap_or_default());
    let documents = size / PARAGRAPHS;
    ingest(&site, &collection, 0..documents).await?;
    let ingestion = begun.0.elapsed();
    let ingestion_cpu = probe.cpu().unwrap_or_default().saturating_sub(begun.1);
    let steps = site.metrics().await?.steps_since(&counts);
    let chunks = site.chunks(&collection).await?;

    let first = Instant::now();
    let path = format!("{collection}/search");
    let question = json!({"queries": [Numbers::new(99).words(6)]});
    let answer = site.post(&path, &question).await?;
    let first = first.elapsed();
    let found = answer["hits"].as_array().context("no hits")?.len();
    ensure!(found > 0, "nothing was found: {answer}");
    ensure!(answer["mode"] == "hybrid", "no vectors: {answer}");

    let length = Duration::from_secs(if options.quick { 3 } else { 10 });
    let mut searches = Vec::new();
    let embedding = |query: String| {
        Call::post(
            "/v1/embeddings",
            &json!({"model": "up/words", "input": query}),
        )
    };
    searches.push((
        "the embedding call alone",
        ask(&site, length, embedding).await?,
    ));
    let kinds = [
        ("hybrid", json!({})),
        ("text", json!({"mode": "text"})),
        ("vectors", json!({"mode": "dense"})),
        (
            "hybrid, a filter passes a tenth",
            json!({"filter": {"type": "eq", "key": "group", "value": 3}}),
        ),
    ];
    for (name, wanted) in kinds {
        let call = |query: String| {
            let mut body = wanted.clone();
            body["queries"] = json!([query]);
            search(&collection, &body)
        };
        searches.push((name, ask(&site, length, call).await?));
    }
    let memory = (idle, probe.rss().unwrap_or_default());
    let disk = site.disk_bytes();
    let recall = recall::measure(&site, &collection).await?;
    let hybrid = |query: String| search(&collection, &json!({"queries": [query]}));
    let (busy, more) = tokio::join!(
        ask(&site, length, hybrid),
        ingest(&site, &collection, documents..documents + MEANWHILE)
    );
    more?;
    searches.push(("hybrid, while documents come in", busy?));
    Ok(Speed {
        chunks,
        ingestion,
        ingestion_cpu,
        steps,
        recall,
        memory,
        disk,
        first,
        searches,
    })
}

async fn ingest(site: &Site, collection: &str, numbers: std::ops::Range<usize>) -> Result<()> {
    let mut jobs = Vec::new();
    for number in numbers {
        let document = json!({
            "name": format!("{number}.md"), "text": document(number),
            "attributes": {"group": number % GROUPS},
        });
        jobs.push(site.add(collection, &document).await?);
    }
    site.done(&jobs).await
}

/// One user who asks different questions, one after another.
async fn ask(
    site: &Site,
    length: Duration,
    call: impl Fn(String) -> Result<Call>,
) -> Result<Outcome> {
    let mut numbers = Numbers::new(4_711);
    let calls = (0..QUESTIONS)
        .map(|_| call(numbers.words(6)))
        .collect::<Result<Vec<_>>>()?;
    let user = User {
        target: site.target()?,
        calls: Rc::from(calls),
        first: 0,
    };
    let outcome = users(&[user], Duration::ZERO, length).await;
    ensure!(outcome.failed() == 0, "searches fail: {:?}", outcome.errors);
    Ok(outcome)
}
