//! Usage as the Responses API writes it.
//!
//! Source: OpenAI's OpenAPI document, `ResponseUsage`, read 2026-11-22. OpenAI's convention is ours:
//! totals include their details.

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// `ResponseUsage`, ready to be serialised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WireUsage {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: u64,
}

/// Our usage as the wire has it.
pub fn write(usage: &Usage) -> WireUsage {
    WireUsage {
        input_tokens: usage.input_tokens,
        input_tokens_details: InputDetails {
            cached_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens,
        },
        output_tokens: usage.output_tokens,
        output_tokens_details: OutputDetails {
            reasoning_tokens: usage.reasoning_tokens,
        },
        total_tokens: usage.total_tokens(),
    }
}

/// Reads the JSON text of a usage object and keeps it as [`Usage::raw`]. `None` for `null`, for
/// anything that is no usage object, and for one without token counts: missing is not zero.
pub fn read(json: &str) -> Option<Usage> {
    #[derive(Deserialize)]
    struct Read {
        // Chat's words are what some compatible servers send here.
        #[serde(alias = "prompt_tokens")]
        input_tokens: Option<u64>,
        #[serde(alias = "prompt_tokens_details")]
        input_tokens_details: Option<InputDetails>,
        #[serde(alias = "completion_tokens")]
        output_tokens: Option<u64>,
        #[serde(alias = "completion_tokens_details")]
        output_tokens_details: Option<OutputDetails>,
    }

    let read: Option<Read> = serde_json::from_str(json).ok()?;
    let read = read?;
    if read.input_tokens.is_none() && read.output_tokens.is_none() {
        return None;
    }
    let input = read.input_tokens_details.unwrap_or_default();
    let output = read.output_tokens_details.unwrap_or_default();
    Some(Usage {
        input_tokens: read.input_tokens.unwrap_or_default(),
        output_tokens: read.output_tokens.unwrap_or_default(),
        cache_read_tokens: input.cached_tokens,
        cache_write_tokens: input.cache_write_tokens,
        reasoning_tokens: output.reasoning_tokens,
        raw: Some(json.to_owned()),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let usage = Usage {
            cache_read_tokens: 4,
            cache_write_tokens: 6,
            reasoning_tokens: 3,
            ..Usage::tokens(30, 5)
        };
        let json = serde_json::to_string(&write(&usage)).expect("serialises");
        let mut read = read(&json).expect("is usage");
        assert_eq!(read.raw.take(), Some(json));
        assert_eq!(read, usage);
    }

    #[test]
    fn missing_usage_is_not_zero_usage() {
        for json in ["null", "{}", "[]", "{\"input_tokens\":null}", "{\"inp"] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
