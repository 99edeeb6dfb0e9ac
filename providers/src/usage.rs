//! What a call consumed, in one convention for all vendors.

use serde::{Deserialize, Serialize};

/// Tokens and other units of one call.
///
/// Convention (OpenAI's): `input_tokens` **includes** everything read from or written to the vendor's
/// prompt cache and audio input; `output_tokens` **includes** reasoning, audio and image output. The detail
/// fields are parts of these totals, never additions to them; the rarer ones are left out of JSON when
/// they are 0. A vendor that counts otherwise (Anthropic excludes cache reads, Gemini excludes
/// thoughts) is converted in its decoder.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// All input tokens.
    pub input_tokens: u64,
    /// All output tokens.
    pub output_tokens: u64,
    /// Part of `input_tokens` served from the vendor's prompt cache.
    pub cache_read_tokens: u64,
    /// Part of `input_tokens` written to the vendor's prompt cache (all lifetimes).
    pub cache_write_tokens: u64,
    /// Part of `cache_write_tokens` kept for an hour, which Anthropic prices apart.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_write_1h_tokens: u64,
    /// Part of `output_tokens` spent on reasoning.
    pub reasoning_tokens: u64,
    /// Part of `input_tokens` that is audio.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_input_tokens: u64,
    /// Part of `output_tokens` that is audio.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_output_tokens: u64,
    /// Part of `input_tokens` that is image (image models price it apart).
    #[serde(skip_serializing_if = "is_zero")]
    pub image_input_tokens: u64,
    /// Part of `output_tokens` that is image.
    #[serde(skip_serializing_if = "is_zero")]
    pub image_output_tokens: u64,
    /// Images generated.
    #[serde(skip_serializing_if = "is_zero")]
    pub images: u64,
    /// Milliseconds of audio transcribed or translated.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_ms: u64,
    /// Characters spoken (text to speech).
    #[serde(skip_serializing_if = "is_zero")]
    pub characters: u64,
    /// Built-in web searches the vendor ran and bills per call.
    #[serde(skip_serializing_if = "is_zero")]
    pub web_searches: u64,
    /// The service tier that the vendor says it served (`default`, `flex`, `priority`, …), which may
    /// be another than was asked for, and is the one it bills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// The vendor's own usage object, unchanged JSON text, kept beside ours so that a past row can
    /// be rated again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Usage {
    /// Usage of a plain text call.
    pub fn tokens(input: u64, output: u64) -> Self {
        Self {
            input_tokens: input,
            output_tokens: output,
            ..Self::default()
        }
    }

    /// `input_tokens + output_tokens`, saturating.
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}
