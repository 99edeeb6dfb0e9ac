//! Usage of OpenAI's endpoints other than chat, read beside answers that are passed through.
//!
//! Source: OpenAI's OpenAPI document (`ImagesResponse`, `CreateTranscriptionResponseJson`,
//! `CreateEmbeddingResponse`), read 2026-11-22.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialect::chat::usage;
use crate::dialect::{Observed, Pass, Tap};
use crate::error::Error;
use crate::sse::Event;
use crate::usage::Usage;

/// What a complete answer of a non-chat operation reports: usage, and the error a 2xx body may hold.
///
/// Images are counted even where tokens are not reported. Answers without any report (plain text
/// transcripts, DALL-E by price a picture, moderations) give `usage: None` or the count of images.
///
/// # Errors
/// The error that a 2xx body carries. A body that is not JSON is not an error: it reports nothing.
pub fn inspect(body: &[u8]) -> Result<Option<Usage>, Error> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(default, borrow)]
        usage: Option<&'a RawValue>,
        #[serde(default, borrow)]
        data: Option<Vec<&'a RawValue>>,
        #[serde(default, borrow)]
        error: Option<&'a RawValue>,
        /// `verbose_json` transcripts: seconds.
        #[serde(default)]
        duration: Option<serde_json::Value>,
    }
    let Ok(answer) = serde_json::from_slice::<Answer<'_>>(body) else {
        return Ok(None);
    };
    if let Some(error) = answer
        .error
        .and_then(|e| super::error::read_inline(e.get()))
    {
        return Err(error);
    }
    let mut usage = answer.usage.and_then(|raw| usage::read(raw.get()));
    let images = answer.data.unwrap_or_default();
    let images = images.iter().filter(|item| is_image(item.get())).count() as u64;
    if images > 0 {
        usage.get_or_insert_default().images = images;
    }
    let seconds = answer
        .duration
        .and_then(|d| d.as_f64().or_else(|| d.as_str()?.parse().ok()));
    if let Some(seconds) = seconds.filter(|s| s.is_finite() && *s > 0.0) {
        let usage = usage.get_or_insert_default();
        if usage.audio_ms == 0 {
            usage.audio_ms = (seconds * 1000.0).round() as u64;
        }
    }
    Ok(usage)
}

fn is_image(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(default, borrow)]
        url: Option<&'a RawValue>,
        #[serde(default, borrow)]
        b64_json: Option<&'a RawValue>,
    }
    serde_json::from_str::<Item<'_>>(json)
        .is_ok_and(|item| item.url.is_some() || item.b64_json.is_some())
}

/// Reads usage beside a streamed image, transcript or speech: typed events, the last of which
/// (`….completed`, `….done`) reports usage.
#[derive(Debug, Default)]
pub struct MediaTap {
    observed: Observed,
}

impl Tap for MediaTap {
    fn observe(&mut self, event: &Event<'_>, _client_wants_usage: bool) -> Pass {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(default, rename = "type")]
            kind: Option<String>,
            #[serde(default, borrow)]
            usage: Option<&'a RawValue>,
            #[serde(default, borrow)]
            error: Option<&'a RawValue>,
        }
        let observed = &mut self.observed;
        let data = event.data.trim();
        if data == "[DONE]" {
            observed.ended = true;
            return Pass::Forward;
        }
        let Ok(wire) = serde_json::from_str::<Wire<'_>>(data) else {
            return Pass::Forward;
        };
        let kind = wire.kind.as_deref().unwrap_or(event.name);
        let failed = kind == "error" || event.name == "error";
        let error = wire.error.and_then(|e| super::error::read_inline(e.get()));
        if let Some(error) = error.or_else(|| failed.then(|| super::error::read_event(data))) {
            observed.error.get_or_insert(error);
        }
        if kind.ends_with(".completed") || kind.ends_with(".done") {
            observed.ended = true;
        }
        observed.has_content |= kind.ends_with(".delta") || observed.ended;
        if let Some(usage) = wire.usage.and_then(|raw| usage::read(raw.get())) {
            let images = u64::from(kind.starts_with("image"));
            observed.usage = Some(Usage { images, ..usage });
        }
        Pass::Forward
    }

    fn observed(&self) -> &Observed {
        &self.observed
    }

    fn is_complete(&self) -> bool {
        self.observed.ended && self.observed.error.is_none()
    }
}
