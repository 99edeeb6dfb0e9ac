//! The passages that a model is given, each with its number.

use std::ops::Range;

use serde::Serialize;

use super::answer::{Citation, Position};
use super::support::Evidence;
use crate::ingest::Span;
use crate::library::{Chunk, Document};
use crate::search::{Analyzer, SearchHit};
use crate::{ChunkId, CollectionId, DocumentId};

/// What ids of files begin with.
pub(crate) const FILE_PREFIX: &str = "file-";
/// Tokens that a source takes besides its text.
const FRAME: u32 = 24;

/// A passage that the model was given.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Source {
    /// Its number, from 1.
    pub number: u32,
    /// The collection.
    pub collection_id: CollectionId,
    /// The document.
    pub document_id: DocumentId,
    /// Its id under `/v1/files`.
    pub file_id: String,
    /// Its name.
    pub document_name: String,
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Headings that it stands under, the outermost first.
    pub headings: Vec<String>,
    /// First page, from 1.
    pub page_start: Option<i64>,
    /// Last page.
    pub page_end: Option<i64>,
    /// Its text.
    pub text: String,
    /// How much it has to do with the question, 0 to 1.
    pub score: f32,
}

/// A hit that became relevant.
#[derive(Debug, Clone)]
pub(super) struct Relevant {
    pub(super) collection: CollectionId,
    pub(super) hit: SearchHit,
    pub(super) score: f32,
    pub(super) analyzer: Analyzer,
}

/// A source with what is needed to check citations of it.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) source: Source,
    pub(super) evidence: Evidence,
    spans: Vec<Span>,
    offset_start: Option<i64>,
}

/// Takes hits, best first, as long as they fit. The first one is cut if it alone does not.
pub(super) fn assemble(relevant: Vec<Relevant>, most: usize, budget: u32) -> Vec<Given> {
    let (mut given, mut left) = (Vec::new(), budget);
    let mut seen = std::collections::HashSet::new();
    for Relevant {
        collection,
        hit,
        score,
        analyzer,
    } in relevant
    {
        if given.len() == most {
            break;
        }
        let cost = |chunk: &Chunk| u32::try_from(chunk.token_count).unwrap_or(0) + FRAME;
        // The larger text around a passage where there is room for it.
        let roomy = hit.parent.filter(|parent| cost(parent) <= left);
        let mut chunk = roomy.unwrap_or(hit.chunk);
        let tokens = cost(&chunk);
        if tokens > left {
            if !given.is_empty() {
                // A later one may be smaller.
                continue;
            }
            let share = f64::from(left) / f64::from(tokens.max(1));
            let letters = chunk.text.chars().count() as f64 * share;
            chunk.text = chunk.text.chars().take(letters as usize).collect();
        }
        if !seen.insert(chunk.id) || chunk.text.trim().is_empty() {
            continue;
        }
        left = left.saturating_sub(tokens);
        let number = u32::try_from(given.len() + 1).unwrap_or(u32::MAX);
        let name = hit.document_name;
        given.push(Given::new(number, collection, name, chunk, score, analyzer));
    }
    given
}

/// The id under which `/v1/files` knows a document: that of the file it was made of, else its own.
pub fn file_id_of(document: &Document) -> String {
    let source = document.source.as_deref().unwrap_or_default();
    match source.starts_with(FILE_PREFIX) {
        true => source.to_owned(),
        false => format!("{FILE_PREFIX}{}", document.id.uuid().simple()),
    }
}

impl Given {
    fn new(
        number: u32,
        collection_id: CollectionId,
        document_name: String,
        chunk: Chunk,
        score: f32,
        analyzer: Analyzer,
    ) -> Self {
        let spans = chunk
            .boxes
            .as_ref()
            .and_then(|boxes| serde_json::from_value(boxes.0.clone()).ok())
            .unwrap_or_default();
        Self {
            evidence: Evidence::new(&chunk.text, analyzer),
            // An edited text does not stand where the chunk once stood.
            spans: if chunk.edited { Vec::new() } else { spans },
            offset_start: chunk.offset_start.filter(|_| !chunk.edited),
            source: Source {
                number,
                collection_id,
                document_id: chunk.document_id,
                file_id: String::new(),
                document_name,
                chunk_id: chunk.id,
                headings: chunk.headings.0,
                page_start: chunk.page_start,
                page_end: chunk.page_end,
                text: chunk.text,
                score,
            },
        }
    }

    /// A citation of these characters of the source.
    pub(super) fn citation(
        &self,
        range: &Range<usize>,
        verified: bool,
        start: usize,
        end: usize,
    ) -> Citation {
        let source = &self.source;
        Citation {
            number: source.number,
            start,
            end,
            quote: self.evidence.text(range),
            verified,
            collection_id: source.collection_id,
            document_id: source.document_id,
            file_id: source.file_id.clone(),
            document_name: source.document_name.clone(),
            chunk_id: source.chunk_id,
            position: self.position(range),
            score: source.score,
        }
    }

    /// Where characters of the chunk stand in the document. A chunk's text is that of its spans with a
    /// line break between two of them.
    fn position(&self, range: &Range<usize>) -> Position {
        let mut begin = 0;
        for span in &self.spans {
            let length = (span.end - span.start) as usize;
            if range.start < begin + length {
                let within = (range.start - begin.min(range.start)) as u32;
                let most = range.end.min(begin + length) - begin;
                let offset = self.offset_start.filter(|_| self.spans.len() == 1);
                return Position {
                    page: Some(i64::from(span.page)),
                    page_start: Some(span.start + within),
                    page_end: Some(span.start + most as u32),
                    offset_start: offset.map(|o| o + range.start as i64),
                    offset_end: offset.map(|o| o + range.end as i64),
                    boxes: span.boxes.clone(),
                };
            }
            begin += length + 1;
        }
        Position {
            page: self
                .source
                .page_start
                .filter(|first| self.source.page_end == Some(*first)),
            ..Position::default()
        }
    }
}
