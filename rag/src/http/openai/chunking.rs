//! `chunking_strategy`: how one file is cut.

use gateway::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::library::ChunkingSettings;

/// As clients send it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Strategy {
    /// As the collection does.
    Auto,
    /// Chunks of a fixed length.
    Static {
        /// The numbers.
        #[serde(rename = "static")]
        fixed: Fixed,
    },
}

/// The numbers of a fixed length, in tokens.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixed {
    max_chunk_size_tokens: u32,
    chunk_overlap_tokens: u32,
}

/// The strategy in the chunker's terms; `None` means as the collection does.
///
/// # Errors
/// `InvalidRequest` naming the number.
pub(super) fn settings(wanted: Option<Strategy>) -> Result<Option<ChunkingSettings>, Error> {
    let Some(Strategy::Static { fixed }) = wanted else {
        return Ok(None);
    };
    let (most, overlap) = (fixed.max_chunk_size_tokens, fixed.chunk_overlap_tokens);
    if !(100..=4096).contains(&most) {
        return Err(Error::invalid(
            "chunking_strategy.static.max_chunk_size_tokens",
            "`max_chunk_size_tokens` must be between 100 and 4096.",
        ));
    }
    if overlap > most / 2 {
        return Err(Error::invalid(
            "chunking_strategy.static.chunk_overlap_tokens",
            "`chunk_overlap_tokens` must be at most half of `max_chunk_size_tokens`.",
        ));
    }
    let settings = ChunkingSettings {
        strategy: "fixed".to_owned(),
        max_tokens: most,
        overlap_tokens: overlap,
        ..ChunkingSettings::default()
    };
    settings.to_chunker().map_err(refused)?;
    Ok(Some(settings))
}

/// As OpenAI shows it, with the numbers that hold.
pub(super) fn show(settings: &ChunkingSettings) -> Value {
    json!({
        "type": "static",
        "static": {
            "max_chunk_size_tokens": settings.max_tokens,
            "chunk_overlap_tokens": settings.overlap_tokens,
        },
    })
}
