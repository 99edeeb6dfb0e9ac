//! Office Open XML: what Word, PowerPoint and Excel files have in common.

pub(super) mod sheet;
pub(super) mod slides;
pub(super) mod word;

use std::collections::HashMap;

use super::ParseError;
use super::archive::Archive;
use super::document::Metadata;
use super::limits::Budget;
use super::xml_reader::{Node, XmlReader};

/// A part as text; `None` if it is absent.
pub(super) fn part(
    archive: &mut Archive<'_>,
    name: &str,
    budget: &mut Budget,
) -> Result<Option<String>, ParseError> {
    let Some(bytes) = archive.read(name, budget)? else {
        return Ok(None);
    };
    Ok(Some(super::text::decode(&bytes)?.text))
}

/// Title, author and language from `docProps/core.xml` (also OpenDocument's `meta.xml` and
/// EPUB's package, which use the same Dublin Core names).
pub(super) fn core_properties(xml: &str, budget: &Budget) -> Metadata {
    let mut metadata = Metadata::default();
    let mut reader = XmlReader::new(xml, budget);
    let mut open = String::new();
    while let Ok(Some(node)) = reader.next(budget) {
        match node {
            Node::Start(element) => open = element.name,
            Node::End(_) => open.clear(),
            Node::Text(text) => {
                let text = text.trim();
                let take = |field: &mut Option<String>| {
                    field.get_or_insert_with(|| text.to_owned());
                };
                match open.as_str() {
                    _ if text.is_empty() => {}
                    "title" => take(&mut metadata.title),
                    "creator" | "initial-creator" => take(&mut metadata.author),
                    "language" | "subject" | "keywords" | "keyword" | "description" | "created"
                    | "creation-date" | "publisher" | "date"
                        if metadata.extra.len() < 16 =>
                    {
                        metadata.extra.push((open.clone(), text.to_owned()));
                    }
                    _ => {}
                }
            }
        }
    }
    metadata
}

/// Targets of a part's relationships by id, as names of parts.
pub(super) fn relationships(
    archive: &mut Archive<'_>,
    name: &str,
    budget: &mut Budget,
) -> Result<HashMap<String, (String, String)>, ParseError> {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let mut found = HashMap::new();
    let Some(xml) = part(archive, &format!("{folder}/_rels/{file}.rels"), budget)? else {
        return Ok(found);
    };
    let mut reader = XmlReader::new(&xml, budget);
    while let Some(node) = reader.next(budget)? {
        let Node::Start(element) = node else { continue };
        let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target"))
        else {
            continue;
        };
        if element.attribute("TargetMode") == Some("External") {
            continue;
        }
        let kind = element.attribute("Type").unwrap_or_default();
        let kind = kind.rsplit('/').next().unwrap_or_default();
        found.insert(id.to_owned(), (kind.to_owned(), join(folder, target)));
    }
    Ok(found)
}

/// `target` seen from `folder`, within the archive.
pub(super) fn join(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            ".." => {
                path.pop();
            }
            "." | "" => {}
            step => path.push(step),
        }
    }
    path.join("/")
}
