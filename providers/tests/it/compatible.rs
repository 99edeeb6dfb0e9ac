//! Vendors that speak OpenAI's format, and where each of them does not.

use providers::compatible::{UsagePlace, rows};
use providers::dialect::chat::peek;
use providers::provider::Operation;
use providers::registry;
use providers::{DialectId, ErrorKind, Notes};
use serde_json::{Value, json};

use crate::openai::{collect, decode, fixture, provider, tap, target};

const CHAT: Operation = Operation::Chat(DialectId::Chat);

fn adapt(id: &str, body: &str) -> (Option<String>, String) {
    let mut notes = Notes::default();
    let adapted = provider(id).adapt_passthrough(CHAT, body.as_bytes(), &mut notes);
    let adapted = adapted.expect("is an object");
    let text = adapted.map(|body| String::from_utf8(body).expect("is UTF-8"));
    (text, notes.to_header())
}

fn encode(id: &str, request: Value) -> (Value, String) {
    let request = serde_json::from_value(request).expect("is a request");
    let mut notes = Notes::default();
    let body = provider(id)
        .encode_chat(&target("m", ""), &request, &mut notes)
        .expect("encodes");
    (
        serde_json::from_slice(&body).expect("is JSON"),
        notes.to_header(),
    )
}

#[test]
fn every_row_is_complete_and_its_own() {
    let ids: Vec<_> = registry::all().iter().map(|p| p.info().id).collect();
    for row in rows() {
        assert_eq!(
            ids.iter().filter(|id| **id == row.id).count(),
            1,
            "{}",
            row.id
        );
        assert!(
            !row.title.is_empty() && row.docs_url.starts_with("https://"),
            "{}",
            row.id
        );
        let local = row.base_url.starts_with("http://localhost");
        assert!(
            local || row.base_url.starts_with("https://") || row.id == "custom",
            "{}",
            row.id
        );
        assert!(!row.base_url.ends_with('/'), "{}", row.id);
        assert_eq!(local || row.id == "custom", row.key_optional, "{}", row.id);
        assert_eq!(row.key_env.is_empty(), row.id == "custom", "{}", row.id);
        assert!(row.dialects.contains(&DialectId::Chat), "{}", row.id);
        assert!(row.embedding_batch > 0, "{}", row.id);
        // What is refused cannot be asked for as well.
        let refuses_usage = row.refused.contains(&"stream_options");
        assert!(
            !refuses_usage || row.usage == UsagePlace::Always,
            "{}",
            row.id
        );
    }
    assert_eq!(rows().len(), 23);
}

#[test]
fn every_row_serves_what_it_lists_and_nothing_else() {
    for row in rows() {
        let vendor = provider(row.id);
        let to = target("org/model", row.base_url);
        let chat = vendor.endpoint(&to, CHAT, true).expect("chats").url;
        assert_eq!(
            chat,
            format!("{}/chat/completions", row.base_url),
            "{}",
            row.id
        );
        for op in [
            Operation::Embeddings,
            Operation::Images,
            Operation::Speech,
            Operation::Moderation,
        ] {
            let served = vendor.endpoint(&to, op, false);
            assert_eq!(served.is_ok(), row.passthrough.contains(&op), "{}", row.id);
            if let Err(error) = served {
                assert_eq!(error.kind, ErrorKind::NotSupported, "{}", row.id);
            }
        }
    }
}

#[test]
fn a_body_without_quirks_is_never_touched() {
    let body = "{ \"model\":\"m\",\n \"messages\":[{\"role\":\"user\",\"content\":\"hi\"}] , \"max_tokens\":5 }";
    for row in rows() {
        assert_eq!(adapt(row.id, body), (None, String::new()), "{}", row.id);
    }
}

#[test]
fn refused_fields_are_removed_and_renamed_ones_renamed() {
    let body = r#"{"model":"m","seed": 7,"logit_bias":{"1":1},"max_completion_tokens":9,"stream_options":{"include_usage":true},"user":null,"messages":[{"role":"developer","content":"x"}]}"#;
    let (adapted, notes) = adapt("mistral", body);
    let expected = r#"{"model":"m","random_seed":7,"max_tokens":9,"messages":[{"role":"system","content":"x"}]}"#;
    assert_eq!(adapted.as_deref(), Some(expected));
    assert_eq!(
        notes,
        "dropped=logit_bias,stream_options; changed=messages.role"
    );

    let (adapted, notes) = adapt("groq", r#"{"model":"m","logprobs":true,"seed":7}"#);
    assert_eq!(adapted.as_deref(), Some(r#"{"model":"m","seed":7}"#));
    assert_eq!(notes, "dropped=logprobs");

    let (adapted, _) = adapt("deepseek", r#"{"max_completion_tokens":9,"max_tokens":5}"#);
    assert_eq!(adapted.as_deref(), Some(r#"{"max_tokens":9}"#));
}

#[test]
fn other_operations_and_broken_bodies_are_left_to_others() {
    let mistral = provider("mistral");
    let mut notes = Notes::default();
    let embeddings =
        mistral.adapt_passthrough(Operation::Embeddings, b"{\"user\":\"u\"}", &mut notes);
    assert_eq!(embeddings, Ok(None));
    let error = mistral
        .adapt_passthrough(CHAT, b"[]", &mut notes)
        .expect_err("is no object");
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
}

#[test]
fn usage_is_asked_for_where_it_must_be() {
    assert!(provider("vllm").asks_for_stream_usage());
    assert!(!provider("mistral").asks_for_stream_usage());
    let request =
        json!({"model": "x", "messages": [{"role": "user", "content": "hi"}], "stream": true});
    let (body, _) = encode("vllm", request.clone());
    assert_eq!(body["stream_options"]["include_usage"], true);
    let (body, notes) = encode("mistral", request);
    assert_eq!((body.get("stream_options"), notes.as_str()), (None, ""));
}

#[test]
fn earlier_reasoning_goes_back_under_each_vendors_name() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let request = json!({"model": "x", "messages": [
        {"role": "assistant", "content": "a", "reasoning_content": "r1"},
        {"role": "assistant", "tool_calls": [call], "reasoning_content": "r2"},
    ]});
    let told = |id: &str, field: &str| {
        let (body, _) = encode(id, request.clone());
        let of = |i: usize| body["messages"][i].get(field).cloned();
        (of(0), of(1))
    };
    let (r1, r2) = (Some(json!("r1")), Some(json!("r2")));
    assert_eq!(told("deepseek", "reasoning_content"), (r1, r2.clone()));
    assert_eq!(told("moonshot", "reasoning_content"), (None, r2.clone()));
    assert_eq!(told("openrouter", "reasoning"), (None, r2));
    assert_eq!(told("groq", "reasoning_content"), (None, None));
    assert_eq!(told("groq", "reasoning"), (None, None));
}

#[test]
fn vendors_own_abilities_are_used_and_missing_ones_made_up() {
    let cached = json!({"model": "x", "top_k": 3, "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
    ]});
    let (body, notes) = encode("openrouter", cached.clone());
    assert_eq!(
        body["messages"][0]["content"][0]["cache_control"]["type"],
        "ephemeral"
    );
    assert_eq!(
        (&body["messages"][0]["role"], &body["top_k"]),
        (&json!("system"), &json!(3))
    );
    assert_eq!(notes, "");
    let (_, notes) = encode("cerebras", cached);
    assert_eq!(notes, "dropped=cache_control,top_k");

    let structured = json!({
        "model": "x", "temperature": 1.8, "thinking": {"type": "enabled", "budget_tokens": 2000},
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    });
    let (body, notes) = encode("zhipu", structured.clone());
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    let told = body["messages"][1]["content"].as_str().expect("is text");
    assert!(told.contains(r#"{"type":"object"}"#));
    assert_eq!(
        (&body["thinking"], &body["temperature"]),
        (&json!({"type": "enabled"}), &json!(1.0))
    );
    // How much to think is lost, and said.
    assert_eq!(
        notes,
        "changed=temperature,thinking; emulated=response_format"
    );
    let (body, notes) = encode("together", structured.clone());
    assert_eq!(body["response_format"], structured["response_format"]);
    assert_eq!(notes, "dropped=thinking");
}

#[test]
fn mistral_gets_ids_of_nine_letters_that_still_match() {
    let call = json!({"id": "toolu_01A09q90qw90lq917835lq9", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let request = json!({"model": "x", "messages": [
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "toolu_01A09q90qw90lq917835lq9", "content": "r"},
    ]});
    let (body, _) = encode("mistral", request);
    let id = body["messages"][0]["tool_calls"][0]["id"]
        .as_str()
        .expect("has an id");
    assert_eq!(id.len(), 9);
    assert_eq!(body["messages"][1]["tool_call_id"], id);
}

/// Streams of each vendor's habits: text, reasoning, input tokens, cached tokens.
#[test]
fn vendors_streams_decode_and_the_tap_agrees() {
    let check = |file: &str, text: &str, reasoning: Option<&str>, input: u64, cached: u64| {
        let stream = fixture(&format!("compatible/{file}.sse"));
        let decoder = || provider("custom").chat_decoder();
        let whole = decode(decoder(), &[stream.as_bytes()]).expect(file);
        for at in 0..=stream.len() {
            let (a, b) = stream.as_bytes().split_at(at);
            assert_eq!(
                decode(decoder(), &[a, b]).expect(file),
                whole,
                "{file} at {at}"
            );
        }
        let response = collect(&whole);
        let message = &response.choices[0].message;
        assert_eq!(message.plain_text(), text, "{file}");
        assert_eq!(message.reasoning_content.as_deref(), reasoning, "{file}");
        let usage = response.usage.as_ref().expect(file);
        assert_eq!(
            (usage.input_tokens, usage.cache_read_tokens),
            (input, cached),
            "{file}"
        );
        let (observed, complete, _) = tap(stream.as_bytes(), true);
        assert!(complete && observed.has_content, "{file}");
        assert_eq!(observed.usage, response.usage, "{file}");
        let chars = text.chars().count() + reasoning.map_or(0, |r| r.chars().count());
        assert_eq!(observed.delivered_chars, chars as u64, "{file}");
    };
    check("groq", "Fast.", None, 12, 0);
    check("deepseek", "Four", Some("2+2"), 20, 16);
    check("mistral", "Oui.", Some("Hmm, French?"), 9, 0);
    check("openrouter", "Hello", Some("Be nice."), 7, 3);
    check("vllm", "Hey", Some("hm"), 5, 0);
}

#[test]
fn a_bodys_top_level_tells_what_the_gateway_needs() {
    let body = br#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":7,"max_tokens":3,"n":2,"user":"u"}"#;
    let top = peek(body).expect("is an object");
    assert!(top.stream && top.include_usage);
    assert_eq!(
        (top.output_cap(), top.n, top.user.as_deref()),
        (Some(7), 2, Some("u"))
    );
}

#[test]
fn the_documentation_lists_every_vendor() {
    let docs = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/providers.md");
    let docs = std::fs::read_to_string(docs).expect("is documented");
    for row in rows() {
        let line = docs
            .lines()
            .find(|l| l.starts_with(&format!("| `{}` |", row.id)));
        let line = line.unwrap_or_default();
        let linked = row.id == "custom" || line.contains(row.docs_url);
        let keyed = row.key_optional || line.contains(row.key_env);
        let adapted = row
            .refused
            .iter()
            .all(|f| *f == "top_logprobs" || line.contains(f));
        assert!(linked && keyed && adapted, "{}: {line}", row.id);
    }
}
