//! Files made to harm: each is refused or cut, soon, and nothing panics.

use std::time::{Duration, Instant};

use rag::parse::{BlockKind, Format, Hints, Limits, ParseError, Warning, parse};

use crate::support::pdf_file::{PdfFile, text};
use crate::support::{check, named, read, refusal, shared, zip};

/// Time that no hostile file may take, also in an unoptimized build on a busy machine.
const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_zip_bomb_is_refused() {
    let bomb = zip(&[("word/document.xml", &" ".repeat(40 << 20))]);
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(refusal(&bomb), ParseError::TooLarge { .. }));
    let sheet = zip(&[
        ("xl/workbook.xml", "<workbook/>"),
        ("xl/bomb.bin", &"0".repeat(40 << 20)),
    ]);
    assert!(matches!(refusal(&sheet), ParseError::TooLarge { .. }));
}

#[test]
fn many_parts_that_are_each_small_are_bounded_in_sum() {
    let part = "a".repeat(900 << 10);
    let names: Vec<String> = (0..30).map(|n| format!("xl/{n}.xml")).collect();
    let mut parts: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), part.as_str()))
        .collect();
    parts.push(("xl/workbook.xml", "<workbook/>"));
    let hints = Hints {
        limits: Limits {
            total_bytes: 10 << 20,
            ..Limits::default()
        },
        ..Hints::default()
    };
    let refused = parse(&zip(&parts), &hints).expect_err("is refused");
    assert!(matches!(refused, ParseError::TooLarge { limit, .. } if limit == 10 << 20));
}

#[test]
fn entities_that_multiply_expand_to_nothing() {
    let mut xml = String::from("<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a0 'lol'>");
    for n in 1..20 {
        xml += &format!("<!ENTITY a{n} '{}'>", format!("&a{};", n - 1).repeat(10));
    }
    xml += "<!ENTITY file SYSTEM 'file:///etc/passwd'>]><l>&a19; &file; text</l>";
    let document = read(xml.as_bytes());
    assert_eq!(document.pages[0].text, "l: text");
    let docx = "<!DOCTYPE w [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><w:document xmlns:w='w'><w:p><w:r><w:t>a&x;b</w:t></w:r></w:p></w:document>";
    assert_eq!(
        read(&zip(&[("word/document.xml", docx)])).pages[0].text,
        "ab"
    );
}

#[test]
fn deep_nesting_is_refused_or_flattened_in_every_format() {
    let begun = Instant::now();
    let deep = 200_000;
    assert!(matches!(
        refusal(format!("<?xml version='1.0'?>{}", "<a>".repeat(deep)).as_bytes()),
        ParseError::TooLarge { .. }
    ));
    assert!(matches!(
        refusal(format!("{{\\rtf1 {}", "{".repeat(deep)).as_bytes()),
        ParseError::TooLarge { .. }
    ));
    for (text, name) in [
        (
            format!(
                "<!doctype html>{}x",
                "<div><table><tr><td>".repeat(deep / 4)
            ),
            "a.html",
        ),
        ("[".repeat(deep), "a.json"),
        ("{\"a\":".repeat(deep), "a.json"),
        ("> - ".repeat(deep), "a.md"),
        ("((".repeat(deep), "a.txt"),
    ] {
        let document = parse(text.as_bytes(), &named(name)).expect("is read");
        check(&document);
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn a_hundred_megabytes_without_a_line_break_are_read_and_cut() {
    let begun = Instant::now();
    let text = "word ".repeat(20 << 20);
    assert!(text.len() >= 100 << 20);
    let document = parse(text.as_bytes(), &Hints::default()).expect("is read");
    assert_eq!(document.format, Format::Text);
    assert_eq!(document.pages[0].text.len(), 64 << 20);
    assert!(
        matches!(&document.warnings[..], [Warning::Truncated { limit }] if limit.contains("text"))
    );
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn a_file_called_something_else_is_read_as_what_it_is() {
    let document = parse(b"%PDF-1.4 not really", &named("letter.docx"));
    assert!(
        matches!(document, Err(ParseError::Broken { .. })),
        "{document:?}"
    );
    let html = parse(b"<!DOCTYPE html><h1>Hi</h1>", &named("sheet.xlsx")).expect("is read");
    assert_eq!(html.format, Format::Html);
    assert!(matches!(
        html.pages[0].blocks[0].kind,
        BlockKind::Heading { level: 1 }
    ));
    assert!(matches!(
        refusal(b"MZ\x90\0\x03\0\0\0\x04\0\0\0"),
        ParseError::Unsupported { .. }
    ));
    assert!(matches!(
        refusal(&zip(&[("a.exe", "x")])),
        ParseError::Unsupported { .. }
    ));
    assert!(matches!(
        refusal(b"PK\x03\x04broken"),
        ParseError::Broken { .. }
    ));
}

#[test]
fn old_and_locked_office_files_say_what_to_do() {
    let wide = |name: &str| -> Vec<u8> { name.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    let doc = [&magic[..], &wide("WordDocument")].concat();
    assert!(refusal(&doc).to_string().contains("save it as DOCX"));
    let locked = [&magic[..], &wide("EncryptedPackage")].concat();
    assert!(refusal(&locked).to_string().contains("password"));
}

#[test]
fn time_is_up_after_the_limit() {
    let hints = Hints {
        limits: Limits {
            time_ms: 0,
            ..Limits::default()
        },
        ..Hints::default()
    };
    let xml = format!("<?xml version='1.0'?><a>{}</a>", "<b>x</b>".repeat(400_000));
    assert!(matches!(
        parse(xml.as_bytes(), &hints),
        Err(ParseError::TooLarge { .. })
    ));
}

#[test]
fn empty_files_are_documents_without_text() {
    for bytes in [&b""[..], b" \n\n ", b"\xef\xbb\xbf"] {
        let document = read(bytes);
        assert_eq!(document.char_count(), 0);
    }
}

/// Numbers that look random, the same each time.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn files_with_random_damage_are_read_or_refused_but_never_panic() {
    let mut files: Vec<Vec<u8>> = [
        "habibi",
        "libreoffice-form",
        "crazyones-pdfa",
        "multicolumn",
    ]
    .iter()
    .filter_map(|name| shared(&format!("documents/{name}.pdf")))
    .collect();
    let mut file = PdfFile::new();
    file.page(text("F1", 10.0, 50.0, 700.0, "some text"));
    files.push(file.bytes());
    files.push(zip(&[(
        "word/document.xml",
        "<w:document><w:p><w:r><w:t>a</w:t></w:r></w:p></w:document>",
    )]));
    files.push(br"{\rtf1\ansi {\b a}\'e4\u8364? \trowd\cell\row}".to_vec());
    files.push(b"From: a@b\r\nTo: c@d\r\nSubject: =?utf-8?q?x?=\r\n\r\n--b\r\n\r\nx".to_vec());
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for file in &files {
        for _ in 0..60 {
            let mut damaged = file.clone();
            for _ in 0..=next(&mut state) % 24 {
                let at = next(&mut state) as usize % damaged.len();
                damaged[at] = next(&mut state) as u8;
            }
            if next(&mut state).is_multiple_of(4) {
                let length = next(&mut state) as usize % damaged.len();
                damaged.truncate(length);
            }
            if let Ok(document) = parse(&damaged, &Hints::default()) {
                check(&document);
            }
        }
    }
}
