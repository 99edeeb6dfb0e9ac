//! What images, audio and files are taken to cost, and how they are found in a raw body.
//!
//! Vendors bill media by their own size rules, which need the decoded picture; these are flat
//! estimates towards the upper end, and the vendor's reported usage replaces them.

use std::ops::Range;

use memchr::memmem;

/// An image. OpenAI's tiles reach 765 for a square and 1,445 for the longest strip at high detail,
/// Anthropic's width x height / 750 about 1,600 (both vendors' vision guides, read 2026-11-22).
const IMAGE: u64 = 1_600;
/// OpenAI's `detail: low`: 85 (gpt-4o) or 70 (gpt-5).
const IMAGE_LOW: u64 = 85;
/// gpt-4o-mini bills the same tiles at 2,833 + 5,667 each, so that an image costs what it does on
/// gpt-4o: four tiles.
const IMAGE_4O_MINI: u64 = 2_833 + 4 * 5_667;
const IMAGE_4O_MINI_LOW: u64 = 2_833;
/// A file of unknown size, and the least a file costs: two pages of text and their pictures.
const FILE: u64 = 3_000;
/// A PDF's pages are compressed text and pictures; a typical page of 30 KB and 3,000 tokens.
const FILE_BYTES_PER_TOKEN: u64 = 10;
/// Vendors bill audio by time: 10 tokens a second (OpenAI) to 32 (Gemini). At 8 KB a second, low-rate
/// MP3, the dearest case: 250 bytes a token.
const AUDIO_BYTES_PER_TOKEN: u64 = 250;

/// Tokens of one image for `model`.
pub(super) fn image(model: &str, detail: Option<&str>) -> u64 {
    let mini = model.contains("gpt-4o-mini");
    match (mini, detail == Some("low")) {
        (true, true) => IMAGE_4O_MINI_LOW,
        (true, false) => IMAGE_4O_MINI,
        (false, true) => IMAGE_LOW,
        (false, false) => IMAGE,
    }
}

/// Tokens of a file that is a name or address only.
pub(super) const fn unknown_file() -> u64 {
    FILE
}

/// Tokens of a medium given as base64 text.
pub(super) fn encoded(kind: Kind, base64_len: usize) -> u64 {
    let bytes = base64_len as u64 / 4 * 3;
    match kind {
        Kind::Image => IMAGE,
        Kind::Audio => bytes.div_ceil(AUDIO_BYTES_PER_TOKEN),
        // A token holds a byte at least.
        Kind::Text => bytes,
        Kind::File => (bytes / FILE_BYTES_PER_TOKEN).max(FILE),
    }
}

/// What a medium is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Picture.
    Image,
    /// Sound.
    Audio,
    /// Plain text in base64, which vendors read as text.
    Text,
    /// PDF and anything else.
    File,
}

impl Kind {
    /// By media type.
    pub(super) fn of_media_type(media_type: &str) -> Self {
        match media_type.split('/').next() {
            Some("image") => Self::Image,
            Some("audio") => Self::Audio,
            Some("text") => Self::Text,
            _ => Self::File,
        }
    }

    /// By the first bytes of the file, as base64 shows them.
    fn of_header(base64: &[u8]) -> Option<Self> {
        const HEADERS: [(&[u8], Kind); 10] = [
            (b"iVBORw0KGg", Kind::Image), // PNG
            (b"/9j/", Kind::Image),       // JPEG
            (b"R0lGOD", Kind::Image),     // GIF
            (b"JVBERi", Kind::File),      // PDF
            (b"SUQz", Kind::Audio),       // MP3 with ID3
            (b"//uQ", Kind::Audio),       // MP3 frame
            (b"//NE", Kind::Audio),       // MP3 frame, MPEG 2
            (b"T2dnUw", Kind::Audio),     // Ogg
            (b"ZkxhQ", Kind::Audio),      // FLAC
            (b"UEsDB", Kind::File),       // ZIP: docx, xlsx
        ];
        // RIFF is WebP or WAV; the form type stands at byte 8, base64 character 11.
        if base64.starts_with(b"UklGR") {
            let webp = base64.get(10..15) == Some(b"XRUJQ");
            return Some(if webp { Self::Image } else { Self::Audio });
        }
        HEADERS
            .iter()
            .find(|(head, _)| base64.starts_with(head))
            .map(|(_, kind)| *kind)
    }
}

/// A medium inside a body.
pub(super) struct Inline {
    /// Where its base64 text stands.
    pub(super) range: Range<usize>,
    kind: Kind,
}

impl Inline {
    /// What it is taken to cost.
    pub(super) fn tokens(&self) -> u64 {
        encoded(self.kind, self.range.len())
    }
}

/// All media inside a JSON body, in order. Each look around a hit is bounded, so that a body full of
/// the word `data` stays linear.
pub(super) fn inline(body: &[u8]) -> impl Iterator<Item = Inline> {
    let finder = memmem::Finder::new(b"data");
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(found) = finder.find(&body[from..]) {
            let at = from + found;
            from = at + 4;
            if let Some(inline) = inline_at(body, at) {
                from = inline.range.end;
                return Some(inline);
            }
        }
        None
    })
}

/// The medium whose key (`"data"`, `"file_data"`) or data URL has the word `data` at `at`.
fn inline_at(body: &[u8], at: usize) -> Option<Inline> {
    let (start, kind) = match body.get(at + 4)? {
        b':' => {
            let quote = at.checked_sub(1).filter(|i| body[*i] == b'"')?;
            if !is_media_key(key_before(body, quote)?) {
                return None;
            }
            data_url(body, at)?
        }
        b'"' => {
            let value = string_after_key(body, at + 4)?;
            // A data URL is found by its own `data:`.
            (value, Kind::of_header(body.get(value..)?)?)
        }
        _ => return None,
    };
    let len = memchr::memchr(b'"', &body[start..])?;
    Some(Inline {
        range: start..start + len,
        kind,
    })
}

fn is_media_key(key: &[u8]) -> bool {
    key.ends_with(b"url") || key.ends_with(b"data")
}

/// The media type and start of the bytes of `data:<media type>;base64,` at `at`.
fn data_url(body: &[u8], at: usize) -> Option<(usize, Kind)> {
    const LONGEST: usize = 200;
    let head = &body[at + 5..body.len().min(at + 5 + LONGEST)];
    let comma = memchr::memchr(b',', head)?;
    let media_type = head[..comma].strip_suffix(b";base64")?;
    let kind = Kind::of_media_type(std::str::from_utf8(media_type).ok()?);
    Some((at + 5 + comma + 1, kind))
}

const LONGEST_GAP: usize = 32;

/// The key of the member whose value opens with the quote at `quote`.
fn key_before(body: &[u8], quote: usize) -> Option<&[u8]> {
    let head = trim_end(&body[quote.saturating_sub(LONGEST_GAP)..quote]);
    trim_end(head.strip_suffix(b":")?).strip_suffix(b"\"")
}

/// Where the string value starts that follows the key whose closing quote is at `quote`. An escaped
/// quote (`\"data\":`) is no key: then a backslash follows the word, not the quote.
fn string_after_key(body: &[u8], quote: usize) -> Option<usize> {
    let tail = &body[quote + 1..body.len().min(quote + 1 + LONGEST_GAP)];
    let value = trim_start(trim_start(tail).strip_prefix(b":")?).strip_prefix(b"\"")?;
    Some(quote + 1 + tail.len() - value.len())
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_end()
}

/// Flat estimates for the parts of a body that name an image or a file: `"type": "image_url"`,
/// `"input_image"`, `"image"`, `"file"`, `"input_file"`, `"document"`. An inline part is charged here
/// and, for files, by size as well, which errs upwards.
pub(super) fn referenced(body: &[u8]) -> u64 {
    let images = part_types(body, b"image", &[b"image", b"image_url", b"input_image"]);
    let files = part_types(body, b"file", &[b"file", b"input_file"])
        + part_types(body, b"document", &[b"document"]);
    let image = if memmem::find(body, b"gpt-4o-mini").is_some() {
        IMAGE_4O_MINI
    } else {
        IMAGE
    };
    images.saturating_mul(image) + files.saturating_mul(FILE)
}

/// How often one of `names` is the value of a `type` member.
fn part_types(body: &[u8], word: &[u8], names: &[&[u8]]) -> u64 {
    const LONGEST_NAME: usize = 16;
    let mut parts = 0;
    for at in memmem::find_iter(body, word) {
        let from = at.saturating_sub(LONGEST_NAME);
        let Some(open) = memchr::memrchr(b'"', &body[from..at]).map(|i| from + i) else {
            continue;
        };
        let tail = &body[open + 1..body.len().min(open + 1 + LONGEST_NAME)];
        let Some(close) = memchr::memchr(b'"', tail) else {
            continue;
        };
        let is_part = names.contains(&&tail[..close])
            && key_before(body, open).is_some_and(|key| key.ends_with(b"\"type"));
        parts += u64::from(is_part);
    }
    parts
}
