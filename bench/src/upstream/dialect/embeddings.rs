//! Embeddings: one vector an input, its numbers derived from the input's index.

use base64::Engine;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Numbers in a vector when the request does not say.
const DEFAULT_DIMENSIONS: usize = 8;

/// What decides the shape of an embeddings answer.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct EmbeddingInput {
    count: usize,
    dimensions: usize,
    base64: bool,
}

impl EmbeddingInput {
    /// Reads the request's `input`, `dimensions` and `encoding_format`. A list of numbers is one
    /// input of tokens; a list of anything else is one input an entry.
    pub(crate) fn read(
        input: Option<&RawValue>,
        dimensions: Option<usize>,
        encoding: Option<&str>,
    ) -> Self {
        Self {
            count: input.map_or(1, count_inputs),
            dimensions: dimensions.unwrap_or(DEFAULT_DIMENSIONS).clamp(1, 8192),
            base64: encoding == Some("base64"),
        }
    }

    fn vector(self, index: usize) -> Vec<f32> {
        let unit = |i: usize| {
            if i == index % self.dimensions {
                1.0
            } else {
                0.0
            }
        };
        (0..self.dimensions).map(unit).collect()
    }
}

fn count_inputs(input: &RawValue) -> usize {
    if serde_json::from_str::<Vec<u64>>(input.get()).is_ok_and(|tokens| !tokens.is_empty()) {
        return 1;
    }
    serde_json::from_str::<Vec<&RawValue>>(input.get()).map_or(1, |many| many.len())
}

/// OpenAI's answer.
pub(crate) fn embeddings(model: &str, input: EmbeddingInput, tokens: u64) -> Value {
    let data: Vec<Value> = (0..input.count)
        .map(|index| {
            let vector = input.vector(index);
            let embedding = if input.base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                json!(base64::engine::general_purpose::STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    json!({
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })
}

/// Ollama's answer.
pub(crate) fn ollama_embeddings(model: &str, input: EmbeddingInput, tokens: u64) -> Value {
    let vectors: Vec<Vec<f32>> = (0..input.count).map(|i| input.vector(i)).collect();
    json!({
        "model": model,
        "embeddings": vectors,
        "total_duration": 1_000_000,
        "load_duration": 100_000,
        "prompt_eval_count": tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(input: &str) -> usize {
        let raw: Box<RawValue> = serde_json::from_str(input).expect("the input is JSON");
        count_inputs(&raw)
    }

    #[test]
    fn a_token_list_is_one_input_and_a_list_of_texts_is_many() {
        assert_eq!(count(r#""one text""#), 1);
        assert_eq!(count("[1, 2, 3]"), 1);
        assert_eq!(count(r#"["a", "b"]"#), 2);
        assert_eq!(count("[[1, 2], [3], [4]]"), 3);
    }

    #[test]
    fn base64_vectors_hold_little_endian_floats() {
        let raw: Box<RawValue> = serde_json::from_str(r#"["a"]"#).expect("the input is JSON");
        let input = EmbeddingInput::read(Some(&raw), Some(2), Some("base64"));
        let answer = embeddings("m", input, 3);
        assert_eq!(answer["data"][0]["embedding"], json!("AACAPwAAAAA="));
    }
}
