//! The worker's entry.

use rag::parse::{Hints, ParseError, answer, job, parse, request};

use crate::support::pdf_file::{PdfFile, text};
use crate::support::shared;

#[test]
fn a_document_comes_back_from_the_worker_as_it_was() {
    let mut file = PdfFile::new();
    file.page(text("F1", 10.0, 50.0, 700.0, "Hello from the worker"));
    let bytes = file.bytes();
    let hints = Hints::default();
    let made = request(&bytes, &hints).expect("is written");
    let returned = answer(&job(&made).expect("runs")).expect("is read");
    assert_eq!(returned, parse(&bytes, &hints).expect("is read"));
    assert!(!returned.pages[0].boxes.is_empty());
}

#[test]
fn refusals_come_back_and_malformed_requests_are_errors() {
    let made = request(b"%PDF-1.4", &Hints::default()).expect("is written");
    let refused = answer(&job(&made).expect("runs"));
    assert!(
        matches!(refused, Err(ParseError::Broken { .. })),
        "{refused:?}"
    );
    for malformed in [&b""[..], b"\xff\xff\xff\xff", b"\x04\0\0\0\xff\xff\xff\xff"] {
        assert!(job(malformed).is_err());
    }
    assert!(answer(b"\xff\xff\xff").is_err());
}

#[test]
fn an_answer_is_compact() {
    let Some(bytes) = shared("documents/GeoTopo-komprimiert.pdf") else {
        return;
    };
    let made = request(&bytes, &Hints::default()).expect("is written");
    let answered = job(&made).expect("runs");
    let document = answer(&answered).expect("is read");
    let chars = document.char_count();
    // A character and its box: less than eight bytes.
    assert!(
        answered.len() < 8 * chars,
        "{} bytes for {chars} characters",
        answered.len()
    );
}
