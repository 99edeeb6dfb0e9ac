//! EPUB: a page for each document of the spine.

use std::collections::HashMap;

use super::ParseError;
use super::archive::Archive;
use super::document::{BlockKind, Metadata, Page, Warning};
use super::html::{self, Part};
use super::limits::Budget;
use super::ooxml::{core_properties, join, part};
use super::xml_reader::{Node, XmlReader};

pub(super) fn parse(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(Vec<Page>, Metadata, Vec<Warning>), ParseError> {
    let mut archive = Archive::open(bytes, budget)?;
    let package = package_name(&mut archive, budget)?;
    let xml = part(&mut archive, &package, budget)?.ok_or_else(|| ParseError::Broken {
        detail: format!("its package `{package}` is missing"),
    })?;
    let folder = package.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut pages = Vec::new();
    let mut missing = 0;
    for name in spine(&xml, folder, budget)? {
        let number = pages.len() as u32 + 1;
        if !budget.take_page(number) {
            break;
        }
        let Some(chapter) = part(&mut archive, &name, budget)? else {
            missing += 1;
            continue;
        };
        let mut page = html::parse(&chapter, Part::All, number, budget)?.page;
        let is_heading = |kind: &BlockKind| matches!(kind, BlockKind::Heading { .. });
        let heading = page.blocks.iter().find(|block| is_heading(&block.kind));
        page.label = heading.map(|block| page.block_text(block).to_owned());
        // Covers and title pictures have no text and are no pages.
        if !page.blocks.is_empty() {
            pages.push(page);
        }
    }
    let warnings = (missing > 0).then(|| Warning::Damaged {
        detail: format!("{missing} chapters are not in the file"),
    });
    Ok((
        pages,
        core_properties(&xml, budget),
        warnings.into_iter().collect(),
    ))
}

fn package_name(archive: &mut Archive<'_>, budget: &mut Budget) -> Result<String, ParseError> {
    let container = part(archive, "META-INF/container.xml", budget)?.unwrap_or_default();
    let mut reader = XmlReader::new(&container, budget);
    while let Some(node) = reader.next(budget)? {
        if let Node::Start(element) = node
            && let Some(path) = element.attribute("full-path")
        {
            return Ok(path.to_owned());
        }
    }
    let by_name = archive
        .names()
        .into_iter()
        .find(|name| name.ends_with(".opf"));
    by_name.ok_or_else(|| ParseError::Broken {
        detail: "it does not say where its package is".into(),
    })
}

/// Names of the chapters in the order of reading.
fn spine(xml: &str, folder: &str, budget: &Budget) -> Result<Vec<String>, ParseError> {
    let mut items: HashMap<String, String> = HashMap::new();
    let mut order = Vec::new();
    let mut reader = XmlReader::new(xml, budget);
    while let Some(node) = reader.next(budget)? {
        let Node::Start(element) = node else { continue };
        match element.name.as_str() {
            "item" => {
                if let (Some(id), Some(href)) = (element.attribute("id"), element.attribute("href"))
                {
                    items.insert(id.to_owned(), join(folder, &unescape(href)));
                }
            }
            "itemref" => order.extend(element.attribute("idref").map(str::to_owned)),
            _ => {}
        }
    }
    Ok(order
        .iter()
        .filter_map(|id| items.get(id).cloned())
        .collect())
}

/// `%20` and the like.
fn unescape(href: &str) -> String {
    let bytes = href.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| href.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
