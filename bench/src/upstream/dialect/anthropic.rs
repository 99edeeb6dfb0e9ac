//! Anthropic's messages. Input tokens exclude the cached ones, as the vendor counts them.

use serde_json::{Value, json};

use super::{Answer, Event, Stream};

pub(super) fn whole(answer: &Answer) -> Value {
    let mut message = opening(answer);
    message["content"] = json!([{"type": "text", "text": answer.text()}]);
    message["stop_reason"] = json!("end_turn");
    message["usage"]["output_tokens"] = json!(answer.usage.output);
    message
}

pub(super) fn stream(answer: &Answer) -> Stream {
    let start = json!({"type": "message_start", "message": opening(answer)});
    let block = json!({
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    });
    let delta = |piece: &String| {
        Event::named(
            "content_block_delta",
            json!({
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": piece},
            }),
        )
    };
    let stop = json!({"type": "content_block_stop", "index": 0});
    let last = json!({
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": null},
        "usage": {"output_tokens": answer.usage.output},
    });
    Stream {
        head: vec![
            Event::named("message_start", start),
            Event::named("content_block_start", block),
            Event::named("ping", json!({"type": "ping"})),
        ],
        deltas: answer.pieces.iter().map(delta).collect(),
        finish: vec![
            Event::named("content_block_stop", stop),
            Event::named("message_delta", last),
        ],
        done: vec![Event::named(
            "message_stop",
            json!({"type": "message_stop"}),
        )],
    }
}

/// The message before its first content block.
fn opening(answer: &Answer) -> Value {
    json!({
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": {
            "input_tokens": answer.usage.input.saturating_sub(answer.usage.cached),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": answer.usage.cached,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    })
}
