//! Ollama's chat: one JSON value a line.

use serde_json::{Value, json};

use super::{Answer, Event, Stream};

pub(super) fn whole(answer: &Answer) -> Value {
    last(answer, &answer.text())
}

pub(super) fn stream(answer: &Answer) -> Stream {
    let line = |piece: &String| Event::json(message(answer, piece, false));
    Stream {
        head: Vec::new(),
        deltas: answer.pieces.iter().map(line).collect(),
        finish: Vec::new(),
        done: vec![Event::json(last(answer, ""))],
    }
}

fn last(answer: &Answer, text: &str) -> Value {
    let mut last = message(answer, text, true);
    last["done_reason"] = json!("stop");
    last["total_duration"] = json!(5_000_000);
    last["load_duration"] = json!(1_000_000);
    last["prompt_eval_count"] = json!(answer.usage.input);
    last["prompt_eval_duration"] = json!(1_000_000);
    last["eval_count"] = json!(answer.usage.output);
    last["eval_duration"] = json!(3_000_000);
    last
}

fn message(answer: &Answer, text: &str, done: bool) -> Value {
    json!({
        "model": answer.model,
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": text},
        "done": done,
    })
}
