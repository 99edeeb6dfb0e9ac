//! Token counts without a network: exact ones by OpenAI's own vocabularies, and cheap upper bounds.
//!
//! Three questions, three prices:
//!
//! * [`count`], [`estimate_request`]: tokenise. Micro- to milliseconds, and the first use of a
//!   vocabulary builds it (see [`encoding`]). For usage that a vendor did not report and for models
//!   that run in this process.
//! * [`estimate_body_fast`], [`estimate_text`]: one pass over the bytes at memory speed, never builds
//!   a vocabulary. For reservations on the hot path.
//! * [`estimate_text_fast`]: from the length alone.
//!
//! Nothing here runs when the process starts. The exact functions are processor-bound: a caller on
//! an async thread hands texts above some 64 KB, and the first call of all, to a blocking thread
//! ([`is_loaded`] tells).

pub mod encoding;
mod fast;
mod media;
mod request;

pub use encoding::{Encoding, is_loaded};
pub use fast::{estimate_body_fast, estimate_text, estimate_text_fast};
pub use request::estimate_request;

/// Bytes that are tokenised exactly, of one text or of all texts of one request together. A longer
/// text is sampled and extrapolated, so that a hostile 32 MB prompt costs what 256 KB cost.
pub const EXACT_BYTES: usize = 256 * 1024;

/// Tokens of `text` for `model`, which may carry a provider's prefix (`openai/gpt-4o`). Exact up to
/// [`EXACT_BYTES`]; beyond, four samples spread over the text are extrapolated. Words such as
/// `<|endoftext|>` count as the plain text they are in a prompt.
pub fn count(model: &str, text: &str) -> u64 {
    count_capped(Encoding::of_model(model), text, EXACT_BYTES)
}

/// The longest start of `text` that has at most `max_tokens` tokens, cut at a character.
pub fn prefix<'a>(model: &str, text: &'a str, max_tokens: u64) -> &'a str {
    Encoding::of_model(model).prefix(text, max_tokens)
}

const SAMPLES: usize = 4;

fn count_capped(encoding: Encoding, text: &str, cap: usize) -> u64 {
    if text.len() <= cap {
        return encoding.count(text);
    }
    let size = (cap / SAMPLES).max(1);
    let stride = (text.len() - size) / (SAMPLES - 1);
    let (mut tokens, mut bytes) = (0u64, 0u64);
    for sample in 0..SAMPLES {
        let from = text.floor_char_boundary(sample * stride);
        let to = text.ceil_char_boundary(from + size);
        tokens += encoding.count(&text[from..to]);
        bytes += (to - from) as u64;
    }
    (tokens * text.len() as u64).div_ceil(bytes.max(1))
}

#[cfg(test)]
mod tests;
