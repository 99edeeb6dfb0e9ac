//! OpenAI's chat and legacy completions.

use serde_json::{Value, json};

use super::{Answer, CREATED, Event, Stream};
use crate::upstream::script::ScriptedUsage;

pub(super) fn chat(answer: &Answer) -> Value {
    json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": CREATED,
        "model": answer.model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": answer.text(), "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": usage(answer.usage),
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
    })
}

pub(super) fn chat_stream(answer: &Answer) -> Stream {
    let chunk = |delta: Value, finish: Option<&str>| {
        Event::json(json!({
            "id": "chatcmpl-bench",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": answer.model,
            "system_fingerprint": "fp_bench",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
        }))
    };
    let mut finish = vec![chunk(json!({}), Some("stop"))];
    if answer.include_usage {
        finish.push(Event::json(json!({
            "id": "chatcmpl-bench",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": answer.model,
            "system_fingerprint": "fp_bench",
            "choices": [],
            "usage": usage(answer.usage),
        })));
    }
    Stream {
        head: vec![chunk(json!({"role": "assistant", "content": ""}), None)],
        deltas: answer
            .pieces
            .iter()
            .map(|piece| chunk(json!({"content": piece}), None))
            .collect(),
        finish,
        done: vec![Event::raw("[DONE]")],
    }
}

pub(super) fn completion(answer: &Answer) -> Value {
    json!({
        "id": "cmpl-bench",
        "object": "text_completion",
        "created": CREATED,
        "model": answer.model,
        "choices": [{"index": 0, "text": answer.text(), "logprobs": null, "finish_reason": "stop"}],
        "usage": usage(answer.usage),
    })
}

pub(super) fn completion_stream(answer: &Answer) -> Stream {
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": "cmpl-bench",
            "object": "text_completion",
            "created": CREATED,
            "model": answer.model,
            "choices": choices,
        });
        if !usage.is_null() {
            chunk["usage"] = usage;
        }
        Event::json(chunk)
    };
    let text = |text: &str, finish: Option<&str>| {
        let choice = json!({"index": 0, "text": text, "logprobs": null, "finish_reason": finish});
        chunk(json!([choice]), Value::Null)
    };
    let mut finish = vec![text("", Some("stop"))];
    if answer.include_usage {
        finish.push(chunk(json!([]), usage(answer.usage)));
    }
    Stream {
        head: Vec::new(),
        deltas: answer
            .pieces
            .iter()
            .map(|piece| text(piece, None))
            .collect(),
        finish,
        done: vec![Event::raw("[DONE]")],
    }
}

fn usage(usage: ScriptedUsage) -> Value {
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
