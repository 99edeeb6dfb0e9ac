//! Units: what a chunk is put together from and never cuts.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::count::Counter;
use super::split::split;
use super::{ChunkSettings, Strategy};
use crate::parse::{BlockKind, Document, Page};

/// A part of a page's text that stays whole.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Index of the page in the document.
    pub(super) page: usize,
    pub(super) bytes: Range<usize>,
    pub(super) tokens: u32,
    pub(super) kind: UnitKind,
    /// Number of the block in the document.
    pub(super) block: u32,
    /// Headings above it.
    pub(super) headings: std::rc::Rc<[String]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitKind {
    Heading(u8),
    Text,
    /// A row of a table; the header is the unit of that kind before it.
    Row,
    /// The header with the line below it.
    Header,
    Code,
}

/// Longer headings are text set large.
const HEADING_CHARS: usize = 200;

/// Units of all pages, in order.
pub(super) fn of_document(
    document: &Document,
    settings: &ChunkSettings,
    counter: &Counter,
) -> Vec<Unit> {
    let mut maker = Maker {
        units: Vec::new(),
        path: Vec::new(),
        headings: std::rc::Rc::from([]),
        block: 0,
        max: settings.max_tokens,
        // With size alone deciding, an overlap is only as exact as the units are small.
        most: match settings.strategy {
            Strategy::Static => (settings.overlap_tokens / 4).clamp(12, settings.max_tokens),
            _ => settings.max_tokens,
        },
        counter,
    };
    for (at, page) in document.pages.iter().enumerate() {
        for block in &page.blocks {
            let bytes = block.bytes.start as usize..block.bytes.end as usize;
            maker.add(at, page, &block.kind, bytes);
            maker.block += 1;
        }
    }
    maker.units
}

struct Maker<'a> {
    units: Vec<Unit>,
    path: Vec<(u8, String)>,
    headings: std::rc::Rc<[String]>,
    block: u32,
    max: u32,
    most: u32,
    counter: &'a Counter,
}

impl Maker<'_> {
    fn add(&mut self, at: usize, page: &Page, kind: &BlockKind, bytes: Range<usize>) {
        let text = &page.text[bytes.clone()];
        match kind {
            BlockKind::Heading { level } if text.chars().count() <= HEADING_CHARS => {
                self.path.retain(|(above, _)| above < level);
                // The heading itself is in the text of its chunk; its path is what is above.
                self.headings = self.path.iter().map(|(_, text)| text.clone()).collect();
                self.push_split(at, text, bytes.start, UnitKind::Heading(*level));
                let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                self.path.push((*level, line));
                self.headings = self.path.iter().map(|(_, text)| text.clone()).collect();
            }
            BlockKind::Table(_) => self.table(at, text, bytes.start),
            BlockKind::Code { .. } => {
                for (from, line) in lines(text) {
                    self.push_split(at, line, bytes.start + from, UnitKind::Code);
                }
            }
            BlockKind::Heading { .. } | BlockKind::Paragraph | BlockKind::ListItem { .. } => {
                let mut from = bytes.start;
                for sentence in text.split_sentence_bounds() {
                    self.push_split(at, sentence, from, UnitKind::Text);
                    from += sentence.len();
                }
            }
        }
    }

    fn table(&mut self, at: usize, text: &str, begin: usize) {
        let mut all = lines(text);
        // The header and the line below it are one unit.
        let header: usize = all.by_ref().take(2).map(|(_, line)| line.len()).sum();
        self.push_split(at, &text[..header], begin, UnitKind::Header);
        for (from, line) in all {
            self.push_split(at, line, begin + from, UnitKind::Row);
        }
    }

    /// Adds `text`, in parts if it is larger than a chunk may be.
    fn push_split(&mut self, page: usize, text: &str, begin: usize, kind: UnitKind) {
        let trimmed = text.trim_end();
        if trimmed.trim_start().is_empty() {
            return;
        }
        let lead = if kind == UnitKind::Code {
            0
        } else {
            text.len() - text.trim_start().len()
        };
        let body = &trimmed[lead..];
        let most = if kind == UnitKind::Text {
            self.most
        } else {
            self.max
        };
        let tokens = self.count(body, most);
        let mut push = |range: Range<usize>, tokens: u32| {
            let from = begin + lead;
            self.units.push(Unit {
                page,
                bytes: from + range.start..from + range.end,
                tokens,
                kind,
                block: self.block,
                headings: self.headings.clone(),
            });
        };
        match tokens {
            Some(tokens) => push(0..body.len(), tokens),
            None => {
                for (range, tokens) in split(body, most, self.counter) {
                    push(range, tokens);
                }
            }
        }
    }

    /// Tokens of `text`; `None` if it is larger than `most`, which a long text is at a glance.
    fn count(&self, text: &str, most: u32) -> Option<u32> {
        // No token of the vocabularies is longer than 128 bytes.
        if text.len() > most as usize * 128 {
            return None;
        }
        Some(self.counter.count(text)).filter(|tokens| *tokens <= most)
    }
}

/// Lines with their breaks, and where each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    text.split_inclusive('\n').map(move |line| {
        let begin = from;
        from += line.len();
        (begin, line)
    })
}
