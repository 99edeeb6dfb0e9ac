//! Mail: subject, people, date, then the text; attachments are named, not read.

use mail_parser::{Address, MessageParser, MimeHeaders};

use super::ParseError;
use super::document::{BlockKind, Metadata, Page, Warning};
use super::html::{self, Part};
use super::limits::Budget;
use super::page_builder::PageBuilder;

pub(super) fn parse(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(Page, Metadata, Vec<Warning>), ParseError> {
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or_else(|| ParseError::Broken {
            detail: "it is no mail message".into(),
        })?;
    let mut page = PageBuilder::new(1);
    let mut metadata = Metadata {
        title: message.subject().map(str::to_owned),
        author: message.from().and_then(people),
        ..Metadata::default()
    };
    if let Some(subject) = message.subject() {
        page.add(BlockKind::Heading { level: 1 }, subject, budget);
    }
    let date = message.date().map(mail_parser::DateTime::to_rfc3339);
    let headers = [
        ("From", message.from().and_then(people)),
        ("To", message.to().and_then(people)),
        ("Cc", message.cc().and_then(people)),
        ("Date", date),
    ];
    let mut head = String::new();
    for (name, value) in headers {
        if let Some(value) = value {
            head.push_str(&format!("{name}: {value}\n"));
            metadata.extra.push((name.to_owned(), value));
        }
    }
    page.add(BlockKind::Paragraph, &head, budget);
    let has_text = message
        .text_part(0)
        .is_some_and(mail_parser::MessagePart::is_text_html);
    for at in 0..message.text_body_count().max(message.html_body_count()) {
        let html = message
            .html_part(at as u32)
            .filter(|part| part.is_text_html());
        match html.and_then(|part| part.text_contents()) {
            // A plain part beside the HTML is the sender's own wording of the same text.
            Some(html) if has_text || at >= message.text_body_count() => {
                add_html(&mut page, html, budget)?;
            }
            _ => {
                if let Some(text) = message.body_text(at) {
                    for paragraph in super::text::paragraphs(&text) {
                        page.add(BlockKind::Paragraph, paragraph, budget);
                    }
                }
            }
        }
    }
    let names: Vec<String> = message
        .attachments()
        .map(|part| {
            part.attachment_name()
                .unwrap_or("without a name")
                .to_owned()
        })
        .collect();
    let warnings = (!names.is_empty()).then(|| Warning::Skipped {
        what: format!("attachments: {}", names.join(", ")),
    });
    Ok((page.finish(), metadata, warnings.into_iter().collect()))
}

fn add_html(page: &mut PageBuilder, html: &str, budget: &mut Budget) -> Result<(), ParseError> {
    let inner = html::parse(html, Part::All, 1, budget)?.page;
    for block in &inner.blocks {
        page.add(block.kind.clone(), inner.block_text(block), budget);
    }
    Ok(())
}

fn people(address: &Address<'_>) -> Option<String> {
    let one = |person: &mail_parser::Addr<'_>| match (&person.name, &person.address) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (None, Some(only)) | (Some(only), None) => Some(only.to_string()),
        (None, None) => None,
    };
    let all: Vec<String> = address.iter().filter_map(one).take(200).collect();
    (!all.is_empty()).then(|| all.join(", "))
}
