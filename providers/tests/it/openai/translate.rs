//! Canonical requests to OpenAI's body, as for calls that arrived in another dialect.

use providers::chat::ChatRequest;
use providers::openai::OpenAi;
use providers::provider::{ModelFacts, Operation, Settings, Target};
use providers::{DialectId, ErrorKind, Notes, Provider};
use serde_json::{Value, json};

use super::target;

fn request(json: Value) -> ChatRequest {
    serde_json::from_value(json).expect("is a request")
}

/// The body, without the fields that stay as they are, and the notes.
fn encode(model: &str, json: Value) -> (Value, String) {
    let mut notes = Notes::default();
    let body = OpenAi
        .encode_chat(&target(model, ""), &request(json), &mut notes)
        .expect("encodes");
    (
        serde_json::from_slice(&body).expect("is JSON"),
        notes.to_header(),
    )
}

fn hi() -> Value {
    json!([{"role": "user", "content": "hi"}])
}

#[test]
fn reasoning_models_take_no_sampling() {
    let asked = json!({
        "model": "x", "messages": hi(), "max_tokens": 50, "temperature": 0.3, "top_p": 1,
        "stop": ["a"], "presence_penalty": 0.0, "reasoning_effort": "low", "seed": 4,
    });
    let expected = json!({"messages": hi(), "max_completion_tokens": 50, "reasoning_effort": "low", "seed": 4});
    for model in ["gpt-5-mini", "o3", "o4-mini-2025-04-16", "gpt-5.1"] {
        let mut expected = expected.clone();
        expected["model"] = json!(model);
        assert_eq!(
            encode(model, asked.clone()),
            (expected, "dropped=temperature,stop".to_owned())
        );
    }
    let (body, notes) = encode("gpt-4o", asked);
    assert_eq!(
        (&body["max_tokens"], &body["temperature"]),
        (&json!(50), &json!(0.3))
    );
    assert_eq!(notes, "dropped=reasoning_effort");
    let (body, notes) = encode(
        "gpt-5-chat-latest",
        json!({"model": "x", "messages": hi(), "temperature": 0.5}),
    );
    assert_eq!((&body["temperature"], notes.as_str()), (&json!(0.5), ""));
    let (body, _) = encode(
        "gpt-5.2",
        json!({"model": "x", "messages": hi(), "temperature": 0.5, "reasoning_effort": "none"}),
    );
    assert_eq!(body["temperature"], 0.5);
}

#[test]
fn the_catalogue_knows_reasoning_models_that_names_hide() {
    let facts = ModelFacts {
        reasoning: true,
        ..ModelFacts::default()
    };
    let to = Target {
        facts,
        ..target("my-deployment", "")
    };
    let asked = request(json!({"model": "x", "messages": hi(), "max_tokens": 5}));
    let body = OpenAi
        .encode_chat(&to, &asked, &mut Notes::default())
        .expect("encodes");
    let body: Value = serde_json::from_slice(&body).expect("is JSON");
    assert_eq!(body["max_completion_tokens"], 5);
}

#[test]
fn what_belongs_to_other_vendors_is_dropped_with_a_note() {
    let asked = json!({
        "model": "x", "top_k": 5, "thinking": {"type": "enabled", "budget_tokens": 4096},
        "context_management": {}, "metadata": {"a": "b"},
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": null, "reasoning_content": "hm",
             "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
             "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}, "extra_content": {"google": {}}}]},
            {"role": "tool", "tool_call_id": "c", "content": "r", "is_error": true},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
    });
    let (body, notes) = encode("gpt-4o", asked.clone());
    let expected = json!({
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "s"}]},
            {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "r"},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}}],
    });
    assert_eq!(body, expected);
    assert_eq!(
        notes,
        "dropped=cache_control,messages.thinking_blocks,messages.tool_calls.extra_content,\
         messages.is_error,tools.web_search_20250305,top_k,thinking,context_management,metadata"
    );
    let (body, notes) = encode("gpt-5", asked);
    assert_eq!(body["reasoning_effort"], "high");
    assert!(notes.contains("emulated=thinking"));
}

#[test]
fn metadata_goes_with_store_only() {
    let asked = json!({"model": "x", "messages": hi(), "metadata": {"a": "b"}, "store": true});
    let (body, notes) = encode("gpt-4o", asked);
    assert_eq!(
        (&body["metadata"], notes.as_str()),
        (&json!({"a": "b"}), "")
    );
}

#[test]
fn streams_always_report_usage_and_only_streams_have_options() {
    let (body, _) = encode(
        "gpt-4o",
        json!({"model": "x", "messages": hi(), "stream": true}),
    );
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    let (body, _) = encode(
        "gpt-4o",
        json!({"model": "x", "messages": hi(), "stream_options": {"include_usage": true}}),
    );
    assert_eq!(body.get("stream_options"), None);
}

#[test]
fn tool_fields_without_tools_are_left_out() {
    let asked = json!({"model": "x", "messages": hi(), "tools": [], "tool_choice": "auto", "parallel_tool_calls": false});
    let (body, _) = encode("gpt-4o", asked);
    assert_eq!(body, json!({"model": "gpt-4o", "messages": hi()}));
}

#[test]
fn images_in_tool_results_follow_the_results() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://x/y.png"}});
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let asked = json!({"model": "x", "messages": [
        {"role": "assistant", "tool_calls": [call("a"), call("b")]},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "see"}, image]},
        {"role": "tool", "tool_call_id": "b", "content": [image]},
        {"role": "user", "content": "and?"},
    ]});
    let (body, notes) = encode("gpt-4o", asked);
    let messages = body["messages"].as_array().expect("has messages");
    let roles: Vec<_> = messages
        .iter()
        .map(|m| m["role"].as_str().expect("has a role"))
        .collect();
    assert_eq!(roles, ["assistant", "tool", "tool", "user", "user"]);
    assert_eq!(
        messages[1]["content"],
        json!([{"type": "text", "text": "see"}])
    );
    assert_eq!(messages[3]["content"], json!([image, image]));
    assert_eq!(notes, "emulated=messages.tool.content");
}

#[test]
fn files_travel_inline() {
    let with = |file: Value| json!({"model": "x", "messages": [{"role": "user", "content": [{"type": "file", "file": file}]}]});
    let (body, _) = encode("gpt-4o", with(json!({"file_data": "JVBERi0="})));
    let expected =
        json!({"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "document.pdf"});
    assert_eq!(body["messages"][0]["content"][0]["file"], expected);
    let (body, notes) = encode(
        "gpt-4o",
        with(json!({"file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"})),
    );
    assert_eq!(
        body["messages"][0]["content"][0],
        json!({"type": "text", "text": "a.txt\n\nhi"})
    );
    assert_eq!(notes, "emulated=file");
    let (body, _) = encode("gpt-4o", with(json!({"file_id": "file-1"})));
    assert_eq!(
        body["messages"][0]["content"][0]["file"],
        json!({"file_id": "file-1"})
    );
    let error = OpenAi
        .encode_chat(
            &target("gpt-4o", ""),
            &request(with(json!({"file_url": "https://x/y.pdf"}))),
            &mut Notes::default(),
        )
        .expect_err("cannot be fetched");
    assert_eq!(
        (error.kind, error.param.as_deref()),
        (ErrorKind::NotSupported, Some("messages[0].content[0].file"))
    );
}

#[test]
fn a_request_in_openais_own_words_is_unchanged() {
    let asked = json!({
        "model": "gpt-4o", "n": 2, "temperature": 0.2, "logit_bias": {"1": 2}, "logprobs": true,
        "messages": [
            {"role": "developer", "content": "d"},
            {"role": "assistant", "content": "", "refusal": "no", "annotations": []},
            {"role": "user", "name": "u", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}]},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": true}},
        "prompt_cache_key": "k", "safety_identifier": "s", "service_tier": "flex", "user": "u",
    });
    let (body, notes) = encode("gpt-4o", asked.clone());
    assert_eq!((body, notes.as_str()), (asked, ""));
}

#[test]
fn each_operation_has_its_address_and_headers() {
    let settings = Settings {
        organization: Some("org-1".into()),
        project: Some("proj-1".into()),
        headers: vec![("x-team".into(), "blue".into())],
        ..Settings::default()
    };
    let to = Target {
        settings: &settings,
        ..target("m", "https://api.openai.com/v1/")
    };
    let url = |op| OpenAi.endpoint(&to, op, false).expect("is served").url;
    assert_eq!(
        url(Operation::Chat(DialectId::Chat)),
        "https://api.openai.com/v1/chat/completions"
    );
    assert_eq!(
        url(Operation::Chat(DialectId::Responses)),
        "https://api.openai.com/v1/responses"
    );
    assert_eq!(
        url(Operation::Transcription),
        "https://api.openai.com/v1/audio/transcriptions"
    );
    assert_eq!(
        url(Operation::Moderation),
        "https://api.openai.com/v1/moderations"
    );
    assert!(OpenAi.endpoint(&to, Operation::CountTokens, false).is_err());
    let headers = OpenAi
        .endpoint(&to, Operation::Images, false)
        .expect("is served")
        .headers;
    assert_eq!(headers["openai-organization"], "org-1");
    assert_eq!(headers["openai-project"], "proj-1");
    assert_eq!(headers["x-team"], "blue");
}
