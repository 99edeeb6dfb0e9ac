//! PDF: structure, fonts, encryption, damage.

use lopdf::{Dictionary, Object, Stream, dictionary};
use rag::parse::{Hints, Outcome, ParseError, Warning, parse};

use crate::support::pdf_file::{PdfFile, composite, text};
use crate::support::{check, outline, read, refusal, shared};

#[test]
fn headings_lists_and_paragraphs_are_told_apart() {
    let mut file = PdfFile::new();
    file.page(
        [
            text("F2", 20.0, 50.0, 740.0, "Annual report"),
            text(
                "F1",
                10.0,
                50.0,
                700.0,
                "The first paragraph goes over two lines, and its la-",
            ),
            text(
                "F1",
                10.0,
                50.0,
                688.0,
                "st word is cut at the end of the line.",
            ),
            text("F1", 10.0, 50.0, 660.0, "\\225 the first item"),
            text("F1", 10.0, 50.0, 648.0, "\\225 the second item"),
            text("F2", 14.0, 50.0, 620.0, "Results"),
            text(
                "F1",
                10.0,
                50.0,
                600.0,
                "All went well, and nobody was harmed in the making.",
            ),
        ]
        .concat(),
    );
    let document = read(&file.bytes());
    assert_eq!(
        outline(&document.pages[0]),
        [
            "h1 Annual report",
            "p The first paragraph goes over two lines, and its last word is cut at the end of the \
             line.",
            "li0 • the first item",
            "li0 • the second item",
            "h2 Results",
            "p All went well, and nobody was harmed in the making.",
        ]
    );
    assert_eq!(document.metadata.page_count, 1);
    assert_eq!(document.metadata.language.as_deref(), Some("en"));
}

#[test]
fn boxes_stand_where_the_characters_are_displayed() {
    let line = text("F1", 10.0, 100.0, 700.0, "Hello");
    let mut file = PdfFile::new();
    file.page(line.clone());
    file.page_with(line, dictionary! { "Rotate" => 90 });
    let document = read(&file.bytes());
    let upright = &document.pages[0];
    assert_eq!(upright.size, Some((600.0, 800.0)));
    let lines = upright.boxes.of_range(0..5);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        (lines[0].x0 - 100.0).abs() < 0.5 && (lines[0].x1 - 122.8).abs() < 0.5,
        "{lines:?}"
    );
    assert!(
        lines[0].y0 < 100.0 && lines[0].y1 > 100.0,
        "the baseline is 100 below the top"
    );
    // Turned clockwise, what was 700 from the bottom is 700 from the left.
    let turned = &document.pages[1];
    assert_eq!(turned.size, Some((800.0, 600.0)));
    let first = turned.boxes.of_char(0).expect("has a box");
    assert!(
        first.x0 < 700.0 && first.x1 > 700.0 && (first.y0 - 100.0).abs() < 0.5,
        "{first:?}"
    );
}

#[test]
fn charsets_of_chinese_japanese_and_korean_fonts_are_decoded() {
    for (encoding, bytes, expected) in [
        ("GBK-EUC-H", "<d6d0cec4cec4bcfe>", "中文文件"),
        ("UniGB-UCS2-H", "<4e2d65876587>", "中文文"),
        ("90ms-RKSJ-H", "<93fa967b8cea>", "日本語"),
        ("KSCms-UHC-H", "<c7d1b1b9>", "한국"),
        ("ETen-B5-H", "<a4a4a4e5>", "中文"),
    ] {
        let mut file = PdfFile::new();
        composite(&mut file, "C1", encoding, None);
        file.page(format!("BT /C1 12 Tf 50 700 Td {bytes} Tj ET"));
        assert_eq!(read(&file.bytes()).pages[0].text, expected, "{encoding}");
    }
}

#[test]
fn arabic_shown_from_left_to_right_is_read_from_right_to_left() {
    let map = "1 begincodespacerange <0000> <ffff> endcodespacerange
        6 beginbfchar <0001> <0645> <0002> <0631> <0003> <062d> <0004> <0628> <0005> <FE8E>
        <0006> <0020> endbfchar";
    let mut file = PdfFile::new();
    composite(&mut file, "C1", "Identity-H", Some(map));
    // The glyphs of a word and of the number after it, as they stand from left to right.
    file.page(
        "BT /C1 12 Tf 100 700 Td <00050004000300020001> Tj ET\nBT /F1 12 Tf 70 700 Td (2026) Tj ET",
    );
    let document = read(&file.bytes());
    assert_eq!(document.pages[0].text, "مرحبا 2026");
    // Boxes follow their characters: the first letter is the rightmost.
    let boxes = &document.pages[0].boxes;
    let (first, last) = (
        boxes.of_char(0).expect("has a box"),
        boxes.of_char(4).expect("has a box"),
    );
    assert!(first.x0 > last.x0);
}

#[test]
fn a_page_that_is_a_picture_waits_for_ocr() {
    let mut file = PdfFile::new();
    let picture = Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => 8, "Height" => 8,
            "Filter" => "DCTDecode",
        },
        vec![0xff, 0xd8, 0xff, 0xd9],
    );
    file.xobject("P", picture);
    file.page(text(
        "F1",
        10.0,
        50.0,
        700.0,
        "This page has a text of its own.",
    ));
    file.page("q 580 0 0 780 10 10 cm /P Do Q");
    let document = read(&file.bytes());
    let Outcome::NeedsOcr { pages } = &document.outcome else {
        panic!("{:?}", document.outcome);
    };
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].number, 2);
    let image = pages[0].image.as_ref().expect("the picture is taken out");
    assert_eq!(
        (image.media_type.as_str(), &image.bytes[..2]),
        ("image/jpeg", &[0xff, 0xd8][..])
    );
}

#[test]
fn pictures_of_pages_are_taken_out_in_forms_that_ocr_reads() {
    let fax = dictionary! { "K" => -1, "Columns" => 16 };
    for (more, data, begin) in [
        (
            dictionary! { "Filter" => "CCITTFaxDecode", "DecodeParms" => fax, "BitsPerComponent" => 1 },
            vec![0, 16, 1],
            &b"II\x2a\0"[..],
        ),
        (
            dictionary! { "ColorSpace" => "DeviceGray", "BitsPerComponent" => 1 },
            vec![0xff, 0x00, 0xaa, 0x55],
            b"P4\n16 2\n\x00\xff\x55\xaa",
        ),
        (
            dictionary! { "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8 },
            vec![7; 32],
            b"P5\n16 2\n255\n\x07",
        ),
    ] {
        let mut file = PdfFile::new();
        let mut picture = dictionary! { "Subtype" => "Image", "Width" => 16, "Height" => 2 };
        picture.extend(&more);
        file.xobject("P", Stream::new(picture, data));
        file.page("q 600 0 0 800 0 0 cm /P Do Q");
        let document = read(&file.bytes());
        let Outcome::NeedsOcr { pages } = &document.outcome else {
            panic!("{:?}", document.outcome);
        };
        let image = pages[0].image.as_ref().expect("the picture is taken out");
        assert!(image.bytes.starts_with(begin), "{:?}", image.media_type);
    }
}

#[test]
fn glyphs_without_a_meaning_make_the_text_poor() {
    let mut file = PdfFile::new();
    composite(&mut file, "C1", "Identity-H", None);
    file.page("BT /C1 12 Tf 50 700 Td <000100020003000400050006> Tj ET");
    let document = read(&file.bytes());
    assert_eq!(document.warnings, [Warning::PoorText { pages: vec![1] }]);
}

#[test]
fn a_locked_file_asks_for_its_password() {
    let Some(bytes) = shared("documents/libreoffice-writer-password.pdf") else {
        return;
    };
    assert_eq!(refusal(&bytes), ParseError::PasswordNeeded);
    let with = |password: &str| Hints {
        password: Some(password.to_owned()),
        ..Hints::default()
    };
    assert_eq!(
        parse(&bytes, &with("wrong")),
        Err(ParseError::WrongPassword)
    );
    let document = parse(&bytes, &with("openpassword")).expect("opens");
    check(&document);
    assert!(document.warnings.contains(&Warning::Encrypted));
    assert!(document.pages[0].text.chars().count() > 400);
}

#[test]
fn what_is_written_in_a_form_is_text() {
    let mut file = PdfFile::new();
    let field = dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx",
        "Rect" => vec![100.into(), 600.into(), 200.into(), 612.into()],
        "V" => Object::string_literal("Ada Lovelace"),
    };
    let more = dictionary! { "Annots" => vec![Object::Dictionary(field)] };
    file.page_with(text("F1", 10.0, 40.0, 603.0, "Name:"), more);
    assert_eq!(read(&file.bytes()).pages[0].text, "Name: Ada Lovelace");
}

#[test]
fn actual_text_stands_for_what_is_shown() {
    let mut file = PdfFile::new();
    file.page("BT /F1 10 Tf 50 700 Td /Span << /ActualText (fluent) >> BDC (xyz) Tj EMC ET");
    assert_eq!(read(&file.bytes()).pages[0].text, "fluent");
}

#[test]
fn cut_off_files_are_repaired_or_refused_but_never_panic() {
    let mut file = PdfFile::new();
    for page in 0..5 {
        file.page(text(
            "F1",
            10.0,
            50.0,
            700.0,
            &format!("This is page number {page} of five."),
        ));
    }
    let bytes = file.bytes();
    let mut readable = 0;
    for length in (0..bytes.len()).step_by(37) {
        if let Ok(document) = parse(&bytes[..length], &Hints::default()) {
            check(&document);
            readable += usize::from(document.pages.iter().any(|page| !page.text.is_empty()));
        }
    }
    assert!(readable > 0, "a file that lacks its end is repaired");
}

#[test]
fn loops_come_to_an_end() {
    // A form that shows itself, and a tree of pages that holds itself.
    let mut file = PdfFile::new();
    let id = file.xobject(
        "X",
        Stream::new(dictionary! { "Subtype" => "Form" }, Vec::new()),
    );
    let own = dictionary! { "XObject" => dictionary! { "X" => id } };
    let form = Stream::new(
        dictionary! { "Subtype" => "Form", "Resources" => own },
        b"/X Do /X Do /X Do /X Do".to_vec(),
    );
    file.document.objects.insert(id, Object::Stream(form));
    file.page(format!(
        "{}/X Do",
        text("F1", 10.0, 50.0, 700.0, "before the loop")
    ));
    let document = read(&file.bytes());
    assert_eq!(document.pages[0].text, "before the loop");

    let mut file = PdfFile::new();
    file.page("");
    let mut document = lopdf::Document::load_mem(&file.bytes()).expect("is a PDF");
    let pages = document
        .catalog()
        .and_then(|c| c.get(b"Pages"))
        .and_then(Object::as_reference);
    let pages = pages.expect("has pages");
    let node = dictionary! { "Type" => "Pages", "Kids" => vec![pages.into()], "Count" => 1, "Parent" => pages };
    document.objects.insert(pages, Object::Dictionary(node));
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("is written");
    // The page is still in the file, though no tree leads to it.
    assert_eq!(read(&bytes).metadata.page_count, 1);
}

#[test]
fn a_stream_that_is_a_bomb_is_not_unpacked() {
    let mut stream = Stream::new(Dictionary::new(), vec![b' '; 60 << 20]);
    stream.compress().expect("is packed");
    assert!(stream.content.len() < 1 << 20);
    let mut file = PdfFile::new();
    let id = file.document.add_object(stream);
    file.page_with("", dictionary! { "Contents" => id });
    let document = read(&file.bytes());
    assert_eq!(document.pages[0].text, "");
}
