//! Upper bounds without a vocabulary.
//!
//! What holds for any text: both vocabularies are byte-level, each token stands for at least one
//! byte of UTF-8, so **tokens <= bytes**, and rare scripts and crafted strings do reach it. That
//! bound is four to five times too high for English, which would let limits refuse honest traffic.
//! Counting bytes by class gives a bound about 2.5 times the truth for English and still above it for
//! everything but text crafted against the vocabulary. Measured tokens a byte, worst of the two
//! vocabularies, random strings of each class:
//!
//! | class | measured | charged |
//! | --- | --- | --- |
//! | lower-case letters; consonants only | .54; .58 | .625 |
//! | upper-case letters; consonants only | .60; .62 | .75 |
//! | digits (always in groups of three) | .33 | .375 |
//! | first digit of a group, and the space before it (`1 2 3` is a token a byte) | 2 | 2 |
//! | space (joins the next word; ` a b c` is a token each two bytes) | 0 to .5 | .375 |
//! | punctuation, control characters; one between words is a token of its own | .66; 1 | 1 |
//! | bytes of other scripts: Chinese .42, Tibetan .67, hieroglyphs 1 | 1 | 1 |
//! | base64, all of the above mixed | .72 | .87 |
//!
//! JSON escapes only add bytes: `\n` is charged 1.6, `\u4e2d` (three bytes of UTF-8, so at most three
//! tokens) at least 4. JSON's own keys and braces pay for the tokens that vendors put around a turn.

use super::media;

/// An upper bound from the length alone: one token a byte, the only ratio that always holds. Where
/// the text is at hand, [`estimate_text`] is tighter.
pub const fn estimate_text_fast(len_bytes: usize) -> u64 {
    len_bytes as u64
}

/// An upper bound on the tokens of a text, never above its length in bytes.
pub fn estimate_text(text: &[u8]) -> u64 {
    let mut classes = Classes::default();
    classes.add(text);
    // White space at the end joins no next word: it is a token of its own.
    (classes.bound() + 1).min(text.len() as u64)
}

/// An upper bound on a prompt's tokens from the raw JSON body of a chat request in any dialect
/// (OpenAI chat and responses, Anthropic, Gemini), or of any other JSON body with a prompt.
///
/// Inline images, audio and files are charged by [`media`](super)'s estimates, not as text. They are
/// recognised by JSON structure (a data URL or known file header as the value of a `url`, `data` or
/// `file_data` key: inside a JSON string the quotes would be escaped, so that a prompt cannot pose
/// as one). Images and files by reference are charged a flat estimate each. What a vendor keeps on
/// its side (`previous_response_id`, a cached prompt) is not in the body and not in the bound.
pub fn estimate_body_fast(body: &[u8]) -> u64 {
    let mut classes = Classes::default();
    let mut media_tokens = media::referenced(body);
    let mut text_from = 0;
    for inline in media::inline(body) {
        classes.add(&body[text_from..inline.range.start]);
        media_tokens = media_tokens.saturating_add(inline.tokens());
        text_from = inline.range.end;
    }
    classes.add(&body[text_from..]);
    classes.bound().saturating_add(media_tokens)
}

/// Bytes by class.
#[derive(Default)]
struct Classes {
    lower: u64,
    upper: u64,
    digit: u64,
    digit_starts: u64,
    space: u64,
    other: u64,
}

/// Below 256, so that the inner loop counts in bytes and the compiler makes vector instructions of it.
const BLOCK: usize = 240;

impl Classes {
    fn add(&mut self, text: &[u8]) {
        let mut before = b' ';
        for block in text.chunks(BLOCK) {
            let (mut lower, mut upper, mut digit, mut space) = (0u8, 0u8, 0u8, 0u8);
            for &b in block {
                lower += u8::from(b.is_ascii_lowercase());
                upper += u8::from(b.is_ascii_uppercase());
                digit += u8::from(b.is_ascii_digit());
                space += u8::from(b == b' ');
            }
            let mut starts = u8::from(block[0].is_ascii_digit() && !before.is_ascii_digit());
            for (&a, &b) in block.iter().zip(&block[1..]) {
                starts += u8::from(b.is_ascii_digit() & !a.is_ascii_digit());
            }
            before = block[block.len() - 1];
            let classed = u64::from(lower) + u64::from(upper) + u64::from(digit) + u64::from(space);
            self.lower += u64::from(lower);
            self.upper += u64::from(upper);
            self.digit += u64::from(digit);
            self.digit_starts += u64::from(starts);
            self.space += u64::from(space);
            self.other += block.len() as u64 - classed;
        }
    }

    /// The table above, in sixteenths of a token.
    fn bound(&self) -> u64 {
        let sixteenths = 10 * self.lower
            + 12 * self.upper
            + 6 * self.digit
            + 26 * self.digit_starts
            + 6 * self.space
            + 16 * self.other;
        sixteenths.div_ceil(16)
    }
}
