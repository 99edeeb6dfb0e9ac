//! The state of reading a page.

use super::super::cells::{Cells, add_paragraph};
use super::super::document::{BlockKind, Metadata, Page};
use super::super::limits::Budget;
use super::super::page_builder::PageBuilder;
use super::Scope;
use super::element::{heading_level, is_block, is_hidden, is_navigation, is_void};

/// Tables inside each other; deeper ones are text of their cell.
const MAX_TABLES: usize = 8;

pub(super) struct Writer {
    scope: Scope,
    page: PageBuilder,
    metadata: Metadata,
    /// Text of the open block.
    line: String,
    heading: Option<u8>,
    /// Open `pre`, lists, hidden and navigation elements, `main` and `article`.
    pre: u32,
    lists: u32,
    item: Option<u8>,
    number: Vec<Option<u32>>,
    hidden: Option<(String, u32)>,
    navigation: u32,
    marked: u32,
    tables: Vec<Cells>,
    spans: Vec<u32>,
    title: Option<String>,
    language: Option<String>,
}

type Attribute<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl Writer {
    pub(super) fn new(scope: Scope, number: u32) -> Self {
        Self {
            scope,
            page: PageBuilder::new(number),
            metadata: Metadata::default(),
            line: String::new(),
            heading: None,
            pre: 0,
            lists: 0,
            item: None,
            number: Vec::new(),
            hidden: None,
            navigation: 0,
            marked: 0,
            tables: Vec::new(),
            spans: Vec::new(),
            title: None,
            language: None,
        }
    }

    fn is_wanted(&self) -> bool {
        match self.scope {
            Scope::All => true,
            Scope::WithoutNavigation => self.navigation == 0,
            Scope::Marked => self.marked > 0 && self.navigation == 0,
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some((name, _)) = &self.hidden {
            if name == "title" {
                let title = self.title.get_or_insert_with(String::new);
                if title.len() < 1000 {
                    title.push_str(text);
                }
            }
            return;
        }
        if !self.is_wanted() {
            return;
        }
        if self.pre > 0 {
            self.line.push_str(text);
            return;
        }
        for char in text.chars() {
            if !char.is_whitespace() || char == '\u{a0}' {
                self.line.push(if char == '\u{a0}' { ' ' } else { char });
            } else if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                self.line.push(' ');
            }
        }
    }

    pub(super) fn start(
        &mut self,
        name: &str,
        closed: bool,
        attribute: &Attribute<'_>,
        budget: &mut Budget,
    ) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name && !closed {
                *depth += 1;
            }
            return;
        }
        if (is_hidden(name) || name == "title") && !closed {
            self.hidden = Some((name.to_owned(), 1));
            return;
        }
        if name == "meta" {
            self.meta(attribute);
        } else if name == "html" {
            self.language = attribute("lang").or_else(|| attribute("xml:lang"));
        }
        if name == "br" {
            let end = if self.pre > 0 || !self.tables.is_empty() {
                '\n'
            } else {
                ' '
            };
            self.line.push(end);
        }
        if is_block(name) {
            self.flush(budget);
        }
        if !closed || !is_void(name) {
            self.open(name, attribute);
        }
    }

    fn open(&mut self, name: &str, attribute: &Attribute<'_>) {
        match name {
            "main" | "article" => self.marked += 1,
            "pre" => self.pre += 1,
            "ul" | "ol" => {
                self.lists += 1;
                let start = attribute("start").and_then(|n| n.parse().ok()).unwrap_or(1);
                self.number.push((name == "ol").then_some(start));
            }
            "li" => {
                self.item = Some(self.lists.saturating_sub(1).min(8) as u8);
                if let Some(Some(number)) = self.number.last_mut() {
                    self.line = format!("{number}. ");
                    *number = number.saturating_add(1);
                } else if self.is_wanted() {
                    self.line = "- ".to_owned();
                }
            }
            "table" if self.tables.len() < MAX_TABLES => self.tables.push(Cells::default()),
            "tr" => self.with_table(Cells::begin_row),
            "td" | "th" => {
                self.with_table(Cells::begin_cell);
                let span = attribute("colspan")
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(1);
                self.spans.truncate(64);
                self.spans.push(span);
            }
            _ => {}
        }
        if is_navigation(name) {
            self.navigation += 1;
        }
        if let Some(level) = heading_level(name) {
            self.heading = Some(level);
        }
    }

    fn with_table(&mut self, act: impl FnOnce(&mut Cells)) {
        if let Some(table) = self.tables.last_mut() {
            act(table);
        }
    }

    pub(super) fn end(&mut self, name: &str, budget: &mut Budget) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        if is_block(name) {
            self.flush(budget);
        }
        match name {
            "main" | "article" => self.marked = self.marked.saturating_sub(1),
            "pre" => self.pre = self.pre.saturating_sub(1),
            "ul" | "ol" => {
                self.lists = self.lists.saturating_sub(1);
                self.number.pop();
            }
            "li" => self.item = None,
            "td" | "th" => {
                let span = self.spans.pop().unwrap_or(1);
                self.with_table(|table| table.end_cell(span));
            }
            "tr" => self.with_table(Cells::end_row),
            "table" => self.end_table(budget),
            _ => {}
        }
        if is_navigation(name) {
            self.navigation = self.navigation.saturating_sub(1);
        }
        if heading_level(name).is_some() {
            self.heading = None;
        }
    }

    /// A table of one column only places things on the page; its cells are paragraphs.
    fn end_table(&mut self, budget: &mut Budget) {
        let Some(table) = self.tables.pop() else {
            return;
        };
        let rows = table.finish();
        if let Some(cell) = self.tables.last_mut().and_then(Cells::open_cell) {
            for text in rows.iter().flatten() {
                add_paragraph(cell, text);
            }
            return;
        }
        if rows.iter().any(|row| row.len() > 1) && rows.len() > 1 {
            self.page.add_table(rows, budget);
        } else {
            for text in rows.iter().flatten() {
                self.page.add(BlockKind::Paragraph, text, budget);
            }
        }
    }

    fn meta(&mut self, attribute: &Attribute<'_>) {
        let key = attribute("name").or_else(|| attribute("property"));
        let (Some(key), Some(content)) = (key, attribute("content")) else {
            return;
        };
        match key.to_lowercase().as_str() {
            "author" | "dc.creator" => self.metadata.author = Some(content),
            "description" | "keywords" | "og:title" if self.metadata.extra.len() < 16 => {
                self.metadata.extra.push((key, content));
            }
            _ => {}
        }
    }

    /// Ends the open block.
    fn flush(&mut self, budget: &mut Budget) {
        let line = std::mem::take(&mut self.line);
        let number = line.strip_suffix(". ").unwrap_or("-");
        let is_mark = line == "- " || number.bytes().all(|b| b.is_ascii_digit());
        if line.trim().is_empty() || (self.item.is_some() && is_mark) {
            // The mark of an item waits for the paragraph within the item.
            if is_mark {
                self.line = line;
            }
            return;
        }
        if let Some(cell) = self.tables.last_mut().and_then(Cells::open_cell) {
            add_paragraph(cell, &line);
            return;
        }
        let kind = if self.pre > 0 {
            BlockKind::Code { language: None }
        } else if let Some(level) = self.heading {
            BlockKind::Heading { level }
        } else if let Some(depth) = self.item {
            BlockKind::ListItem { depth }
        } else {
            BlockKind::Paragraph
        };
        self.page.add(kind, &line, budget);
    }

    pub(super) fn finish(mut self, budget: &mut Budget) -> (Page, Metadata) {
        self.flush(budget);
        while !self.tables.is_empty() {
            self.end_table(budget);
        }
        let title = self.title.as_deref().map(str::trim).unwrap_or_default();
        let title: Vec<&str> = title.split_whitespace().collect();
        self.metadata.title = (!title.is_empty()).then(|| title.join(" "));
        if let Some(language) = self.language {
            self.metadata.extra.push(("lang".to_owned(), language));
        }
        (self.page.finish(), self.metadata)
    }
}
