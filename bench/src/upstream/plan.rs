//! The bytes of an answer, rendered once per model name and shape and then only replayed.

use std::ops::Range;

use bytes::Bytes;
use serde_json::Value;

use super::dialect::{self, Answer, Data, Dialect, Event, Wire};
use super::script::{DEFAULT_CHUNKS, DEFAULT_INPUT_TOKENS, Fault, Framing, Script, ScriptedUsage};

/// A rendered answer.
#[derive(Debug)]
pub(super) struct Plan {
    /// The `content-type` of the answer.
    pub(super) content_type: &'static str,
    /// The body; each frame is written by itself.
    pub(super) frames: Vec<Bytes>,
    /// Frames that wait for the script's interval before they are sent.
    pub(super) paced: Range<usize>,
    /// The `content-length` to announce; `None` means a chunked body.
    pub(super) length: Option<usize>,
    /// What happens after the last frame.
    pub(super) end: End,
}

/// What happens after the last frame of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The body ends as HTTP wants it.
    Clean,
    /// The connection is reset (RST).
    Reset,
    /// The connection is closed (FIN) with the body unfinished.
    Close,
    /// Nothing, for ever.
    Hang,
}

/// What decides the shape of an answer besides its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) dialect: Dialect,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
}

impl Plan {
    /// A complete answer of one frame.
    pub(super) fn whole(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self {
            content_type,
            length: Some(body.len()),
            frames: vec![body],
            paced: 0..0,
            end: End::Clean,
        }
    }

    /// The answer that `script` gives to a request of this shape, when it meets `fault`.
    pub(super) fn render(model: &str, script: &Script, fault: &Fault, shape: Shape) -> Self {
        let pieces = pieces(model, script, shape);
        let words = pieces.iter().map(|p| p.split_whitespace().count());
        let counted = ScriptedUsage {
            input: DEFAULT_INPUT_TOKENS,
            output: words.sum::<usize>() as u64,
            ..ScriptedUsage::default()
        };
        let answer = Answer {
            model,
            pieces: &pieces,
            usage: script.usage.unwrap_or(counted),
            include_usage: shape.include_usage && !script.no_usage,
        };
        if shape.stream {
            render_stream(script, fault, shape.dialect, &answer)
        } else {
            render_whole(script, fault, shape.dialect, &answer)
        }
    }
}

/// The text of an answer, cut into the chunks of its stream: numbered words, so that a lost or
/// repeated chunk shows.
fn pieces(model: &str, script: &Script, shape: Shape) -> Vec<String> {
    let chunks = script.chunks.unwrap_or(DEFAULT_CHUNKS);
    let Some(size) = script.size else {
        return (0..chunks).map(|i| format!("w{i} ")).collect();
    };
    let envelope = Answer {
        model,
        pieces: &[],
        usage: ScriptedUsage::default(),
        include_usage: false,
    };
    let envelope = dialect::whole(shape.dialect, &envelope).to_string().len();
    let wanted = size.saturating_sub(envelope).max(1);
    let mut text = String::with_capacity(wanted + 16);
    let mut word = 0_usize;
    while text.len() < wanted {
        text.push('w');
        text.push_str(&word.to_string());
        text.push(' ');
        word += 1;
    }
    text.truncate(wanted);
    let piece = wanted.div_ceil(chunks).max(1);
    (0..wanted)
        .step_by(piece)
        .map(|at| text[at..wanted.min(at + piece)].to_owned())
        .collect()
}

fn render_whole(script: &Script, fault: &Fault, dialect: Dialect, answer: &Answer) -> Plan {
    let mut value = dialect::whole(dialect, answer);
    if script.no_usage {
        strip_usage(&mut value);
    }
    let body = Bytes::from(value.to_string());
    let mut plan = Plan::whole("application/json", body.clone());
    let half = body.slice(..body.len() / 2);
    match fault {
        Fault::Cut(_) => {
            plan.frames = vec![half];
            plan.end = End::Reset;
        }
        Fault::Short => {
            plan.frames = vec![half];
            plan.end = End::Close;
        }
        Fault::Stall(_) => {
            plan.frames = vec![half];
            plan.end = End::Hang;
        }
        Fault::Eof(_) | Fault::Truncated => plan = Plan::whole("application/json", half),
        Fault::BadJson(_) => {
            let broken = [&half[..], b"}}"].concat();
            plan = Plan::whole("application/json", broken);
        }
        Fault::ErrorEvent(_) => {
            if let Data::Json(error) = dialect::error_event(dialect).data {
                plan = Plan::whole("application/json", error.to_string());
            }
        }
        Fault::None | Fault::Refuse(_) | Fault::Hang | Fault::NoDone => {}
    }
    if script.framing.bytes {
        plan.frames = explode(&plan.frames);
    }
    plan
}

fn render_stream(script: &Script, fault: &Fault, dialect: Dialect, answer: &Answer) -> Plan {
    let parts = dialect::stream(dialect, answer);
    let head = parts.head.len();
    let deltas = parts.deltas.len();
    let mut events: Vec<Event> = parts.head;
    events.extend(parts.deltas);
    events.extend(parts.finish);
    if *fault != Fault::NoDone {
        events.extend(parts.done);
    }
    let mut end = End::Clean;
    match fault {
        Fault::Cut(at) => {
            events.truncate(head + at);
            end = End::Reset;
        }
        Fault::Short => {
            events.truncate(events.len() / 2);
            end = End::Close;
        }
        Fault::Stall(at) => {
            events.truncate(head + at);
            end = End::Hang;
        }
        Fault::Eof(at) => events.truncate(head + at),
        Fault::ErrorEvent(at) => {
            events.truncate(head + at);
            events.push(dialect::error_event(dialect));
        }
        Fault::BadJson(at) => {
            let at = events.len().min(head + at);
            events.insert(at, Event::raw(r#"{"id":"broken","choices":[{"del"#));
        }
        Fault::None | Fault::Refuse(_) | Fault::Hang | Fault::NoDone | Fault::Truncated => {}
    }
    if script.no_usage {
        for event in &mut events {
            if let Data::Json(value) = &mut event.data {
                strip_usage(value);
            }
        }
    }
    let mut frames = frame_events(&events, dialect.wire(), script.framing);
    if *fault == Fault::Truncated {
        frames.truncate(frames.len() / 2 + 1);
        if let Some(last) = frames.last_mut() {
            last.truncate(last.len() / 2);
        }
    }
    let mut paced = (head + 1).min(frames.len())..(head + deltas).min(frames.len());
    if script.framing.bytes {
        frames = explode(&frames);
        paced = 0..0;
    }
    Plan {
        content_type: match dialect.wire() {
            Wire::Sse => "text/event-stream",
            Wire::JsonLines => "application/x-ndjson",
            Wire::JsonArray => "application/json",
        },
        frames,
        paced,
        length: None,
        end,
    }
}

/// Lays events out on the wire, one frame each.
fn frame_events(events: &[Event], wire: Wire, framing: Framing) -> Vec<Bytes> {
    let newline = if framing.crlf { "\r\n" } else { "\n" };
    let last = events.len().saturating_sub(1);
    let frame = |(i, event): (usize, &Event)| {
        let data = match &event.data {
            Data::Json(value) => value.to_string(),
            Data::Raw(text) => text.clone(),
        };
        let end = if framing.no_final_newline && i == last {
            ""
        } else {
            newline
        };
        let text = match wire {
            Wire::JsonLines => format!("{data}{end}"),
            Wire::JsonArray => {
                let (open, close) = (
                    if i == 0 { "[" } else { "," },
                    if i == last { "]" } else { "" },
                );
                format!("{open}{data}{close}{newline}")
            }
            Wire::Sse => {
                let comment = if framing.comments {
                    format!(": PROCESSING{newline}{newline}")
                } else {
                    String::new()
                };
                let name = event
                    .name
                    .map_or_else(String::new, |name| format!("event: {name}{newline}"));
                let blank = if end.is_empty() {
                    String::new()
                } else {
                    format!("{newline}{newline}")
                };
                format!("{comment}{name}data: {data}{blank}")
            }
        };
        Bytes::from(text)
    };
    events.iter().enumerate().map(frame).collect()
}

fn explode(frames: &[Bytes]) -> Vec<Bytes> {
    frames
        .iter()
        .flat_map(|frame| (0..frame.len()).map(|i| frame.slice(i..=i)))
        .collect()
}

fn strip_usage(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for key in ["usage", "usageMetadata", "prompt_eval_count", "eval_count"] {
                map.shift_remove(key);
            }
            map.values_mut().for_each(strip_usage);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_usage),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(model: &str, dialect: Dialect, stream: bool) -> Plan {
        let script = Script::parse(model).expect("the name is a script");
        let shape = Shape {
            dialect,
            stream,
            include_usage: true,
        };
        Plan::render(model, &script, &script.fault, shape)
    }

    fn text(plan: &Plan) -> String {
        String::from_utf8(plan.frames.concat()).expect("the answer is UTF-8")
    }

    #[test]
    fn a_sized_answer_is_as_large_as_its_name_says() {
        for dialect in [
            Dialect::Chat,
            Dialect::Messages,
            Dialect::Gemini,
            Dialect::Ollama,
        ] {
            let body = text(&plan("m-4k", dialect, false));
            assert!(
                (4090..4106).contains(&body.len()),
                "{dialect:?}: {}",
                body.len()
            );
        }
    }

    #[test]
    fn a_sized_answer_says_the_same_streamed_and_whole() {
        let whole: Value =
            serde_json::from_str(&text(&plan("m-2k", Dialect::Chat, false))).expect("JSON");
        let streamed: String = text(&plan("m-2k", Dialect::Chat, true))
            .split("\n\n")
            .filter_map(|event| event.strip_prefix("data: {"))
            .filter_map(|json| serde_json::from_str::<Value>(&format!("{{{json}")).ok())
            .filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned()))
            .collect();
        assert_eq!(whole["choices"][0]["message"]["content"], streamed);
    }

    #[test]
    fn pauses_stand_between_the_content_chunks_only() {
        let plan = plan("s-10-i5", Dialect::Chat, true);
        // One role chunk, ten content chunks of which the first is not paused, finish, usage, done.
        assert_eq!(plan.frames.len(), 14);
        assert_eq!(plan.paced, 2..11);
    }

    #[test]
    fn usage_can_be_missing_everywhere() {
        for dialect in [
            Dialect::Chat,
            Dialect::Messages,
            Dialect::Responses,
            Dialect::Gemini,
        ] {
            for stream in [false, true] {
                let body = text(&plan("f-nousage", dialect, stream));
                assert!(!body.contains("\"usage"), "{dialect:?} {stream}: {body}");
            }
        }
    }

    #[test]
    fn a_gemini_array_is_one_json_value() {
        let body = text(&plan("s-3", Dialect::GeminiArray, true));
        let chunks: Vec<Value> = serde_json::from_str(&body).expect("the array is JSON");
        assert_eq!(chunks.len(), 4);
        assert_eq!(chunks[3]["candidates"][0]["finishReason"], "STOP");
    }

    #[test]
    fn responses_events_are_numbered_in_order() {
        let body = text(&plan("s-3", Dialect::Responses, true));
        let numbers: Vec<u64> = body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .filter_map(|json| serde_json::from_str::<Value>(json).ok())
            .filter_map(|event| event["sequence_number"].as_u64())
            .collect();
        assert_eq!(numbers, (0..11).collect::<Vec<u64>>());
    }
}
