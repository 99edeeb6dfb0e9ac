//! Fixtures of native wire formats: one JSON file a case, holding both sides.
//!
//! `requests/<case>.json` holds `{model, request, body, notes}`, `answers/<case>.json` holds
//! `{body, answer}`, and `streams/<case>.txt` the vendor's bytes beside `streams/<case>.json` with the
//! chunks. `UPDATE_FIXTURES=1` rewrites our side; the difference is then read before it is committed.

use std::fs;
use std::path::{Path, PathBuf};

use providers::chat::{ChatChunk, ChatRequest, ChatResponse, ChunkChoice};
use providers::provider::{ModelFacts, Provider, Settings, Target};
use providers::sse::Splitter;
use providers::{Error, Notes, Usage};
use serde_json::{Map, Value, json};

/// The cases of one provider.
pub(crate) struct Fixtures {
    pub(crate) provider: &'static dyn Provider,
    pub(crate) folder: &'static str,
}

impl Fixtures {
    fn files(&self, kind: &str, extension: &str) -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/it/fixtures")
            .join(self.folder)
            .join(kind);
        let mut files: Vec<_> = fs::read_dir(&folder)
            .expect("the fixtures are there")
            .map(|entry| entry.expect("is readable").path())
            .filter(|path| path.extension().is_some_and(|e| e == extension))
            .collect();
        files.sort();
        assert!(!files.is_empty(), "no fixtures in {}", folder.display());
        files
    }

    /// Every request becomes the body and the notes beside it.
    pub(crate) fn check_requests(&self) {
        for path in self.files("requests", "json") {
            let mut case = read_json(&path);
            let model = case["model"].as_str().expect("has a model").to_owned();
            let (body, notes) = match encode(self.provider, &model, case["request"].clone()) {
                Ok((body, notes)) => (body, notes.to_header()),
                Err(error) => (json!({"refused": describe(&error)}), String::new()),
            };
            case["body"] = body;
            case["notes"] = json!(notes);
            compare(&path, case);
        }
    }

    /// Every complete answer becomes the canonical one beside it.
    pub(crate) fn check_answers(&self) {
        for path in self.files("answers", "json") {
            let mut case = read_json(&path);
            let body = case["body"].to_string();
            case["answer"] = match self.provider.decode_chat(body.as_bytes()) {
                Ok(answer) => show_answer(&answer),
                Err(error) => json!({"refused": describe(&error)}),
            };
            compare(&path, case);
        }
    }

    /// Every stream becomes the chunks beside it, wherever it is split.
    pub(crate) fn check_streams(&self) {
        for path in self.files("streams", "txt") {
            let bytes = fs::read(&path).expect("is readable");
            let whole = show_stream(&stream(self.provider, &[&bytes]));
            for at in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(at);
                let split = show_stream(&stream(self.provider, &[head, tail]));
                assert_eq!(split, whole, "{} split at {at}", path.display());
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            let by_byte = show_stream(&stream(self.provider, &single));
            assert_eq!(by_byte, whole, "{} byte by byte", path.display());
            compare(&path.with_extension("json"), whole);
        }
    }

    /// No cut stream ends well unless `is_over` says that what was delivered holds the end.
    pub(crate) fn check_cuts(&self, is_over: impl Fn(&str) -> bool) {
        for path in self.files("streams", "txt") {
            let bytes = fs::read(&path).expect("is readable");
            for at in 0..bytes.len() {
                let head = &bytes[..at];
                if stream(self.provider, &[head]).1.is_ok() {
                    let text = String::from_utf8_lossy(head);
                    assert!(is_over(&text), "{} cut at {at}", path.display());
                }
            }
        }
    }
}

fn read_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("is readable");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn compare(path: &Path, actual: Value) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        let text = serde_json::to_string_pretty(&actual).expect("is JSON");
        fs::write(path, text + "\n").expect("is writable");
        return;
    }
    assert_eq!(actual, read_json(path), "{}", path.display());
}

/// Encodes `request` for `model`.
pub(crate) fn encode(
    provider: &dyn Provider,
    model: &str,
    mut request: Value,
) -> Result<(Value, Notes), Error> {
    if request.get("model").is_none() {
        request["model"] = json!("alias");
    }
    let request: ChatRequest = serde_json::from_value(request).expect("is a chat request");
    let settings = Settings::default();
    let to = target(model, &settings);
    let mut notes = Notes::default();
    let body = provider.encode_chat(&to, &request, &mut notes)?;
    Ok((serde_json::from_slice(&body).expect("is JSON"), notes))
}

/// A target without facts.
pub(crate) fn target<'a>(model: &'a str, settings: &'a Settings) -> Target<'a> {
    Target {
        model,
        base_url: "http://upstream.example/base",
        settings,
        facts: ModelFacts::default(),
    }
}

/// Decodes one stream delivered in `pieces`.
pub(crate) fn stream(
    provider: &dyn Provider,
    pieces: &[&[u8]],
) -> (Vec<ChatChunk>, Result<(), Error>) {
    let mut splitter = Splitter::new(provider.framing());
    let mut decoder = provider.chat_decoder();
    let mut chunks = Vec::new();
    let mut run = || {
        for piece in pieces {
            splitter.push(piece)?;
            while let Some(event) = splitter.next()? {
                decoder.push(&event, &mut chunks)?;
            }
        }
        if let Some(event) = splitter.finish()? {
            decoder.push(&event, &mut chunks)?;
        }
        decoder.finish(&mut chunks)
    };
    let end = run();
    (chunks, end)
}

fn describe(error: &Error) -> Value {
    let param = error.param.as_deref().unwrap_or("");
    json!(format!("{} {param}: {}", error.kind, error.message))
}

/// A complete answer as JSON.
pub(crate) fn show_answer(answer: &ChatResponse) -> Value {
    let choices: Vec<Value> = answer
        .choices
        .iter()
        .map(|choice| {
            pruned(json!({
                "index": choice.index,
                "message": choice.message,
                "finish_reason": choice.finish_reason,
                "native_finish_reason": choice.native_finish_reason,
                "logprobs": choice.logprobs,
            }))
        })
        .collect();
    pruned(json!({
        "id": answer.id,
        "model": answer.model,
        "choices": choices,
        "usage": answer.usage.as_ref().map(show_usage),
    }))
}

fn show_stream((chunks, end): &(Vec<ChatChunk>, Result<(), Error>)) -> Value {
    let chunks: Vec<Value> = chunks
        .iter()
        .map(|chunk| {
            let choices: Vec<Value> = chunk.choices.iter().map(show_choice).collect();
            pruned(json!({
                "id": chunk.id,
                "model": chunk.model,
                "choices": choices,
                "usage": chunk.usage.as_ref().map(show_usage),
            }))
        })
        .collect();
    let end = match end {
        Ok(()) => json!("complete"),
        Err(error) => describe(error),
    };
    json!({"chunks": chunks, "end": end})
}

fn show_choice(choice: &ChunkChoice) -> Value {
    pruned(json!({
        "index": choice.index,
        "delta": choice.delta,
        "finish_reason": choice.finish_reason,
        "native_finish_reason": choice.native_finish_reason,
        "logprobs": choice.logprobs,
    }))
}

/// Usage without its zeros.
fn show_usage(usage: &Usage) -> Value {
    let mut all = serde_json::to_value(usage).expect("is JSON");
    if let Value::Object(all) = &mut all {
        all.retain(|_, value| value != &json!(0));
    }
    all
}

fn pruned(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept: Map<String, Value> = map.into_iter().filter(|(_, v)| !v.is_null()).collect();
            Value::Object(kept)
        }
        other => other,
    }
}

/// The folder of recorded wire data, if this checkout has one beside it.
pub(crate) fn shapes() -> Option<PathBuf> {
    let shared = match std::env::var_os("SHARED_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    };
    let shapes = shared.join("wire/shapes");
    if shapes.is_dir() {
        return Some(shapes);
    }
    // Test output is the one place where a skipped test can say so.
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("skipped: no wire data in {}\n", shared.display()).as_bytes(),
    );
    None
}

/// A shape's JSON.
pub(crate) fn shape(folder: &Path, name: &str) -> Value {
    read_json(&folder.join(name))
}

/// All chat requests among the shapes, by file name.
pub(crate) fn chat_requests(folder: &Path) -> Vec<(String, Value)> {
    let mut all: Vec<_> = fs::read_dir(folder.join("requests/completions"))
        .expect("the shapes are there")
        .map(|entry| entry.expect("is readable").path())
        .map(|path| {
            let name = path.file_name().expect("is a file").to_string_lossy();
            (name.into_owned(), read_json(&path))
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!all.is_empty());
    all
}
