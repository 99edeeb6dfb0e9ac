//! Gemini's generateContent. Candidates exclude the thoughts, as the vendor counts them.

use serde_json::{Value, json};

use super::{Answer, Event, Stream};

pub(super) fn whole(answer: &Answer) -> Value {
    chunk(answer, &answer.text(), Some("STOP"))
}

pub(super) fn stream(answer: &Answer) -> Stream {
    Stream {
        head: Vec::new(),
        deltas: answer
            .pieces
            .iter()
            .map(|piece| Event::json(chunk(answer, piece, None)))
            .collect(),
        finish: vec![Event::json(chunk(answer, "", Some("STOP")))],
        done: Vec::new(),
    }
}

fn chunk(answer: &Answer, text: &str, finish: Option<&str>) -> Value {
    let usage = answer.usage;
    let mut candidate = json!({
        "content": {"parts": [{"text": text}], "role": "model"},
        "index": 0,
    });
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    let mut counts = json!({
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output.saturating_sub(usage.reasoning),
        "totalTokenCount": usage.input + usage.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input}],
    });
    if usage.cached > 0 {
        counts["cachedContentTokenCount"] = json!(usage.cached);
    }
    if usage.reasoning > 0 {
        counts["thoughtsTokenCount"] = json!(usage.reasoning);
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": counts,
        "modelVersion": answer.model,
        "responseId": "bench",
    })
}
