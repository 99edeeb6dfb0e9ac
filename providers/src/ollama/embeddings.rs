//! Embeddings through `/api/embed`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::error::Error;
use crate::native::embeddings as openai;
use crate::notes::Notes;
use crate::usage::Usage;

use super::errors;

pub(super) fn encode(model: &str, body: &[u8], notes: &mut Notes) -> Result<Vec<u8>, Error> {
    let request = openai::read(body, "ollama", notes)?;
    // Ollama cuts long texts silently by default; OpenAI refuses them.
    let mut out = json!({"model": model, "input": request.input, "truncate": false});
    if let Some(dimensions) = request.dimensions {
        out["dimensions"] = json!(dimensions);
    }
    for (name, value) in request.extra {
        match name.as_str() {
            "truncate" | "keep_alive" | "options" => out[name] = value,
            _ => notes.dropped(name),
        }
    }
    serde_json::to_vec(&out)
        .map_err(|e| Error::malformed(format!("cannot write the ollama request: {e}")))
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    model: String,
    #[serde(borrow, default)]
    embeddings: Vec<&'a RawValue>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    error: Option<Value>,
}

/// When Ollama does not count the tokens they are 0 and [`Usage::raw`] is `None`.
pub(super) fn decode(body: &[u8]) -> Result<(Bytes, Usage), Error> {
    let answer: Answer<'_> = serde_json::from_slice(body)
        .map_err(|e| Error::malformed(format!("cannot decode the ollama embeddings: {e}")))?;
    if let Some(error) = &answer.error {
        return Err(errors::in_band(error));
    }
    if answer.embeddings.is_empty() {
        return Err(Error::malformed("the ollama answer has no embeddings"));
    }
    let tokens = answer.prompt_eval_count;
    let usage = Usage {
        input_tokens: tokens.unwrap_or(0),
        raw: tokens.map(|n| json!({"prompt_eval_count": n}).to_string()),
        ..Usage::default()
    };
    let out = openai::answer(&answer.model, &answer.embeddings, usage.input_tokens)?;
    Ok((out, usage))
}
