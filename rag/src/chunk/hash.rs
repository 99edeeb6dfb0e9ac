//! What makes two chunks the same.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::ChunkSettings;

/// Changes when the cutting itself changes, so that old chunks are made anew.
const VERSION: &str = "1";

/// The form in which texts are compared: NFKC, every run of white space one space, none at the
/// ends, no soft hyphens. A quote is in a text if its form is in the text's form.
pub fn normalize(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for char in text.nfkc() {
        if char == '\u{ad}' || char == '\u{200b}' || char == '\u{feff}' {
            continue;
        }
        if !char.is_whitespace() {
            normal.push(char);
        } else if !normal.is_empty() && !normal.ends_with(' ') {
            normal.push(' ');
        }
    }
    let end = normal.trim_end().len();
    normal.truncate(end);
    normal
}

/// SHA-256 in hexadecimal of a chunk's normalized text, its headings and the settings.
pub fn content_hash(text: &str, headings: &[String], settings: &ChunkSettings) -> String {
    let mut hasher = Sha256::new();
    hasher.update(VERSION);
    hasher.update(format!("{settings:?}"));
    for heading in headings {
        hasher.update([0]);
        hasher.update(normalize(heading));
    }
    hasher.update([1]);
    hasher.update(normalize(text));
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
