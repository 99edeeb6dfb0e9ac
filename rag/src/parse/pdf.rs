//! PDF: lopdf reads the objects; everything from a page's content to its text is here.
//!
//! [`interpreter`] runs a page's content and yields glyphs; [`font`] knows what each glyph means
//! and how wide it is; [`layout`] makes lines, blocks and tables of them; [`assemble`] makes
//! pages. Pages are worked on in windows, so that memory does not grow with the file: running
//! titles and the usual size of text are found within a window.

mod assemble;
mod cff;
mod cmap;
mod font;
mod glyph;
mod glyph_names;
mod interpreter;
mod layout;
mod legacy;
mod lexer;
mod matrix;
mod objects;
mod open;
mod page;
mod scanned;
mod standard_widths;
mod truetype;
mod type1;

use super::document::{Document, Metadata, Outcome, Page, ScannedPage, Warning};
use super::limits::Budget;
use super::{Format, Hints, ParseError};
use interpreter::Fonts;
use page::Content;

/// Pages that are laid out together.
const WINDOW: usize = 128;
/// Glyphs without a known text beyond which a page's text is poor: one in this many.
const POOR_SHARE: u32 = 8;
/// Operators of a page without glyphs from which on its text must be drawn.
const DRAWN: u32 = 1_000;
/// A page whose picture covers this part of it and which has next to no text is scanned.
const SCANNED_PART: f32 = 0.35;
const SCANNED_CHARS: usize = 12;

/// Reads a PDF.
///
/// # Errors
///
/// [`ParseError::PasswordNeeded`] and [`ParseError::WrongPassword`] if it is locked,
/// [`ParseError::Broken`] if no page can be found.
pub(super) fn parse(
    bytes: &[u8],
    hints: &Hints,
    budget: &mut Budget,
) -> Result<Document, ParseError> {
    let opened = open::open(bytes, hints, budget)?;
    let pdf = &opened.pdf;
    let ids: Vec<lopdf::ObjectId> = open::page_ids(pdf);
    if ids.is_empty() {
        return Err(ParseError::Broken {
            detail: "it has no pages".into(),
        });
    }
    let mut report = Report::default();
    let mut fonts = Fonts::default();
    let mut pages = Vec::new();
    for (window, ids) in ids.chunks(WINDOW).enumerate() {
        let mut contents = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            let number = (window * WINDOW + at + 1) as u32;
            if !budget.take_page(number) {
                break;
            }
            let content = page::read(pdf, *id, number, &mut fonts, budget);
            report.add(pdf, &content, budget);
            contents.push(content);
        }
        pages.extend(assemble::pages(contents, hints.keep_furniture, budget));
        if budget.cut.is_some() {
            break;
        }
    }
    let mut metadata = open::metadata(pdf);
    metadata.page_count = ids.len() as u32;
    Ok(report.document(pages, metadata, opened.warnings))
}

/// What is wrong with pages, gathered on the way.
#[derive(Default)]
struct Report {
    poor: Vec<u32>,
    scanned: Vec<ScannedPage>,
    cut: bool,
}

impl Report {
    fn add(&mut self, pdf: &lopdf::Document, content: &Content, budget: &mut Budget) {
        self.cut |= content.cut;
        let glyphs: u32 = content.lines.iter().map(|line| line.glyphs).sum();
        let unknown: u32 = content.lines.iter().map(|line| line.unknown).sum();
        let chars: usize = content.lines.iter().map(|line| line.marks.len()).sum();
        // Text may be drawn as curves, which say nothing; a drawing has some label at least.
        let is_drawn = glyphs == 0 && content.operators > DRAWN && content.picture.is_none();
        if unknown * POOR_SHARE > glyphs || is_drawn {
            self.poor.push(content.number);
        }
        let Some((picture, part)) = content.picture else {
            return;
        };
        let unreadable = unknown * 2 > glyphs;
        if part >= SCANNED_PART && (chars <= SCANNED_CHARS || unreadable) {
            self.scanned.push(ScannedPage {
                number: content.number,
                image: scanned::image(pdf, picture, budget),
            });
        }
    }

    fn document(self, pages: Vec<Page>, metadata: Metadata, opened: Vec<Warning>) -> Document {
        let mut warnings = opened;
        if !self.poor.is_empty() {
            warnings.push(Warning::PoorText { pages: self.poor });
        }
        if self.cut {
            warnings.push(Warning::Truncated {
                limit: "drawing operators of a page".into(),
            });
        }
        let outcome = if self.scanned.is_empty() {
            Outcome::Text
        } else {
            Outcome::NeedsOcr {
                pages: self.scanned,
            }
        };
        Document {
            format: Format::Pdf,
            metadata,
            pages,
            warnings,
            outcome,
        }
    }
}
