//! Requests to the canonical form.

use std::fs;

use providers::dialect::Dialect;
use providers::dialect::responses::Responses;
use providers::{Notes, chat::Role};
use serde_json::{Value, json};

use super::{decode, shared_shapes};

fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/tests/it/fixtures/responses/requests/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = fs::read_to_string(path).expect("the fixture is there");
    serde_json::from_str(&text).expect("the fixture is JSON")
}

fn check(name: &str) {
    let (chat, notes) = decode(&fixture(name));
    let golden = json!({ "chat": chat, "notes": notes.to_header() });
    insta::with_settings!({
        snapshot_path => "../fixtures/responses/requests",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_json_snapshot!(name, golden);
    });
}

#[test]
fn a_request_with_every_field_is_decoded() {
    check("full");
}

#[test]
fn an_agent_s_conversation_is_decoded() {
    check("agent");
}

#[test]
fn images_files_and_audio_are_decoded() {
    check("media");
}

#[test]
fn every_recorded_shape_of_a_request_is_decoded() {
    let Some(shapes) = shared_shapes() else {
        eprintln_skip();
        return;
    };
    let mut seen = 0;
    for entry in fs::read_dir(shapes.join("requests/responses")).expect("the folder is there") {
        let path = entry.expect("is readable").path();
        let body = fs::read(&path).expect("is readable");
        let mut notes = Notes::default();
        let chat = Responses.decode_request(&body, &mut notes);
        let chat = chat.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(!chat.messages.is_empty(), "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} shapes");
}

/// Tests are skipped aloud; the macro for it is denied everywhere else.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(super) fn eprintln_skip() {
    eprintln!("skipped: no shared data");
}

#[test]
fn parallel_calls_become_one_assistant_message() {
    // litellm #22599: each call became a turn of its own, and vendors refused or lost them.
    let (chat, _) = decode(&json!({"model": "m", "input": [
        {"role": "user", "content": "weather?"},
        {"type": "function_call", "call_id": "a", "name": "w", "arguments": "{\"c\":1}"},
        {"type": "function_call", "call_id": "b", "name": "w", "arguments": ""},
        {"type": "function_call_output", "call_id": "a", "output": "sun"},
        {"type": "function_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "rain"}]},
        {"type": "function_call", "call_id": "c", "name": "w", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "fog"},
    ]}));
    let roles: Vec<Role> = chat.messages.iter().map(|m| m.role).collect();
    use Role::{Assistant, Tool, User};
    assert_eq!(roles, [User, Assistant, Tool, Tool, Assistant, Tool]);
    let calls = chat.messages[1].tool_calls.as_ref().expect("has calls");
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    let empty = calls[1].function.as_ref().expect("is a function");
    assert_eq!(empty.arguments, "{}");
    assert_eq!(chat.messages[3].plain_text(), "rain");
    assert_eq!(chat.messages[3].tool_call_id.as_deref(), Some("b"));
}

#[test]
fn text_between_a_call_and_its_result_stays_in_the_calling_message() {
    let (chat, _) = decode(&json!({"model": "m", "input": [
        {"role": "assistant", "content": "One moment."},
        {"type": "function_call", "call_id": "a", "name": "w", "arguments": "{}"},
        {"role": "assistant", "content": " Looking."},
        {"type": "function_call_output", "call_id": "a", "output": "sun"},
    ]}));
    assert_eq!(chat.messages.len(), 2);
    assert_eq!(chat.messages[0].plain_text(), "One moment. Looking.");
    assert_eq!(chat.messages[0].tool_calls.as_ref().map(Vec::len), Some(1));
    assert_eq!(chat.messages[1].role, Role::Tool);
}

#[test]
fn cache_control_is_kept_on_parts_messages_calls_results_and_tools() {
    // litellm #41424: dropped in the bridge, 0 cache reads.
    let mark = json!({"type": "ephemeral"});
    let (chat, notes) = decode(&json!({
        "model": "m",
        "tools": [{"type": "function", "name": "w", "parameters": {}, "strict": false, "cache_control": mark}],
        "input": [
            {"role": "user", "cache_control": mark, "content": [
                {"type": "input_text", "text": "a", "cache_control": mark},
                {"type": "input_text", "text": "b", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "input_image", "image_url": "https://a.b/c.png", "cache_control": mark},
            ]},
            {"type": "function_call", "call_id": "a", "name": "w", "arguments": "{}", "cache_control": mark},
            {"type": "function_call_output", "call_id": "a", "output": "sun", "cache_control": mark},
        ],
    }));
    let chat = serde_json::to_value(chat).expect("serialises");
    for place in [
        "/tools/0",
        "/messages/0",
        "/messages/0/content/0",
        "/messages/0/content/1",
        "/messages/0/content/2",
        "/messages/1/tool_calls/0",
        "/messages/2",
    ] {
        let found = chat.pointer(place).map(|at| &at["cache_control"]);
        assert_eq!(found, Some(&mark), "{place} in {chat}");
    }
    assert_eq!(notes.to_header(), "emulated=prompt_cache_breakpoint");
}

#[test]
fn allowed_tools_hides_the_others() {
    let (chat, notes) = decode(&json!({
        "model": "m", "input": "hi",
        "tools": [{"type": "function", "name": "a"}, {"type": "function", "name": "b"}],
        "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "b"}]},
    }));
    let chat = serde_json::to_value(chat).expect("serialises");
    assert_eq!(chat["tools"].as_array().map(Vec::len), Some(1));
    assert_eq!(chat["tools"][0]["function"]["name"], "b");
    assert_eq!(chat["tool_choice"], "required");
    assert_eq!(notes.to_header(), "emulated=tool_choice.allowed_tools");
}

#[test]
fn tool_settings_without_tools_are_left_out() {
    let (chat, notes) = decode(&json!({
        "model": "m", "input": "hi", "tools": [], "tool_choice": "auto", "parallel_tool_calls": true,
    }));
    assert_eq!(chat.tools, None);
    assert_eq!(chat.tool_choice, None);
    assert_eq!(chat.parallel_tool_calls, None);
    assert!(notes.is_empty());
}

#[test]
fn a_streamed_request_asks_for_usage() {
    let (chat, _) = decode(&json!({"model": "m", "input": "hi", "stream": true}));
    assert_eq!(chat.stream, Some(true));
    let options = chat.stream_options.expect("has options");
    assert_eq!(options.include_usage, Some(true));
}

#[test]
fn reasoning_of_another_vendor_is_kept_as_text_and_its_cipher_reported() {
    let (chat, notes) = decode(&json!({"model": "m", "input": [
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [
            {"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."},
        ], "encrypted_content": "gAAAAABo"},
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "and?"},
    ]}));
    let assistant = &chat.messages[1];
    assert_eq!(
        assistant.reasoning_content.as_deref(),
        Some("First.\n\nThen.")
    );
    assert_eq!(assistant.thinking_blocks, None);
    assert_eq!(
        notes.to_header(),
        "dropped=input.reasoning.encrypted_content"
    );
}

#[test]
fn reasoning_that_led_to_nothing_is_reported() {
    let (chat, notes) = decode(&json!({"model": "m", "input": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"role": "user", "content": "hi"},
    ]}));
    assert_eq!(chat.messages.len(), 1);
    assert_eq!(notes.to_header(), "dropped=input.reasoning");
}
