//! Tokens of a text.

use tiktoken_rs::CoreBPE;

use super::Vocabulary;

/// Above this, counting would take minutes, and a chunk's size need not be exact.
const EXACT_BYTES: usize = 8 << 20;
/// Texts are encoded in windows: a run without spaces is dear to encode as a whole.
const WINDOW: usize = 4096;

/// Counts tokens, exactly or by estimate.
pub(super) enum Counter {
    Exact(&'static CoreBPE),
    Estimate,
}

impl Counter {
    /// For a document of so many bytes.
    pub(super) fn new(vocabulary: Vocabulary, bytes: usize) -> Self {
        if bytes > EXACT_BYTES {
            return Self::Estimate;
        }
        Self::Exact(match vocabulary {
            Vocabulary::Cl100k => tiktoken_rs::cl100k_base_singleton(),
            Vocabulary::O200k => tiktoken_rs::o200k_base_singleton(),
        })
    }

    pub(super) fn count(&self, text: &str) -> u32 {
        match self {
            Self::Exact(vocabulary) => windows(text)
                .map(|window| vocabulary.count_ordinary(window) as u32)
                .sum(),
            Self::Estimate => estimate(text),
        }
    }
}

fn windows(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (window, after) = rest.split_at(rest.floor_char_boundary(WINDOW));
        rest = after;
        Some(window)
    })
}

/// Letters of European languages come to a token for four; others rarely to less than one each.
fn estimate(text: &str) -> u32 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|c| !c.is_ascii()).count();
    (ascii.div_ceil(4) + others) as u32
}
