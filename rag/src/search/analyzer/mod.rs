//! From text to terms: one analyzer for documents and questions, in every language.
//!
//! Text is normalized (NFKC, lower case) and cut at the word boundaries of Unicode. Scripts written
//! without spaces (Chinese, Japanese, Thai, ...) and Korean give pairs of neighbouring letters. Other
//! words are stemmed by the collection's language and lose their accents. Terms are kept as 32-bit
//! hashes, which every store can index.
//!
//! Invariant: the analyzer that indexed a collection is stored with it, with its version. A change
//! that gives other terms for the same text is a new version; the golden test below notices it.

mod language;
mod script;
mod stop_words;

use rust_stemmers::Stemmer;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

pub use language::Language;

use crate::index::TermVector;
use crate::{Error, ErrorKind, Result};

/// The version of what this file does.
const VERSION: u32 = 1;
/// Letters of a word; what is longer (base64, say) is no word that anybody looks for.
const MAX_WORD: usize = 64;

/// How texts become terms. Stored with the collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Analyzer {
    version: u32,
    /// Whose endings are cut and whose function words are left out of questions.
    language: Language,
}

impl Analyzer {
    /// The current analyzer for a language.
    pub const fn new(language: Language) -> Self {
        Self {
            version: VERSION,
            language,
        }
    }

    /// The language.
    pub const fn language(self) -> Language {
        self.language
    }

    /// Refuses an index that another version of this program wrote.
    ///
    /// # Errors
    /// `Conflict`, saying that the collection has to be indexed again.
    pub fn check(self) -> Result<Self> {
        if self.version == VERSION {
            return Ok(self);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "the text index was written by version {} of the analyzer and this program has \
                 version {VERSION}; index the collection again",
                self.version
            ),
        ))
    }

    /// The terms of a text to be found.
    pub fn document(self, text: &str) -> TermVector {
        let mut hashes = Vec::new();
        self.each(text, |term, _| hashes.push(hash(term)));
        TermVector::of(hashes)
    }

    /// The terms of a question, each with its weight: how often it occurs. Function words count only
    /// where there is nothing else.
    pub fn question(self, text: &str) -> Vec<(u32, f32)> {
        let (mut hashes, mut function_words) = (Vec::new(), Vec::new());
        self.each(text, |term, is_function_word| {
            let list = if is_function_word {
                &mut function_words
            } else {
                &mut hashes
            };
            list.push(hash(term));
        });
        if hashes.is_empty() {
            hashes = function_words;
        }
        let terms = TermVector::of(hashes);
        terms
            .iter()
            .map(|(term, count)| (term, count as f32))
            .collect()
    }

    /// Calls `visit` with each term and whether it is a function word.
    fn each(self, text: &str, mut visit: impl FnMut(&str, bool)) {
        let normalized: String = text.nfkc().flat_map(char::to_lowercase).collect();
        let stemmer = self.language.algorithm().map(Stemmer::create);
        for (run, spaced) in script::runs(&normalized) {
            if !spaced {
                pairs(run, &mut visit);
                continue;
            }
            for word in run.unicode_words() {
                self.word(word, stemmer.as_ref(), &mut visit);
            }
        }
    }

    fn word(self, word: &str, stemmer: Option<&Stemmer>, visit: &mut impl FnMut(&str, bool)) {
        let word = strip_possessive(word);
        if word.is_empty() || word.chars().count() > MAX_WORD {
            return;
        }
        if word.chars().any(script::is_hangul) {
            return pairs(word, visit);
        }
        let is_function_word = stop_words::of(self.language).contains(word);
        visit(&fold(&stem(word, stemmer)), is_function_word);
        // Names such as `max_file_size` and `example.com` are found by their parts too.
        let mut parts = word
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .peekable();
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        if parts.peek().is_some_and(|first| first.len() < word.len()) && !is_number {
            parts.filter(|part| !part.is_empty()).for_each(|part| {
                visit(&fold(&stem(part, stemmer)), false);
            });
        }
    }
}

fn stem<'a>(word: &'a str, stemmer: Option<&Stemmer>) -> std::borrow::Cow<'a, str> {
    match stemmer {
        Some(stemmer) => stemmer.stem(word),
        None => word.into(),
    }
}

/// `king's` is `king`, in any language that has it.
fn strip_possessive(word: &str) -> &str {
    word.strip_suffix("'s")
        .or_else(|| word.strip_suffix("\u{2019}s"))
        .unwrap_or(word)
}

/// Leaves out accents and vowel marks, so that `café` and `cafe` are one word.
fn fold(word: &str) -> std::borrow::Cow<'_, str> {
    if word.is_ascii() {
        return word.into();
    }
    word.nfd()
        .filter(|c| !script::is_mark(*c))
        .nfc()
        .collect::<String>()
        .into()
}

/// Each letter with its neighbour. Single letters too, because words of one letter are common in
/// Chinese; in a longer run they weigh as much as any other term, being frequent they count little.
fn pairs(run: &str, visit: &mut impl FnMut(&str, bool)) {
    let letters: Vec<(usize, &str)> = run.grapheme_indices(true).collect();
    for (at, (start, letter)) in letters.iter().enumerate() {
        visit(letter, false);
        if let Some((next, after)) = letters.get(at + 1) {
            visit(&run[*start..next + after.len()], false);
        }
    }
}

/// FNV-1a with 64 bits, folded to 32: the same on every machine and in every version.
fn hash(term: &str) -> u32 {
    let hash = term.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests;
