//! What a client has in hand after an answer, whole or streamed, in one form for all dialects.

use providers::anthropic::Anthropic;
use providers::chat::{ChatResponse, Choice, FinishReason, ThinkingBlock};
use providers::provider::{ChatDecoder, Framing};
use providers::sse::Splitter;
use providers::{Provider, Usage, openai};
use serde_json::{Map, Value, json};

use super::Ingress;

/// A complete body as the client reads it.
pub(crate) fn whole(ingress: &Ingress, body: &[u8]) -> Value {
    match ingress.id {
        "chat" => of_canonical(&openai::decode_chat(body).expect("is a chat completion")),
        "messages" => of_canonical(&Anthropic.decode_chat(body).expect("is a message")),
        _ => of_response(ingress, body),
    }
}

/// A stream as the client reads it.
pub(crate) fn streamed(ingress: &Ingress, bytes: &[u8]) -> Value {
    match ingress.id {
        "chat" => of_canonical(&collect(Box::new(openai::Decoder::default()), bytes)),
        "messages" => of_canonical(&collect(Anthropic.chat_decoder(), bytes)),
        _ => {
            let last = events(bytes).pop().expect("has events");
            let response = last["response"].to_string();
            of_response(ingress, response.as_bytes())
        }
    }
}

fn collect(decoder: Box<dyn ChatDecoder>, bytes: &[u8]) -> ChatResponse {
    let chunks = crate::openai::decode(decoder, &[bytes]).expect("is a clean stream");
    crate::openai::collect(&chunks)
}

/// The JSON of all events.
pub(crate) fn events(bytes: &[u8]) -> Vec<Value> {
    let mut splitter = Splitter::new(Framing::Sse);
    splitter.push(bytes).expect("fits");
    let mut out = Vec::new();
    while let Some(event) = splitter.next().expect("is UTF-8") {
        out.push(serde_json::from_str(event.data).expect("is JSON"));
    }
    out
}

pub(crate) fn of_canonical(response: &ChatResponse) -> Value {
    let mut choices: Vec<&Choice> = response.choices.iter().collect();
    choices.sort_by_key(|choice| choice.index);
    let choice = choices.first().expect("has a choice");
    let message = &choice.message;
    let blocks = message.thinking_blocks.iter().flatten();
    let written: String = blocks
        .filter_map(|block| match block {
            ThinkingBlock::Thinking { thinking, .. } => Some(thinking.as_str()),
            ThinkingBlock::RedactedThinking { .. } => None,
        })
        .collect();
    let reasoning = message.reasoning_content.clone().unwrap_or(written);
    let calls = message.tool_calls.iter().flatten().map(|call| {
        let function = call.function.clone().unwrap_or_default();
        assert!(!call.id.is_empty(), "a call has an id");
        json!([function.name, arguments(&function.arguments)])
    });
    let logprobs = choice.logprobs.as_ref();
    let annotations = message.extra.get("annotations");
    json!({
        "answers": choices.len(),
        "text": message.plain_text(),
        "reasoning": reasoning,
        "refusal": message.refusal.clone().unwrap_or_default(),
        "calls": calls.collect::<Vec<_>>(),
        "finish": choice.finish_reason,
        "stop_sequence": choice.stop_sequence.clone().unwrap_or_default(),
        "usage": response.usage.as_ref().map(usage),
        "logprobs": tokens(logprobs.and_then(|l| l.get("content"))),
        "citations": urls(annotations, "/url_citation/url"),
    })
}

/// Arguments as an object; as text where they were cut short.
fn arguments(text: &str) -> Value {
    let value = serde_json::from_str::<Value>(if text.is_empty() { "{}" } else { text });
    match value {
        Ok(value) => value.get("raw_arguments").cloned().unwrap_or(value),
        Err(_) => json!(text),
    }
}

fn usage(usage: &Usage) -> Value {
    let mut value = serde_json::to_value(usage).expect("is JSON");
    let fields = value.as_object_mut().expect("is an object");
    fields.remove("raw");
    fields.retain(|_, count| *count != 0);
    value
}

fn tokens(content: Option<&Value>) -> Vec<Value> {
    let list = content.and_then(Value::as_array).into_iter().flatten();
    list.map(|token| json!([token["token"], token["logprob"]]))
        .collect()
}

fn urls(annotations: Option<&Value>, pointer: &str) -> Vec<Value> {
    let list = annotations.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|a| a.pointer(pointer).cloned()).collect()
}

fn of_response(ingress: &Ingress, body: &[u8]) -> Value {
    let response: Value = serde_json::from_slice(body).expect("is JSON");
    let observed = ingress.dialect.inspect(body);
    assert!(observed.ended, "the answer has ended: {response}");
    let mut seen = Map::new();
    let mut texts = [
        ("text", String::new()),
        ("reasoning", String::new()),
        ("refusal", String::new()),
    ];
    let (mut calls, mut logprobs, mut citations) = (Vec::new(), Vec::new(), Vec::new());
    for item in response["output"].as_array().expect("has output") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for part in item["content"].as_array().into_iter().flatten() {
            texts[0].1 += &text(&part["text"]);
            texts[2].1 += &text(&part["refusal"]);
            logprobs.extend(tokens(part.get("logprobs")));
            citations.extend(urls(part.get("annotations"), "/url"));
        }
        for part in item["summary"].as_array().into_iter().flatten() {
            texts[1].1 += &text(&part["text"]);
        }
        if item["type"] == "function_call" {
            assert!(item["call_id"] != "", "a call has an id");
            calls.push(json!([item["name"], arguments(&text(&item["arguments"]))]));
        }
    }
    for (name, text) in texts {
        seen.insert(name.to_owned(), json!(text));
    }
    seen.insert("answers".to_owned(), json!(1));
    seen.insert("calls".to_owned(), json!(calls));
    seen.insert(
        "finish".to_owned(),
        json!(observed.finish_reason.unwrap_or(FinishReason::Stop)),
    );
    seen.insert("stop_sequence".to_owned(), json!(""));
    seen.insert(
        "usage".to_owned(),
        json!(observed.usage.as_ref().map(usage)),
    );
    seen.insert("logprobs".to_owned(), json!(logprobs));
    seen.insert("citations".to_owned(), json!(citations));
    Value::Object(seen)
}
