//! OpenAI's formats: the dialect, the provider, and what they share.

use std::path::PathBuf;

use providers::chat::{ChatChunk, ChatResponse};
use providers::collect::Collector;
use providers::dialect::chat::ChatTap;
use providers::dialect::{Observed, Pass, Tap};
use providers::provider::{ChatDecoder, Framing, ModelFacts, Settings, Target};
use providers::sse::Splitter;
use providers::{Error, Provider};

mod dialect;
mod embeddings;
mod errors;
mod recorded;
mod splice;
mod stream;
mod translate;

static NO_SETTINGS: Settings = Settings {
    api_version: None,
    deployment_urls: false,
    organization: None,
    project: None,
    headers: Vec::new(),
};

pub(crate) fn target<'a>(model: &'a str, base_url: &'a str) -> Target<'a> {
    Target {
        model,
        base_url,
        settings: &NO_SETTINGS,
        facts: ModelFacts::default(),
    }
}

pub(crate) fn provider(id: &str) -> std::sync::Arc<dyn Provider> {
    providers::registry::find(id).expect("provider exists")
}

/// A file of `tests/it/fixtures`.
pub(crate) fn fixture(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    std::fs::read_to_string(root.join(path)).expect("fixture exists")
}

/// The folder of recordings, when this checkout has it.
pub(crate) fn shared_data() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("SHARED_DATA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprint_skip(&folder);
    None
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn eprint_skip(folder: &std::path::Path) {
    eprintln!("skipped: no recordings at {}", folder.display());
}

/// All chunks of a stream that arrives in `pieces`.
pub(crate) fn decode(
    mut decoder: Box<dyn ChatDecoder>,
    pieces: &[&[u8]],
) -> Result<Vec<ChatChunk>, Error> {
    let mut splitter = Splitter::new(Framing::Sse);
    let mut chunks = Vec::new();
    for piece in pieces {
        splitter.push(piece)?;
        while let Some(event) = splitter.next()? {
            decoder.push(&event, &mut chunks)?;
        }
    }
    if let Some(event) = splitter.finish()? {
        decoder.push(&event, &mut chunks)?;
    }
    decoder.finish(&mut chunks)?;
    Ok(chunks)
}

pub(crate) fn collect(chunks: &[ChatChunk]) -> ChatResponse {
    let mut collector = Collector::default();
    for chunk in chunks {
        collector.push(chunk);
    }
    collector.finish().expect("is complete")
}

/// What a tap learns of a stream, whether it is complete, and the data of the events it forwards.
pub(crate) fn tap(bytes: &[u8], client_wants_usage: bool) -> (Observed, bool, Vec<String>) {
    let mut tap = ChatTap::default();
    let mut splitter = Splitter::new(Framing::Sse);
    let mut forwarded = Vec::new();
    let mut observe = |event: providers::sse::Event<'_>| {
        if tap.observe(&event, client_wants_usage) == Pass::Forward {
            forwarded.push(event.data.to_owned());
        }
    };
    splitter.push(bytes).expect("fits");
    while let Some(event) = splitter.next().expect("is UTF-8") {
        observe(event);
    }
    if let Some(event) = splitter.finish().expect("is UTF-8") {
        observe(event);
    }
    (tap.observed().clone(), tap.is_complete(), forwarded)
}
