//! Small writers of files, and what tests ask of documents.

pub(crate) mod pdf_file;

use std::io::{Cursor, Write};
use std::path::PathBuf;

use rag::parse::{Block, BlockKind, Document, Hints, Page, ParseError, Table, parse};

/// A ZIP file of these parts.
pub(crate) fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).expect("part begins");
        archive
            .write_all(content.as_bytes())
            .expect("part is written");
    }
    archive.finish().expect("archive ends").into_inner()
}

pub(crate) fn named(name: &str) -> Hints {
    Hints {
        file_name: Some(name.to_owned()),
        ..Hints::default()
    }
}

/// Parses without hints.
pub(crate) fn read(bytes: &[u8]) -> Document {
    let document = parse(bytes, &Hints::default()).expect("is read");
    check(&document);
    document
}

pub(crate) fn refusal(bytes: &[u8]) -> ParseError {
    parse(bytes, &Hints::default()).expect_err("is refused")
}

/// What holds for every document: blocks, texts and boxes agree on every offset.
pub(crate) fn check(document: &Document) {
    for page in &document.pages {
        let mut end = 0;
        for block in &page.blocks {
            assert!(block.bytes.start >= end, "blocks follow each other");
            let text = page.block_text(block);
            assert!(!text.trim().is_empty(), "a block has text");
            let before = page.text[..block.bytes.start as usize].chars().count();
            assert_eq!(before, block.chars.start as usize, "characters match bytes");
            assert_eq!(text.chars().count(), block.chars.len(), "lengths match");
            if let BlockKind::Table(table) = &block.kind {
                assert_eq!(
                    text.lines().count(),
                    table.rows.len() + 2,
                    "a line for each row"
                );
            }
            end = block.bytes.end;
        }
        assert_eq!(end as usize, page.text.len(), "blocks cover the text");
    }
}

/// Kinds of blocks in short, with their text.
pub(crate) fn outline(page: &Page) -> Vec<String> {
    let line = |block: &Block| {
        let text = page.block_text(block);
        match &block.kind {
            BlockKind::Heading { level } => format!("h{level} {text}"),
            BlockKind::Paragraph => format!("p {text}"),
            BlockKind::ListItem { depth } => format!("li{depth} {text}"),
            BlockKind::Table(_) => format!("table {text}"),
            BlockKind::Code { language } => {
                format!("code {} {text}", language.as_deref().unwrap_or("-"))
            }
        }
    };
    page.blocks.iter().map(line).collect()
}

pub(crate) fn tables(document: &Document) -> Vec<&Table> {
    let blocks = document.pages.iter().flat_map(|page| &page.blocks);
    blocks
        .filter_map(|block| match &block.kind {
            BlockKind::Table(table) => Some(table),
            _ => None,
        })
        .collect()
}

/// A file of the shared data; `None`, and a word to the reader, where there is none.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let file = root.join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        skipped(&format!("{} is absent", file.display()));
    }
    bytes
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
