//! Embeddings through `batchEmbedContents`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::error::Error;
use crate::native::embeddings as openai;
use crate::notes::Notes;
use crate::usage::Usage;

use super::usage;

pub(super) fn encode(model: &str, body: &[u8], notes: &mut Notes) -> Result<Vec<u8>, Error> {
    let request = openai::read(body, "gemini", notes)?;
    let mut task_type = None;
    for (name, value) in &request.extra {
        match name.as_str() {
            "task_type" | "taskType" => task_type = Some(value),
            other => notes.dropped(other),
        }
    }
    let name = format!("models/{model}");
    let requests: Vec<Value> = request
        .input
        .iter()
        .map(|text| {
            let mut one = json!({"model": name, "content": {"parts": [{"text": text}]}});
            if let Some(task_type) = task_type {
                one["taskType"] = task_type.clone();
            }
            if let Some(dimensions) = request.dimensions {
                one["outputDimensionality"] = json!(dimensions);
            }
            one
        })
        .collect();
    serde_json::to_vec(&json!({"requests": requests}))
        .map_err(|e| Error::malformed(format!("cannot write the gemini request: {e}")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow)]
    embeddings: Vec<Embedding<'a>>,
    #[serde(borrow, default)]
    usage_metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Embedding<'a> {
    #[serde(borrow)]
    values: &'a RawValue,
}

/// Older embedding models do not report usage: then the tokens are 0 and [`Usage::raw`] is `None`.
pub(super) fn decode(body: &[u8]) -> Result<(Bytes, Usage), Error> {
    let answer: Answer<'_> = serde_json::from_slice(body)
        .map_err(|e| Error::malformed(format!("cannot decode the gemini embeddings: {e}")))?;
    let usage = answer
        .usage_metadata
        .and_then(usage::read)
        .map(|report| report.usage)
        .unwrap_or_default();
    let vectors: Vec<_> = answer.embeddings.iter().map(|e| e.values).collect();
    Ok((openai::answer("", &vectors, usage.input_tokens)?, usage))
}
