//! XML as a stream of elements and text. Entities that a file defines are never expanded.

use std::collections::HashMap;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::ParseError;
use super::limits::Budget;

/// A step through the file. Names are without their prefix.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    Start(Element),
    End(String),
    Text(String),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: HashMap<String, String>,
}

impl Element {
    /// An attribute by its name without prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Values of all attributes.
    pub(super) fn values(&self) -> impl Iterator<Item = &String> {
        self.attributes.values()
    }

    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.attribute(name)?.parse().ok()
    }
}

pub(super) struct XmlReader<'a> {
    reader: quick_xml::Reader<&'a [u8]>,
    depth: u32,
    max_depth: u32,
    /// The end of an element without content.
    pending: Option<String>,
    /// What ended the reading before the file did.
    pub(super) error: Option<String>,
    /// Elements since the clock was looked at.
    steps: u32,
}

/// Attributes of one element.
const MAX_ATTRIBUTES: usize = 64;

impl<'a> XmlReader<'a> {
    pub(super) fn new(text: &'a str, budget: &Budget) -> Self {
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        Self {
            reader,
            depth: 0,
            max_depth: budget.limits.depth,
            pending: None,
            error: None,
            steps: 0,
        }
    }

    /// The next step; `None` at the end, or where the file is broken (see [`Self::error`]).
    ///
    /// # Errors
    ///
    /// [`ParseError::TooLarge`] for elements nested too deeply, or when time is up.
    pub(super) fn next(&mut self, budget: &Budget) -> Result<Option<Node>, ParseError> {
        if let Some(name) = self.pending.take() {
            return Ok(Some(Node::End(name)));
        }
        self.steps += 1;
        if self.steps.is_multiple_of(4096) {
            budget.check_time()?;
        }
        loop {
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    self.error = Some(error.to_string());
                    return Ok(None);
                }
            };
            return Ok(Some(match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > self.max_depth {
                        return Err(ParseError::TooLarge {
                            what: "the depth of elements inside each other".into(),
                            limit: u64::from(self.max_depth),
                        });
                    }
                    Node::Start(element(&start))
                }
                Event::Empty(start) => {
                    let element = element(&start);
                    self.pending = Some(element.name.clone());
                    Node::Start(element)
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    Node::End(end.local_name().as_ref().to_owned())
                }
                Event::Text(text) => Node::Text(text.to_string()),
                Event::CData(text) => Node::Text(text.to_string()),
                Event::GeneralRef(reference) => match character(&reference) {
                    Some(text) => Node::Text(text),
                    None => continue,
                },
                Event::Eof => return Ok(None),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
            }));
        }
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let mut attributes = HashMap::new();
    for attribute in start
        .attributes()
        .with_checks(false)
        .flatten()
        .take(MAX_ATTRIBUTES)
    {
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.unwrap_or_default().into_owned();
        let name = attribute.key.local_name().as_ref().to_owned();
        // `id` and `r:id` stand on one element: the second keeps its prefix.
        if attributes.contains_key(&name) {
            attributes.insert(attribute.key.as_ref().to_owned(), value);
        } else {
            attributes.insert(name, value);
        }
    }
    Element {
        name: start.local_name().as_ref().to_owned(),
        attributes,
    }
}

/// The text of `&…;`: a number or one of the predefined names; nothing else.
fn character(reference: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Ok(Some(char)) = reference.resolve_char_ref() {
        return Some(char.to_string());
    }
    let name: &str = reference;
    let text = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => " ",
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::Limits;

    fn text(xml: &str) -> Result<String, ParseError> {
        let budget = Budget::new(Limits::default());
        let mut reader = XmlReader::new(xml, &budget);
        let mut all = String::new();
        while let Some(node) = reader.next(&budget)? {
            if let Node::Text(text) = node {
                all.push_str(&text);
            }
        }
        Ok(all)
    }

    #[test]
    fn entities_of_the_file_are_not_expanded() {
        let bomb =
            "<!DOCTYPE a [<!ENTITY b \"boom\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;x&amp;&#65;</a>";
        assert_eq!(text(bomb).expect("is read"), "x&A");
    }

    #[test]
    fn elements_nested_too_deeply_are_refused() {
        let deep = "<a>".repeat(10_000);
        assert!(matches!(text(&deep), Err(ParseError::TooLarge { .. })));
    }
}
