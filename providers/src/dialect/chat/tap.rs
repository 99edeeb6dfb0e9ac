//! Reads usage and outcome beside a chat answer that is passed through, stream or whole.
//!
//! Walks each event once by its bytes and parses only the `usage` object, the finish reason and an
//! error. Serves `/v1/completions` too, whose choices carry `text` instead of a delta.

use super::finish::{Finish, read_finish};
use super::scan::{Scanner, count_chars, unescape};
use super::usage;
use crate::chat::FinishReason;
use crate::dialect::{Observed, Pass, Tap};
use crate::error::Error;
use crate::openai::error::{read_event, read_inline};
use crate::sse::Event;
use crate::usage::Usage;

/// Mistral nests `[{thinking: [{text}]}]`; deeper content is skipped, not counted.
const PART_DEPTH: u8 = 5;

/// The tap of `chat/completions` and `completions`.
#[derive(Debug, Default)]
pub struct ChatTap {
    observed: Observed,
    /// Choices seen and choices finished, one bit each; choices beyond the 64th share the last bit.
    seen: u64,
    finished: u64,
}

impl Tap for ChatTap {
    fn observe(&mut self, event: &Event<'_>, client_wants_usage: bool) -> Pass {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.observed.ended = true;
            return Pass::Forward;
        }
        if data.is_empty() {
            return Pass::Forward;
        }
        if event.name == "error" {
            self.observed.error.get_or_insert_with(|| read_event(data));
            return Pass::Forward;
        }
        let Some(found) = walk(data) else {
            self.observed.error.get_or_insert_with(|| {
                Error::malformed("cannot read a streamed chat completion event")
            });
            return Pass::Forward;
        };
        let usage_only = found.usage.is_some() && !found.has_choices && found.error.is_none();
        self.learn(found);
        if usage_only && !client_wants_usage {
            return Pass::Swallow;
        }
        Pass::Forward
    }

    fn observed(&self) -> &Observed {
        &self.observed
    }

    fn is_complete(&self) -> bool {
        let all_finished = self.finished != 0 && self.finished == self.seen;
        self.observed.error.is_none() && (self.observed.ended || all_finished)
    }
}

impl ChatTap {
    fn learn(&mut self, found: Found<'_>) {
        self.seen |= found.seen;
        self.finished |= found.finished;
        let observed = &mut self.observed;
        if observed.id.is_none() {
            let id = found.id.and_then(unescape);
            observed.id = id.filter(|id| !id.is_empty());
        }
        if found.usage.is_some() {
            observed.usage = found.usage;
        }
        if found.finish_reason.is_some() {
            observed.finish_reason = found.finish_reason;
        }
        if observed.error.is_none() {
            observed.error = found.error;
        }
        observed.delivered_chars += found.chars;
        observed.has_content |= found.has_content;
    }
}

/// Reads a complete answer. A body that is not a chat completion gives an [`Observed`] with an error.
pub fn inspect(body: &[u8]) -> Observed {
    let found = std::str::from_utf8(body)
        .ok()
        .and_then(|text| walk(text.trim()));
    let Some(found) = found else {
        return Observed {
            error: Some(Error::malformed("the answer is not a JSON object")),
            ..Observed::default()
        };
    };
    let empty = !found.has_choices && found.error.is_none();
    let mut tap = ChatTap::default();
    tap.learn(found);
    if empty {
        tap.observed.error = Some(Error::malformed("the answer holds no choices"));
    }
    tap.observed.ended = tap.observed.error.is_none();
    tap.observed
}

/// What one event or one whole answer says.
#[derive(Default)]
struct Found<'a> {
    id: Option<&'a str>,
    usage: Option<Usage>,
    finish_reason: Option<FinishReason>,
    error: Option<Error>,
    has_choices: bool,
    seen: u64,
    finished: u64,
    chars: u64,
    has_content: bool,
}

fn walk(text: &str) -> Option<Found<'_>> {
    let mut found = Found::default();
    let mut scanner = Scanner::new(text);
    let (mut object, mut tier) = (None, None);
    let whole = scanner.object(|key, at| match key {
        "object" => value_of_string(at, &mut object),
        "id" => value_of_string(at, &mut found.id),
        "service_tier" => value_of_string(at, &mut tier),
        "usage" => at.value().map(|json| report(json, &mut found)).is_some(),
        "x_groq" => groq(at, &mut found),
        "error" => at
            .value()
            .map(|json| found.error = read_inline(json))
            .is_some(),
        "choices" if at.peek() == Some(b'[') => at.array(|choice| {
            found.has_choices = true;
            one_choice(choice, &mut found)
        }),
        _ => at.value().is_some(),
    });
    if let Some(usage) = &mut found.usage {
        usage.service_tier = tier.and_then(unescape);
    }
    // vLLM's and SGLang's errors are told by `object` alone.
    if object == Some("error") && found.error.is_none() {
        found.error = Some(read_event(text));
    }
    (whole && scanner.at_end()).then_some(found)
}

/// Takes a usage report; one in the usual place wins over Groq's.
fn report(json: &str, found: &mut Found<'_>) {
    if json != "null" {
        found.usage = usage::read(json).or_else(|| found.usage.take());
    }
}

fn groq<'a>(at: &mut Scanner<'a>, found: &mut Found<'a>) -> bool {
    if at.peek() != Some(b'{') {
        return at.value().is_some();
    }
    at.object(|key, value| {
        let Some(json) = value.value() else {
            return false;
        };
        match key {
            "usage" if found.usage.is_none() => found.usage = usage::read(json),
            "error" if found.error.is_none() => found.error = read_inline(json),
            _ => {}
        }
        true
    })
}

fn one_choice<'a>(at: &mut Scanner<'a>, found: &mut Found<'a>) -> bool {
    let mut index = 0;
    let mut finish = None;
    let walked = at.object(|key, value| match key {
        "index" => value
            .value()
            .map(|json| index = json.parse().unwrap_or(0))
            .is_some(),
        "finish_reason" => value_of_string(value, &mut finish),
        "text" => count_string(value, &mut found.chars),
        "error" => value
            .value()
            .map(|json| found.error = read_inline(json).or_else(|| found.error.take()))
            .is_some(),
        "delta" | "message" if value.peek() == Some(b'{') => turn(value, found),
        _ => value.value().is_some(),
    });
    found.has_content |= found.chars > 0;
    let bit = 1_u64 << u32::min(index, 63);
    found.seen |= bit;
    let Some(word) = finish else { return walked };
    match read_finish(word) {
        Finish::Known(reason) | Finish::Other(reason) => {
            found.finished |= bit;
            if index == 0 {
                found.finish_reason = Some(reason);
            }
        }
        Finish::Failed(error) => {
            found.error.get_or_insert(error);
        }
    }
    walked
}

/// An assistant's turn or a piece of one.
fn turn<'a>(at: &mut Scanner<'a>, found: &mut Found<'a>) -> bool {
    let mut chars = 0;
    // Some vendors send the same reasoning under two names.
    let (mut reasoning, mut reasoning_content) = (0, 0);
    let mut other = false;
    let walked = at.object(|key, value| match key {
        "content" | "refusal" => count_string(value, &mut chars),
        "reasoning_content" => count_string(value, &mut reasoning_content),
        "reasoning" => count_string(value, &mut reasoning),
        "tool_calls" if value.peek() == Some(b'[') => value.array(|call| {
            other = true;
            call.object(|key, value| match key {
                "function" | "custom" if value.peek() == Some(b'{') => arguments(value, &mut chars),
                _ => value.value().is_some(),
            })
        }),
        "function_call" if value.peek() == Some(b'{') => {
            other = true;
            arguments(value, &mut chars)
        }
        "audio" | "images" => {
            other |= value.peek() != Some(b'n');
            value.value().is_some()
        }
        _ => value.value().is_some(),
    });
    found.chars += chars + u64::max(reasoning, reasoning_content);
    found.has_content |= other || found.chars > 0;
    walked
}

fn arguments(at: &mut Scanner<'_>, chars: &mut u64) -> bool {
    at.object(|key, value| match key {
        "arguments" | "input" => count_string(value, chars),
        _ => value.value().is_some(),
    })
}

/// Counts a string; in an array of parts (Mistral's reasoning) all `text` and `thinking` strings.
fn count_string(at: &mut Scanner<'_>, chars: &mut u64) -> bool {
    count_nested(at, chars, PART_DEPTH)
}

fn count_nested(at: &mut Scanner<'_>, chars: &mut u64, depth: u8) -> bool {
    if depth == 0 {
        return at.value().is_some();
    }
    match at.peek() {
        Some(b'"') => at
            .string()
            .map(|inner| *chars += count_chars(inner))
            .is_some(),
        Some(b'[') => at.array(|part| count_nested(part, chars, depth - 1)),
        Some(b'{') => at.object(|key, value| match key {
            "text" | "thinking" => count_nested(value, chars, depth - 1),
            _ => value.value().is_some(),
        }),
        _ => at.value().is_some(),
    }
}

/// Moves past a value and keeps it when it is a string.
fn value_of_string<'a>(at: &mut Scanner<'a>, out: &mut Option<&'a str>) -> bool {
    if at.peek() != Some(b'"') {
        return at.value().is_some();
    }
    *out = at.string();
    out.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tier_that_was_served_is_part_of_the_usage() {
        let usage = r#""usage":{"prompt_tokens":1,"completion_tokens":1}"#;
        let choices = r#""choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]"#;
        for (body, wanted) in [
            (
                format!("{{{choices},\"service_tier\":\"flex\",{usage}}}"),
                Some("flex"),
            ),
            (
                format!("{{{usage},{choices},\"service_tier\":\"default\"}}"),
                Some("default"),
            ),
            (format!("{{{usage},{choices},\"service_tier\":null}}"), None),
            (format!("{{{usage},{choices}}}"), None),
        ] {
            let usage = inspect(body.as_bytes()).usage.expect("there is usage");
            assert_eq!(usage.service_tier.as_deref(), wanted, "{body}");
            let decoded = crate::openai::decode_chat(body.as_bytes()).expect("it is an answer");
            let usage = decoded.usage.expect("there is usage");
            assert_eq!(usage.service_tier.as_deref(), wanted, "{body}");
        }
    }
}
