//! How much of the text of real PDFs is found, in the right order.
//!
//! `fixtures/words.txt` holds, for each page of the shared documents, twelve bits of each word of
//! five letters or more, as MuPDF 1.27 reads the page: enough to compare, no text. The same is
//! done with what we read, and with what `pdftotext` reads where it is installed.

use std::path::Path;
use std::process::Command;

use rag::parse::{Hints, parse};
use unicode_normalization::UnicodeNormalization;

use crate::support::{check, shared, skipped};

const WORDS: &str = include_str!("fixtures/words.txt");
const PASSWORD: &str = "openpassword";

/// Name of a file, and the fingerprints of its pages.
fn references() -> Vec<(&'static str, Vec<Vec<u16>>)> {
    let mut files: Vec<(&str, Vec<Vec<u16>>)> = Vec::new();
    for line in WORDS.lines() {
        match (line.strip_prefix("# "), files.last_mut()) {
            (Some(name), _) => files.push((name, Vec::new())),
            (None, Some((_, pages))) => pages.push(decode(line)),
            (None, None) => panic!("the fixture begins with a name"),
        }
    }
    files
}

fn decode(line: &str) -> Vec<u16> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |letter: u8| {
        LETTERS
            .iter()
            .position(|l| *l == letter)
            .expect("is base64") as u16
    };
    line.as_bytes()
        .chunks_exact(2)
        .map(|pair| value(pair[0]) << 6 | value(pair[1]))
        .collect()
}

fn is_letter(char: char) -> bool {
    matches!(char, 'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ')
}

fn fingerprint(text: &str) -> Vec<u16> {
    let text: String = text.nfkc().collect::<String>().to_lowercase();
    let words = text
        .split(|c| !is_letter(c))
        .filter(|word| word.chars().count() >= 5);
    let hash = |word: &str| {
        let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        let hash = word.bytes().fold(0x811c_9dc5, step);
        ((hash >> 20) ^ (hash & 0xfff)) as u16 & 0xfff
    };
    words.map(hash).collect()
}

/// Length of the longest common subsequence.
fn common(a: &[u16], b: &[u16]) -> usize {
    let mut row = vec![0_usize; b.len() + 1];
    for x in a {
        let mut before = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y {
                before + 1
            } else {
                above.max(row[at])
            };
            before = above;
        }
    }
    row[b.len()]
}

/// 1 if both have the same words in the same order on the same pages.
fn similarity(reference: &[Vec<u16>], pages: &[Vec<u16>]) -> f64 {
    let nothing = Vec::new();
    let (mut shared, mut all) = (0, 0);
    for at in 0..reference.len().max(pages.len()) {
        let (a, b) = (
            reference.get(at).unwrap_or(&nothing),
            pages.get(at).unwrap_or(&nothing),
        );
        shared += 2 * common(a, b);
        all += a.len() + b.len();
    }
    if all == 0 {
        1.0
    } else {
        shared as f64 / all as f64
    }
}

fn ours(bytes: &[u8]) -> Vec<Vec<u16>> {
    let hints = Hints {
        password: Some(PASSWORD.to_owned()),
        keep_furniture: true,
        ..Hints::default()
    };
    let document = parse(bytes, &hints).expect("is read");
    check(&document);
    document
        .pages
        .iter()
        .map(|page| fingerprint(&page.text))
        .collect()
}

/// What `pdftotext` reads; `None` where it is not installed.
fn pdftotext(bytes: &[u8]) -> Option<Vec<Vec<u16>>> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), bytes).expect("is written");
    let path: &Path = file.path();
    let output = Command::new("pdftotext")
        .args(["-upw", PASSWORD])
        .arg(path)
        .arg("-")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // It leaves words cut at the end of a line; that must not count against it.
    let joined = text.replace("-\n", "");
    Some(joined.split('\u{c}').map(fingerprint).collect())
}

#[test]
fn the_words_of_real_files_are_found_in_order_and_better_than_by_pdftotext() {
    for (name, reference) in references() {
        let Some(bytes) = shared(&format!("documents/{name}")) else {
            return;
        };
        let score = similarity(&reference, &ours(&bytes));
        let least = if name.starts_with("GeoTopo") {
            0.985
        } else {
            0.99
        };
        assert!(score >= least, "{name}: {score:.4} is below {least}");
        match pdftotext(&bytes) {
            Some(pages) => {
                let other = similarity(&reference, &pages);
                assert!(
                    score >= other,
                    "{name}: {score:.4}, pdftotext has {other:.4}"
                );
            }
            None => skipped("pdftotext is not installed"),
        }
    }
}

#[test]
fn arabic_beside_latin_is_read_as_it_is_displayed() {
    let Some(bytes) = shared("documents/habibi.pdf") else {
        return;
    };
    let document = parse(&bytes, &Hints::default()).expect("is read");
    assert_eq!(document.pages[0].text, "habibi حَبيبي");
}

#[test]
fn a_table_with_merged_cells_keeps_its_columns() {
    let Some(bytes) = shared("documents/google-doc-document.pdf") else {
        return;
    };
    let document = parse(&bytes, &Hints::default()).expect("is read");
    let tables = crate::support::tables(&document);
    assert_eq!(tables.len(), 1);
    assert_eq!(tables[0].header[1], "Indonesia 🇮🇩");
    assert_eq!(tables[0].rows[0][0], "Continent");
    assert!(
        tables[0].rows[0].contains(&"Europe".to_owned()),
        "{:?}",
        tables[0].rows[0]
    );
}

#[test]
fn running_titles_of_a_book_are_taken_out() {
    let Some(bytes) = shared("documents/GeoTopo-komprimiert.pdf") else {
        return;
    };
    let document = parse(&bytes, &Hints::default()).expect("is read");
    assert_eq!(document.pages.len(), 117);
    assert_eq!(document.metadata.language.as_deref(), Some("de"));
    let titled = document.pages.iter().filter(|page| {
        page.text
            .lines()
            .next()
            .is_some_and(|line| line.contains("1.1. TOPOLOGISCHE RÄUME"))
    });
    assert_eq!(titled.count(), 0);
    let with = document
        .pages
        .iter()
        .filter(|page| !page.furniture.is_empty())
        .count();
    assert!(with > 90, "{with}");
}
