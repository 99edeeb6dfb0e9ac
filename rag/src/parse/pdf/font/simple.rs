//! Fonts with one byte a code: Type 1, TrueType, Type 3.

use std::collections::HashMap;
use std::sync::Arc;

use lopdf::{Dictionary, Document, Object};

use super::super::super::limits::Budget;
use super::super::cmap::CMap;
use super::super::glyph_names::{GlyphNames, base_encoding};
use super::super::objects::{
    array, content, dict, get, name, number, number_at, numbers, resolve, stream,
};
use super::super::{cff, standard_widths, truetype, type1};
use super::Shown;

/// Text and width of each of the 256 codes.
#[derive(Debug)]
pub(crate) struct Simple {
    texts: Vec<Option<Arc<str>>>,
    widths: Vec<f32>,
}

impl Simple {
    pub(super) fn load(
        pdf: &Document,
        font: &Dictionary,
        base_font: &str,
        names: &mut GlyphNames,
        budget: &mut Budget,
    ) -> Self {
        let texts = texts(pdf, font, base_font, names, budget);
        let widths = widths(pdf, font, base_font, &texts);
        Self { texts, widths }
    }

    pub(super) fn show(&self, byte: u8) -> Shown {
        Shown {
            text: self.texts[usize::from(byte)].clone(),
            width: self.widths[usize::from(byte)],
            length: 1,
            is_space_code: byte == 32,
        }
    }
}

fn texts(
    pdf: &Document,
    font: &Dictionary,
    base_font: &str,
    names: &mut GlyphNames,
    budget: &mut Budget,
) -> Vec<Option<Arc<str>>> {
    let to_unicode = stream(pdf, font, b"ToUnicode")
        .and_then(|stream| content(stream, budget))
        .map(|bytes| CMap::parse(&bytes));
    let mapped = |code: u8| to_unicode.as_ref()?.text(u32::from(code));
    let named = named_texts(pdf, font, base_font, names, budget);
    (0..=255_u8)
        .map(|code| {
            // A map to nothing, to U+0000 or to a private place says less than the name does.
            let says = |text: &String| !text.is_empty() && !text.chars().all(is_meaningless);
            let text = mapped(code)
                .filter(says)
                .or_else(|| named[usize::from(code)].clone());
            text.map(|text| Arc::from(text.as_str()))
        })
        .collect()
}

fn is_meaningless(char: char) -> bool {
    matches!(char, '\u{fffd}' | '\u{e000}'..='\u{f8ff}') || (char.is_control() && char != '\t')
}

/// Texts by the font's encoding and names of glyphs.
fn named_texts(
    pdf: &Document,
    font: &Dictionary,
    base_font: &str,
    names: &mut GlyphNames,
    budget: &mut Budget,
) -> Vec<Option<String>> {
    let encoding = get(pdf, font, b"Encoding");
    let (base, differences) = match encoding {
        Some(Object::Name(name)) => (Some(name.as_slice()), None),
        Some(Object::Dictionary(dict)) => {
            let base = name(pdf, dict, b"BaseEncoding");
            (base, array(pdf, dict, b"Differences"))
        }
        _ => (None, None),
    };
    let mut texts: Vec<Option<String>> = vec![None; 256];
    let is_truetype = name(pdf, font, b"Subtype") == Some(b"TrueType");
    let is_type3 = name(pdf, font, b"Subtype") == Some(b"Type3");
    match base {
        Some(base) => fill(&mut texts, &String::from_utf8_lossy(base)),
        None if is_symbol(base_font) => fill_symbols(&mut texts),
        None => {
            let built_in = built_in(pdf, font, budget);
            match &built_in {
                Some(BuiltIn::Names(codes)) => {
                    for (code, name) in codes {
                        texts[usize::from(*code)] = names.text(name).map(str::to_owned);
                    }
                }
                Some(BuiltIn::Chars(codes)) => {
                    for (code, char) in codes {
                        texts[usize::from(*code)] = Some(char.to_string());
                    }
                }
                None if is_type3 => {}
                None if is_truetype => fill(&mut texts, "WinAnsiEncoding"),
                None => fill(&mut texts, "StandardEncoding"),
            }
        }
    }
    let mut code = 0_usize;
    for item in differences.unwrap_or_default() {
        match resolve(pdf, item) {
            Some(Object::Name(name)) => {
                let text = names.text(&String::from_utf8_lossy(name));
                if let Some(place) = texts.get_mut(code) {
                    *place = text.map(str::to_owned);
                }
                code += 1;
            }
            Some(object) => {
                if let Some(number) = number(pdf, object) {
                    code = number.clamp(0.0, 1e6) as usize;
                }
            }
            None => {}
        }
    }
    texts
}

fn fill(texts: &mut [Option<String>], encoding: &str) {
    let chars = base_encoding(encoding);
    for (text, char) in texts.iter_mut().zip(chars) {
        *text = char.map(String::from);
    }
}

fn is_symbol(base_font: &str) -> bool {
    base_font == "Symbol" || base_font.ends_with("+Symbol")
}

/// Adobe's Symbol encoding from 0x21 on, `\0` where it has nothing.
const SYMBOLS: &str = "!∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_\u{203e}αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";
const SYMBOLS_HIGH: &str =
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑";

fn fill_symbols(texts: &mut [Option<String>]) {
    texts[0x20] = Some(" ".into());
    for (at, char) in SYMBOLS.chars().enumerate() {
        texts[0x21 + at] = Some(char.into());
    }
    for (at, char) in SYMBOLS_HIGH.chars().enumerate() {
        texts[0xa0 + at] = Some(char.into());
    }
}

enum BuiltIn {
    Names(HashMap<u8, String>),
    Chars(HashMap<u8, char>),
}

/// What the embedded font program says.
fn built_in(pdf: &Document, font: &Dictionary, budget: &mut Budget) -> Option<BuiltIn> {
    let descriptor = dict(pdf, font, b"FontDescriptor")?;
    if let Some(program) = stream(pdf, descriptor, b"FontFile3") {
        return cff::encoding(&content(program, budget)?).map(BuiltIn::Names);
    }
    if let Some(program) = stream(pdf, descriptor, b"FontFile") {
        return type1::encoding(&content(program, budget)?).map(BuiltIn::Names);
    }
    let program = truetype::read(&content(stream(pdf, descriptor, b"FontFile2")?, budget)?)?;
    let char_of = |(code, glyph): (&u16, &u16)| {
        let char = program.char_of_glyph.get(glyph)?;
        Some((u8::try_from(*code).ok()?, *char))
    };
    let chars: HashMap<u8, char> = program.glyph_of_code.iter().filter_map(char_of).collect();
    (!chars.is_empty()).then_some(BuiltIn::Chars(chars))
}

/// Advances in parts of the size.
fn widths(
    pdf: &Document,
    font: &Dictionary,
    base_font: &str,
    texts: &[Option<Arc<str>>],
) -> Vec<f32> {
    let is_type3 = name(pdf, font, b"Subtype") == Some(b"Type3");
    let matrix = numbers(pdf, font, b"FontMatrix");
    let unit = match matrix.as_deref() {
        Some([x, ..]) if is_type3 && x.is_finite() => *x,
        _ => 0.001,
    };
    let first = number_at(pdf, font, b"FirstChar").unwrap_or(0.0).max(0.0) as usize;
    let given = array(pdf, font, b"Widths").unwrap_or_default();
    let descriptor = dict(pdf, font, b"FontDescriptor");
    let missing = descriptor.and_then(|d| number_at(pdf, d, b"MissingWidth"));
    (0..256)
        .map(|code: usize| {
            let given = code.checked_sub(first).and_then(|n| given.get(n));
            if let Some(width) = given.and_then(|object| number(pdf, object)) {
                return width * unit;
            }
            if let Some(width) = missing.filter(|w| *w > 0.0) {
                return width * unit;
            }
            let char = texts[code].as_deref().and_then(|t| t.chars().next());
            standard_widths::width(base_font, char.unwrap_or('n')) * 0.001
        })
        .collect()
}
