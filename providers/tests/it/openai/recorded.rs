//! Real exchanges with OpenAI, recorded by others: everything decodes, and all readers agree.

use std::path::Path;

use http::HeaderMap;
use providers::chat::Content;
use providers::dialect::chat::{Chat, inspect, usage};
use providers::dialect::completions::Completions;
use providers::dialect::{Dialect, EncodeContext};
use providers::openai::{Decoder, OpenAi, decode_chat, embeddings, media};
use providers::{ErrorKind, Notes, Provider, Usage};
use serde_json::Value;

use super::{collect, decode, shared_data, tap};

/// One recorded exchange.
struct Exchange {
    name: String,
    url: String,
    request: String,
    status: u16,
    response: String,
}

impl Exchange {
    fn is(&self, path: &str) -> bool {
        self.url.ends_with(path)
    }

    fn is_stream(&self) -> bool {
        self.response.starts_with("data:")
    }
}

/// Reads the recordings' YAML, as far as they use it: block mappings, literal blocks and
/// double-quoted scalars on one line.
fn exchange(path: &Path) -> Exchange {
    let text = std::fs::read_to_string(path).expect("is text");
    let (request, response) = text.split_once("response:").expect("has a response");
    Exchange {
        name: path
            .file_stem()
            .expect("has a name")
            .to_string_lossy()
            .into_owned(),
        url: scalar(request, "url"),
        request: scalar(request, "body"),
        status: scalar(response, "code").parse().expect("is a status"),
        response: scalar(response, "body"),
    }
}

fn scalar(text: &str, key: &str) -> String {
    let mut lines = text.lines();
    let (line, value) = lines
        .by_ref()
        .find_map(|line| Some((line, line.trim_start().strip_prefix(&format!("{key}: "))?)))
        .expect("has the key");
    if value.starts_with('"') {
        return serde_json::from_str(&value.replace("\\_", "\u{a0}"))
            .expect("is a JSON-like string");
    }
    if !value.starts_with('|') {
        return value.trim_matches('\'').to_owned();
    }
    let outer = line.len() - line.trim_start().len();
    let block = lines.take_while(|l| l.trim().is_empty() || l.len() - l.trim_start().len() > outer);
    let block: Vec<&str> = block.collect();
    let indent = block[0].len() - block[0].trim_start().len();
    let lines: Vec<&str> = block
        .iter()
        .map(|l| l.get(indent..).unwrap_or(""))
        .collect();
    lines.join("\n") + "\n"
}

fn exchanges() -> Vec<Exchange> {
    let Some(folder) = shared_data() else {
        return Vec::new();
    };
    let files = std::fs::read_dir(folder.join("wire/openai-recorded")).expect("is a folder");
    let mut paths: Vec<_> = files.map(|f| f.expect("is readable").path()).collect();
    paths.sort();
    assert!(paths.len() >= 43, "recordings are missing");
    paths.iter().map(|path| exchange(path)).collect()
}

fn without_raw(usage: Option<Usage>) -> Option<Usage> {
    usage.map(|usage| Usage { raw: None, ..usage })
}

/// Usage by the plain rules, read independently of our reader.
fn expected_usage(answer: &Value) -> Option<Usage> {
    let usage = answer.get("usage")?.as_object()?;
    let number = |path: &str| answer.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    assert!(usage.contains_key("prompt_tokens"));
    Some(Usage {
        input_tokens: number("/usage/prompt_tokens"),
        output_tokens: number("/usage/completion_tokens"),
        cache_read_tokens: number("/usage/prompt_tokens_details/cached_tokens"),
        audio_input_tokens: number("/usage/prompt_tokens_details/audio_tokens"),
        reasoning_tokens: number("/usage/completion_tokens_details/reasoning_tokens"),
        audio_output_tokens: number("/usage/completion_tokens_details/audio_tokens"),
        service_tier: answer["service_tier"].as_str().map(str::to_owned),
        ..Usage::default()
    })
}

#[test]
fn every_chat_answer_decodes_with_its_usage() {
    let all = exchanges();
    let answers = all
        .iter()
        .filter(|e| e.is("/chat/completions") && e.status == 200 && !e.is_stream());
    for e in answers {
        let response = decode_chat(e.response.as_bytes()).expect(&e.name);
        let json: Value = serde_json::from_str(&e.response).expect(&e.name);
        assert_eq!(
            without_raw(response.usage.clone()),
            expected_usage(&json),
            "{}",
            e.name
        );
        assert_eq!(response.id, json["id"], "{}", e.name);
        let observed = inspect(e.response.as_bytes());
        assert_eq!(observed.usage, response.usage, "{}", e.name);
        assert_eq!(
            observed.finish_reason,
            Some(response.choices[0].finish_reason),
            "{}",
            e.name
        );
        assert!(observed.ended && observed.error.is_none(), "{}", e.name);
        let chars = json["choices"][0]["message"]["content"]
            .as_str()
            .map_or(0, |c| c.chars().count());
        assert!(observed.delivered_chars >= chars as u64, "{}", e.name);
    }
}

#[test]
fn every_chat_answer_is_written_as_it_was_read() {
    let all = exchanges();
    let answers = all
        .iter()
        .filter(|e| e.is("/chat/completions") && e.status == 200 && !e.is_stream());
    for e in answers {
        let response = decode_chat(e.response.as_bytes()).expect(&e.name);
        let written = Chat.encode_response(&response, &EncodeContext::default());
        let mut written: Value = serde_json::from_slice(&written).expect(&e.name);
        let mut original: Value = serde_json::from_str(&e.response).expect(&e.name);
        for choice in original["choices"].as_array_mut().expect("has choices") {
            let choice = choice.as_object_mut().expect("is an object");
            // Azure's filter results stand beside the message, where the canonical form has no room.
            choice.remove("content_filter_results");
            choice.entry("logprobs").or_insert(Value::Null);
        }
        // OpenAI leaves counts out or writes zeros as it likes, and splits off text, which is the rest.
        for usage in [&mut original["usage"], &mut written["usage"]] {
            for details in ["prompt_tokens_details", "completion_tokens_details"] {
                usage[details]
                    .as_object_mut()
                    .expect("has details")
                    .retain(|name, v| *v != 0 && name != "text_tokens");
            }
        }
        assert_eq!(written, original, "{}", e.name);
    }
}

#[test]
fn streams_give_the_same_answer_at_every_split() {
    let all = exchanges();
    let streams = all
        .iter()
        .filter(|e| e.is("/chat/completions") && e.is_stream());
    for e in streams {
        let bytes = e.response.as_bytes();
        let whole = decode(Box::new(Decoder::default()), &[bytes]).expect(&e.name);
        let step = (bytes.len() / 400).max(1);
        for at in (0..=bytes.len()).step_by(step) {
            let (a, b) = bytes.split_at(at);
            let split = decode(Box::new(Decoder::default()), &[a, b]).expect(&e.name);
            assert_eq!(split, whole, "{} split at {at}", e.name);
        }
        let (observed, complete, forwarded) = tap(bytes, true);
        let response = collect(&whole);
        assert!(complete && observed.ended, "{}", e.name);
        assert_eq!(observed.usage, response.usage, "{}", e.name);
        assert_eq!(
            observed.id.as_deref(),
            Some(response.id.as_str()),
            "{}",
            e.name
        );
        assert_eq!(
            observed.finish_reason,
            Some(response.choices[0].finish_reason),
            "{}",
            e.name
        );
        let text = response.choices[0]
            .message
            .content
            .as_ref()
            .map(Content::plain_text);
        let chars = text.unwrap_or_default().chars().count() as u64;
        assert_eq!(observed.delivered_chars, chars, "{}", e.name);
        assert_eq!(
            forwarded.len(),
            e.response.matches("data: ").count(),
            "{}",
            e.name
        );
    }
}

#[test]
fn usage_nobody_asked_for_is_swallowed_from_a_recorded_stream() {
    for e in exchanges()
        .iter()
        .filter(|e| e.name == "chat-streaming-detailed-usage")
    {
        let (wanted, _, all) = tap(e.response.as_bytes(), true);
        let (unwanted, complete, rest) = tap(e.response.as_bytes(), false);
        assert_eq!(wanted.usage, unwanted.usage);
        assert_eq!(
            without_raw(wanted.usage).map(|u| u.reasoning_tokens),
            Some(100)
        );
        assert!(complete);
        assert_eq!(rest.len() + 1, all.len());
        assert!(rest.iter().all(|data| !data.contains("\"usage\":{")));
    }
}

#[test]
fn every_completion_is_read() {
    let all = exchanges();
    for e in all
        .iter()
        .filter(|e| e.is("/v1/completions") && e.status == 200)
    {
        if e.is_stream() {
            let (observed, complete, _) = tap(e.response.as_bytes(), true);
            assert!(complete && observed.delivered_chars > 0, "{}", e.name);
            assert_eq!(
                observed.usage.is_some(),
                e.name.contains("usage"),
                "{}",
                e.name
            );
            continue;
        }
        let json: Value = serde_json::from_str(&e.response).expect(&e.name);
        let observed = Completions.inspect(e.response.as_bytes());
        assert_eq!(
            without_raw(observed.usage),
            expected_usage(&json),
            "{}",
            e.name
        );
        let texts = json["choices"].as_array().expect("has choices").iter();
        let chars: usize = texts
            .map(|c| c["text"].as_str().map_or(0, |t| t.chars().count()))
            .sum();
        assert_eq!(observed.delivered_chars, chars as u64, "{}", e.name);
    }
}

#[test]
fn every_embeddings_call_is_read() {
    let all = exchanges();
    for e in all
        .iter()
        .filter(|e| e.is("/v1/embeddings") && e.status == 200)
    {
        let request = embeddings::parse(e.request.as_bytes()).expect(&e.name);
        let json: Value = serde_json::from_str(&e.response).expect(&e.name);
        assert_eq!(
            request.count(),
            json["data"].as_array().map_or(0, Vec::len),
            "{}",
            e.name
        );
        assert_eq!(
            request.inputs().expect(&e.name).len(),
            request.count(),
            "{}",
            e.name
        );
        let usage = embeddings::usage_of(e.response.as_bytes());
        assert_eq!(
            without_raw(usage.clone()),
            expected_usage(&json),
            "{}",
            e.name
        );
        let bodies = [e.response.as_bytes()];
        let (same, merged) =
            embeddings::merge(&bodies, &[request.count()], request.encoding, "").expect(&e.name);
        assert_eq!(
            serde_json::from_slice::<Value>(&same).expect("is JSON"),
            json,
            "{}",
            e.name
        );
        assert_eq!(Some(merged), usage, "{}", e.name);
    }
}

#[test]
fn images_and_audio_are_counted() {
    for e in exchanges() {
        let usage = media::inspect(e.response.as_bytes());
        match e.name.as_str() {
            "image-generation-basic" => {
                let usage = usage.expect("is no error").expect("is counted");
                assert_eq!(usage.images, 1);
            }
            "audio-transcription-basic" | "audio-translation-basic" => {
                let json: Value = serde_json::from_str(&e.response).expect("is JSON");
                let usage = usage.expect("is no error");
                assert_eq!(usage.is_some(), json.get("usage").is_some());
            }
            _ => {}
        }
    }
}

#[test]
fn every_error_has_its_kind() {
    for e in exchanges().iter().filter(|e| e.status != 200) {
        let error = OpenAi.decode_error(e.status, &HeaderMap::new(), e.response.as_bytes());
        let expected = match e.name.as_str() {
            name if name.ends_with("unknown-model") => ErrorKind::ModelNotFound,
            _ => ErrorKind::InvalidRequest,
        };
        assert_eq!(error.kind, expected, "{}", e.name);
        assert_eq!(error.status, Some(e.status));
        let json: Value = serde_json::from_str(&e.response).expect("is JSON");
        assert_eq!(error.message, json["error"]["message"], "{}", e.name);
        assert_eq!(
            error.param.as_deref(),
            json["error"]["param"].as_str(),
            "{}",
            e.name
        );
    }
}

#[test]
fn every_chat_request_decodes_and_is_passed_on_without_loss() {
    for e in exchanges()
        .iter()
        .filter(|e| e.is("/chat/completions") && e.status == 200)
    {
        let request = Chat
            .decode_request(e.request.as_bytes(), &mut Notes::default())
            .expect(&e.name);
        let written = serde_json::to_value(&request).expect("is JSON");
        let original: Value = serde_json::from_str(&e.request).expect("is JSON");
        assert_eq!(normal(written), normal(original), "{}", e.name);
    }
}

fn normal(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map = map.into_iter().filter(|(_, v)| !v.is_null());
            Value::Object(map.map(|(k, v)| (k, normal(v))).collect())
        }
        Value::Array(list) => list.into_iter().map(normal).collect(),
        Value::Number(number) => Value::from(number.as_f64()),
        other => other,
    }
}

#[test]
fn shapes_of_other_servers_decode() {
    let Some(folder) = shared_data() else { return };
    for file in
        std::fs::read_dir(folder.join("wire/shapes/response/completions")).expect("is a folder")
    {
        let path = file.expect("is readable").path();
        let name = path.display().to_string();
        let body = std::fs::read(&path).expect("is readable");
        let response = if body.starts_with(b"data:") {
            let chunks = decode(Box::new(Decoder::default()), &[&body]).expect(&name);
            let (observed, complete, _) = tap(&body, true);
            let response = collect(&chunks);
            assert!(complete, "{name}");
            assert_eq!(observed.usage, response.usage, "{name}");
            response
        } else {
            let response = decode_chat(&body).expect(&name);
            assert_eq!(inspect(&body).usage, response.usage, "{name}");
            response
        };
        let reported = response.usage.clone().map(|usage| Usage {
            service_tier: None,
            ..usage
        });
        assert_eq!(reported, usage::read(&raw_usage(&response.usage)), "{name}");
        if name.ends_with("openrouter_reasoning.json") {
            let message = &response.choices[0].message;
            assert!(message.reasoning_content.is_some(), "{name}");
            assert!(message.extra.contains_key("reasoning_details"), "{name}");
        }
        if name.ends_with("stream_tool_empty_content.json") {
            let calls = response.choices[0]
                .message
                .tool_calls
                .as_ref()
                .expect("has calls");
            let function = calls[0].function.as_ref().expect("is a function");
            assert_eq!(
                (calls.len(), function.arguments.as_str()),
                (1, r#"{"command":"pwd"}"#)
            );
        }
    }
}

fn raw_usage(usage: &Option<Usage>) -> String {
    let raw = usage.as_ref().and_then(|u| u.raw.clone());
    raw.unwrap_or_else(|| "null".to_owned())
}

#[test]
fn shapes_of_requests_decode() {
    let Some(folder) = shared_data() else { return };
    for file in
        std::fs::read_dir(folder.join("wire/shapes/requests/completions")).expect("is a folder")
    {
        let path = file.expect("is readable").path();
        let name = path.display().to_string();
        let body = std::fs::read(&path).expect("is readable");
        let request = Chat
            .decode_request(&body, &mut Notes::default())
            .expect(&name);
        let mut original: Value = serde_json::from_slice(&body).expect("is JSON");
        let fields = original.as_object_mut().expect("is an object");
        // Beside `tools` the legacy form is dropped.
        fields.retain(|field, _| !field.starts_with("function"));
        let written = serde_json::to_value(&request).expect("is JSON");
        assert_eq!(normal(written), normal(original), "{name}");
    }
}
