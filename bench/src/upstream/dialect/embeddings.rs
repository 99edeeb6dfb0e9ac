//! Embeddings: one vector an input, its numbers derived from the input's index or its words.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Numbers in a vector when the request does not say.
const DEFAULT_DIMENSIONS: usize = 8;
/// The same of vectors of words.
pub(crate) const WORD_DIMENSIONS: usize = 384;

/// What an embeddings request asks for.
#[derive(Debug, Default)]
pub(crate) struct EmbeddingInput {
    vectors: Vec<Vec<f32>>,
    base64: bool,
}

impl EmbeddingInput {
    /// Reads the request's `input`, `dimensions` and `encoding_format`. A list of numbers is one
    /// input of tokens; a list of anything else is one input an entry. With `words`, texts of the same
    /// words have near vectors, as those of a real model have; else a vector says which input it is of.
    pub(crate) fn read(
        input: Option<&RawValue>,
        dimensions: Option<usize>,
        encoding: Option<&str>,
        words: bool,
    ) -> Self {
        let dimensions = dimensions.unwrap_or(if words {
            WORD_DIMENSIONS
        } else {
            DEFAULT_DIMENSIONS
        });
        let dimensions = dimensions.clamp(1, 8192);
        let vectors = match input {
            Some(input) if words => texts(input)
                .iter()
                .map(|text| word_vector(text, dimensions))
                .collect(),
            input => (0..input.map_or(1, count_inputs))
                .map(|index| unit(index, dimensions))
                .collect(),
        };
        Self {
            vectors,
            base64: encoding == Some("base64"),
        }
    }
}

fn unit(index: usize, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0; dimensions];
    vector[index % dimensions] = 1.0;
    vector
}

fn count_inputs(input: &RawValue) -> usize {
    if serde_json::from_str::<Vec<u64>>(input.get()).is_ok_and(|tokens| !tokens.is_empty()) {
        return 1;
    }
    serde_json::from_str::<Vec<&RawValue>>(input.get()).map_or(1, |many| many.len())
}

fn texts(input: &RawValue) -> Vec<String> {
    serde_json::from_str(input.get())
        .or_else(|_| serde_json::from_str(input.get()).map(|one: String| vec![one]))
        .unwrap_or_default()
}

/// The sum of a direction for each word, of length 1.
pub(crate) fn word_vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f32; dimensions];
    for word in text.split_whitespace() {
        let mut hasher = DefaultHasher::new();
        word.to_lowercase().hash(&mut hasher);
        let mut state = hasher.finish() | 1;
        for number in &mut sum {
            // xorshift64: quick, and the same everywhere.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *number += if state & 1 == 0 { 1.0 } else { -1.0 };
        }
    }
    let length = sum
        .iter()
        .map(|x| x * x)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    sum.iter().map(|x| x / length).collect()
}

/// OpenAI's answer.
pub(crate) fn embeddings(model: &str, input: &EmbeddingInput, tokens: u64) -> Value {
    let data: Vec<Value> = (input.vectors.iter().enumerate())
        .map(|(index, vector)| {
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
pub(crate) fn ollama_embeddings(model: &str, input: &EmbeddingInput, tokens: u64) -> Value {
    json!({
        "model": model,
        "embeddings": input.vectors,
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
        let input = EmbeddingInput::read(Some(&raw), Some(2), Some("base64"), false);
        let answer = embeddings("m", &input, 3);
        assert_eq!(answer["data"][0]["embedding"], json!("AACAPwAAAAA="));
    }

    #[test]
    fn texts_of_the_same_words_are_near() {
        let near = |a: &str, b: &str| {
            let (a, b) = (word_vector(a, 384), word_vector(b, 384));
            a.iter().zip(&b).map(|(x, y)| x * y).sum::<f32>()
        };
        assert!(near("a red fox", "fox a red") > 0.999);
        assert!(near("a red fox jumps", "a red fox sleeps") > 0.5);
        assert!(near("a red fox", "thirty days of leave").abs() < 0.25);
    }
}
