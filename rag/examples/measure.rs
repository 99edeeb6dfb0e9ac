//! Measures parsing and chunking: `cargo run --release -p rag --example measure -- [--blocks]
//! [--password P] [--reference FOLDER] FILE...`
//!
//! For each file: pages, characters, pages a second, chunks a second. With a folder of reference
//! texts (`name.txt` for `name.pdf`), also how similar the text is: twice the longest common
//! subsequence over both lengths, white space as one space, NFKC, tables without their bars. The
//! same for `pdftotext`, where it is installed. `--blocks` prints the blocks instead.

#![expect(
    clippy::print_stdout,
    reason = "a program that prints what it measures"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use rag::chunk::{ChunkSettings, chunk, normalize};
use rag::parse::{BlockKind, Document, Hints, parse};

#[derive(Default)]
struct Options {
    blocks: bool,
    password: Option<String>,
    reference: Option<PathBuf>,
    files: Vec<PathBuf>,
}

fn options() -> Options {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--blocks" => options.blocks = true,
            "--password" => options.password = arguments.next(),
            "--reference" => options.reference = arguments.next().map(PathBuf::from),
            _ => options.files.push(PathBuf::from(argument)),
        }
    }
    options
}

fn main() {
    let options = options();
    for file in &options.files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let Ok(bytes) = std::fs::read(file) else {
            println!("{name}: cannot be read");
            continue;
        };
        let hints = Hints {
            file_name: Some(name.clone().into_owned()),
            password: options.password.clone(),
            keep_furniture: options.reference.is_some(),
            ..Hints::default()
        };
        let begun = Instant::now();
        match parse(&bytes, &hints) {
            Err(error) => println!("{name}: {error}"),
            Ok(document) if options.blocks => print_blocks(&document),
            Ok(document) => {
                let parsed = begun.elapsed().as_secs_f64();
                let begun = Instant::now();
                let chunks = chunk(&document, &ChunkSettings::default()).len();
                let cut = begun.elapsed().as_secs_f64();
                let pages = document.pages.len();
                println!(
                    "{name}: {pages} pages, {} characters, {:.0} pages/s, {chunks} chunks, {:.0} chunks/s{}{}",
                    document.char_count(),
                    pages as f64 / parsed,
                    chunks as f64 / cut,
                    if document.warnings.is_empty() {
                        ""
                    } else {
                        ", "
                    },
                    document
                        .warnings
                        .iter()
                        .map(|w| format!("{w:?}"))
                        .collect::<Vec<_>>()
                        .join(", "),
                );
                if let Some(folder) = &options.reference {
                    print_score(folder, file, &document, options.password.as_deref());
                }
            }
        }
    }
}

fn print_blocks(document: &Document) {
    for page in &document.pages {
        println!(
            "== page {} {:?} {:?}",
            page.number, page.size, page.furniture
        );
        for block in &page.blocks {
            let kind = match &block.kind {
                BlockKind::Table(_) => "table".to_owned(),
                kind => format!("{kind:?}"),
            };
            println!("[{kind}] {}", page.block_text(block));
        }
    }
}

fn print_score(folder: &Path, file: &Path, document: &Document, password: Option<&str>) {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let Ok(reference) = std::fs::read_to_string(folder.join(format!("{stem}.txt"))) else {
        println!("  no reference");
        return;
    };
    let reference = normalize(&reference);
    let ours = similarity(&reference, &normalize(&plain(document)));
    let mut command = Command::new("pdftotext");
    if let Some(password) = password {
        command.args(["-upw", password]);
    }
    let other = command.arg(file).arg("-").output();
    let other = other.map_or("not installed".to_owned(), |output| {
        let text = normalize(&String::from_utf8_lossy(&output.stdout));
        format!("{:.4}", similarity(&reference, &text))
    });
    println!("  similarity {ours:.4}, pdftotext {other}");
}

/// The text with tables as lines of their cells.
fn plain(document: &Document) -> String {
    let blocks = document
        .pages
        .iter()
        .flat_map(|page| page.blocks.iter().map(move |b| (page, b)));
    let texts = blocks.map(|(page, block)| match &block.kind {
        BlockKind::Table(table) => {
            let rows = std::iter::once(&table.header).chain(&table.rows);
            rows.map(|row| row.join(" ")).collect::<Vec<_>>().join("\n")
        }
        _ => page.block_text(block).to_owned(),
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn similarity(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let all = a.len() + b.len();
    if all == 0 {
        1.0
    } else {
        2.0 * common(&a, &b) as f64 / all as f64
    }
}

/// Length of the longest common subsequence, 64 characters at a time (Hyyrö 2004).
fn common(a: &[char], b: &[char]) -> usize {
    let words = a.len().div_ceil(64);
    let mut places: HashMap<char, Vec<u64>> = HashMap::new();
    for (at, char) in a.iter().enumerate() {
        let bits = places.entry(*char).or_insert_with(|| vec![0; words]);
        bits[at / 64] |= 1 << (at % 64);
    }
    let mut row = vec![u64::MAX; words];
    for char in b {
        let Some(bits) = places.get(char) else {
            continue;
        };
        let mut carry = false;
        for (word, bits) in row.iter_mut().zip(bits) {
            let matched = *word & bits;
            let (sum, over) = word.overflowing_add(matched);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            carry = over || over_again;
            *word = sum | (*word & !bits);
        }
    }
    let zeros: u32 = row.iter().map(|word| word.count_zeros()).sum();
    zeros as usize
}
