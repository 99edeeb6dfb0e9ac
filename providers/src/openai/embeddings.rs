//! `/v1/embeddings`: requests are counted and split to a vendor's batch limit, answers merged.
//!
//! Source: OpenAI's OpenAPI document (`CreateEmbeddingRequest`, `CreateEmbeddingResponse`), read
//! 2026-11-22. Vectors are copied as text, never parsed, unless their encoding has to change.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::dialect::chat::{Edit, TopLevel, peek, usage};
use crate::error::Error;
use crate::usage::Usage;

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// An array of numbers.
    #[default]
    Float,
    /// Little-endian 32-bit floats in base64, which OpenAI's SDKs ask for.
    Base64,
}

/// One thing to embed.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Text.
    Text(String),
    /// Token ids.
    Tokens(Vec<u32>),
}

/// A request for embeddings.
#[derive(Debug, Clone)]
pub struct EmbeddingsRequest<'a> {
    /// The top level of the body.
    pub top: TopLevel<'a>,
    /// Asked encoding.
    pub encoding: Encoding,
    /// Asked length of the vectors.
    pub dimensions: Option<u64>,
    /// JSON text of each input.
    items: Vec<&'a str>,
}

impl<'a> EmbeddingsRequest<'a> {
    /// Number of inputs, and of vectors in the answer.
    pub fn count(&self) -> usize {
        self.items.len()
    }

    /// The inputs.
    ///
    /// # Errors
    /// `InvalidRequest` for an input that is neither text nor tokens.
    pub fn inputs(&self) -> Result<Vec<Input>, Error> {
        let read = |json: &&str| {
            #[derive(Deserialize)]
            #[serde(untagged)]
            enum Wire {
                Text(String),
                Tokens(Vec<u32>),
            }
            match serde_json::from_str(json) {
                Ok(Wire::Text(text)) => Ok(Input::Text(text)),
                Ok(Wire::Tokens(tokens)) => Ok(Input::Tokens(tokens)),
                Err(_) => Err(wrong_input()),
            }
        };
        self.items.iter().map(read).collect()
    }

    /// One body a batch of at most `limit` inputs, with `edits` applied to each. A request that fits
    /// gives one body whose `input` is untouched.
    pub fn bodies(&self, limit: usize, edits: &[Edit<'_>]) -> Vec<Vec<u8>> {
        if self.items.len() <= limit.max(1) {
            return vec![self.top.rewrite(edits)];
        }
        let batches = self.items.chunks(limit.max(1)).map(|batch| {
            let input = Edit::Set("input", Cow::Owned(format!("[{}]", batch.join(","))));
            let edits: Vec<_> = edits.iter().cloned().chain([input]).collect();
            self.top.rewrite(&edits)
        });
        batches.collect()
    }
}

/// Reads a request.
///
/// # Errors
/// `InvalidRequest` naming `model`, `input`, `encoding_format` or `dimensions`.
pub fn parse(body: &[u8]) -> Result<EmbeddingsRequest<'_>, Error> {
    let top = peek(body)?;
    if top.model.is_empty() {
        return Err(Error::invalid("model", "`model` is required"));
    }
    let input = top
        .get("input")
        .ok_or_else(|| Error::invalid("input", "`input` is required"))?;
    let items = split_input(input)?;
    let encoding = match top.get("encoding_format") {
        None | Some("null" | "\"float\"") => Encoding::Float,
        Some("\"base64\"") => Encoding::Base64,
        Some(_) => {
            return Err(Error::invalid(
                "encoding_format",
                "`encoding_format` must be `float` or `base64`",
            ));
        }
    };
    let dimensions = match top.get("dimensions") {
        None | Some("null") => None,
        Some(json) => {
            let dimensions = json.parse().ok().filter(|d| *d > 0);
            Some(dimensions.ok_or_else(|| {
                Error::invalid("dimensions", "`dimensions` must be a positive integer")
            })?)
        }
    };
    Ok(EmbeddingsRequest {
        top,
        encoding,
        dimensions,
        items,
    })
}

/// The inputs' JSON texts. An array of numbers is one input: tokens.
fn split_input(input: &str) -> Result<Vec<&str>, Error> {
    if input.starts_with('"') {
        return Ok(vec![input]);
    }
    let items: Vec<&RawValue> = serde_json::from_str(input).map_err(|_| wrong_input())?;
    let items: Vec<&str> = items.into_iter().map(RawValue::get).collect();
    let first = items
        .first()
        .ok_or_else(|| Error::invalid("input", "`input` must not be empty"))?;
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(vec![input]);
    }
    let kind = first.as_bytes().first().copied();
    let alike = items
        .iter()
        .all(|item| item.as_bytes().first().copied() == kind);
    if !alike || !matches!(kind, Some(b'"' | b'[')) {
        return Err(wrong_input());
    }
    Ok(items)
}

fn wrong_input() -> Error {
    Error::invalid(
        "input",
        "`input` must be a string, an array of strings, an array of token ids, or an array of such arrays",
    )
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Vec<Item<'a>>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default, borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(default)]
    index: Option<usize>,
    #[serde(borrow)]
    embedding: &'a RawValue,
}

/// A complete answer as we write it.
#[derive(Serialize)]
struct Written<'a> {
    object: &'static str,
    data: Vec<WrittenItem<'a>>,
    model: &'a str,
    usage: WrittenUsage,
}

#[derive(Serialize)]
struct WrittenItem<'a> {
    object: &'static str,
    index: usize,
    embedding: Vector<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector<'a> {
    Raw(&'a RawValue),
    Float(Vec<f32>),
    Base64(String),
}

#[derive(Serialize)]
struct WrittenUsage {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// Merges the answers of consecutive batches into one, in the order of the inputs. `counts` holds
/// the number of inputs of each batch; `model` is shown to the client, the vendor's when empty.
/// Vectors are brought into `encoding` where a vendor answered in the other one.
///
/// # Errors
/// `Malformed` when an answer is not an embeddings answer or does not hold one vector an input.
pub fn merge(
    bodies: &[impl AsRef<[u8]>],
    counts: &[usize],
    encoding: Encoding,
    model: &str,
) -> Result<(Vec<u8>, Usage), Error> {
    let mut data = Vec::with_capacity(counts.iter().sum());
    let mut total = Usage::default();
    let mut vendor_model = String::new();
    for (body, count) in bodies.iter().zip(counts) {
        let answer: Answer<'_> = serde_json::from_slice(body.as_ref())
            .map_err(|e| Error::malformed(format!("cannot decode the embeddings: {e}")))?;
        if answer.data.len() != *count {
            let got = answer.data.len();
            return Err(Error::malformed(format!(
                "{count} inputs gave {got} embeddings"
            )));
        }
        add(
            &mut total,
            answer.usage.and_then(|raw| usage::read(raw.get())),
            bodies.len(),
        );
        vendor_model = answer.model.unwrap_or(vendor_model);
        append(&mut data, answer.data, encoding)?;
    }
    let written = Written {
        object: "list",
        data,
        model: if model.is_empty() {
            &vendor_model
        } else {
            model
        },
        usage: WrittenUsage {
            prompt_tokens: total.input_tokens,
            total_tokens: total.total_tokens(),
        },
    };
    let body = serde_json::to_vec(&written)
        .map_err(|e| Error::malformed(format!("cannot encode the embeddings: {e}")))?;
    Ok((body, total))
}

fn append<'a>(
    data: &mut Vec<WrittenItem<'a>>,
    mut items: Vec<Item<'a>>,
    encoding: Encoding,
) -> Result<(), Error> {
    let base = data.len();
    for (position, item) in items.iter_mut().enumerate() {
        item.index.get_or_insert(position);
    }
    items.sort_by_key(|item| item.index);
    for (position, item) in items.into_iter().enumerate() {
        data.push(WrittenItem {
            object: "embedding",
            index: base + position,
            embedding: recode(item.embedding, encoding)?,
        });
    }
    Ok(())
}

fn recode(vector: &RawValue, encoding: Encoding) -> Result<Vector<'_>, Error> {
    let unreadable = || Error::malformed("an embedding is neither numbers nor base64");
    match (vector.get().as_bytes().first(), encoding) {
        (Some(b'['), Encoding::Float) | (Some(b'"'), Encoding::Base64) => Ok(Vector::Raw(vector)),
        (Some(b'['), Encoding::Base64) => {
            let numbers: Vec<f32> = serde_json::from_str(vector.get()).map_err(|_| unreadable())?;
            Ok(Vector::Base64(to_base64(&numbers)))
        }
        (Some(b'"'), Encoding::Float) => {
            let text: String = serde_json::from_str(vector.get()).map_err(|_| unreadable())?;
            Ok(Vector::Float(from_base64(&text)?))
        }
        _ => Err(unreadable()),
    }
}

/// Sums usage. The vendor's own object is kept only where there is exactly one.
fn add(total: &mut Usage, usage: Option<Usage>, answers: usize) {
    let Some(usage) = usage else { return };
    total.input_tokens = total.input_tokens.saturating_add(usage.input_tokens);
    total.output_tokens = total.output_tokens.saturating_add(usage.output_tokens);
    total.raw = usage.raw.filter(|_| answers == 1);
}

/// The tokens that an answer reports, `None` when it reports none.
pub fn usage_of(body: &[u8]) -> Option<Usage> {
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    usage::read(answer.usage?.get())
}

/// Floats as OpenAI's base64: 32 bits each, little-endian.
pub fn to_base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

/// OpenAI's base64 as floats.
///
/// # Errors
/// `Malformed` for text that is not base64 or not a multiple of four bytes.
pub fn from_base64(text: &str) -> Result<Vec<f32>, Error> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|e| Error::malformed(format!("an embedding is not base64: {e}")))?;
    if bytes.len() % 4 != 0 {
        return Err(Error::malformed(
            "an embedding is not a row of 32-bit floats",
        ));
    }
    let floats = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    Ok(floats.collect())
}
