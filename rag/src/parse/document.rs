//! What a file becomes: pages with text, blocks over that text, and where each character stands.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::boxes::GlyphBoxes;
use super::detect::Format;

/// A file as text. Shape: JSON object with these fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What the file's content says it is, whatever its name says.
    pub format: Format,
    /// What the file says about itself, and its language as found in the text.
    pub metadata: Metadata,
    /// Pages of a PDF, slides, sheets, chapters of a book; one for formats without pages.
    pub pages: Vec<Page>,
    /// What a reader of the text should know: nothing here is fatal.
    pub warnings: Vec<Warning>,
    /// Whether the text is complete, or what has to be done outside the worker to get it.
    pub outcome: Outcome,
}

/// What a file says about itself. Absent is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The title that the file gives itself.
    pub title: Option<String>,
    /// Its author, or sender for mail.
    pub author: Option<String>,
    /// Language of the text as ISO 639-1 where there is one, else ISO 639-3; `None` if unsure.
    pub language: Option<String>,
    /// Pages of the file, also those without text.
    pub page_count: u32,
    /// Anything else: subject, keywords, creation date, recipients. In the file's order.
    pub extra: Vec<(String, String)>,
}

/// Whether there is text, or what is missing to get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The text is what the file holds.
    Text,
    /// These pages are pictures. Run [`super::ocr::Tesseract`] on each, outside the sandbox, and
    /// give what it read to [`Document::add_recognized`]; without tesseract say "no text found".
    NeedsOcr {
        /// The pages without text, in order.
        pages: Vec<ScannedPage>,
    },
    /// The file is sound. Transcribe it through the gateway; a transcript is parsed as text.
    NeedsTranscription {
        /// Its media type, such as `audio/mpeg`.
        media_type: String,
    },
}

/// A page that is a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedPage {
    /// Page number from 1.
    pub number: u32,
    /// The picture, where it could be taken out of the file; `None` means the page has to be
    /// rendered first, or that the file itself is the picture.
    pub image: Option<PageImage>,
}

/// A picture as bytes that tesseract reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageImage {
    /// `image/jpeg`, `image/png`, `image/tiff`, ...
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What the reader of a text should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// Much of the text could not be mapped to characters, or there is little of it for the pages.
    PoorText {
        /// Pages that it concerns.
        pages: Vec<u32>,
    },
    /// The file was encrypted, and the password given (or none) opened it.
    Encrypted,
    /// A limit of [`super::Limits`] was reached: what lies behind is not in the text.
    Truncated {
        /// Which limit, in words.
        limit: String,
    },
    /// The file is damaged: what could be read is in the text.
    Damaged {
        /// What was wrong.
        detail: String,
    },
    /// The characters are a guess: the file does not say its encoding.
    GuessedEncoding {
        /// The encoding that fits best, by its WHATWG name.
        encoding: String,
    },
    /// Parts that were not read, such as attachments.
    Skipped {
        /// What they are.
        what: String,
    },
}

/// A page, slide, sheet or chapter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Number from 1, in the file's order.
    pub number: u32,
    /// Name of a sheet or chapter, label of a page where it differs from the number.
    pub label: Option<String>,
    /// The text. Every block is a part of it, and every quote of a citation is found in it.
    pub text: String,
    /// Blocks in reading order; they cover all of the text but the blank lines between them.
    pub blocks: Vec<Block>,
    /// Width and height in points as displayed; `None` for formats without a layout.
    pub size: Option<(f32, f32)>,
    /// Where the characters of `text` stand; empty for formats without a layout.
    pub boxes: GlyphBoxes,
    /// Lines repeated over pages (running titles, page numbers) that were taken out of `text`.
    pub furniture: Vec<String>,
}

/// A part of a page's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Bytes of [`Page::text`].
    pub bytes: Range<u32>,
    /// The same in characters (Unicode scalar values).
    pub chars: Range<u32>,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading, level 1 to 6.
    Heading {
        /// 1 is the highest.
        level: u8,
    },
    /// Running text.
    Paragraph,
    /// One item of a list; its mark is part of the text.
    ListItem {
        /// 0 is the outermost list.
        depth: u8,
    },
    /// A table. Its text is Markdown: a line for the header, `| --- |`, a line for each row.
    Table(Table),
    /// Source code, line breaks kept.
    Code {
        /// Language by its usual short name, if known.
        language: Option<String>,
    },
}

/// Cells of a table, as they are in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The header.
    pub header: Vec<String>,
    /// The rows below, each as wide as the header.
    pub rows: Vec<Vec<String>>,
}

impl Page {
    /// The text of `block`.
    pub fn block_text(&self, block: &Block) -> &str {
        let range = block.bytes.start as usize..block.bytes.end as usize;
        self.text.get(range).unwrap_or_default()
    }
}

impl Document {
    /// All pages' texts, a form feed between them.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.pages.iter().map(|p| p.text.as_str()).collect();
        texts.join("\u{c}")
    }

    /// Characters of all pages.
    pub fn char_count(&self) -> usize {
        self.pages.iter().map(|p| p.text.chars().count()).sum()
    }
}
