//! DOCX. Word keeps no pages, so a document is one; its notes follow its text.

use std::collections::HashMap;

use super::super::ParseError;
use super::super::archive::Archive;
use super::super::cells::{Cells, add_paragraph};
use super::super::document::{BlockKind, Metadata, Page};
use super::super::limits::Budget;
use super::super::page_builder::PageBuilder;
use super::super::xml_reader::{Element, Node, XmlReader};
use super::{core_properties, part};

pub(in super::super) fn parse(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(Page, Metadata), ParseError> {
    let mut archive = Archive::open(bytes, budget)?;
    let levels = match part(&mut archive, "word/styles.xml", budget)? {
        Some(xml) => heading_levels(&xml, budget)?,
        None => HashMap::new(),
    };
    let main = match part(&mut archive, "word/document.xml", budget)? {
        Some(xml) => xml,
        None => {
            let names = archive.names();
            let other = names
                .iter()
                .find(|name| name.starts_with("word/document") && name.ends_with(".xml"));
            let other = other
                .map(|name| part(&mut archive, name, budget))
                .transpose()?;
            other.flatten().ok_or_else(|| ParseError::Broken {
                detail: "it has no word/document.xml".into(),
            })?
        }
    };
    let mut writer = Writer::new(&levels);
    writer.read(&main, budget)?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(xml) = part(&mut archive, notes, budget)? {
            writer.read(&xml, budget)?;
        }
    }
    let metadata = part(&mut archive, "docProps/core.xml", budget)?
        .map(|xml| core_properties(&xml, budget))
        .unwrap_or_default();
    Ok((writer.page.finish(), metadata))
}

/// Levels of the styles that are headings, by their outline level or name.
fn heading_levels(xml: &str, budget: &Budget) -> Result<HashMap<String, u8>, ParseError> {
    let mut levels = HashMap::new();
    let mut style = String::new();
    let mut reader = XmlReader::new(xml, budget);
    while let Some(node) = reader.next(budget)? {
        let Node::Start(element) = node else { continue };
        match element.name.as_str() {
            "style" => style = element.attribute("styleId").unwrap_or_default().to_owned(),
            "outlineLvl" => {
                if let Some(level @ 0..=8) = element.number("val") {
                    levels.insert(style.clone(), (level as u8 + 1).min(6));
                }
            }
            "name" => {
                let name = element.attribute("val").unwrap_or_default().to_lowercase();
                let level = match name.as_str() {
                    "title" => Some(1),
                    name => name
                        .strip_prefix("heading ")
                        .and_then(|n| n.parse::<u8>().ok()),
                };
                if let Some(level) = level {
                    levels.insert(style.clone(), level.clamp(1, 6));
                }
            }
            _ => {}
        }
    }
    Ok(levels)
}

struct Writer<'a> {
    levels: &'a HashMap<String, u8>,
    page: PageBuilder,
    /// Text of the open paragraphs: one in a text box stands within another.
    paragraphs: Vec<String>,
    level: Option<u8>,
    item: Option<u8>,
    tables: Vec<Cells>,
    spans: Vec<u32>,
    /// Depth within an element that is not read, such as deleted text.
    skipped: u32,
    in_text: bool,
}

fn is_skipped(name: &str) -> bool {
    // A fallback repeats what the choice before it says.
    matches!(
        name,
        "del" | "moveFrom" | "Fallback" | "instrText" | "delText" | "txbxContent-none"
    )
}

impl<'a> Writer<'a> {
    fn new(levels: &'a HashMap<String, u8>) -> Self {
        Self {
            levels,
            page: PageBuilder::new(1),
            paragraphs: Vec::new(),
            level: None,
            item: None,
            tables: Vec::new(),
            spans: Vec::new(),
            skipped: 0,
            in_text: false,
        }
    }

    fn read(&mut self, xml: &str, budget: &mut Budget) -> Result<(), ParseError> {
        let mut reader = XmlReader::new(xml, budget);
        while let Some(node) = reader.next(budget)? {
            match node {
                Node::Start(element) if self.skipped > 0 || is_skipped(&element.name) => {
                    self.skipped += 1;
                }
                Node::End(_) if self.skipped > 0 => self.skipped -= 1,
                Node::Start(element) => self.start(&element),
                Node::End(name) => self.end(&name, budget),
                Node::Text(text) if self.skipped == 0 && self.in_text => self.push(&text),
                Node::Text(_) => {}
            }
        }
        while !self.paragraphs.is_empty() {
            self.end("p", budget);
        }
        while !self.tables.is_empty() {
            self.end("tbl", budget);
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.push_str(text);
        }
    }

    fn start(&mut self, element: &Element) {
        match element.name.as_str() {
            "p" => {
                self.paragraphs.push(String::new());
                (self.level, self.item) = (None, None);
            }
            "pStyle" => {
                let style = element.attribute("val").unwrap_or_default();
                self.level = self.levels.get(style).copied();
                if style.starts_with("List") {
                    self.item.get_or_insert(0);
                }
            }
            "outlineLvl" => {
                if let Some(level @ 0..=8) = element.number("val") {
                    self.level = Some((level as u8 + 1).min(6));
                }
            }
            "ilvl" => self.item = Some(element.number("val").unwrap_or(0).min(8) as u8),
            "t" => self.in_text = true,
            "tab" | "ptab" => self.push("\t"),
            "br" | "cr" => self.push(" "),
            "noBreakHyphen" => self.push("-"),
            "sym" => {
                let code = element
                    .attribute("char")
                    .and_then(|c| u32::from_str_radix(c, 16).ok());
                if let Some(char) = code.and_then(char::from_u32) {
                    self.push(char.encode_utf8(&mut [0; 4]));
                }
            }
            "tbl" => self.tables.push(Cells::default()),
            "tr" => self.with_table(Cells::begin_row),
            "tc" => {
                self.with_table(Cells::begin_cell);
                self.spans.push(1);
            }
            "gridSpan" => {
                if let (Some(span), Some(value)) = (self.spans.last_mut(), element.number("val")) {
                    *span = value;
                }
            }
            _ => {}
        }
    }

    fn with_table(&mut self, act: impl FnOnce(&mut Cells)) {
        if let Some(table) = self.tables.last_mut() {
            act(table);
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) {
        match name {
            "t" => self.in_text = false,
            "p" => self.end_paragraph(budget),
            "tc" => {
                let span = self.spans.pop().unwrap_or(1);
                self.with_table(|table| table.end_cell(span));
            }
            "tr" => self.with_table(Cells::end_row),
            "tbl" => {
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
            _ => {}
        }
    }

    fn end_paragraph(&mut self, budget: &mut Budget) {
        let Some(text) = self.paragraphs.pop() else {
            return;
        };
        if let Some(cell) = self.tables.last_mut().and_then(Cells::open_cell) {
            add_paragraph(cell, &text);
            return;
        }
        let kind = match (self.level.take(), self.item.take()) {
            (Some(level), _) => BlockKind::Heading { level },
            (None, Some(depth)) => BlockKind::ListItem { depth },
            (None, None) => BlockKind::Paragraph,
        };
        self.page.add(kind, &text, budget);
    }
}
