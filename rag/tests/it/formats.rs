//! Text formats.

use rag::parse::{Format, Outcome, Warning, parse};

use crate::support::{check, named, outline, read, tables};

#[test]
fn html_keeps_the_main_part_and_its_structure() {
    let filler =
        "This is the article, which is long enough to be what the page is about. ".repeat(6);
    let html = format!(
        "<!DOCTYPE html><html lang=en><head><title>My &amp; page</title>\
         <meta name=author content='Ada'><style>p {{}}</style></head><body>\
         <nav><a href=/>Home</a></nav><main><h1>Title</h1><p>{filler}<b>bold</b> word</p>\
         <ul><li>one<li>two</ul><ol start=3><li><p>three</p></li></ol>\
         <pre>let a = 1;\n  b</pre>\
         <table><tr><th>A<th>B<tr><td>1<td>2|3</table><script>evil()</script></main>\
         <footer>Imprint</footer></body></html>"
    );
    let document = read(html.as_bytes());
    assert_eq!(document.format, Format::Html);
    assert_eq!(document.metadata.title.as_deref(), Some("My & page"));
    assert_eq!(document.metadata.author.as_deref(), Some("Ada"));
    assert_eq!(
        outline(&document.pages[0]),
        [
            "h1 Title".to_owned(),
            format!("p {filler}bold word"),
            "li0 - one".to_owned(),
            "li0 - two".to_owned(),
            "li0 3. three".to_owned(),
            "code - let a = 1;\n  b".to_owned(),
            "table | A | B |\n| --- | --- |\n| 1 | 2\\|3 |".to_owned(),
        ]
    );
}

#[test]
fn html_of_layout_tables_and_open_tags_is_read_too() {
    let document = read(b"<html><table><tr><td><p>Hello<br>there<td>side</table><div>open <p>tags");
    let text = &document.pages[0].text;
    for words in ["Hello", "there", "side", "open", "tags"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn markdown_keeps_headings_code_and_tables() {
    let text = "---\ntitle: \"Guide\"\n---\n# Start\n\nSome *text*\nover lines.\n\nSecond\n------\n\
                - a\n  - b\n\n```rust\nfn a() {}\n```\n\n| x | y |\n|---|:-:|\n| 1 | 2 |\n";
    let document = read(text.as_bytes());
    assert_eq!(document.format, Format::Markdown);
    assert_eq!(document.metadata.title.as_deref(), Some("Guide"));
    assert_eq!(
        outline(&document.pages[0]),
        [
            "h1 Start",
            "p Some *text*\nover lines.",
            "h2 Second",
            "li0 - a",
            "li1 - b",
            "code rust fn a() {}",
            "table | x | y |\n| --- | --- |\n| 1 | 2 |",
        ]
    );
}

#[test]
fn csv_is_a_table_whatever_parts_its_values() {
    for text in [
        "name;age\nAda;36\nBob;1\n",
        "name\tage\nAda\t36\nBob\t1\n",
        "name,age\nAda,36\nBob,1\n",
    ] {
        let document = parse(text.as_bytes(), &named("x.csv")).expect("is read");
        check(&document);
        let tables = tables(&document);
        assert_eq!(tables[0].header, ["name", "age"], "{text}");
        assert_eq!(tables[0].rows[1], ["Bob", "1"], "{text}");
    }
}

#[test]
fn json_records_are_a_table_and_the_rest_paths() {
    let document = read(br#"{"title": "T", "deep": {"a": [1, 2], "b": [{"c": true}]}, "rows": [{"x": 1, "y": "p"}, {"x": 2, "y": "q"}]}"#);
    assert_eq!(
        outline(&document.pages[0]),
        [
            "p title: T",
            "p deep.a: 1, 2\ndeep.b[0].c: true",
            "h2 rows",
            "table | x | y |\n| --- | --- |\n| 1 | p |\n| 2 | q |",
        ]
    );
    let lines = read(b"{\"x\": 1, \"y\": 2}\n{\"x\": 3, \"y\": 4}\n");
    assert_eq!(lines.format, Format::Jsonl);
    assert_eq!(tables(&lines)[0].rows.len(), 2);
}

#[test]
fn xml_names_its_short_values_and_keeps_its_prose() {
    let long = "A long text that is prose and whose element says nothing about it. ".repeat(4);
    let xml =
        format!("<?xml version=\"1.0\"?><r><item><name>Ada</name><n>1</n></item><t>{long}</t></r>");
    let document = read(xml.as_bytes());
    assert_eq!(document.format, Format::Xml);
    assert_eq!(
        outline(&document.pages[0]),
        ["p name: Ada\nn: 1".to_owned(), format!("p {}", long.trim())]
    );
}

#[test]
fn plain_text_has_paragraphs_and_pages() {
    let document = read("Erste Seite.\n\nZweiter Absatz, der auf Deutsch verfasst wurde und lang ist.\u{c}Zweite Seite.\n".as_bytes());
    assert_eq!(document.format, Format::Text);
    assert_eq!(document.pages.len(), 2);
    assert_eq!(document.pages[0].blocks.len(), 2);
    assert_eq!(document.metadata.language.as_deref(), Some("de"));
}

#[test]
fn text_in_old_encodings_is_decoded_and_the_guess_is_told() {
    let text = "これは日本語で書かれた文章です。文字コードはシフトJISです。";
    let bytes = encoding_rs::SHIFT_JIS.encode(text).0;
    let document = read(&bytes);
    assert_eq!(document.pages[0].text, text);
    assert_eq!(
        document.warnings,
        [Warning::GuessedEncoding {
            encoding: "Shift_JIS".into()
        }]
    );
    assert_eq!(document.metadata.language.as_deref(), Some("ja"));
}

#[test]
fn source_code_is_cut_between_its_functions() {
    let code = "use a;\n\nfn one() {\n    x();\n\n    y();\n}\n\nfn two() {}\n";
    let document = parse(code.as_bytes(), &named("lib.rs")).expect("is read");
    check(&document);
    assert_eq!(document.format, Format::Code);
    assert_eq!(
        outline(&document.pages[0]),
        [
            "code rust use a;",
            "code rust fn one() {\n    x();\n\n    y();\n}",
            "code rust fn two() {}"
        ]
    );
}

#[test]
fn mail_has_its_people_its_text_and_names_its_attachments() {
    let mail = "From: Ada <ada@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
        Date: Mon, 2 Feb 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8gQm9iLAoKc2VlIHlvdSBzb29uLg==\r\n\
        --b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF\r\n--b--\r\n";
    let document = read(mail.as_bytes());
    assert_eq!(document.format, Format::Email);
    assert_eq!(document.metadata.title.as_deref(), Some("Grüße"));
    assert_eq!(
        document.metadata.author.as_deref(),
        Some("Ada <ada@example.org>")
    );
    let outline = outline(&document.pages[0]);
    assert_eq!(outline[0], "h1 Grüße");
    assert!(
        outline.contains(&"p Hello Bob,".to_owned())
            && outline.contains(&"p see you soon.".to_owned()),
        "{outline:?}"
    );
    assert_eq!(
        document.warnings,
        [Warning::Skipped {
            what: "attachments: a.pdf".into()
        }]
    );
}

#[test]
fn mail_of_html_alone_is_read_as_html() {
    let mail = "From: a@b.c\r\nTo: d@e.f\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<h2>Offer</h2><p>Good <b>things</b></p>";
    let document = read(mail.as_bytes());
    let outline = outline(&document.pages[0]);
    assert!(
        outline.contains(&"h2 Offer".to_owned()) && outline.contains(&"p Good things".to_owned()),
        "{outline:?}"
    );
}

#[test]
fn rtf_keeps_its_letters_tables_and_title() {
    let rtf = br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title My file}{\author Ada}}{\*\generator x;}
\pard\outlinelevel0 Caf\'e9 \u8364?\par\pard Text with \u-10179?\u-8704? and {\b bold}.\par
\trowd\intbl A\cell B\cell\row\trowd\intbl 1\cell 2\cell\row\pard end\par}";
    let document = read(rtf);
    assert_eq!(document.metadata.title.as_deref(), Some("My file"));
    assert_eq!(
        outline(&document.pages[0]),
        [
            "h1 Café €",
            "p Text with 😀 and bold.",
            "table | A | B |\n| --- | --- |\n| 1 | 2 |",
            "p end",
        ]
    );
}

#[test]
fn sound_waits_for_its_transcript() {
    let document = read(b"ID3\x04\x00\x00\x00\x00\x00\x00");
    assert_eq!(document.format, Format::Audio);
    let expected = Outcome::NeedsTranscription {
        media_type: "audio/mpeg".into(),
    };
    assert_eq!(document.outcome, expected);
}
