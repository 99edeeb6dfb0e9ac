//! OCR, with a program that answers as tesseract does, and with tesseract where it is installed.

use std::time::{Duration, Instant};

use rag::parse::ocr::{OcrError, Tesseract};
use rag::parse::{Format, Outcome};

use crate::support::{read, skipped};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[cfg(unix)]
fn program(folder: &std::path::Path, script: &str) -> Tesseract {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("tesseract");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("is written");
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, permissions).expect("may be run");
    Tesseract::new(path)
}

#[cfg(unix)]
#[test]
fn what_tesseract_reads_becomes_the_page_with_boxes() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = "level\\tp\\tb\\tpar\\tl\\tw\\tleft\\ttop\\twidth\\theight\\tconf\\ttext\\n\
        1\\t1\\t0\\t0\\t0\\t0\\t0\\t0\\t600\\t300\\t-1\\t\\n\
        5\\t1\\t1\\t1\\t1\\t1\\t30\\t40\\t50\\t12\\t91\\tScanned\\n\
        5\\t1\\t1\\t1\\t1\\t2\\t90\\t40\\t40\\t12\\t89\\ttext\\n";
    let tesseract = program(folder.path(), &format!("cat > /dev/null; printf '{table}'"));
    let mut document = read(PNG);
    assert_eq!(document.format, Format::Image);
    assert!(matches!(&document.outcome, Outcome::NeedsOcr { pages } if pages.len() == 1));
    let recognized = tesseract.recognize(PNG).expect("is read");
    document.add_recognized(1, &recognized);
    assert_eq!(document.outcome, Outcome::Text);
    assert_eq!(document.pages[0].text, "Scanned text");
    let lines = document.pages[0].boxes.of_range(8..12);
    assert!(
        (lines[0].x0 - 90.0).abs() < 0.5 && (lines[0].x1 - 130.0).abs() < 0.5,
        "{lines:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_failing_or_hanging_tesseract_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let failing = program(folder.path(), "echo 'no such language' >&2; exit 1");
    assert!(
        matches!(failing.recognize(PNG), Err(OcrError::Failed(why)) if why.contains("language"))
    );
    let hanging = program(folder.path(), "exec sleep 60").with_timeout(Duration::from_millis(200));
    let begun = Instant::now();
    assert!(matches!(hanging.recognize(PNG), Err(OcrError::Timeout(_))));
    assert!(begun.elapsed() < Duration::from_secs(20));
    let absent = Tesseract::new(folder.path().join("absent"));
    assert!(matches!(absent.recognize(PNG), Err(OcrError::Run { .. })));
}

#[test]
fn an_installed_tesseract_reads_letters() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(tesseract) = Tesseract::find(&path) else {
        skipped("tesseract is not installed");
        return;
    };
    let recognized = tesseract.recognize(&picture_of_hello()).expect("is read");
    let words: Vec<&str> = recognized
        .paragraphs
        .iter()
        .flatten()
        .map(|(word, _)| word.as_str())
        .collect();
    assert_eq!(words, ["HELLO"], "{recognized:?}");
}

/// A bitmap (PGM) with a word in large block letters.
fn picture_of_hello() -> Vec<u8> {
    const LETTERS: [[&str; 7]; 4] = [
        [
            "#...#", "#...#", "#...#", "#####", "#...#", "#...#", "#...#",
        ],
        [
            "#####", "#....", "#....", "####.", "#....", "#....", "#####",
        ],
        [
            "#....", "#....", "#....", "#....", "#....", "#....", "#####",
        ],
        [
            ".###.", "#...#", "#...#", "#...#", "#...#", "#...#", ".###.",
        ],
    ];
    let (scale, margin) = (8, 40);
    let word = [0, 1, 2, 2, 3];
    let (width, height) = (2 * margin + word.len() * 7 * scale, 2 * margin + 7 * scale);
    let mut pixels = vec![255_u8; width * height];
    for (at, letter) in word.iter().enumerate() {
        for y in 0..7 * scale {
            for x in 0..5 * scale {
                if LETTERS[*letter][y / scale].as_bytes()[x / scale] == b'#' {
                    pixels[(margin + y) * width + margin + at * 7 * scale + x] = 0;
                }
            }
        }
    }
    [format!("P5 {width} {height} 255\n").into_bytes(), pixels].concat()
}
