//! Files become [`Document`]s.
//!
//! [`parse`] finds out by the content what a file is and reads it. Nothing it does is unbounded:
//! [`Limits`] says how much a file may unpack to, how deep it may nest, how long it may take. What
//! is merely too much is cut and told by a [`Warning`]; what only an attack reaches is refused.
//!
//! [`job`] is the same behind bytes, for the sandboxed worker: [`request`] makes its input,
//! [`answer`] reads its output. OCR needs a program of its own and therefore happens outside: see
//! [`Outcome::NeedsOcr`] and [`ocr`].
//!
//! Adding a format: a variant of [`Format`], how it is recognized in `detect/`, a file that makes
//! pages with `PageBuilder`, an arm in [`parse`].

mod archive;
mod boxes;
mod cells;
mod detect;
mod document;
mod email;
mod epub;
mod error;
mod html;
mod job;
mod json;
mod language;
mod limits;
mod markdown;
pub mod ocr;
mod odf;
mod ooxml;
mod page_builder;
mod pdf;
mod rtf;
mod sheet_page;
mod tabular;
mod text;
mod xml;
mod xml_reader;

use serde::{Deserialize, Serialize};

pub use boxes::{GlyphBoxes, Rect};
pub use detect::Format;
pub use document::{
    Block, BlockKind, Document, Metadata, Outcome, Page, PageImage, ScannedPage, Table, Warning,
};
pub use error::ParseError;
pub use job::{JOB, answer, job, request};
pub use limits::Limits;

use detect::Detected;
use limits::Budget;

/// What is known of a file besides its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// Its name. Only its extension is looked at, and only for kinds of plain text that their
    /// content does not tell apart, such as the language of source code.
    pub file_name: Option<String>,
    /// The password, for locked PDFs.
    pub password: Option<String>,
    /// Leaves running titles and page numbers in the text.
    pub keep_furniture: bool,
    /// How much the file may cost.
    pub limits: Limits,
}

/// Reads a file.
///
/// # Errors
///
/// See [`ParseError`]. A file that is only partly readable is no error but a [`Warning`].
pub fn parse(bytes: &[u8], hints: &Hints) -> Result<Document, ParseError> {
    let mut budget = Budget::new(hints.limits);
    let budget = &mut budget;
    let mut document = match detect::detect(bytes, hints, budget)? {
        Detected::Binary(format, media_type) => read(format, media_type, bytes, hints, budget)?,
        Detected::Text(format, decoded) => {
            let mut document = read_text(format, &decoded.text, bytes, hints, budget)?;
            document.warnings.splice(0..0, decoded.warnings);
            document
        }
    };
    if let Some(limit) = budget.cut {
        document.warnings.push(Warning::Truncated {
            limit: limit.to_owned(),
        });
    }
    document.metadata.page_count = document
        .metadata
        .page_count
        .max(document.pages.len() as u32);
    document.metadata.language = language::detect(&document);
    Ok(document)
}

fn document(format: Format, pages: Vec<Page>, metadata: Metadata) -> Document {
    Document {
        format,
        metadata,
        pages,
        warnings: Vec::new(),
        outcome: Outcome::Text,
    }
}

fn read(
    format: Format,
    media_type: &str,
    bytes: &[u8],
    hints: &Hints,
    budget: &mut Budget,
) -> Result<Document, ParseError> {
    let (pages, metadata) = match format {
        Format::Pdf => return pdf::parse(bytes, hints, budget),
        Format::Docx => {
            let (page, metadata) = ooxml::word::parse(bytes, budget)?;
            (vec![page], metadata)
        }
        Format::Pptx => ooxml::slides::parse(bytes, budget)?,
        Format::Xlsx => ooxml::sheet::parse_xlsx(bytes, budget)?,
        Format::Xls => (ooxml::sheet::parse_xls(bytes, budget)?, Metadata::default()),
        Format::Odt | Format::Ods | Format::Odp => odf::parse(format, bytes, budget)?,
        Format::Epub => {
            let (pages, metadata, warnings) = epub::parse(bytes, budget)?;
            let mut document = document(format, pages, metadata);
            document.warnings = warnings;
            return Ok(document);
        }
        Format::Rtf => {
            let (page, metadata) = rtf::parse(bytes, budget)?;
            (vec![page], metadata)
        }
        Format::Image => return Ok(image()),
        Format::Audio => {
            let mut document = document(format, Vec::new(), Metadata::default());
            document.outcome = Outcome::NeedsTranscription {
                media_type: media_type.to_owned(),
            };
            return Ok(document);
        }
        Format::Html
        | Format::Markdown
        | Format::Text
        | Format::Csv
        | Format::Tsv
        | Format::Json
        | Format::Jsonl
        | Format::Xml
        | Format::Email
        | Format::Code => {
            let decoded = text::decode(bytes)?;
            return read_text(format, &decoded.text, bytes, hints, budget);
        }
    };
    Ok(document(format, pages, metadata))
}

/// A picture is one page without text until OCR has read it.
fn image() -> Document {
    let page = Page {
        number: 1,
        ..Page::default()
    };
    let mut document = document(Format::Image, vec![page], Metadata::default());
    document.outcome = Outcome::NeedsOcr {
        pages: vec![ScannedPage {
            number: 1,
            image: None,
        }],
    };
    document
}

fn read_text(
    format: Format,
    text: &str,
    bytes: &[u8],
    hints: &Hints,
    budget: &mut Budget,
) -> Result<Document, ParseError> {
    let extension = detect::extension(hints).unwrap_or_default();
    let mut metadata = Metadata::default();
    let mut warnings = Vec::new();
    let pages = match format {
        Format::Html => {
            let html = html::parse(text, html::Part::Main, 1, budget)?;
            metadata = html.metadata;
            vec![html.page]
        }
        Format::Markdown => {
            let (page, found) = markdown::parse(text, budget);
            metadata = found;
            vec![page]
        }
        Format::Csv | Format::Tsv => {
            let delimiter = tabular::delimiter(text, &extension).unwrap_or(b',');
            vec![tabular::parse(text, delimiter, budget)]
        }
        Format::Json | Format::Jsonl => {
            let (pages, found) = if format == Format::Json {
                json::parse(text, budget)
            } else {
                json::parse_lines(text, budget)
            };
            warnings = found;
            pages
        }
        Format::Xml => {
            let (page, found) = xml::parse(text, budget)?;
            warnings = found;
            vec![page]
        }
        Format::Email => {
            let (page, found, skipped) = email::parse(bytes, budget)?;
            (metadata, warnings) = (found, skipped);
            vec![page]
        }
        Format::Code => vec![text::code(text, detect::language_of(&extension), budget)],
        _ => text::pages(text, budget),
    };
    let mut document = document(format, pages, metadata);
    document.warnings = warnings;
    Ok(document)
}
