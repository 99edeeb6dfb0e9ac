//! Answers of upstreams as clients of each dialect get them, whole and streamed.
//!
//! `fixtures/matrix/answers.json` says what each answer means, `answers/<format>.json` has the
//! upstream's bytes: `whole`, and `stream` event by event. `as` says what a dialect cannot show.

use std::collections::BTreeMap;
use std::fmt::Write;

use providers::dialect::Pass;
use providers::provider::Framing;
use providers::sse::Splitter;
use providers::{Error, Provider};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ask::fixtures;
use super::seen::{self, of_canonical};
use super::upstreams::Upstream;
use super::{Ingress, context};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meaning {
    #[serde(rename = "answer")]
    pub(crate) name: String,
    seen: Map<String, Value>,
    /// Differences by dialect.
    #[serde(default, rename = "as")]
    differing: BTreeMap<String, Map<String, Value>>,
}

/// The upstream's bytes of one answer.
#[derive(Deserialize)]
pub(crate) struct Answer {
    whole: Value,
    stream: Vec<Value>,
}

pub(crate) fn meanings() -> Vec<Meaning> {
    let text = std::fs::read_to_string(fixtures().join("answers.json")).expect("is readable");
    serde_json::from_str(&text).expect("is a list of answers")
}

impl Answer {
    /// All answers of the upstream, its own before those of its family.
    pub(crate) fn all(upstream: &Upstream) -> BTreeMap<String, Self> {
        let mut all = BTreeMap::new();
        let families = upstream.families.iter().rev();
        for name in families.chain([&upstream.id]) {
            let path = fixtures().join(format!("answers/{name}.json"));
            if let Ok(text) = std::fs::read_to_string(path) {
                let more: BTreeMap<String, Self> =
                    serde_json::from_str(&text).expect("holds answers");
                all.extend(more);
            }
        }
        all
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.whole.to_string().into_bytes()
    }

    /// The stream as it stands on the wire.
    pub(crate) fn bytes(&self, upstream: &Upstream) -> Vec<u8> {
        let mut out = String::new();
        for event in &self.stream {
            let data = event
                .as_str()
                .map_or_else(|| event.to_string(), str::to_owned);
            if upstream.provider.framing() == Framing::Ndjson {
                let _ = writeln!(out, "{data}");
                continue;
            }
            if upstream.id == "anthropic" {
                let _ = writeln!(out, "event: {}", event["type"].as_str().unwrap_or_default());
            }
            let _ = write!(out, "data: {data}\n\n");
        }
        out.into_bytes()
    }
}

/// The client's stream of an upstream's stream that arrives in `pieces`.
///
/// # Errors
/// As the upstream's decoder.
pub(crate) fn translate(
    ingress: &Ingress,
    provider: &dyn Provider,
    pieces: &[&[u8]],
) -> Result<Vec<u8>, Error> {
    let mut splitter = Splitter::new(provider.framing());
    let mut decoder = provider.chat_decoder();
    let mut encoder = ingress.dialect.encoder(context());
    let (mut chunks, mut out) = (Vec::new(), Vec::new());
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
    for chunk in &chunks {
        encoder.push(chunk, &mut out);
    }
    encoder.finish(&mut out);
    Ok(out)
}

/// The table's rows.
pub(crate) fn table(ingress: &Ingress, upstreams: &[Upstream], broken: &mut Vec<String>) -> String {
    let mut rows = String::new();
    for meaning in meanings() {
        let _ = write!(rows, "| {} |", meaning.name);
        for upstream in upstreams {
            let text = match Answer::all(upstream).get(&meaning.name) {
                None => "–".to_owned(),
                Some(answer) => judge(ingress, upstream, &meaning, answer).unwrap_or_else(|why| {
                    let (from, to) = (upstream.id, ingress.id);
                    broken.push(format!("answer `{}` ({from} to {to}): {why}", meaning.name));
                    "BROKEN".to_owned()
                }),
            };
            let _ = write!(rows, " {text} |");
        }
        rows.push('\n');
    }
    rows
}

fn judge(
    ingress: &Ingress,
    upstream: &Upstream,
    meaning: &Meaning,
    answer: &Answer,
) -> Result<String, String> {
    let provider = &*upstream.provider;
    let canonical = provider
        .decode_chat(&answer.body())
        .map_err(|e| e.to_string())?;
    let differing = meaning.differing.get(ingress.id);
    let mut expected = meaning.seen.clone();
    if upstream.speaks(ingress.dialect.id()) {
        compare(&expected, &of_canonical(&canonical))?;
        passes(ingress, upstream, answer)?;
        return Ok("native".to_owned());
    }
    expected.extend(differing.cloned().unwrap_or_default());
    let whole = ingress.dialect.encode_response(&canonical, &context());
    let whole = seen::whole(ingress, &whole);
    compare(&expected, &whole)?;
    let streamed =
        translate(ingress, provider, &[&answer.bytes(upstream)]).map_err(|e| e.to_string())?;
    let streamed = seen::streamed(ingress, &streamed);
    if whole != streamed {
        return Err(format!(
            "whole and streamed answers differ:\n{whole}\n{streamed}"
        ));
    }
    let names = differing.into_iter().flat_map(Map::keys);
    let names: Vec<&str> = names.map(String::as_str).collect();
    Ok(match names.as_slice() {
        [] => "exact".to_owned(),
        names => format!("differs: {}", names.join(", ")),
    })
}

fn compare(expected: &Map<String, Value>, seen: &Value) -> Result<(), String> {
    for (name, value) in expected {
        if seen[name] != *value {
            return Err(format!("`{name}` is {} instead of {value}", seen[name]));
        }
    }
    Ok(())
}

/// What is read beside bytes that pass is what the decoder reads, whole and streamed.
fn passes(ingress: &Ingress, upstream: &Upstream, answer: &Answer) -> Result<(), String> {
    // Upstreams of the Responses API answer in its own form, which the fixtures do not have.
    let body = answer.body();
    let (body, bytes) = if ingress.id == "responses" {
        let provider = &*upstream.provider;
        let canonical = provider.decode_chat(&body).map_err(|e| e.to_string())?;
        let bytes = translate(ingress, provider, &[&answer.bytes(upstream)]);
        let whole = ingress.dialect.encode_response(&canonical, &context());
        (whole, bytes.map_err(|e| e.to_string())?)
    } else {
        (body, answer.bytes(upstream))
    };
    let whole = ingress.dialect.inspect(&body);
    let mut tap = ingress.dialect.tap();
    let mut splitter = Splitter::new(Framing::Sse);
    splitter.push(&bytes).map_err(|e| e.to_string())?;
    while let Some(event) = splitter.next().map_err(|e| e.to_string())? {
        let pass = tap.observe(&event, true);
        if pass != Pass::Forward {
            return Err(format!("an event is kept back: {}", event.data));
        }
    }
    let streamed = tap.observed();
    let facts = |o: &providers::dialect::Observed| {
        let mut usage = o.usage.clone();
        if let Some(usage) = &mut usage {
            usage.raw = None;
        }
        (usage, o.finish_reason, o.ended || ingress.id == "chat")
    };
    if facts(&whole) != facts(streamed) || !tap.is_complete() {
        return Err(format!(
            "the tap and the reader differ:\n{whole:?}\n{streamed:?}"
        ));
    }
    Ok(())
}
