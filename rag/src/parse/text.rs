//! Bytes to characters, and plain text to paragraphs.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::ParseError;
use super::document::{BlockKind, Page, Warning};
use super::limits::Budget;
use super::page_builder::PageBuilder;

/// Decoded text.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) warnings: Vec<Warning>,
}

/// Bytes that a guess of the encoding is made from.
const SAMPLE: usize = 256 << 10;

/// Decodes by mark, by validity, by what the text says of itself, else by a guess.
///
/// # Errors
///
/// [`ParseError::Unsupported`] if the bytes are no text.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, ParseError> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return Ok(with(encoding, &bytes[length..], Vec::new()));
    }
    if let Some(encoding) = wide(bytes) {
        return Ok(with(encoding, bytes, Vec::new()));
    }
    if is_binary(bytes) {
        return Err(ParseError::Unsupported {
            detail: "it is no format that is known here, and no text".into(),
        });
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Decoded {
            text: text.to_owned(),
            warnings: Vec::new(),
        });
    }
    if let Some(encoding) = declared(bytes) {
        return Ok(with(encoding, bytes, Vec::new()));
    }
    let mut detector = chardetng::EncodingDetector::new();
    detector.feed(&bytes[..bytes.len().min(SAMPLE)], true);
    // A text that is UTF-8 but for a few broken bytes stays UTF-8.
    let lossy = String::from_utf8_lossy(bytes);
    let broken = lossy.matches('\u{fffd}').count();
    let foreign = lossy.chars().filter(|c| !c.is_ascii()).count();
    if broken * 20 < foreign {
        let detail = format!("{broken} places are not valid UTF-8");
        return Ok(Decoded {
            text: lossy.into_owned(),
            warnings: vec![Warning::Damaged { detail }],
        });
    }
    let encoding = detector.guess(None, true);
    let warning = Warning::GuessedEncoding {
        encoding: encoding.name().to_owned(),
    };
    Ok(with(encoding, bytes, vec![warning]))
}

fn with(encoding: &'static Encoding, bytes: &[u8], warnings: Vec<Warning>) -> Decoded {
    let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
    Decoded { text, warnings }
}

/// UTF-16 without a mark: most letters have a zero at one side.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    if sample.len() < 8 {
        return None;
    }
    let zeros = |at: usize| {
        sample
            .iter()
            .skip(at)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    match (even * 2 > half, odd * 2 > half) {
        (true, false) if odd * 20 < half => Some(UTF_16BE),
        (false, true) if even * 20 < half => Some(UTF_16LE),
        _ => None,
    }
}

fn is_binary(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(64 << 10)];
    let is_control = |b: &&u8| **b < 32 && !matches!(**b, b'\t' | b'\n' | b'\r' | 12 | 27 | 8);
    let controls = sample.iter().filter(is_control).count();
    sample.contains(&0) || controls * 50 > sample.len()
}

/// `encoding="…"` of XML, `charset=…` of HTML.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(2048)];
    let head = String::from_utf8_lossy(head).to_lowercase();
    let label = ["encoding=", "charset="].iter().find_map(|key| {
        let (_, rest) = head.split_once(key)?;
        let rest = rest.trim_start_matches(['"', '\'']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:".contains(c)))?;
        Some(&rest[..end])
    })?;
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != UTF_8)
}

/// Plain text: a form feed begins a page, a blank line a paragraph.
pub(super) fn pages(text: &str, budget: &mut Budget) -> Vec<Page> {
    let mut pages = Vec::new();
    for (at, page) in text.split('\u{c}').enumerate() {
        let number = at as u32 + 1;
        if !budget.take_page(number) {
            break;
        }
        let mut builder = PageBuilder::new(number);
        for paragraph in paragraphs(page) {
            builder.add(kind(paragraph), paragraph, budget);
        }
        pages.push(builder.finish());
    }
    // A form feed at the end of the file begins nothing.
    if pages.len() > 1 && pages.last().is_some_and(|page| page.blocks.is_empty()) {
        pages.pop();
    }
    pages
}

fn kind(paragraph: &str) -> BlockKind {
    let line = paragraph.trim();
    let is_item = ["- ", "* ", "• "].iter().any(|mark| line.starts_with(mark));
    if is_item && !line.contains('\n') {
        return BlockKind::ListItem { depth: 0 };
    }
    BlockKind::Paragraph
}

/// Parts between blank lines.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(['\n', '\r']);
            if rest.is_empty() {
                return None;
            }
            let mut end = rest.len();
            let mut at = 0;
            for line in rest.split_inclusive('\n') {
                if line.trim().is_empty() {
                    end = at;
                    break;
                }
                at += line.len();
            }
            let (paragraph, after) = rest.split_at(end);
            let blank = after.find('\n').map_or(after.len(), |n| n + 1);
            rest = &after[blank..];
            if !paragraph.trim().is_empty() {
                return Some(paragraph);
            }
        }
    })
}

/// Source code: parts between blank lines before a line that is not indented, so that a function
/// stays one block.
pub(super) fn code(text: &str, language: Option<&str>, budget: &mut Budget) -> Page {
    let mut builder = PageBuilder::new(1);
    let kind = || BlockKind::Code {
        language: language.map(str::to_owned),
    };
    let (mut from, mut at, mut blank) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let is_top = !line.starts_with([' ', '\t', '}', ')', ']']) && !line.trim().is_empty();
        if blank && is_top {
            builder.add(kind(), &text[from..at], budget);
            from = at;
        }
        blank = line.trim().is_empty();
        at += line.len();
    }
    builder.add(kind(), &text[from..], budget);
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let utf16: Vec<u8> = "Grüße aus Köln"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&utf16).expect("is text").text, "Grüße aus Köln");
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode("Grüße aus Köln und Zürich");
        let decoded = decode(&latin).expect("is text");
        assert_eq!(decoded.text, "Grüße aus Köln und Zürich");
        assert!(matches!(
            &decoded.warnings[..],
            [Warning::GuessedEncoding { .. }]
        ));
        let sjis = encoding_rs::SHIFT_JIS
            .encode("これは日本語の文章です。漢字もあります。")
            .0;
        assert!(decode(&sjis).expect("is text").text.contains("日本語"));
        let gbk = encoding_rs::GBK
            .encode("<?xml version='1.0' encoding='gb2312'?><a>中文</a>")
            .0;
        assert!(decode(&gbk).expect("is text").text.contains("中文"));
        assert!(decode(b"\0\x01\x02binary\0\0").is_err());
    }

    #[test]
    fn blank_lines_part_paragraphs() {
        let found: Vec<&str> = paragraphs("a\nb\n \t\r\n\n c\r\n\r\nd").collect();
        assert_eq!(found, ["a\nb\n", " c\r\n", "d"]);
    }
}
