//! Puts blocks together into a page, so that block, text and boxes agree on every offset.

use super::boxes::Rect;
use super::document::{Block, BlockKind, Page, Table};
use super::limits::Budget;

/// A page under construction.
#[derive(Debug)]
pub(super) struct PageBuilder {
    page: Page,
    chars: u32,
}

/// A piece of a block's text, with the boxes of its characters where they are known.
#[derive(Debug, Default, Clone)]
pub(super) struct Boxed {
    pub(super) text: String,
    /// As long as `text` has characters, or empty.
    pub(super) boxes: Vec<Option<Rect>>,
}

impl Boxed {
    pub(super) fn push(&mut self, char: char, rect: Option<Rect>) {
        self.text.push(char);
        self.boxes.push(rect);
    }
}

impl PageBuilder {
    pub(super) fn new(number: u32) -> Self {
        Self {
            page: Page {
                number,
                ..Page::default()
            },
            chars: 0,
        }
    }

    pub(super) fn labelled(number: u32, label: Option<String>) -> Self {
        let mut builder = Self::new(number);
        builder.page.label = label;
        builder
    }

    pub(super) fn page_mut(&mut self) -> &mut Page {
        &mut self.page
    }

    pub(super) fn is_empty(&self) -> bool {
        self.page.blocks.is_empty()
    }

    /// Adds a block of text; blank text adds nothing.
    pub(super) fn add(&mut self, kind: BlockKind, text: &str, budget: &mut Budget) {
        let is_code = matches!(kind, BlockKind::Code { .. });
        let text = if is_code {
            text.trim_end().trim_start_matches(['\n', '\r'])
        } else {
            text.trim()
        };
        if text.trim().is_empty() {
            return;
        }
        let count = text.chars().count() as u64;
        let taken = budget.take_chars(count);
        let text = if taken < count {
            let end = text.char_indices().nth(taken as usize);
            &text[..end.map_or(text.len(), |(at, _)| at)]
        } else {
            text
        };
        if text.is_empty() {
            return;
        }
        self.separate(&kind);
        let (from, char_from) = (self.page.text.len() as u32, self.chars);
        self.page.text.push_str(text);
        self.chars += taken as u32;
        self.close(kind, from, char_from);
    }

    /// Adds a block with the boxes of its characters.
    pub(super) fn add_boxed(&mut self, kind: BlockKind, boxed: &Boxed, budget: &mut Budget) {
        if boxed.text.trim().is_empty() {
            return;
        }
        let count = boxed.boxes.len() as u64;
        let taken = budget.take_chars(count) as usize;
        if taken == 0 {
            return;
        }
        self.separate(&kind);
        let (from, char_from) = (self.page.text.len() as u32, self.chars);
        for (char, rect) in boxed.text.chars().zip(&boxed.boxes).take(taken) {
            if let Some(rect) = rect {
                self.page.boxes.push(self.chars, *rect);
            }
            self.page.text.push(char);
            self.chars += 1;
        }
        self.close(kind, from, char_from);
    }

    /// Adds a table; the first row is its header. Tables without a filled cell add nothing.
    pub(super) fn add_table(&mut self, mut rows: Vec<Vec<String>>, budget: &mut Budget) {
        rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        if rows.is_empty() || !budget.take_cells((width * rows.len()) as u64) {
            return;
        }
        for row in &mut rows {
            row.resize(width, String::new());
        }
        let header = rows.remove(0);
        let table = Table { header, rows };
        let text = table.markdown();
        self.add(BlockKind::Table(table), &text, budget);
    }

    fn separate(&mut self, kind: &BlockKind) {
        let Some(last) = self.page.blocks.last() else {
            return;
        };
        let both_items = matches!(last.kind, BlockKind::ListItem { .. })
            && matches!(kind, BlockKind::ListItem { .. });
        let between = if both_items { "\n" } else { "\n\n" };
        self.page.text.push_str(between);
        self.chars += between.len() as u32;
    }

    fn close(&mut self, kind: BlockKind, from: u32, char_from: u32) {
        self.page.blocks.push(Block {
            kind,
            bytes: from..self.page.text.len() as u32,
            chars: char_from..self.chars,
        });
    }

    pub(super) fn finish(self) -> Page {
        self.page
    }
}

impl Table {
    /// The table as Markdown: header, separator, rows, each on a line of its own.
    pub fn markdown(&self) -> String {
        let mut lines = Vec::with_capacity(self.rows.len() + 2);
        lines.push(markdown_row(&self.header));
        lines.push(format!("|{}", " --- |".repeat(self.header.len().max(1))));
        lines.extend(self.rows.iter().map(|row| markdown_row(row)));
        lines.join("\n")
    }
}

/// One row as a line of Markdown: bars inside cells escaped, line breaks made spaces.
fn markdown_row(cells: &[String]) -> String {
    let mut line = String::from("|");
    for cell in cells {
        line.push(' ');
        let mut blank = true;
        for char in cell.trim().chars() {
            if char.is_whitespace() {
                if !blank {
                    line.push(' ');
                }
                blank = true;
                continue;
            }
            blank = false;
            if char == '|' {
                line.push('\\');
            }
            line.push(char);
        }
        line.push_str(" |");
    }
    line
}
