//! OpenDocument: text, spreadsheets and presentations are one XML vocabulary.

use std::collections::BTreeMap;

use super::archive::Archive;
use super::cells::{Cells, MAX_SPAN, add_paragraph};
use super::document::{BlockKind, Metadata, Page};
use super::limits::Budget;
use super::ooxml::{core_properties, part};
use super::page_builder::PageBuilder;
use super::sheet_page::{self, Sheet};
use super::xml_reader::{Element, Node, XmlReader};
use super::{Format, ParseError};

/// Reads a file of the given kind.
pub(super) fn parse(
    format: Format,
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(Vec<Page>, Metadata), ParseError> {
    let mut archive = Archive::open(bytes, budget)?;
    if let Some(manifest) = archive.read_small("META-INF/manifest.xml", budget)
        && manifest
            .windows(15)
            .any(|window| window == b"encryption-data")
    {
        return Err(ParseError::Unsupported {
            detail: "it is locked with a password: save it without one and upload it again".into(),
        });
    }
    let content = part(&mut archive, "content.xml", budget)?;
    let content = content.ok_or_else(|| ParseError::Broken {
        detail: "it has no content.xml".into(),
    })?;
    let mut writer = Writer::new(format);
    let mut reader = XmlReader::new(&content, budget);
    while let Some(node) = reader.next(budget)? {
        match node {
            Node::Start(element) if writer.skipped > 0 || is_skipped(&element.name) => {
                writer.skipped += 1;
            }
            Node::End(_) if writer.skipped > 0 => writer.skipped -= 1,
            Node::Start(element) => writer.start(&element),
            Node::End(name) => writer.end(&name, budget),
            Node::Text(text) if writer.skipped == 0 => writer.text(&text),
            Node::Text(_) => {}
        }
        if writer.done {
            break;
        }
    }
    let pages = writer.finish(budget);
    let metadata = part(&mut archive, "meta.xml", budget)?
        .map(|xml| core_properties(&xml, budget))
        .unwrap_or_default();
    Ok((pages, metadata))
}

fn is_skipped(name: &str) -> bool {
    matches!(
        name,
        "annotation" | "tracked-changes" | "note-citation" | "forms" | "automatic-styles"
    )
}

struct Writer {
    format: Format,
    pages: Vec<Page>,
    page: PageBuilder,
    /// Open paragraphs: a note stands within one.
    paragraphs: Vec<(Option<u8>, String)>,
    notes: Vec<String>,
    note_depth: Option<usize>,
    lists: u32,
    tables: Vec<Cells>,
    /// Of spreadsheets: the sheet, the row and column that come next, and how often each repeats.
    sheet: Sheet,
    place: (u32, u32),
    repeat: (u32, u32),
    cell: Option<String>,
    skipped: u32,
    done: bool,
}

impl Writer {
    fn new(format: Format) -> Self {
        Self {
            format,
            pages: Vec::new(),
            page: PageBuilder::new(1),
            paragraphs: Vec::new(),
            notes: Vec::new(),
            note_depth: None,
            lists: 0,
            tables: Vec::new(),
            sheet: BTreeMap::new(),
            place: (0, 0),
            repeat: (1, 1),
            cell: None,
            skipped: 0,
            done: false,
        }
    }

    fn is_sheet(&self) -> bool {
        self.format == Format::Ods
    }

    fn text(&mut self, text: &str) {
        let Some((_, paragraph)) = self.paragraphs.last_mut() else {
            return;
        };
        for char in text.chars() {
            if !char.is_whitespace() {
                paragraph.push(char);
            } else if !paragraph.ends_with(' ') {
                paragraph.push(' ');
            }
        }
    }

    fn start(&mut self, element: &Element) {
        match element.name.as_str() {
            "h" => {
                let level = element.number("outline-level").unwrap_or(1).clamp(1, 6);
                self.paragraphs.push((Some(level as u8), String::new()));
            }
            "p" => self.paragraphs.push((None, String::new())),
            "s" | "tab" | "line-break" => self.text(" "),
            "list" => self.lists += 1,
            "note" => self.note_depth = Some(self.paragraphs.len()),
            "page" if self.format == Format::Odp => self.begin_page(element.attribute("name")),
            "table" if self.is_sheet() => {
                self.begin_page(element.attribute("name"));
                self.place = (0, 0);
            }
            "table-row" if self.is_sheet() => {
                self.repeat.0 = element.number("number-rows-repeated").unwrap_or(1);
                self.place.1 = 0;
            }
            "table-cell" | "covered-table-cell" if self.is_sheet() => {
                self.repeat.1 = element.number("number-columns-repeated").unwrap_or(1);
                // A date or a number is also written out as the cell's paragraph.
                self.cell = Some(String::new());
            }
            "table" => self.tables.push(Cells::default()),
            "table-row" => self.with_table(Cells::begin_row),
            "table-cell" => self.with_table(Cells::begin_cell),
            _ => {}
        }
    }

    fn with_table(&mut self, act: impl FnOnce(&mut Cells)) {
        if let Some(table) = self.tables.last_mut() {
            act(table);
        }
    }

    fn begin_page(&mut self, name: Option<&str>) {
        let number = self.pages.len() as u32 + 1;
        self.page = PageBuilder::labelled(number, name.map(str::to_owned));
    }

    fn end(&mut self, name: &str, budget: &mut Budget) {
        match name {
            "h" | "p" => self.end_paragraph(budget),
            "list" => self.lists = self.lists.saturating_sub(1),
            "note" => self.note_depth = None,
            "page" if self.format == Format::Odp => self.end_page(budget),
            "table-cell" | "covered-table-cell" if self.is_sheet() => self.end_sheet_cell(budget),
            "table-row" if self.is_sheet() => self.end_sheet_row(budget),
            "table" if self.is_sheet() => self.end_page(budget),
            "table-cell" => self.with_table(|table| table.end_cell(1)),
            "table-row" => self.with_table(Cells::end_row),
            "table" => self.end_table(budget),
            _ => {}
        }
    }

    fn end_sheet_cell(&mut self, budget: &mut Budget) {
        let text = self.cell.take().unwrap_or_default();
        let (row, column) = self.place;
        if !text.trim().is_empty() {
            for n in 0..self.repeat.1.min(MAX_SPAN) {
                if budget.take_cells(1) {
                    let cells = self.sheet.entry(row).or_default();
                    cells.push((column.saturating_add(n), text.clone()));
                }
            }
        }
        self.place.1 = column.saturating_add(self.repeat.1);
    }

    fn end_sheet_row(&mut self, budget: &mut Budget) {
        let row = self.place.0;
        if let Some(cells) = self.sheet.get(&row).cloned() {
            for n in 1..self.repeat.0.min(MAX_SPAN) {
                if budget.take_cells(cells.len() as u64) {
                    self.sheet.insert(row.saturating_add(n), cells.clone());
                }
            }
        }
        self.place.0 = row.saturating_add(self.repeat.0.max(1));
    }

    fn end_paragraph(&mut self, budget: &mut Budget) {
        let Some((level, text)) = self.paragraphs.pop() else {
            return;
        };
        if self
            .note_depth
            .is_some_and(|depth| self.paragraphs.len() >= depth)
        {
            self.notes.push(text);
            return;
        }
        if let Some(cell) = &mut self.cell {
            add_paragraph(cell, &text);
            return;
        }
        if let Some(cell) = self.tables.last_mut().and_then(Cells::open_cell) {
            add_paragraph(cell, &text);
            return;
        }
        let kind = match level {
            Some(level) => BlockKind::Heading { level },
            None if self.lists > 0 => BlockKind::ListItem {
                depth: (self.lists - 1).min(8) as u8,
            },
            None => BlockKind::Paragraph,
        };
        self.page.add(kind, &text, budget);
        for note in std::mem::take(&mut self.notes) {
            self.page.add(BlockKind::Paragraph, &note, budget);
        }
    }

    fn end_table(&mut self, budget: &mut Budget) {
        let rows = self.tables.pop().map(Cells::finish).unwrap_or_default();
        match self.tables.last_mut().and_then(Cells::open_cell) {
            Some(cell) => {
                for text in rows.iter().flatten() {
                    add_paragraph(cell, text);
                }
            }
            None => self.page.add_table(rows, budget),
        }
    }

    fn end_page(&mut self, budget: &mut Budget) {
        let number = self.pages.len() as u32 + 1;
        let page = std::mem::replace(&mut self.page, PageBuilder::new(number + 1)).finish();
        let page = if self.is_sheet() {
            let sheet = std::mem::take(&mut self.sheet);
            sheet_page::page(
                number,
                page.label.as_deref().unwrap_or_default(),
                sheet,
                budget,
            )
        } else {
            page
        };
        self.pages.push(page);
        self.done = !budget.take_page(number + 1);
    }

    fn finish(mut self, budget: &mut Budget) -> Vec<Page> {
        while !self.paragraphs.is_empty() {
            self.end_paragraph(budget);
        }
        if self.format == Format::Odt {
            self.end_page(budget);
        }
        self.pages
    }
}
