//! A parsed document to the chunks that are stored.

use serde::{Deserialize, Serialize};

use crate::ChunkId;
use crate::chunk::{self, ChunkKind, ChunkSettings};
use crate::library::NewChunk;
use crate::parse::{Document, Rect};

/// A part of a chunk on a page, as it is stored in the chunk's `boxes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    /// The page, from 1.
    pub page: u32,
    /// First character in the page's text.
    pub start: u32,
    /// Character behind the last.
    pub end: u32,
    /// A box for each line, in points from the upper left corner of the page: left, top, right,
    /// bottom. Empty for formats without a layout.
    #[schema(value_type = Vec<Vec<f32>>)]
    pub boxes: Vec<[f32; 4]>,
}

/// Cuts a document. The order is that of reading; parents stand before their children.
pub fn cut(document: &Document, settings: &ChunkSettings) -> Vec<NewChunk> {
    let chunks = chunk::chunk(document, settings);
    let ids: Vec<ChunkId> = chunks.iter().map(|_| ChunkId::new()).collect();
    let starts = page_starts(document);
    let at = |page: u32, char: u32| -> u64 {
        let index = document.pages.iter().position(|p| p.number == page);
        index.map_or(0, |index| starts[index]) + u64::from(char)
    };
    let new = |(index, chunk): (usize, chunk::Chunk)| {
        let pages = chunk.pages();
        let offsets = chunk.spans.first().zip(chunk.spans.last());
        let spans: Vec<Span> = chunk.spans.iter().map(|s| span(document, s)).collect();
        NewChunk {
            id: Some(ids[index]),
            ordinal: chunk.index,
            parent: chunk.parent.and_then(|p| ids.get(p as usize).copied()),
            is_parent: chunk.kind == ChunkKind::Parent,
            pages: pages.iter().min().copied().zip(pages.iter().max().copied()),
            offsets: offsets.map(|(first, last)| {
                (
                    at(first.page, first.chars.start),
                    at(last.page, last.chars.end),
                )
            }),
            boxes: serde_json::to_value(spans).ok(),
            token_count: chunk.tokens,
            text: chunk.text,
            headings: chunk.headings,
            vector: None,
        }
    };
    chunks.into_iter().enumerate().map(new).collect()
}

/// Where each page begins in the document's text, in characters: a form feed stands between two.
fn page_starts(document: &Document) -> Vec<u64> {
    let mut start = 0;
    let starts = document.pages.iter().map(|page| {
        let begins = start;
        start += page.text.chars().count() as u64 + 1;
        begins
    });
    starts.collect()
}

fn span(document: &Document, span: &chunk::Span) -> Span {
    let page = document.pages.iter().find(|page| page.number == span.page);
    let rects = page.map_or_else(Vec::new, |page| page.boxes.of_range(span.chars.clone()));
    Span {
        page: span.page,
        start: span.chars.start,
        end: span.chars.end,
        boxes: rects.iter().map(corners).collect(),
    }
}

fn corners(rect: &Rect) -> [f32; 4] {
    [rect.x0, rect.y0, rect.x1, rect.y1]
}
