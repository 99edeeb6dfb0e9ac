//! OpenAI's embeddings shapes, for vendors that have other ones.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::notes::Notes;

/// An OpenAI-shaped embeddings request whose inputs are texts.
#[derive(Debug)]
pub(crate) struct Request {
    /// At least one.
    pub(crate) input: Vec<String>,
    /// Length of the vectors.
    pub(crate) dimensions: Option<u64>,
    /// Fields that OpenAI does not have.
    pub(crate) extra: Map<String, Value>,
}

#[derive(Deserialize)]
struct Body {
    input: Value,
    #[serde(default)]
    dimensions: Option<u64>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// Reads `body`. `model` is replaced by the caller and `encoding_format` is the gateway's business:
/// vendors answer in floats, the gateway turns them into base64.
///
/// # Errors
/// `InvalidRequest` for a body that is not an embeddings request, `NotSupported` for token arrays.
pub(crate) fn read(body: &[u8], vendor: &str, notes: &mut Notes) -> Result<Request, Error> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|e| Error::invalid("input", format!("cannot read the embeddings request: {e}")))?;
    let input = texts(body.input, vendor)?;
    let mut extra = body.extra;
    extra.remove("model");
    extra.remove("encoding_format");
    extra.retain(|_, value| !value.is_null());
    if extra.remove("user").is_some() {
        notes.dropped("user");
    }
    Ok(Request {
        input,
        dimensions: body.dimensions,
        extra,
    })
}

fn texts(input: Value, vendor: &str) -> Result<Vec<String>, Error> {
    let items = match input {
        Value::String(one) => return Ok(vec![one]),
        Value::Array(items) if !items.is_empty() => items,
        _ => {
            return Err(Error::invalid(
                "input",
                "input must be a string or a non-empty array of strings",
            ));
        }
    };
    items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Ok(text),
            Value::Number(_) | Value::Array(_) => Err(Error::not_supported(
                "input",
                format!("{vendor} takes texts, not token arrays; send input as strings"),
            )),
            _ => Err(Error::invalid("input", "input must hold strings only")),
        })
        .collect()
}

#[derive(Serialize)]
struct Answer<'a> {
    object: &'static str,
    data: Vec<Item<'a>>,
    model: &'a str,
    usage: Tokens,
}

#[derive(Serialize)]
struct Item<'a> {
    object: &'static str,
    index: usize,
    embedding: &'a RawValue,
}

#[derive(Serialize)]
struct Tokens {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// OpenAI's answer. Vectors are copied digit by digit, so no precision is lost.
///
/// # Errors
/// `Malformed`, which cannot happen for vectors that were parsed as JSON.
pub(crate) fn answer(model: &str, vectors: &[&RawValue], tokens: u64) -> Result<Bytes, Error> {
    let data = vectors
        .iter()
        .enumerate()
        .map(|(index, embedding)| Item {
            object: "embedding",
            index,
            embedding,
        })
        .collect();
    let answer = Answer {
        object: "list",
        data,
        model,
        usage: Tokens {
            prompt_tokens: tokens,
            total_tokens: tokens,
        },
    };
    serde_json::to_vec(&answer)
        .map(Bytes::from)
        .map_err(|e| Error::malformed(format!("cannot write the embeddings answer: {e}")))
}
