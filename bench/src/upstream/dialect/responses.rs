//! OpenAI's Responses. Sequence numbers run through all parts of the stream.

use serde_json::{Value, json};

use super::{Answer, CREATED, Event, Stream};

pub(super) fn whole(answer: &Answer) -> Value {
    let mut response = opening(answer, "completed");
    response["output"] = json!([item(&answer.text(), "completed")]);
    response["usage"] = usage(answer);
    response
}

pub(super) fn stream(answer: &Answer) -> Stream {
    let mut sequence = 0_u64;
    let mut event = |kind: &'static str, mut data: Value| {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(sequence);
        sequence += 1;
        Event::named(kind, data)
    };
    let at = || json!({"item_id": "msg_bench", "output_index": 0, "content_index": 0});
    let with = |key: &str, value: Value| {
        let mut data = at();
        data[key] = value;
        data
    };
    let text = answer.text();
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let opened = opening(answer, "in_progress");
    let mut empty_item = item("", "in_progress");
    empty_item["content"] = json!([]);
    let head = vec![
        event("response.created", json!({"response": opened})),
        event("response.in_progress", json!({"response": opened})),
        event(
            "response.output_item.added",
            json!({"output_index": 0, "item": empty_item}),
        ),
        event("response.content_part.added", with("part", part(""))),
    ];
    let deltas = answer
        .pieces
        .iter()
        .map(|piece| event("response.output_text.delta", with("delta", json!(piece))))
        .collect();
    let finish = vec![
        event("response.output_text.done", with("text", json!(text))),
        event("response.content_part.done", with("part", part(&text))),
        event(
            "response.output_item.done",
            json!({"output_index": 0, "item": item(&text, "completed")}),
        ),
    ];
    let done = vec![event(
        "response.completed",
        json!({"response": whole(answer)}),
    )];
    Stream {
        head,
        deltas,
        finish,
        done,
    }
}

fn opening(answer: &Answer, status: &str) -> Value {
    json!({
        "id": "resp_bench",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "max_output_tokens": null,
        "model": answer.model,
        "output": [],
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null},
        "store": false,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": null,
        "metadata": {},
    })
}

fn item(text: &str, status: &str) -> Value {
    json!({
        "id": "msg_bench",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    })
}

fn usage(answer: &Answer) -> Value {
    let usage = answer.usage;
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    })
}
