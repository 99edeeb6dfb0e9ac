//! Fonts: from the bytes of a string to characters and their widths.

mod composite;
mod simple;

use std::sync::Arc;

use lopdf::{Dictionary, Document};

use super::super::limits::Budget;
use super::glyph_names::GlyphNames;
use super::objects::{dict, name, number_at};

pub(super) use composite::Composite;
pub(super) use simple::Simple;

/// A font of a page.
#[derive(Debug)]
pub(super) struct Font {
    pub(super) kind: Kind,
    /// Whether its name or descriptor says bold.
    pub(super) bold: bool,
    /// Whether all its characters are equally wide, by its name or descriptor.
    pub(super) mono: bool,
    /// Height above and depth below the baseline, in parts of the size.
    pub(super) ascent: f32,
    pub(super) descent: f32,
}

#[derive(Debug)]
pub(super) enum Kind {
    Simple(Box<Simple>),
    Composite(Box<Composite>),
}

/// One shown code.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// `None` where the font does not tell.
    pub(super) text: Option<Arc<str>>,
    /// Advance in parts of the size: along x, or down for vertical writing.
    pub(super) width: f32,
    /// Bytes of the code.
    pub(super) length: usize,
    /// Whether it is the one-byte code 32, to which word spacing applies.
    pub(super) is_space_code: bool,
}

impl Font {
    pub(super) fn load(
        pdf: &Document,
        font: &Dictionary,
        names: &mut GlyphNames,
        budget: &mut Budget,
    ) -> Self {
        let base = name(pdf, font, b"BaseFont").unwrap_or_default();
        let base = String::from_utf8_lossy(base).into_owned();
        let is_composite = name(pdf, font, b"Subtype") == Some(b"Type0");
        let kind = if is_composite {
            Kind::Composite(Box::new(Composite::load(pdf, font, budget)))
        } else {
            Kind::Simple(Box::new(Simple::load(pdf, font, &base, names, budget)))
        };
        let descendant = composite::descendant(pdf, font);
        let descriptor = dict(pdf, descendant.unwrap_or(font), b"FontDescriptor");
        let value = |key: &[u8]| number_at(pdf, descriptor?, key);
        let flags = value(b"Flags").unwrap_or(0.0) as u32;
        let heavy = value(b"FontWeight").is_some_and(|w| w >= 600.0);
        let lower = base.to_lowercase();
        let bold = ["bold", "black", "heavy", "cmbx", "sfbx", "medi", "-bd"];
        let mono = ["mono", "courier", "consol", "cmtt", "sftt", "typewriter"];
        let plausible = |v: f32| (v.abs() > 0.05 && v.abs() < 2.0).then_some(v);
        Self {
            bold: heavy || flags & (1 << 18) != 0 || bold.iter().any(|w| lower.contains(w)),
            mono: flags & 1 != 0 || mono.iter().any(|w| lower.contains(w)),
            ascent: value(b"Ascent")
                .and_then(|v| plausible(v / 1000.0))
                .unwrap_or(0.8),
            descent: value(b"Descent")
                .and_then(|v| plausible(-(v / 1000.0).abs()))
                .unwrap_or(-0.2),
            kind,
        }
    }

    /// Whether text runs downwards.
    pub(super) fn is_vertical(&self) -> bool {
        matches!(&self.kind, Kind::Composite(font) if font.vertical)
    }

    /// The next code of `bytes`, which are not empty.
    pub(super) fn next(&self, bytes: &[u8]) -> Shown {
        match &self.kind {
            Kind::Simple(font) => font.show(bytes[0]),
            Kind::Composite(font) => font.next(bytes),
        }
    }
}
