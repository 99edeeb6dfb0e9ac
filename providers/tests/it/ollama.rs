//! Ollama's own API.

use http::HeaderMap;
use providers::ollama::Ollama;
use providers::provider::{Operation, Provider, Settings};
use providers::{DialectId, ErrorKind, Notes, Usage};
use serde_json::{Value, json};

use crate::native::{self, Fixtures};

const FIXTURES: Fixtures = Fixtures {
    provider: &Ollama,
    folder: "ollama",
};

#[test]
fn requests_become_the_bodies_beside_them() {
    FIXTURES.check_requests();
}

#[test]
fn answers_become_the_canonical_ones_beside_them() {
    FIXTURES.check_answers();
}

#[test]
fn streams_become_the_chunks_beside_them_wherever_they_are_split() {
    FIXTURES.check_streams();
}

#[test]
fn cut_streams_are_never_a_success() {
    FIXTURES.check_cuts(|head| head.contains("\"done\":true"));
}

#[test]
fn addresses_follow_the_operation() {
    let settings = Settings::default();
    let to = native::target("org/model:tag", &settings);
    let chat = Operation::Chat(DialectId::Native);
    for (op, path) in [(chat, "api/chat"), (Operation::Embeddings, "api/embed")] {
        for stream in [false, true] {
            let endpoint = Ollama.endpoint(&to, op, stream).expect("is served");
            assert_eq!(endpoint.url, format!("http://upstream.example/base/{path}"));
        }
    }
    let refused = Ollama
        .endpoint(&to, Operation::Images, false)
        .expect_err("is not served");
    assert_eq!(refused.kind, ErrorKind::NotSupported);
}

#[test]
fn requests_of_real_clients_are_encoded_or_refused_by_name() {
    let Some(folder) = native::shapes() else {
        return;
    };
    for (name, request) in native::chat_requests(&folder) {
        let turns = request["messages"].as_array().map(Vec::len);
        match native::encode(&Ollama, "qwen3:8b", request) {
            Ok((body, _)) => {
                assert_eq!(body["messages"].as_array().map(Vec::len), turns, "{name}");
                assert_eq!(body["stream"], false, "{name}");
                for call in body["messages"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .flat_map(|m| m["tool_calls"].as_array().into_iter().flatten())
                {
                    assert!(call["function"]["arguments"].is_object(), "{name}");
                }
            }
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::NotSupported, "{name}");
                let expected = match name.as_str() {
                    "image-url.json" | "image-file.json" => "image_url",
                    "full.json" | "generation-config.json" => "n",
                    other => panic!("{other}: {error}"),
                };
                assert_eq!(error.param.as_deref(), Some(expected), "{name}");
            }
        }
    }
}

/// The name of a function comes from the call that the result answers, not from a client's goodwill.
#[test]
fn results_name_the_function_that_was_called() {
    let Some(folder) = native::shapes() else {
        return;
    };
    let request = native::shape(&folder, "requests/completions/parallel-tool-call.json");
    let (body, _) = native::encode(&Ollama, "qwen3:8b", request).expect("is valid");
    for at in [2, 3] {
        assert_eq!(body["messages"][at]["tool_name"], "get_weather");
    }
}

/// BerriAI/litellm#37992: an explicit zero was taken for missing and estimated again.
#[test]
fn zero_usage_is_reported_usage() {
    let body = json!({"message": {"content": ""}, "done": true, "prompt_eval_count": 0,
        "eval_count": 0});
    let answer = Ollama
        .decode_chat(body.to_string().as_bytes())
        .expect("is an answer");
    let usage = answer.usage.expect("is reported");
    assert_eq!(usage.total_tokens(), 0);
    assert!(usage.raw.is_some());
}

#[test]
fn minted_ids_differ_between_answers() {
    let id = |time: &str| {
        let body = json!({"created_at": time, "done": true, "message": {"content": "",
            "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}});
        let answer = Ollama
            .decode_chat(body.to_string().as_bytes())
            .expect("is an answer");
        answer.choices[0]
            .message
            .tool_calls
            .clone()
            .expect("has calls")[0]
            .id
            .clone()
    };
    assert_eq!(id("2026-11-22T10:00:00.1Z"), id("2026-11-22T10:00:00.1Z"));
    assert_ne!(id("2026-11-22T10:00:00.1Z"), id("2026-11-22T10:00:00.2Z"));
}

#[test]
fn embeddings_are_sent_whole_and_answered_in_openais_shape() {
    let settings = Settings::default();
    let to = native::target("embeddinggemma", &settings);
    let encode = |body: Value| {
        let mut notes = Notes::default();
        let body = body.to_string();
        let sent = Ollama.encode_other(&to, Operation::Embeddings, body.as_bytes(), &mut notes)?;
        let sent: Value = serde_json::from_slice(&sent).expect("is JSON");
        Ok::<_, providers::Error>((sent, notes.to_header()))
    };
    let request = json!({"model": "x", "input": ["a", "b"], "dimensions": 64,
        "encoding_format": "float", "keep_alive": "5m", "odd": 1});
    let (body, notes) = encode(request).expect("is valid");
    assert_eq!(
        body,
        json!({"model": "embeddinggemma", "input": ["a", "b"], "truncate": false,
            "dimensions": 64, "keep_alive": "5m"})
    );
    assert_eq!(notes, "dropped=odd");
    let error = encode(json!({"input": [1, 2]})).expect_err("is refused");
    assert_eq!(error.kind, ErrorKind::NotSupported);

    let decode =
        |body: Value| Ollama.decode_other(Operation::Embeddings, body.to_string().as_bytes());
    let (list, usage) = decode(json!({"model": "embeddinggemma",
        "embeddings": [[0.5, -1e-9], [1, 2]], "prompt_eval_count": 6}))
    .expect("is an answer");
    let list: Value = serde_json::from_slice(&list).expect("is JSON");
    assert_eq!(list["data"][0]["embedding"], json!([0.5, -1e-9]));
    assert_eq!(list["data"][1]["index"], 1);
    assert_eq!(list["usage"]["prompt_tokens"], 6);
    assert_eq!(list["model"], "embeddinggemma");
    assert_eq!(usage.input_tokens, 6);
    let (_, unknown) = decode(json!({"embeddings": [[1]]})).expect("is an answer");
    assert_eq!(unknown, Usage::default());
    assert!(decode(json!({"embeddings": []})).is_err());
    assert!(decode(json!({"error": "no"})).is_err());
}

#[test]
fn unknown_models_are_known_as_such() {
    let body = br#"{"error":"model 'nope' not found"}"#;
    let error = Ollama.decode_error(404, &HeaderMap::new(), body);
    assert_eq!(error.kind, ErrorKind::ModelNotFound);
}

#[test]
fn the_provider_is_registered() {
    let found = providers::registry::find("ollama").expect("is registered");
    assert!(found.info().key_optional);
    assert_eq!(found.info().base_url, "http://127.0.0.1:11434");
}
