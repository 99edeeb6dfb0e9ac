//! Conversations across stored responses.

use providers::chat::{FinishReason, Role};
use providers::dialect::responses::history::{
    Collector, expand, final_response, for_vendor, input_items, output_items,
};
use serde_json::{Map, Value, json};

use super::decode;
use super::stream::{end, run, text, usage};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

#[test]
fn a_second_turn_sees_the_first_but_not_its_instructions() {
    let first =
        object(json!({"model": "m", "instructions": "Be rude.", "input": "My name is Ada."}));
    let response = run(&[text("Hello Ada."), end(FinishReason::Stop), usage()]);
    let response = &response.last().expect("has events")["response"];

    let second = object(json!({
        "model": "m", "instructions": "Be kind.", "input": "What is my name?",
        "previous_response_id": response["id"],
    }));
    let expanded = expand(second, input_items(&first), output_items(response));
    let (chat, notes) = decode(&Value::Object(expanded.clone()));
    let told: Vec<_> = chat
        .messages
        .iter()
        .map(|m| (m.role, m.plain_text()))
        .collect();
    assert_eq!(
        told,
        [
            (Role::System, "Be kind.".to_owned()),
            (Role::User, "My name is Ada.".to_owned()),
            (Role::Assistant, "Hello Ada.".to_owned()),
            (Role::User, "What is my name?".to_owned()),
        ]
    );
    assert!(notes.is_empty());

    // What is stored of the second turn holds the first, and all ids differ.
    let items = input_items(&expanded);
    let ids: Vec<_> = items
        .iter()
        .filter_map(|item| item["id"].as_str())
        .collect();
    assert_eq!(ids, ["msg_in_0", "msg_0199_0", "msg_in_2"]);
}

#[test]
fn a_call_cut_by_a_limit_is_not_carried_on() {
    let output = vec![
        json!({"type": "function_call", "id": "fc_1", "call_id": "a", "name": "w", "arguments": "{}", "status": "completed"}),
        json!({"type": "function_call", "id": "fc_2", "call_id": "b", "name": "w", "arguments": "{\"c", "status": "incomplete"}),
    ];
    let next = object(
        json!({"model": "m", "input": [{"type": "function_call_output", "call_id": "a", "output": "sun"}]}),
    );
    let expanded = expand(next, Vec::new(), output);
    let ids: Vec<_> = expanded["input"]
        .as_array()
        .expect("is a list")
        .iter()
        .map(|item| item["call_id"].as_str())
        .collect();
    assert_eq!(ids, [Some("a"), Some("a")]);
}

#[test]
fn input_items_are_whole_and_have_ids_of_their_kind() {
    let request = object(json!({"input": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
        {"type": "function_call", "call_id": "a", "name": "w", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "sun"},
        {"type": "message", "id": "msg_in_5", "role": "user", "content": [{"type": "input_text", "text": "kept"}]},
        {"role": "user", "content": "twice"},
    ]}));
    assert_eq!(
        input_items(&request),
        [
            json!({"role": "user", "content": [{"type": "input_text", "text": "hi"}], "type": "message", "status": "completed", "id": "msg_in_0"}),
            json!({"role": "assistant", "content": [{"type": "output_text", "text": "hello", "annotations": [], "logprobs": []}], "type": "message", "status": "completed", "id": "msg_in_1"}),
            json!({"type": "function_call", "call_id": "a", "name": "w", "arguments": "{}", "status": "completed", "id": "fc_in_2"}),
            json!({"type": "function_call_output", "call_id": "a", "output": "sun", "status": "completed", "id": "fco_in_3"}),
            json!({"type": "message", "id": "msg_in_5", "role": "user", "content": [{"type": "input_text", "text": "kept"}], "status": "completed"}),
            json!({"role": "user", "content": [{"type": "input_text", "text": "twice"}], "type": "message", "status": "completed", "id": "msg_in_5_1"}),
        ]
    );
    assert_eq!(
        input_items(&object(json!({"input": "hi"})))[0]["content"][0]["text"],
        "hi"
    );
    assert!(input_items(&object(json!({}))).is_empty());
}

#[test]
fn a_vendor_gets_neither_foreign_ids_nor_our_seals() {
    let request = object(json!({"model": "m", "input": [
        {"type": "message", "id": "msg_in_0", "role": "user", "content": []},
        {"type": "reasoning", "id": "rs_a", "summary": [], "encrypted_content": "nab1.e30"},
        {"type": "reasoning", "id": "rs_b", "summary": [], "encrypted_content": "gAAAAABo"},
        {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "w", "arguments": "{}"},
        {"type": "item_reference", "id": "msg_theirs"},
        {"id": "msg_theirs"},
    ]}));
    assert_eq!(
        for_vendor(request)["input"],
        json!([
            {"type": "message", "role": "user", "content": []},
            {"type": "reasoning", "id": "rs_b", "summary": [], "encrypted_content": "gAAAAABo"},
            {"type": "function_call", "call_id": "a", "name": "w", "arguments": "{}"},
            {"type": "item_reference", "id": "msg_theirs"},
            {"id": "msg_theirs"},
        ])
    );
}

#[test]
fn only_terminal_events_give_the_final_response() {
    let events = run(&[
        text("\"response.completed\" is an event"),
        end(FinishReason::Stop),
        usage(),
    ]);
    let (last, others) = events.split_last().expect("has events");
    for event in others {
        assert_eq!(final_response(&event.to_string()), None, "{event}");
    }
    assert_eq!(
        final_response(&last.to_string()),
        Some(last["response"].clone())
    );
    let failed = json!({"type": "response.failed", "response": {"status": "failed"}});
    assert_eq!(
        final_response(&failed.to_string()),
        Some(json!({"status": "failed"}))
    );
    assert_eq!(final_response("[DONE]"), None);
}

#[test]
fn an_empty_final_output_is_repaired_from_the_items() {
    // litellm #19368 from the other side: servers that end with an empty output.
    let mut collector = Collector::default();
    for event in [
        json!({"type": "response.output_item.done", "output_index": 1, "item": {"id": "b"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": {"id": "a"}}),
        json!({"type": "response.completed", "response": {"status": "completed", "output": []}}),
    ] {
        collector.observe(&event.to_string());
    }
    let response = collector.into_response().expect("has ended");
    assert_eq!(response["output"], json!([{"id": "a"}, {"id": "b"}]));

    let mut cut = Collector::default();
    cut.observe("{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{}}");
    assert_eq!(cut.into_response(), None);
}

#[test]
fn a_full_final_output_is_left_alone() {
    let events = run(&[text("Hello"), end(FinishReason::Stop)]);
    let mut collector = Collector::default();
    for event in &events {
        collector.observe(&event.to_string());
    }
    let expected = events.last().expect("has events")["response"].clone();
    assert_eq!(collector.into_response(), Some(expected));
}
