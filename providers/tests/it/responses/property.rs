//! Whatever a model sends: deltas, `done` events and the final output tell the same.

use std::collections::BTreeMap;

use proptest::prelude::*;
use providers::chat::{ChatChunk, FinishReason, Message, ThinkingBlock};
use serde_json::Value;

use super::stream::{
    block, call_more, call_start, calls, chunk, end, reasoning, refusal, run, text, usage,
};
use super::{assert_complete_response, decode};

#[derive(Debug, Clone)]
enum Step {
    Text(String),
    Refusal(String),
    Reasoning(String),
    Block(String, Option<String>),
    Redacted(String),
    Call(u32, String),
}

fn step() -> impl Strategy<Value = Step> {
    let words = "[a-zé🌍\"\\\\\n ]{0,6}";
    prop_oneof![
        words.prop_map(Step::Text),
        words.prop_map(Step::Refusal),
        words.prop_map(Step::Reasoning),
        (words, prop::option::of("[a-z]{1,4}")).prop_map(|(t, s)| Step::Block(t, s)),
        words.prop_map(Step::Redacted),
        (0..3u32, words).prop_map(|(call, more)| Step::Call(call, more)),
    ]
}

/// Chunks as a decoder would give them: calls counted from 0 without gaps, opened before continued.
fn chunks(steps: &[Step], finish: FinishReason) -> Vec<ChatChunk> {
    let mut opened = 0;
    let mut chunks = vec![chunk(Default::default())];
    for step in steps {
        chunks.push(match step.clone() {
            Step::Text(delta) => text(&delta),
            Step::Refusal(delta) => refusal(&delta),
            Step::Reasoning(delta) => reasoning(&delta),
            Step::Block(thinking, signature) => block(ThinkingBlock::Thinking {
                thinking,
                signature,
            }),
            Step::Redacted(data) => block(ThinkingBlock::RedactedThinking { data }),
            Step::Call(call, more) if call < opened => calls(vec![call_more(call, &more)]),
            Step::Call(_, more) => {
                opened += 1;
                calls(vec![call_start(
                    opened - 1,
                    &format!("call_{opened}"),
                    &more,
                )])
            }
        });
    }
    chunks.push(end(finish));
    chunks.push(usage());
    chunks
}

/// Where a text belongs: output index, and content or summary index.
type Place = (u64, Option<u64>);

fn place(event: &Value) -> Place {
    let part = event["content_index"].as_u64();
    let index = event["output_index"].as_u64().expect("has an output index");
    (index, part.or(event["summary_index"].as_u64()))
}

fn text_in(item: &Value, (_, part): Place) -> &Value {
    let part = part
        .and_then(|part| usize::try_from(part).ok())
        .unwrap_or_default();
    match item["type"].as_str() {
        Some("function_call") => &item["arguments"],
        Some("reasoning") => &item["summary"][part]["text"],
        _ if item["content"][part]["type"] == "refusal" => &item["content"][part]["refusal"],
        _ => &item["content"][part]["text"],
    }
}

proptest! {
    #[test]
    fn deltas_done_events_and_output_are_equal(
        steps in prop::collection::vec(step(), 0..24),
        finish in prop::sample::select(vec![FinishReason::Stop, FinishReason::Length, FinishReason::ToolCalls, FinishReason::ContentFilter]),
    ) {
        let events = run(&chunks(&steps, finish));
        let response = &events.last().expect("has events")["response"];
        assert_complete_response(response);
        let output = response["output"].as_array().expect("is a list");

        let mut added = Vec::new();
        let mut done = BTreeMap::new();
        let mut joined: BTreeMap<Place, String> = BTreeMap::new();
        let mut closed: BTreeMap<Place, String> = BTreeMap::new();
        for event in &events {
            let kind = event["type"].as_str().expect("has a type");
            if kind == "response.output_item.added" {
                prop_assert_eq!(event["output_index"].as_u64(), Some(added.len() as u64));
                added.push(event["item"]["id"].clone());
            } else if kind == "response.output_item.done" {
                let before = done.insert(event["output_index"].as_u64(), event["item"].clone());
                prop_assert_eq!(before, None, "an item ends once");
            } else if let Some(delta) = event.get("delta") {
                let place = place(event);
                prop_assert_eq!(&event["item_id"], &added[usize::try_from(place.0).expect("fits")]);
                prop_assert!(!done.contains_key(&Some(place.0)), "no delta after the end");
                joined.entry(place).or_default().push_str(delta.as_str().expect("is text"));
            } else if kind.ends_with(".done") && event.get("part").is_none() {
                let told = ["text", "refusal", "arguments"].iter().find_map(|key| event[*key].as_str());
                closed.insert(place(event), told.expect("is text").to_owned());
            }
        }
        prop_assert_eq!(added.len(), output.len());
        for (index, item) in output.iter().enumerate() {
            prop_assert_eq!(done.get(&Some(index as u64)), Some(item));
            prop_assert_eq!(&added[index], &item["id"]);
        }
        closed.retain(|place, text| !text.is_empty() || joined.contains_key(place));
        prop_assert_eq!(&joined, &closed);
        for (place, text) in &joined {
            let item = &output[usize::try_from(place.0).expect("fits")];
            prop_assert_eq!(text_in(item, *place), text);
        }
    }

    #[test]
    fn everything_said_and_called_can_be_sent_back(steps in prop::collection::vec(step(), 1..24)) {
        let steps: Vec<_> = steps
            .into_iter()
            .filter(|step| !matches!(step, Step::Refusal(_)))
            .chain([Step::Text("end".to_owned())])
            .collect();
        let events = run(&chunks(&steps, FinishReason::Stop));
        let output = events.last().expect("has events")["response"]["output"].clone();
        let (chat, _) = decode(&serde_json::json!({"model": "m", "input": output}));
        let said: String = chat.messages.iter().map(Message::plain_text).collect();
        let expected: String = steps
            .iter()
            .filter_map(|step| match step {
                Step::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        prop_assert_eq!(said, expected);
        let signed: Vec<_> = steps
            .iter()
            .filter_map(|step| match step.clone() {
                Step::Block(thinking, Some(signature)) => Some(ThinkingBlock::Thinking {
                    thinking,
                    signature: Some(signature),
                }),
                Step::Redacted(data) => Some(ThinkingBlock::RedactedThinking { data }),
                _ => None,
            })
            .collect();
        let replayed: Vec<_> = chat
            .messages
            .iter()
            .filter_map(|m| m.thinking_blocks.clone())
            .flatten()
            .collect();
        prop_assert_eq!(replayed, signed);
    }
}
