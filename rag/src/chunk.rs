//! Documents become chunks: pieces that are embedded, found and cited.
//!
//! A document is first cut into units that stay whole (a sentence, a row, a line of code), then
//! units are packed into chunks of at most so many tokens. Each chunk knows the spans of its
//! pages' texts that it is made of, so that a quote in it can be shown on the page.

mod count;
mod emit;
mod hash;
mod pack;
mod questions;
mod settings;
mod split;
mod units;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::parse::Document;

pub use hash::{content_hash, normalize};
pub use settings::{ChunkSettings, SettingsError, Strategy, Vocabulary};

use count::Counter;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Place in the document, from 0.
    pub index: u32,
    /// Its text: that of its spans, a line break between two of them.
    pub text: String,
    /// What it is.
    pub kind: ChunkKind,
    /// Headings above its beginning, the highest first.
    pub headings: Vec<String>,
    /// Where it stands, in reading order. The spans of neighbours overlap where chunks do; that
    /// of a table's header is in each chunk of the table.
    pub spans: Vec<Span>,
    /// Index of the larger chunk that it is a part of.
    pub parent: Option<u32>,
    /// Tokens, counted unit by unit, which is never less than the whole would have but for
    /// documents beyond 8 MB, whose tokens are estimated.
    pub tokens: u32,
    /// SHA-256 of the normalized text, the headings and the settings, in hexadecimal: the same
    /// hash means that nothing has to be embedded again.
    pub hash: String,
}

/// What a chunk is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ChunkKind {
    /// Text, perhaps with small tables or lists in it.
    Text,
    /// Rows of one table, its header above them.
    Table,
    /// Source code.
    Code,
    /// A row of questions and answers: the question is what is embedded.
    Question {
        /// The question.
        question: String,
        /// Its answer.
        answer: String,
    },
    /// The larger text around its children: not embedded, but given to the model.
    Parent,
}

/// A part of a page's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The page's number, from 1.
    pub page: u32,
    /// Bytes of [`crate::parse::Page::text`].
    pub bytes: Range<u32>,
    /// The same in characters; [`crate::parse::GlyphBoxes::of_range`] takes them.
    pub chars: Range<u32>,
}

impl Chunk {
    /// The text to embed: the headings, which often name what the text speaks of, then the text;
    /// of a question the question alone.
    pub fn embedding_text(&self) -> String {
        if let ChunkKind::Question { question, .. } = &self.kind {
            return question.clone();
        }
        if self.headings.is_empty() {
            return self.text.clone();
        }
        format!("{}\n{}", self.headings.join(" > "), self.text)
    }

    /// Pages that it stands on, in order.
    pub fn pages(&self) -> Vec<u32> {
        let mut pages: Vec<u32> = self.spans.iter().map(|span| span.page).collect();
        pages.dedup();
        pages
    }
}

/// Tokens of a text, as chunks are counted by default.
pub fn count_tokens(text: &str) -> u32 {
    Counter::new(Vocabulary::default(), text.len()).count(text)
}

/// Cuts `document` into chunks. The order is that of reading; with [`Strategy::ParentChild`] a
/// parent stands before its children.
pub fn chunk(document: &Document, settings: &ChunkSettings) -> Vec<Chunk> {
    let bytes: usize = document.pages.iter().map(|page| page.text.len()).sum();
    let counter = Counter::new(settings.vocabulary, bytes);
    let emitter = emit::Emitter::new(document, settings);
    if let Strategy::Questions { question, answer } = &settings.strategy {
        let rows = questions::chunks(document, question.as_deref(), answer.as_deref());
        if !rows.is_empty() {
            return emitter.questions(rows, &counter);
        }
    }
    let units = units::of_document(document, settings, &counter);
    let limits = pack::Limits {
        max: settings.max_tokens,
        overlap: settings.overlap_tokens,
        by_structure: settings.strategy != Strategy::Static,
    };
    match settings.strategy {
        Strategy::ParentChild { parent_tokens } => {
            let around = pack::Limits {
                max: parent_tokens.max(settings.max_tokens),
                overlap: 0,
                by_structure: true,
            };
            emitter.families(&units, pack::pack(&units, around), limits)
        }
        Strategy::Structure | Strategy::Static | Strategy::Questions { .. } => {
            emitter.plain(&units, pack::pack(&units, limits))
        }
    }
}
