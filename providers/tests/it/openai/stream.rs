//! Streams as vendors really send them, the well-formed and the others.

use proptest::prelude::*;
use providers::chat::{Content, FinishReason};
use providers::dialect::Tap;
use providers::dialect::chat::{inspect, peek};
use providers::openai::Decoder;
use providers::openai::media::MediaTap;
use providers::sse::Event;
use providers::{Error, ErrorKind};

use super::{collect, decode, fixture, tap};

fn read(stream: &str) -> Result<Vec<providers::chat::ChatChunk>, Error> {
    decode(Box::new(Decoder::default()), &[stream.as_bytes()])
}

/// An event with one choice.
fn delta(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"a1\",\"created\":5,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

#[test]
fn every_split_gives_the_same_chunks() {
    for name in ["tools.sse", "two-choices.sse"] {
        let stream = fixture(&format!("openai/{name}"));
        let whole = read(&stream).expect(name);
        for at in 0..=stream.len() {
            let (a, b) = stream.as_bytes().split_at(at);
            let split = decode(Box::new(Decoder::default()), &[a, b]).expect(name);
            assert_eq!(split, whole, "{name} split at {at}");
        }
    }
}

#[test]
fn tool_calls_are_put_together() {
    let chunks = read(&fixture("openai/tools.sse")).expect("decodes");
    let response = collect(&chunks);
    let choice = &response.choices[0];
    assert_eq!(choice.finish_reason, FinishReason::ToolCalls);
    let calls = choice.message.tool_calls.as_ref().expect("has calls");
    let told: Vec<_> = calls
        .iter()
        .map(|c| {
            let f = c.function.as_ref().expect("is a function");
            (c.id.as_str(), f.name.as_str(), f.arguments.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("call_rome", "weather", r#"{"city":"Rome"}"#),
            ("call_oslo", "weather", r#"{"city":"Oslo"}"#),
        ]
    );
    assert_eq!(choice.message.content, None);
    let (observed, complete, _) = tap(fixture("openai/tools.sse").as_bytes(), false);
    assert!(complete && observed.has_content);
    assert_eq!(observed.delivered_chars, 30);
    assert_eq!(observed.usage, response.usage);
}

#[test]
fn interleaved_choices_stay_apart() {
    let stream = fixture("openai/two-choices.sse");
    let response = collect(&read(&stream).expect("decodes"));
    let texts: Vec<_> = response
        .choices
        .iter()
        .map(|c| c.message.plain_text())
        .collect();
    assert_eq!(texts, ["Heads it is", "Tails, I say"]);
    let reasons: Vec<_> = response.choices.iter().map(|c| c.finish_reason).collect();
    assert_eq!(reasons, [FinishReason::Stop, FinishReason::Length]);
    let (observed, complete, _) = tap(stream.as_bytes(), true);
    assert_eq!(observed.finish_reason, Some(FinishReason::Stop));
    assert!(complete);
    assert_eq!(observed.usage.map(|u| u.output_tokens), Some(9));
    // One choice finished, the other not: cut.
    let cut = stream.find("\"length\"").expect("has a second end");
    let cut = stream[..cut].rfind("data:").expect("has an event");
    assert!(read(&stream[..cut]).is_err());
    assert!(!tap(&stream.as_bytes()[..cut], true).1);
}

#[test]
fn a_missing_done_is_forgiven_and_a_missing_end_is_not() {
    let text = delta(r#"{"role":"assistant","content":"Hi"}"#, "null");
    let end = delta("{}", "\"stop\"");
    let check = |stream: &str, complete: bool| {
        assert_eq!(read(stream).is_ok(), complete, "{stream}");
        assert_eq!(tap(stream.as_bytes(), true).1, complete, "{stream}");
    };
    check(&format!("{text}{end}data: [DONE]\n\n"), true);
    check(&format!("{text}{end}"), true);
    check(&format!("{text}{}", end.trim_end()), true);
    check(&text, false);
    check("", false);
    check(": comment\n\n", false);
    // Without a reason, but declared done.
    check(&format!("{text}data: [DONE]\n\n"), true);
    let chunks = read(&format!("{text}data: [DONE]\n\n")).expect("decodes");
    assert_eq!(
        collect(&chunks).choices[0].finish_reason,
        FinishReason::Stop
    );
    let error = read(&text).expect_err("is cut");
    assert_eq!(error.kind, ErrorKind::Malformed);
}

#[test]
fn errors_inside_a_stream_surface() {
    let text = delta(r#"{"content":"Hi"}"#, "null");
    let check = |event: &str, kind: ErrorKind| {
        let stream = format!("{text}{event}data: [DONE]\n\n");
        assert_eq!(read(&stream).expect_err(event).kind, kind, "{event}");
        let (observed, complete, _) = tap(stream.as_bytes(), true);
        assert!(!complete, "{event}");
        assert_eq!(observed.error.map(|e| e.kind), Some(kind), "{event}");
    };
    check(
        "data: {\"error\":{\"message\":\"m\",\"code\":\"rate_limit_exceeded\"}}\n\n",
        ErrorKind::RateLimited,
    );
    check("data: {\"error\":\"boom\"}\n\n", ErrorKind::Upstream);
    check(
        "data: {\"id\":\"a1\",\"error\":{\"code\":502,\"message\":\"m\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
        ErrorKind::Upstream,
    );
    check(
        &delta(r#"{"content":""}"#, "\"error\""),
        ErrorKind::Upstream,
    );
    check(
        &delta("{}", "\"insufficient_system_resource\""),
        ErrorKind::Overloaded,
    );
    check(
        "data: {\"id\":\"a1\",\"choices\":[{\"ind\n\n",
        ErrorKind::Malformed,
    );
    check(
        "event: error\ndata: {\"code\":503,\"message\":\"m\"}\n\n",
        ErrorKind::Overloaded,
    );
    check(
        "data: {\"object\":\"error\",\"message\":\"m\",\"code\":400}\n\n",
        ErrorKind::InvalidRequest,
    );
    check(
        "data: {\"x_groq\":{\"error\":\"over capacity\"},\"choices\":[]}\n\n",
        ErrorKind::Upstream,
    );
}

#[test]
fn chunks_without_choices_are_harmless() {
    let stream = format!(
        "data: {{\"id\":\"\",\"model\":\"\",\"created\":0,\"choices\":[],\"prompt_filter_results\":[]}}\n\n{}{}data: {{\"id\":\"a1\",\"choices\":null,\"usage\":{{\"prompt_tokens\":3,\"completion_tokens\":1}}}}\n\ndata: [DONE]\n\n",
        delta(r#"{"content":"Hi"}"#, "null"),
        delta("{}", "\"stop\""),
    );
    let chunks = read(&stream).expect("decodes");
    assert!(
        chunks
            .iter()
            .all(|c| c.id == "a1" && c.model == "m" && c.created == 5)
    );
    assert_eq!(collect(&chunks).usage.map(|u| u.input_tokens), Some(3));
    // Azure's first event is forwarded, vLLM's usage is swallowed.
    let (_, _, all) = tap(stream.as_bytes(), true);
    let (_, _, rest) = tap(stream.as_bytes(), false);
    assert_eq!((all.len(), rest.len()), (5, 4));
    assert!(rest[0].contains("prompt_filter_results"));
}

#[test]
fn usage_on_a_chunk_with_text_is_never_swallowed() {
    let stream = "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n";
    let (observed, complete, forwarded) = tap(stream.as_bytes(), false);
    assert!(complete);
    assert_eq!(forwarded.len(), 1);
    // An explicit zero is a report.
    assert!(observed.usage.is_some());
}

#[test]
fn calls_are_numbered_from_zero_whatever_the_vendor_does() {
    let check = |pieces: &[&str], expected: &[(u32, &str, &str)]| {
        let events: String = pieces
            .iter()
            .map(|p| delta(&format!("{{\"tool_calls\":[{p}]}}"), "null"))
            .collect();
        let stream = format!("{events}{}", delta("{}", "\"tool_calls\""));
        let chunks = read(&stream).expect("decodes");
        let first_pieces = chunks
            .iter()
            .flat_map(|c| &c.choices)
            .flat_map(|c| c.delta.tool_calls.iter().flatten());
        let first: Vec<_> = first_pieces.filter(|p| p.id.is_some()).collect();
        let response = collect(&chunks);
        let calls = response.choices[0]
            .message
            .tool_calls
            .as_ref()
            .expect("has calls");
        let told: Vec<_> = first
            .iter()
            .zip(calls)
            .map(|(p, c)| {
                (
                    p.index,
                    c.id.as_str(),
                    c.function.as_ref().map_or("", |f| f.arguments.as_str()),
                )
            })
            .collect();
        assert_eq!(told, expected);
        assert!(first.iter().all(|p| p.kind.as_deref() == Some("function")));
    };
    // Numbered from 1, id and name repeated on each piece.
    check(
        &[
            r#"{"index":1,"id":"x","type":"function","function":{"name":"f","arguments":"{"}}"#,
            r#"{"index":1,"id":"x","type":"function","function":{"name":"f","arguments":"}"}}"#,
        ],
        &[(0, "x", "{}")],
    );
    // Google's: whole calls, all numbered 0.
    check(
        &[
            r#"{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}"#,
            r#"{"index":0,"id":"y","function":{"name":"f","arguments":"[]"}}"#,
        ],
        &[(0, "x", "{}"), (1, "y", "[]")],
    );
    // No number, no id, arguments as an object.
    check(
        &[
            r#"{"function":{"name":"f","arguments":{"a":1}}}"#,
            r#"{"function":{"name":"g","arguments":"{"}}"#,
            r#"{"function":{"arguments":"}"}}"#,
        ],
        &[(0, "call_a1_0_0", r#"{"a":1}"#), (1, "call_a1_0_1", "{}")],
    );
    // An empty id after the first piece.
    check(
        &[
            r#"{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":""}}"#,
            r#"{"index":0,"id":"","type":null,"function":{"name":"","arguments":"{}"}}"#,
        ],
        &[(0, "x", "{}")],
    );
}

#[test]
fn the_tap_counts_what_the_decoder_delivers() {
    let tricky = r#"{"content":"\"usage\":{\"error\":1} \u00e9\ud83c\udf0d\n"}"#;
    let stream = format!("{}{}", delta(tricky, "null"), delta("{}", "\"stop\""));
    let response = collect(&read(&stream).expect("decodes"));
    let Some(Content::Text(text)) = &response.choices[0].message.content else {
        panic!("is text");
    };
    let (observed, complete, _) = tap(stream.as_bytes(), true);
    assert_eq!(observed.delivered_chars, text.chars().count() as u64);
    assert!(complete && observed.usage.is_none() && observed.error.is_none());
}

#[test]
fn streamed_media_report_usage_in_their_last_event() {
    let mut tap = MediaTap::default();
    let mut told = |data: &str| {
        tap.observe(&Event { name: "", data }, true);
        (tap.is_complete(), tap.observed().clone())
    };
    assert!(!told(r#"{"type":"transcript.text.delta","delta":"Hi"}"#).0);
    let last = r#"{"type":"transcript.text.done","text":"Hi","usage":{"type":"tokens","input_tokens":14,"output_tokens":2,"total_tokens":16,"input_token_details":{"audio_tokens":14}}}"#;
    let (complete, observed) = told(last);
    assert!(complete);
    let usage = observed.usage.expect("is reported");
    assert_eq!(
        (usage.input_tokens, usage.audio_input_tokens, usage.images),
        (14, 14, 0)
    );
    let image = r#"{"type":"image_generation.completed","b64_json":"AA==","usage":{"input_tokens":5,"output_tokens":9,"total_tokens":14}}"#;
    assert_eq!(told(image).1.usage.map(|u| u.images), Some(1));
    assert!(!told(r#"{"type":"error","error":{"message":"m"}}"#).0);
}

#[test]
fn a_stream_cut_anywhere_is_whole_only_after_its_end() {
    let stream = fixture("openai/tools.sse");
    let end = stream.find("\"tool_calls\"}").expect("has an end");
    let end = end + stream[end..].find("\n").expect("ends a line");
    for at in 0..=stream.len() {
        let decoded = read(&stream[..at]);
        let (_, complete, _) = tap(&stream.as_bytes()[..at], true);
        assert_eq!(decoded.is_ok(), complete, "cut at {at}");
        assert!(at >= end || !complete, "cut at {at}");
    }
}

proptest! {
    #[test]
    fn damaged_bytes_never_panic(
        at in any::<prop::sample::Index>(),
        put in prop::collection::vec("[\"\\\\{}\\[\\],:utné\u{1F30D}0-9]{0,3}", 1..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut text = fixture("openai/tools.sse");
        for piece in &put {
            let places: Vec<usize> = (0..=text.len()).filter(|i| text.is_char_boundary(*i)).collect();
            text.insert_str(places[at.index(places.len())], piece);
        }
        let places: Vec<usize> = (0..=text.len()).filter(|i| text.is_char_boundary(*i)).collect();
        let text = &text[..places[cut.index(places.len())]];
        let _ = peek(text.as_bytes());
        let _ = inspect(text.as_bytes());
        for line in text.lines() {
            let json = line.strip_prefix("data: ").unwrap_or(line);
            let _ = peek(json.as_bytes());
            let _ = inspect(json.as_bytes());
        }
        let _ = read(text);
        tap(text.as_bytes(), true);
    }
}
