//! The vendor Anthropic: golden requests, answers and streams, and regressions users reported of
//! other gateways.

mod fold;

use std::path::{Path, PathBuf};

use providers::anthropic::{ANSWER_TOOL, Anthropic};
use providers::chat::{ChatChunk, ChatRequest};
use providers::provider::{ModelFacts, Operation, Settings};
use providers::sse::Splitter;
use providers::{DialectId, Error, ErrorKind, Notes, Provider, Target};
use serde_json::{Value, json};

use fold::{fold, response_json};

pub(crate) fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/fixtures")
        .join(folder)
}

/// All files of a folder with this ending, sorted; at least one.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder exists");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("is readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no .{ending} in {}", folder.display());
    found
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&read(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Vendors' real bytes and shapes, shared by all crates; `None` (with a message) where they are absent.
pub(crate) fn shapes() -> Option<PathBuf> {
    let shared = std::env::var_os("SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let shapes = shared.join("wire/shapes");
    let exists = shapes.is_dir();
    if !exists {
        #[expect(clippy::print_stderr, reason = "tells why the test did nothing")]
        {
            eprintln!("skipped: {} is absent", shapes.display());
        }
    }
    exists.then_some(shapes)
}

pub(crate) fn facts(value: &Value) -> ModelFacts {
    ModelFacts {
        context_window: None,
        max_output_tokens: value["max_output_tokens"].as_u64(),
        reasoning: value["reasoning"] == true,
        structured_output: value["structured_output"] == true,
    }
}

pub(crate) fn encode(
    model: &str,
    facts: ModelFacts,
    settings: &Settings,
    request: &ChatRequest,
) -> Result<(Value, Notes), Error> {
    let target = Target {
        model,
        base_url: "https://api.anthropic.com",
        settings,
        facts,
    };
    let mut notes = Notes::default();
    let body = Anthropic.encode_chat(&target, request, &mut notes)?;
    let body = serde_json::from_slice(&body).expect("the body is JSON");
    Ok((body, notes))
}

fn request(value: Value) -> ChatRequest {
    let mut whole = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    for (name, field) in value.as_object().expect("is an object") {
        whole[name] = field.clone();
    }
    serde_json::from_value(whole).expect("is a request")
}

fn refused(value: Value) -> Error {
    let settings = Settings::default();
    encode(
        "claude-sonnet-4-5",
        ModelFacts::default(),
        &settings,
        &request(value),
    )
    .expect_err("is refused")
}

pub(crate) fn decode_stream(pieces: &[&[u8]]) -> Result<Vec<ChatChunk>, Error> {
    let mut splitter = Splitter::new(Anthropic.framing());
    let mut decoder = Anthropic.chat_decoder();
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

/// Decodes whole, cut in two at every byte, and byte by byte; all must agree.
fn decode_at_every_split(bytes: &[u8]) -> Vec<ChatChunk> {
    let whole = decode_stream(&[bytes]).expect("is a clean stream");
    for at in 0..=bytes.len() {
        let (a, b) = bytes.split_at(at);
        assert_eq!(
            decode_stream(&[a, b]).expect("is clean"),
            whole,
            "cut at {at}"
        );
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(decode_stream(&single).expect("is clean"), whole);
    whole
}

#[test]
fn requests_match_their_fixtures() {
    for path in files(&fixtures("anthropic/requests"), "json") {
        let case = read_json(&path);
        let request = serde_json::from_value(case["request"].clone()).expect("is a request");
        let model = case["model"].as_str().expect("names a model");
        let settings = Settings::default();
        let (body, notes) =
            encode(model, facts(&case["facts"]), &settings, &request).expect("can be expressed");
        assert_eq!(body, case["body"], "{}\n{body:#}", path.display());
        assert_eq!(notes.to_header(), case["notes"], "{}", path.display());
    }
}

#[test]
fn answers_match_their_fixtures() {
    for path in files(&fixtures("anthropic/responses"), "json") {
        let case = read_json(&path);
        // Straight from the text, so that numbers keep the vendor's spelling.
        let text = String::from_utf8(read(&path)).expect("is UTF-8");
        let raw: std::collections::BTreeMap<String, Box<serde_json::value::RawValue>> =
            serde_json::from_str(&text).expect("is an object");
        let response = Anthropic
            .decode_chat(raw["body"].get().as_bytes())
            .expect("is an answer");
        assert_eq!(
            response_json(&response),
            case["canonical"],
            "{}",
            path.display()
        );
        let keeps_raw = response
            .usage
            .as_ref()
            .is_none_or(|usage| usage.raw.is_some());
        assert!(keeps_raw, "{}", path.display());
    }
}

#[test]
fn streams_match_their_fixtures_however_they_are_cut() {
    for path in files(&fixtures("anthropic/streams"), "sse") {
        let chunks = decode_at_every_split(&read(&path));
        let expected = read_json(&path.with_extension("json"));
        let folded = fold(&chunks);
        assert_eq!(folded, expected, "{}\n{folded:#}", path.display());
    }
}

#[test]
fn crlf_and_comments_do_not_matter() {
    let path = fixtures("anthropic/streams/thinking-and-tools.sse");
    let text = String::from_utf8(read(&path)).expect("is UTF-8");
    let noisy = format!(": hello\r\n{}", text.replace('\n', "\r\n"));
    let plain = decode_stream(&[text.as_bytes()]).expect("is clean");
    assert_eq!(decode_stream(&[noisy.as_bytes()]).expect("is clean"), plain);
    let headless: String = text
        .lines()
        .filter(|line| !line.starts_with("event:"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(
        decode_stream(&[headless.as_bytes()]).expect("is clean"),
        plain
    );
}

#[test]
fn recorded_shapes_decode_however_they_are_cut() {
    let Some(shapes) = shapes() else { return };
    for path in files(&shapes.join("response/anthropic"), "json") {
        let bytes = read(&path);
        let name = path.file_stem().expect("has a name").to_string_lossy();
        if name == "count_tokens" {
            continue;
        }
        if !name.starts_with("stream_") {
            let answer = Anthropic.decode_chat(&bytes).expect("is an answer");
            assert!(answer.usage.is_some_and(|u| u.input_tokens > 0), "{name}");
            continue;
        }
        let folded = fold(&decode_at_every_split(&bytes));
        assert!(folded["usage"]["input_tokens"].as_u64() > Some(0), "{name}");
    }
}

#[test]
fn recorded_usage_of_message_delta_replaces_that_of_message_start() {
    let Some(shapes) = shapes() else { return };
    let path = shapes.join("response/anthropic/stream_message_delta_usage.json");
    let folded = fold(&decode_stream(&[&read(&path)]).expect("is clean"));
    assert_eq!(
        folded["usage"],
        json!({"input_tokens": 34347, "output_tokens": 49, "cache_read_tokens": 30464})
    );
}

#[test]
fn a_stream_cut_anywhere_is_malformed() {
    let bytes = read(&fixtures("anthropic/streams/thinking-and-tools.sse"));
    let end = String::from_utf8_lossy(&bytes)
        .rfind("event: message_stop")
        .expect("has an end");
    for at in 0..end {
        let error = decode_stream(&[&bytes[..at]]).expect_err("was cut");
        assert_eq!(error.kind, ErrorKind::Malformed, "cut at {at}");
    }
}

#[test]
fn an_error_event_is_an_error_of_its_kind() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"a\",\"model\":\"b\"}}\n\n";
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let stream = format!("{start}{error}");
    let error = decode_stream(&[stream.as_bytes()]).expect_err("failed");
    assert_eq!(error.kind, ErrorKind::Overloaded);
    assert_eq!(error.code.as_deref(), Some("overloaded_error"));
    let broken = "event: message_start\ndata: {\"type\":\n\n";
    let error = decode_stream(&[broken.as_bytes()]).expect_err("is broken");
    assert_eq!(error.kind, ErrorKind::Malformed);
}

#[test]
fn an_error_in_a_2xx_body_is_an_error_and_nonsense_is_malformed() {
    let body = br#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#;
    let error = Anthropic.decode_chat(body).expect_err("is an error");
    assert_eq!(error.kind, ErrorKind::RateLimited);
    for body in [&b"<html>"[..], b"{}", b"[]", b""] {
        let error = Anthropic.decode_chat(body).expect_err("is no answer");
        assert_eq!(error.kind, ErrorKind::Malformed);
    }
}

#[test]
fn what_cannot_be_expressed_is_refused_by_name() {
    let audio = json!([{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]}]);
    let unknown = json!([{"role": "user", "content": [{"type": "hologram"}]}]);
    let ghost = json!([{"role": "tool", "content": "x"}]);
    let list = json!({"type": "array"});
    for (fields, kind, param) in [
        (json!({"n": 2}), ErrorKind::NotSupported, "n"),
        (
            json!({"modalities": ["text", "audio"]}),
            ErrorKind::NotSupported,
            "modalities",
        ),
        (
            json!({"messages": audio}),
            ErrorKind::NotSupported,
            "messages",
        ),
        (
            json!({"messages": unknown}),
            ErrorKind::NotSupported,
            "messages",
        ),
        (
            json!({"messages": ghost}),
            ErrorKind::InvalidRequest,
            "messages.tool_call_id",
        ),
        (
            json!({"messages": []}),
            ErrorKind::InvalidRequest,
            "messages",
        ),
        (
            json!({"reasoning_effort": "enormous"}),
            ErrorKind::InvalidRequest,
            "reasoning_effort",
        ),
        (
            json!({"tools": [{"type": "custom", "custom": {"name": "x"}}]}),
            ErrorKind::NotSupported,
            "tools",
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": ANSWER_TOOL}}]}),
            ErrorKind::InvalidRequest,
            "tools",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "l", "schema": list}}}),
            ErrorKind::NotSupported,
            "response_format",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://x"}}]}]}),
            ErrorKind::InvalidRequest,
            "image_url",
        ),
    ] {
        let error = refused(fields.clone());
        assert_eq!(
            (error.kind, error.param.as_deref()),
            (kind, Some(param)),
            "{fields}"
        );
    }
}

#[test]
fn one_answer_and_default_modalities_are_not_notes() {
    let settings = Settings::default();
    let request = request(json!({"n": 1, "modalities": ["text"], "max_tokens": 5,
        "stream_options": {"include_usage": true}, "parallel_tool_calls": true}));
    let (body, notes) = encode(
        "claude-sonnet-4-5",
        ModelFacts::default(),
        &settings,
        &request,
    )
    .expect("can be expressed");
    assert!(notes.is_empty(), "{}", notes.to_header());
    assert_eq!(body.as_object().expect("is an object").len(), 3);
}

#[test]
fn tool_choices_have_their_counterparts() {
    let settings = Settings::default();
    let tool = json!([{"type": "function", "function": {"name": "f"}}]);
    for (choice, parallel, expected) in [
        (Value::Null, Value::Null, Value::Null),
        (
            Value::Null,
            json!(false),
            json!({"type": "auto", "disable_parallel_tool_use": true}),
        ),
        (json!("auto"), Value::Null, json!({"type": "auto"})),
        (json!("none"), json!(false), json!({"type": "none"})),
        (json!("required"), json!(true), json!({"type": "any"})),
        (
            json!({"type": "function", "function": {"name": "f"}}),
            json!(false),
            json!({"type": "tool", "name": "f", "disable_parallel_tool_use": true}),
        ),
    ] {
        let request =
            request(json!({"tools": tool, "tool_choice": choice, "parallel_tool_calls": parallel}));
        let (body, _) = encode(
            "claude-sonnet-4-5",
            ModelFacts::default(),
            &settings,
            &request,
        )
        .expect("can be expressed");
        assert_eq!(body["tool_choice"], expected, "{choice} {parallel}");
    }
}

#[test]
fn newer_api_versions_and_models_get_no_sampling_parameters() {
    let sampling = json!({"temperature": 0.5, "top_p": 0.5, "top_k": 3, "max_tokens": 9});
    for (model, version) in [
        ("claude-sonnet-4-5", Some("2026-10-21")),
        ("claude-opus-4-7", None),
    ] {
        let settings = Settings {
            api_version: version.map(str::to_owned),
            ..Settings::default()
        };
        let (body, notes) = encode(
            model,
            ModelFacts::default(),
            &settings,
            &request(sampling.clone()),
        )
        .expect("can be expressed");
        assert_eq!(
            notes.to_header(),
            "dropped=temperature,top_p,top_k",
            "{model}"
        );
        assert!(body.get("temperature").is_none(), "{model}");
    }
}

#[test]
fn blank_stop_sequences_are_left_out_and_noted() {
    let settings = Settings::default();
    for (stop, sent, header) in [
        (json!(["\n", "END"]), json!(["END"]), "dropped=stop"),
        (json!("\n\n"), Value::Null, "dropped=stop"),
        (json!("END"), json!(["END"]), ""),
    ] {
        let request =
            request(json!({"stop": stop, "max_tokens": 5, "store": false, "prediction": null}));
        let (body, notes) =
            encode("m", ModelFacts::default(), &settings, &request).expect("can be expressed");
        assert_eq!(body["stop_sequences"], sent, "{stop}");
        assert_eq!(notes.to_header(), header, "{stop}");
    }
}

#[test]
fn endpoints_carry_the_version_and_the_settings_headers() {
    let settings = Settings {
        headers: vec![("anthropic-beta".to_owned(), "x-2026".to_owned())],
        ..Settings::default()
    };
    let mut target = Target {
        model: "m",
        base_url: "https://api.anthropic.com/",
        settings: &settings,
        facts: ModelFacts::default(),
    };
    let chat = Operation::Chat(DialectId::Messages);
    let endpoint = Anthropic.endpoint(&target, chat, true).expect("is served");
    assert_eq!(endpoint.url, "https://api.anthropic.com/v1/messages");
    assert_eq!(endpoint.headers["anthropic-version"], "2023-06-01");
    assert_eq!(endpoint.headers["anthropic-beta"], "x-2026");
    let counted = Anthropic
        .endpoint(&target, Operation::CountTokens, false)
        .expect("is served");
    assert!(counted.url.ends_with("/v1/messages/count_tokens"));
    let error = Anthropic
        .endpoint(&target, Operation::Embeddings, false)
        .expect_err("is not served");
    assert_eq!(error.kind, ErrorKind::NotSupported);

    let newer = Settings {
        api_version: Some("2026-10-21".to_owned()),
        ..Settings::default()
    };
    target.settings = &newer;
    let endpoint = Anthropic.endpoint(&target, chat, false).expect("is served");
    assert_eq!(endpoint.headers["anthropic-version"], "2026-10-21");
}

#[test]
fn the_registry_knows_anthropic() {
    let found = providers::registry::find("anthropic").expect("is registered");
    assert!(found.info().serves(Operation::CountTokens));
    assert!(!found.info().serves(Operation::Embeddings));
    assert_eq!(found.chat_dialect(), DialectId::Messages);
}
