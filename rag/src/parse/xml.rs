//! XML of no known kind: leaves with a short text become `name: text`, the rest paragraphs.

use super::ParseError;
use super::document::{BlockKind, Page, Warning};
use super::limits::Budget;
use super::page_builder::PageBuilder;
use super::xml_reader::{Node, XmlReader};

/// A longer text is prose, and its element's name says little.
const SHORT: usize = 160;

/// An open element: its name, the text directly in it, whether it has elements inside.
struct Open {
    name: String,
    text: String,
    has_inner: bool,
}

pub(super) fn parse(text: &str, budget: &mut Budget) -> Result<(Page, Vec<Warning>), ParseError> {
    let mut reader = XmlReader::new(text, budget);
    let mut page = PageBuilder::new(1);
    let mut open: Vec<Open> = Vec::new();
    // Lines of short leaves of one parent, written when the parent ends.
    let mut record = String::new();
    while let Some(node) = reader.next(budget)? {
        match node {
            Node::Start(element) => {
                if let Some(parent) = open.last_mut() {
                    parent.has_inner = true;
                    let text = std::mem::take(&mut parent.text);
                    add(&mut page, &mut record, &text, budget);
                }
                open.push(Open {
                    name: element.name,
                    text: String::new(),
                    has_inner: false,
                });
            }
            Node::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Node::End(_) => {
                let Some(element) = open.pop() else { continue };
                let text = element
                    .text
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ");
                if element.has_inner {
                    add(&mut page, &mut record, &text, budget);
                    page.add(BlockKind::Paragraph, &std::mem::take(&mut record), budget);
                } else if !text.is_empty() && text.len() <= SHORT {
                    record.push_str(&format!("{}: {text}\n", element.name));
                } else {
                    add(&mut page, &mut record, &text, budget);
                }
            }
        }
    }
    page.add(BlockKind::Paragraph, &record, budget);
    let warning = reader.error.map(|error| Warning::Damaged {
        detail: format!("its XML is broken: {error}"),
    });
    Ok((page.finish(), warning.into_iter().collect()))
}

/// Adds running text, after the record before it.
fn add(page: &mut PageBuilder, record: &mut String, text: &str, budget: &mut Budget) {
    if text.trim().is_empty() {
        return;
    }
    page.add(BlockKind::Paragraph, &std::mem::take(record), budget);
    page.add(BlockKind::Paragraph, text, budget);
}
