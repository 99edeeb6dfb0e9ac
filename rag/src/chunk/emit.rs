//! From packed units to [`Chunk`]s.

use super::count::Counter;
use super::hash::content_hash;
use super::pack::{Limits, Packed, pack_some};
use super::questions::Row;
use super::units::{Unit, UnitKind};
use super::{Chunk, ChunkKind, ChunkSettings, Span};
use crate::parse::Document;

/// Characters before every so many bytes of a page, so that offsets are found quickly.
const STEP: usize = 1024;

pub(super) struct Emitter<'a> {
    document: &'a Document,
    settings: &'a ChunkSettings,
    /// For each page, characters before each step.
    chars: Vec<Vec<u32>>,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(document: &'a Document, settings: &'a ChunkSettings) -> Self {
        let chars = document.pages.iter().map(|page| {
            let mut before = vec![0];
            let mut count = 0;
            for (at, byte) in page.text.bytes().enumerate() {
                if at > 0 && at % STEP == 0 {
                    before.push(count);
                }
                // Every byte but those that continue a character begins one.
                count += u32::from(byte & 0xc0 != 0x80);
            }
            before
        });
        Self {
            document,
            settings,
            chars: chars.collect(),
        }
    }

    fn char_at(&self, page: usize, byte: usize) -> u32 {
        let step = (byte / STEP).min(self.chars[page].len() - 1);
        let text = self.document.pages[page].text.as_bytes();
        let begins = |b: &&u8| **b & 0xc0 != 0x80;
        let within = text[step * STEP..byte].iter().filter(begins).count();
        self.chars[page][step] + within as u32
    }

    fn span(&self, page: usize, bytes: std::ops::Range<usize>) -> Span {
        Span {
            page: self.document.pages[page].number,
            chars: self.char_at(page, bytes.start)..self.char_at(page, bytes.end),
            bytes: bytes.start as u32..bytes.end as u32,
        }
    }

    /// Chunks without parents.
    pub(super) fn plain(&self, units: &[Unit], packed: Vec<Packed>) -> Vec<Chunk> {
        let mut chunks = Vec::with_capacity(packed.len());
        for which in packed {
            chunks.push(self.chunk(units, &which, chunks.len(), None, None));
        }
        chunks
    }

    /// Parents, each followed by its children. A parent that would have one child is itself one
    /// without a parent.
    pub(super) fn families(
        &self,
        units: &[Unit],
        parents: Vec<Packed>,
        limits: Limits,
    ) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        for which in parents {
            let children = pack_some(units, &which, limits);
            if children.len() < 2 {
                chunks.push(self.chunk(units, &which, chunks.len(), None, None));
                continue;
            }
            let parent = chunks.len();
            let kind = Some(ChunkKind::Parent);
            chunks.push(self.chunk(units, &which, parent, None, kind));
            for which in children {
                chunks.push(self.chunk(units, &which, chunks.len(), Some(parent), None));
            }
        }
        chunks
    }

    fn chunk(
        &self,
        units: &[Unit],
        which: &[usize],
        index: usize,
        parent: Option<usize>,
        kind: Option<ChunkKind>,
    ) -> Chunk {
        let mut ranges: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
        for unit in which.iter().map(|index| &units[*index]) {
            match ranges.last_mut() {
                Some((page, range)) if self.touches(*page, range.end, unit) => {
                    range.end = unit.bytes.end;
                }
                _ => ranges.push((unit.page, unit.bytes.clone())),
            }
        }
        let texts: Vec<&str> = ranges
            .iter()
            .map(|(page, range)| &self.document.pages[*page].text[range.clone()])
            .collect();
        let text = texts.join("\n");
        let headings = which.first().map(|index| units[*index].headings.to_vec());
        let headings = headings.unwrap_or_default();
        Chunk {
            index: index as u32,
            kind: kind.unwrap_or_else(|| kind_of(units, which)),
            hash: content_hash(&text, &headings, self.settings),
            text,
            headings,
            spans: ranges
                .into_iter()
                .map(|(page, range)| self.span(page, range))
                .collect(),
            parent: parent.map(|parent| parent as u32),
            tokens: which.iter().map(|index| units[*index].tokens).sum(),
        }
    }

    /// Whether only white space stands between the end of a span and `unit`.
    fn touches(&self, page: usize, end: usize, unit: &Unit) -> bool {
        let text = &self.document.pages[page].text;
        page == unit.page
            && unit.bytes.start >= end
            && text[end..unit.bytes.start].trim().is_empty()
    }

    pub(super) fn questions(&self, rows: Vec<Row>, counter: &Counter) -> Vec<Chunk> {
        let chunk = |(index, row): (usize, Row)| {
            let span = self.span(row.page, row.bytes);
            let text = format!("{}\n{}", row.question, row.answer);
            Chunk {
                index: index as u32,
                tokens: counter.count(&text),
                hash: content_hash(&text, &[], self.settings),
                text,
                kind: ChunkKind::Question {
                    question: row.question,
                    answer: row.answer,
                },
                headings: Vec::new(),
                spans: vec![span],
                parent: None,
            }
        };
        rows.into_iter().enumerate().map(chunk).collect()
    }
}

fn kind_of(units: &[Unit], which: &[usize]) -> ChunkKind {
    let all = |test: fn(UnitKind) -> bool| which.iter().all(|index| test(units[*index].kind));
    if all(|kind| matches!(kind, UnitKind::Header | UnitKind::Row)) {
        ChunkKind::Table
    } else if all(|kind| kind == UnitKind::Code) {
        ChunkKind::Code
    } else {
        ChunkKind::Text
    }
}
