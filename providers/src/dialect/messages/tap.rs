//! Reading passed-through Messages answers beside their bytes.

use memchr::memmem;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::anthropic::error::from_wire;
use crate::anthropic::wire::{UsageTally, finish_reason};
use crate::dialect::{Observed, Pass, Tap};
use crate::error::Error;
use crate::sse::Event;

/// The reader of one stream. Deltas are counted, only the few events about the whole message are parsed.
#[derive(Default)]
pub(super) struct MessagesTap {
    observed: Observed,
    tally: UsageTally,
}

/// Keys of the text in a delta.
const TEXT_KEYS: [&str; 3] = ["\"text\"", "\"thinking\"", "\"partial_json\""];

#[derive(Deserialize)]
struct Wire {
    message: Option<Start>,
    delta: Option<Delta>,
    usage: Option<Map<String, Value>>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct Start {
    id: Option<String>,
    usage: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Delta {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

impl WireError {
    fn read(&self) -> Error {
        from_wire(&self.kind, &self.message, None)
    }
}

impl Tap for MessagesTap {
    fn observe(&mut self, event: &Event<'_>, _client_wants_usage: bool) -> Pass {
        match kind(event) {
            "content_block_delta" => self.count(event.data),
            "content_block_start" => {
                let has_tool = memmem::find(event.data.as_bytes(), b"\"tool_use\"").is_some();
                self.observed.has_content |= has_tool;
            }
            "message_start" | "message_delta" | "error" => self.read(event.data),
            "message_stop" => self.observed.ended = true,
            _ => {}
        }
        Pass::Forward
    }

    fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Anthropic always sends `message_stop`; without it the answer was cut, whatever came before.
    fn is_complete(&self) -> bool {
        self.observed.ended && self.observed.error.is_none()
    }
}

impl MessagesTap {
    fn count(&mut self, data: &str) {
        let chars = TEXT_KEYS
            .iter()
            .find_map(|key| text_length(data, key))
            .unwrap_or(0);
        self.observed.delivered_chars += chars;
        self.observed.has_content |= chars > 0;
    }

    fn read(&mut self, data: &str) {
        let Ok(wire) = serde_json::from_str::<Wire>(data) else {
            return;
        };
        if let Some(start) = wire.message {
            self.observed.id = self.observed.id.take().or(start.id);
            self.tally.absorb(start.usage.unwrap_or_default());
        }
        self.tally.absorb(wire.usage.unwrap_or_default());
        self.observed.usage = self.tally.usage();
        if let Some(reason) = wire.delta.and_then(|delta| delta.stop_reason) {
            self.observed.finish_reason = Some(finish_reason(&reason));
        }
        if let Some(error) = wire.error {
            self.observed.error = Some(error.read());
        }
    }
}

/// The event's type: its name, or for vendors that send none the first `"type"` of its data.
fn kind<'a>(event: &Event<'a>) -> &'a str {
    if !event.name.is_empty() {
        return event.name;
    }
    string_after(event.data, "\"type\"")
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default()
}

/// What follows the opening quote of the string value of `key` (given with its quotes).
fn string_after<'a>(data: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(found) = memmem::find(&data.as_bytes()[from..], key.as_bytes()) {
        from += found + key.len();
        let rest = data[from..].trim_start();
        if let Some(value) = rest.strip_prefix(':')
            && let Some(text) = value.trim_start().strip_prefix('"')
        {
            return Some(text);
        }
    }
    None
}

/// Characters of the string value of `key`, an escape counting as one.
fn text_length(data: &str, key: &str) -> Option<u64> {
    let text = string_after(data, key)?;
    let mut chars = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => {
                chars += 1;
                if bytes.next() == Some(b'u') {
                    bytes.nth(3);
                }
            }
            // Not the continuation of a UTF-8 sequence.
            _ => chars += u64::from(byte & 0xC0 != 0x80),
        }
    }
    Some(chars)
}

#[derive(Deserialize)]
struct Complete {
    id: Option<String>,
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    usage: Option<Map<String, Value>>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    thinking: String,
    input: Option<Box<serde_json::value::RawValue>>,
}

/// See [`crate::Dialect::inspect`].
pub(super) fn inspect(body: &[u8]) -> Observed {
    let Ok(answer) = serde_json::from_slice::<Complete>(body) else {
        return Observed::default();
    };
    let mut tally = UsageTally::default();
    tally.absorb(answer.usage.unwrap_or_default());
    let mut observed = Observed {
        id: answer.id,
        usage: tally.usage(),
        finish_reason: answer.stop_reason.as_deref().map(finish_reason),
        error: answer.error.as_ref().map(WireError::read),
        ended: answer.content.is_some(),
        ..Observed::default()
    };
    for block in answer.content.iter().flatten() {
        let input = block.input.as_ref().map_or("", |raw| raw.get());
        for text in [block.text.as_str(), &block.thinking, input] {
            observed.delivered_chars += text.chars().count() as u64;
        }
        observed.has_content |= block.kind == "tool_use";
    }
    observed.has_content |= observed.delivered_chars > 0;
    observed
}
