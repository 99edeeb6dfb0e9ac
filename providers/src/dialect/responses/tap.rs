//! Reads a stream of events that is passed through.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::Reported;
use super::observe::{Outcome, string_chars};
use crate::dialect::{Observed, Pass, Tap};
use crate::error::{Error, ErrorKind};
use crate::sse::Event;

/// The reader of one stream.
#[derive(Debug, Default)]
pub(super) struct ResponsesTap {
    observed: Observed,
}

impl Tap for ResponsesTap {
    fn observe(&mut self, event: &Event<'_>, _client_wants_usage: bool) -> Pass {
        let kind = kind(event);
        // Most events are deltas; their text is measured where it stands.
        if kind.ends_with(".delta") {
            if &*kind != "response.audio.delta" {
                self.count(event.data);
            }
            return Pass::Forward;
        }
        match &*kind {
            "response.created" => {
                if let Some(outcome) = outcome(event.data) {
                    outcome.tell(&mut self.observed);
                }
            }
            "response.output_item.added" => {
                let is_call = [&b"\"function_call\""[..], b"\"custom_tool_call\""]
                    .iter()
                    .any(|call| memmem::find(event.data.as_bytes(), call).is_some());
                self.observed.has_content |= is_call;
            }
            "response.completed" | "response.incomplete" => {
                if let Some(outcome) = outcome(event.data) {
                    outcome.tell(&mut self.observed);
                }
                // The event says so even where its response object is unreadable.
                self.observed.ended = true;
            }
            "response.failed" => self.fail(event.data),
            "error" => self.error(event.data),
            _ => {}
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

impl ResponsesTap {
    fn count(&mut self, data: &str) {
        // Quotes inside a string are escaped, so this can only be the key itself.
        let Some(at) = memmem::find(data.as_bytes(), b"\"delta\"") else {
            return;
        };
        let value = data[at + "\"delta\"".len()..].trim_start();
        let value = value.strip_prefix(':').unwrap_or_default().trim_start();
        let chars = string_chars(value);
        self.observed.delivered_chars += chars;
        self.observed.has_content |= chars > 0;
    }

    fn fail(&mut self, data: &str) {
        if let Some(outcome) = outcome(data) {
            outcome.tell(&mut self.observed);
        }
        self.observed.ended = false;
        self.observed.error.get_or_insert_with(|| {
            let message = "the vendor reported a failed response";
            Error::new(ErrorKind::Upstream, message)
        });
    }

    /// The document has the error's fields in the event itself, OpenAI's servers nest them.
    fn error(&mut self, data: &str) {
        #[derive(Deserialize)]
        struct Nested<'a> {
            #[serde(borrow)]
            error: &'a RawValue,
        }
        let json = serde_json::from_str::<Nested<'_>>(data).map_or(data, |n| n.error.get());
        self.observed.error = Some(Reported::read(json).into_error());
    }
}

fn outcome(data: &str) -> Option<Outcome<'_>> {
    #[derive(Deserialize)]
    struct Carrier<'a> {
        #[serde(borrow)]
        response: Outcome<'a>,
    }
    let carrier: Carrier<'_> = serde_json::from_str(data).ok()?;
    Some(carrier.response)
}

/// The event's type: its `event:` line, or the field of the same meaning where the line is missing.
fn kind<'a>(event: &Event<'a>) -> Cow<'a, str> {
    if !event.name.is_empty() && event.name != "message" {
        return Cow::Borrowed(event.name);
    }
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
    }
    match serde_json::from_str::<Typed<'a>>(event.data) {
        Ok(typed) => typed.kind,
        Err(_) => Cow::Borrowed(""),
    }
}
