//! How a collection's documents are cut.

use serde::{Deserialize, Serialize};

/// Least and most tokens of a chunk, as OpenAI's static strategy bounds them.
pub(crate) const MIN_TOKENS: u32 = 100;
/// See [`MIN_TOKENS`].
pub(crate) const MAX_TOKENS: u32 = 4096;

/// How documents are cut. JSON: an object with these fields; absent ones have their defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChunkSettings {
    /// What decides where a chunk ends.
    pub strategy: Strategy,
    /// Tokens of a chunk at most, 100 to 4096; 512 by default.
    pub max_tokens: u32,
    /// Tokens that a chunk repeats of the one before it, at most half of `max_tokens`; 64 by
    /// default.
    pub overlap_tokens: u32,
    /// Whose tokens are counted.
    pub vocabulary: Vocabulary,
}

/// What decides where a chunk ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum Strategy {
    /// Headings, paragraphs, lists, tables and code: a chunk does not go over a heading of its
    /// own level or above, a table is cut between rows and repeats its header.
    #[default]
    Structure,
    /// Size alone, as OpenAI's `static` strategy.
    Static,
    /// As `structure`; each chunk also knows the larger one around it.
    ParentChild {
        /// Tokens of a parent at most.
        parent_tokens: u32,
    },
    /// Rows of tables as questions with answers; documents without tables as `structure`.
    Questions {
        /// Header of the column with questions; found by usual names if absent, else the first.
        question: Option<String>,
        /// Header of the column with answers; the same, else the second.
        answer: Option<String>,
    },
}

/// A vocabulary of OpenAI's: token counts of other vendors' models are near to the newer one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// Of the text-embedding models, and what OpenAI counts chunks in.
    #[default]
    Cl100k,
    /// Of the models since gpt-4o.
    O200k,
}

impl Default for ChunkSettings {
    fn default() -> Self {
        Self {
            strategy: Strategy::Structure,
            max_tokens: 512,
            overlap_tokens: 64,
            vocabulary: Vocabulary::Cl100k,
        }
    }
}

/// Settings that contradict themselves or the bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The size is out of bounds.
    #[error("`max_tokens` must be from {MIN_TOKENS} to {MAX_TOKENS}, not {0}")]
    Size(u32),
    /// The overlap is more than half of the size.
    #[error("`overlap_tokens` must be at most half of `max_tokens` ({max}), not {overlap}")]
    Overlap {
        /// The overlap.
        overlap: u32,
        /// Half of the size.
        max: u32,
    },
    /// The parent is no larger than its children, or too large.
    #[error("`parent_tokens` must be more than `max_tokens` and at most 32768, not {0}")]
    Parent(u32),
}

impl ChunkSettings {
    /// OpenAI's static strategy.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] for sizes outside 100 to 4096 and overlaps above half of it.
    pub fn fixed(max_tokens: u32, overlap_tokens: u32) -> Result<Self, SettingsError> {
        let settings = Self {
            strategy: Strategy::Static,
            max_tokens,
            overlap_tokens,
            vocabulary: Vocabulary::Cl100k,
        };
        settings.check().map(|()| settings)
    }

    /// Whether the settings may be used.
    ///
    /// # Errors
    ///
    /// The first setting that is out of bounds.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !(MIN_TOKENS..=MAX_TOKENS).contains(&self.max_tokens) {
            return Err(SettingsError::Size(self.max_tokens));
        }
        if self.overlap_tokens > self.max_tokens / 2 {
            return Err(SettingsError::Overlap {
                overlap: self.overlap_tokens,
                max: self.max_tokens / 2,
            });
        }
        match self.strategy {
            Strategy::ParentChild { parent_tokens }
                if parent_tokens <= self.max_tokens || parent_tokens > 32_768 =>
            {
                Err(SettingsError::Parent(parent_tokens))
            }
            _ => Ok(()),
        }
    }
}
