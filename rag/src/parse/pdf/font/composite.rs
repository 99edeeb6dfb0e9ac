//! Fonts with codes of several bytes (Type 0).

use std::collections::HashMap;
use std::sync::Arc;

use lopdf::{Dictionary, Document, Object};

use super::super::super::limits::Budget;
use super::super::cmap::{self, CMap};
use super::super::legacy::{self, Charset};
use super::super::objects::{array, content, dict, get, name, number, number_at, numbers, stream};
use super::super::truetype;
use super::Shown;

/// Widths of one font.
const MAX_WIDTHS: usize = 70_000;

/// How codes are cut out of a string.
#[derive(Debug)]
enum Codes {
    /// Two bytes a code, which is the CID.
    Identity,
    /// Codes of a charset; their CIDs are unknown.
    Charset(Charset),
    /// By an embedded CMap.
    Embedded(CMap),
}

/// A composite font.
#[derive(Debug)]
pub(crate) struct Composite {
    codes: Codes,
    to_unicode: Option<CMap>,
    /// Characters by glyph, of the embedded program; the CID is taken for the glyph.
    char_of_glyph: HashMap<u16, char>,
    /// Glyph by CID, where the font gives a table.
    glyph_of_cid: Option<Vec<u8>>,
    widths: HashMap<u32, f32>,
    default_width: f32,
    vertical_advance: f32,
    pub(super) vertical: bool,
}

/// The one descendant of a composite font.
pub(super) fn descendant<'a>(pdf: &'a Document, font: &'a Dictionary) -> Option<&'a Dictionary> {
    let first = array(pdf, font, b"DescendantFonts")?.first()?;
    super::super::objects::resolve(pdf, first)?.as_dict().ok()
}

impl Composite {
    pub(super) fn load(pdf: &Document, font: &Dictionary, budget: &mut Budget) -> Self {
        let to_unicode = stream(pdf, font, b"ToUnicode")
            .and_then(|stream| content(stream, budget))
            .map(|bytes| CMap::parse(&bytes))
            .filter(CMap::has_texts);
        let (codes, vertical) = codes(pdf, font, budget);
        let mut loaded = Self {
            codes,
            to_unicode,
            char_of_glyph: HashMap::new(),
            glyph_of_cid: None,
            widths: HashMap::new(),
            default_width: 1.0,
            vertical_advance: -1.0,
            vertical,
        };
        if let Some(descendant) = descendant(pdf, font) {
            loaded.load_descendant(pdf, descendant, budget);
        }
        loaded
    }

    fn load_descendant(&mut self, pdf: &Document, font: &Dictionary, budget: &mut Budget) {
        if let Some(width) = number_at(pdf, font, b"DW") {
            self.default_width = width / 1000.0;
        }
        if let Some([_, advance]) = numbers(pdf, font, b"DW2").as_deref() {
            self.vertical_advance = advance / 1000.0;
        }
        self.load_widths(pdf, array(pdf, font, b"W").unwrap_or_default());
        if self
            .to_unicode
            .as_ref()
            .is_some_and(|map| !map.has_long_texts())
        {
            return;
        }
        let program = dict(pdf, font, b"FontDescriptor")
            .and_then(|descriptor| stream(pdf, descriptor, b"FontFile2"))
            .and_then(|program| content(program, budget))
            .and_then(|bytes| truetype::read(&bytes));
        if let Some(program) = program {
            self.char_of_glyph = program.char_of_glyph;
            self.glyph_of_cid =
                stream(pdf, font, b"CIDToGIDMap").and_then(|map| content(map, budget));
        }
    }

    /// `[first [w w w] first last w ...]`.
    fn load_widths(&mut self, pdf: &Document, items: &[Object]) {
        let mut at = 0;
        while let Some(first) = items.get(at).and_then(|o| number(pdf, o)) {
            let first = first.max(0.0) as u32;
            let Some(next) = items
                .get(at + 1)
                .and_then(|o| super::super::objects::resolve(pdf, o))
            else {
                return;
            };
            if let Object::Array(list) = next {
                for (n, object) in list.iter().enumerate() {
                    self.add_width(first.saturating_add(n as u32), number(pdf, object));
                }
                at += 2;
            } else {
                let last = number(pdf, next).unwrap_or(0.0).max(0.0) as u32;
                let width = items.get(at + 2).and_then(|o| number(pdf, o));
                for cid in first..=last.min(first.saturating_add(0xffff)) {
                    self.add_width(cid, width);
                }
                at += 3;
            }
        }
    }

    fn add_width(&mut self, cid: u32, width: Option<f32>) {
        if let Some(width) = width
            && self.widths.len() < MAX_WIDTHS
        {
            self.widths.insert(cid, width / 1000.0);
        }
    }

    pub(super) fn next(&self, bytes: &[u8]) -> Shown {
        let (code, length, charset_text) = match &self.codes {
            Codes::Identity => {
                let low = bytes.get(1).copied().unwrap_or(0);
                (
                    u32::from(bytes[0]) << 8 | u32::from(low),
                    bytes.len().min(2),
                    None,
                )
            }
            Codes::Embedded(map) => {
                let (code, length) = map.next_code(bytes);
                (code, length, None)
            }
            Codes::Charset(charset) => {
                let (text, length) = charset.next(bytes);
                let code = bytes[..length]
                    .iter()
                    .fold(0, |n, b| n << 8 | u32::from(*b));
                (code, length, Some(text))
            }
        };
        let cid = match &self.codes {
            Codes::Embedded(map) => map.cid(code).unwrap_or(code),
            _ => code,
        };
        let mapped = self.to_unicode.as_ref().and_then(|map| map.text(code));
        let by_glyph = || self.char_by_glyph(cid).map(String::from);
        let text = match mapped {
            // Some writers put a whole word on its first glyph; the glyph itself knows better.
            Some(text) if cmap::is_long(&text) => by_glyph().or(Some(text)),
            Some(text) => Some(text),
            None => charset_text.or_else(by_glyph),
        };
        Shown {
            text: text.map(|text| Arc::from(text.as_str())),
            width: self.width(cid, length),
            length,
            is_space_code: length == 1 && bytes[0] == 32,
        }
    }

    fn char_by_glyph(&self, cid: u32) -> Option<char> {
        let glyph = match &self.glyph_of_cid {
            Some(map) => {
                let at = 2 * cid as usize;
                let pair = map.get(at..at + 2)?;
                u16::from_be_bytes([pair[0], pair[1]])
            }
            None => u16::try_from(cid).ok()?,
        };
        self.char_of_glyph.get(&glyph).copied()
    }

    fn width(&self, cid: u32, length: usize) -> f32 {
        if self.vertical {
            return self.vertical_advance;
        }
        match &self.codes {
            // The CIDs of these are unknown, and with them the widths: letters of one byte are
            // about half as wide as ideographs.
            Codes::Charset(_) if length == 1 => self.default_width / 2.0,
            Codes::Charset(_) => self.default_width,
            _ => *self.widths.get(&cid).unwrap_or(&self.default_width),
        }
    }
}

/// The font's CMap, and whether it writes downwards.
fn codes(pdf: &Document, font: &Dictionary, budget: &mut Budget) -> (Codes, bool) {
    match get(pdf, font, b"Encoding") {
        Some(Object::Name(map)) => {
            let vertical = map.ends_with(b"-V") || map == b"V";
            match legacy::charset(map) {
                Some(charset) => (Codes::Charset(charset), vertical),
                None => (Codes::Identity, vertical),
            }
        }
        Some(Object::Stream(stream)) => {
            let map = content(stream, budget).map(|bytes| CMap::parse(&bytes));
            let base = name(pdf, &stream.dict, b"UseCMap");
            match (map, base.and_then(legacy::charset)) {
                (Some(map), None) if map.has_spaces() => {
                    let vertical = map.vertical;
                    (Codes::Embedded(map), vertical)
                }
                (_, Some(charset)) => (Codes::Charset(charset), false),
                _ => (Codes::Identity, false),
            }
        }
        _ => (Codes::Identity, false),
    }
}
