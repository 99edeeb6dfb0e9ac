//! PPTX: a page for each slide in the order of the show, its notes below.

use std::collections::HashMap;

use super::super::ParseError;
use super::super::archive::Archive;
use super::super::cells::{Cells, add_paragraph};
use super::super::document::{BlockKind, Metadata, Page};
use super::super::limits::Budget;
use super::super::page_builder::PageBuilder;
use super::super::xml_reader::{Element, Node, XmlReader};
use super::{core_properties, part, relationships};

pub(in super::super) fn parse(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(Vec<Page>, Metadata), ParseError> {
    let mut archive = Archive::open(bytes, budget)?;
    let mut pages = Vec::new();
    for (at, name) in slide_names(&mut archive, budget)?.iter().enumerate() {
        let number = at as u32 + 1;
        if !budget.take_page(number) {
            break;
        }
        let mut writer = Writer::new(number);
        if let Some(xml) = part(&mut archive, name, budget)? {
            writer.read(&xml, budget)?;
        }
        let related = relationships(&mut archive, name, budget)?;
        let notes = related.into_values().find(|(kind, _)| kind == "notesSlide");
        if let Some((_, notes)) = notes
            && let Some(xml) = part(&mut archive, &notes, budget)?
        {
            writer.in_notes = true;
            writer.read(&xml, budget)?;
        }
        pages.push(writer.page.finish());
    }
    let metadata = part(&mut archive, "docProps/core.xml", budget)?
        .map(|xml| core_properties(&xml, budget))
        .unwrap_or_default();
    Ok((pages, metadata))
}

/// Slides in the order of the show; by the numbers in their names if that cannot be read.
fn slide_names(archive: &mut Archive<'_>, budget: &mut Budget) -> Result<Vec<String>, ParseError> {
    let related: HashMap<String, (String, String)> =
        relationships(archive, "ppt/presentation.xml", budget)?;
    let mut names = Vec::new();
    if let Some(xml) = part(archive, "ppt/presentation.xml", budget)? {
        let mut reader = XmlReader::new(&xml, budget);
        while let Some(node) = reader.next(budget)? {
            let Node::Start(element) = node else { continue };
            if element.name != "sldId" {
                continue;
            }
            // The relationship's id; the slide's own `id` is a number.
            let slide = element.values().find_map(|value| related.get(value));
            names.extend(slide.map(|(_, name)| name.clone()));
        }
    }
    if names.is_empty() {
        let number = |name: &str| -> Option<u32> {
            name.strip_prefix("ppt/slides/slide")?
                .strip_suffix(".xml")?
                .parse()
                .ok()
        };
        let all = archive.names();
        let mut numbered: Vec<(u32, &String)> = all
            .iter()
            .filter_map(|name| Some((number(name)?, name)))
            .collect();
        numbered.sort();
        names = numbered.into_iter().map(|(_, name)| name.clone()).collect();
    }
    Ok(names)
}

struct Writer {
    page: PageBuilder,
    paragraph: String,
    is_title: bool,
    /// Placeholders that hold the slide's number, date or footer.
    is_furniture: bool,
    is_bulleted: bool,
    depth: u8,
    table: Option<Cells>,
    span: u32,
    in_text: bool,
    in_notes: bool,
    skipped: u32,
}

impl Writer {
    fn new(number: u32) -> Self {
        Self {
            page: PageBuilder::new(number),
            paragraph: String::new(),
            is_title: false,
            is_furniture: false,
            is_bulleted: false,
            depth: 0,
            table: None,
            span: 1,
            in_text: false,
            in_notes: false,
            skipped: 0,
        }
    }

    fn read(&mut self, xml: &str, budget: &mut Budget) -> Result<(), ParseError> {
        let mut reader = XmlReader::new(xml, budget);
        while let Some(node) = reader.next(budget)? {
            match node {
                Node::Start(element) if self.skipped > 0 || element.name == "Fallback" => {
                    self.skipped += 1;
                }
                Node::End(_) if self.skipped > 0 => self.skipped -= 1,
                Node::Start(element) => self.start(&element),
                Node::End(name) => self.end(&name, budget),
                Node::Text(text) if self.in_text && self.skipped == 0 => {
                    self.paragraph.push_str(&text);
                }
                Node::Text(_) => {}
            }
        }
        Ok(())
    }

    fn start(&mut self, element: &Element) {
        match element.name.as_str() {
            "sp" => (self.is_title, self.is_furniture, self.is_bulleted) = (false, false, false),
            "ph" => {
                let kind = element.attribute("type").unwrap_or("body");
                self.is_title = matches!(kind, "title" | "ctrTitle") && !self.in_notes;
                self.is_furniture = matches!(kind, "sldNum" | "dt" | "ftr" | "hdr" | "sldImg");
                self.is_bulleted = matches!(kind, "body" | "obj") && !self.in_notes;
            }
            "p" => {
                self.paragraph.clear();
                self.depth = 0;
            }
            "pPr" => self.depth = element.number("lvl").unwrap_or(0).min(8) as u8,
            "t" => self.in_text = true,
            "br" => self.paragraph.push(' '),
            "tbl" => self.table = Some(Cells::default()),
            "tr" => self.with_table(Cells::begin_row),
            "tc" => {
                self.span = element.number("gridSpan").unwrap_or(1);
                // A cell that another one covers is not there.
                if element.attribute("hMerge").is_none() {
                    self.with_table(Cells::begin_cell);
                }
            }
            _ => {}
        }
    }

    fn with_table(&mut self, act: impl FnOnce(&mut Cells)) {
        if let Some(table) = &mut self.table {
            act(table);
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) {
        match name {
            "t" => self.in_text = false,
            "p" => self.end_paragraph(budget),
            "tc" => {
                let span = self.span;
                self.with_table(|table| table.end_cell(span));
            }
            "tr" => self.with_table(Cells::end_row),
            "tbl" => {
                let rows = self.table.take().map(Cells::finish).unwrap_or_default();
                self.page.add_table(rows, budget);
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self, budget: &mut Budget) {
        let text = std::mem::take(&mut self.paragraph);
        if let Some(cell) = self.table.as_mut().and_then(Cells::open_cell) {
            add_paragraph(cell, &text);
            return;
        }
        if self.is_furniture {
            return;
        }
        let kind = if self.is_title {
            if self.page.page_mut().label.is_none() && !text.trim().is_empty() {
                self.page.page_mut().label = Some(text.trim().to_owned());
            }
            BlockKind::Heading { level: 1 }
        } else if self.is_bulleted {
            BlockKind::ListItem { depth: self.depth }
        } else {
            BlockKind::Paragraph
        };
        self.page.add(kind, &text, budget);
    }
}
