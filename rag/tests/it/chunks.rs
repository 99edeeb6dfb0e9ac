//! Chunks: sizes, spans, headings, tables, families, questions.

use std::time::{Duration, Instant};

use rag::chunk::{Chunk, ChunkKind, ChunkSettings, SettingsError, Strategy, chunk, normalize};
use rag::parse::{Document, Hints, parse};
use unicode_segmentation::UnicodeSegmentation;

use crate::support::{named, read, shared};

fn settings(strategy: Strategy) -> ChunkSettings {
    ChunkSettings {
        strategy,
        max_tokens: 100,
        overlap_tokens: 25,
        ..ChunkSettings::default()
    }
}

/// What holds for all chunks: spans lead to their text, sizes are kept, no grapheme is cut.
fn check(document: &Document, chunks: &[Chunk], max: u32) {
    for (at, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.index as usize, at);
        assert!(!chunk.text.trim().is_empty());
        if chunk.kind != ChunkKind::Parent {
            assert!(
                chunk.tokens <= max,
                "{} tokens in {:?}",
                chunk.tokens,
                chunk.text
            );
        }
        let mut parts = Vec::new();
        for span in &chunk.spans {
            let page = document.pages.iter().find(|page| page.number == span.page);
            let text = &page.expect("the page exists").text;
            let bytes = span.bytes.start as usize..span.bytes.end as usize;
            let part = &text[bytes];
            let chars = span.chars.start as usize..span.chars.end as usize;
            let by_chars: String = text.chars().skip(chars.start).take(chars.len()).collect();
            assert_eq!(part, by_chars);
            parts.push(part);
        }
        if !matches!(chunk.kind, ChunkKind::Question { .. }) {
            assert_eq!(chunk.text, parts.join("\n"));
        }
    }
}

/// Every word of the document is in a chunk.
fn check_complete(document: &Document, chunks: &[Chunk]) {
    let all: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
    let all = normalize(&all.join(" "));
    for page in &document.pages {
        for word in normalize(&page.text).unicode_words() {
            assert!(all.contains(word), "{word} is lost");
        }
    }
}

const SENTENCE: &str = "The quick brown fox jumps over the lazy dog while nobody looks at it. ";

#[test]
fn chunks_begin_at_headings_and_know_them() {
    let body = SENTENCE.repeat(5);
    let text = format!("# Book\n\n## One\n\n{body}\n\n### Deep\n\nShort.\n\n## Two\n\n{body}");
    let document = parse(text.as_bytes(), &named("a.md")).expect("is read");
    let chunks = chunk(&document, &settings(Strategy::Structure));
    check(&document, &chunks, 100);
    check_complete(&document, &chunks);
    let two = chunks
        .iter()
        .find(|chunk| chunk.text.starts_with("Two"))
        .expect("begins at Two");
    assert_eq!(two.headings, ["Book"]);
    assert!(two.embedding_text().starts_with("Book\nTwo"));
    assert!(
        !chunks
            .iter()
            .any(|chunk| chunk.text.contains("Short") && chunk.text.contains("Two"))
    );
}

#[test]
fn a_heading_never_stands_alone_at_the_end() {
    for words in 60..110 {
        let text = format!(
            "# A\n\n{}\n\n#### B\n\n{}",
            "word ".repeat(words),
            SENTENCE.repeat(8)
        );
        let document = parse(text.as_bytes(), &named("a.md")).expect("is read");
        let chunks = chunk(&document, &settings(Strategy::Structure));
        check(&document, &chunks, 100);
        for chunk in &chunks {
            let last = chunk.text.lines().last().unwrap_or_default();
            assert_ne!(last, "B", "{words} words");
        }
    }
}

#[test]
fn neighbours_overlap_by_whole_sentences() {
    let text: String = (0..60)
        .map(|n| format!("Sentence number {n} says a few words. "))
        .collect();
    let document = read(text.as_bytes());
    let chunks = chunk(&document, &settings(Strategy::Structure));
    check(&document, &chunks, 100);
    assert!(chunks.len() > 3);
    for pair in chunks.windows(2) {
        let (end, begin) = (pair[0].spans[0].bytes.end, pair[1].spans[0].bytes.start);
        assert!(begin < end, "they overlap");
        let shared = &document.pages[0].text[begin as usize..end as usize];
        assert!(
            shared.starts_with("Sentence") && shared.ends_with('.'),
            "{shared}"
        );
    }
}

#[test]
fn the_header_of_a_table_is_in_each_of_its_chunks() {
    let rows: String = (0..80)
        .map(|n| format!("{n},name of number {n},{}\n", n * n))
        .collect();
    let document = parse(
        format!("id,name,square\n{rows}").as_bytes(),
        &named("a.csv"),
    )
    .expect("is read");
    let chunks = chunk(&document, &settings(Strategy::Structure));
    check(&document, &chunks, 100);
    assert!(chunks.len() > 5);
    for chunk in &chunks {
        assert_eq!(chunk.kind, ChunkKind::Table);
        assert!(
            chunk
                .text
                .starts_with("| id | name | square |\n| --- | --- | --- |\n| "),
            "{}",
            chunk.text
        );
    }
    check_complete(&document, &chunks);
}

#[test]
fn children_lie_within_their_parents() {
    let document = read(SENTENCE.repeat(60).as_bytes());
    let chunks = chunk(
        &document,
        &settings(Strategy::ParentChild { parent_tokens: 400 }),
    );
    check(&document, &chunks, 100);
    let parents = chunks
        .iter()
        .filter(|chunk| chunk.kind == ChunkKind::Parent)
        .count();
    assert!(parents >= 2, "{parents}");
    for child in chunks
        .iter()
        .filter(|chunk| chunk.kind != ChunkKind::Parent)
    {
        let parent = &chunks[child.parent.expect("has a parent") as usize];
        assert!(parent.text.contains(&child.text));
        assert!(parent.tokens <= 400);
    }
}

#[test]
fn rows_of_questions_are_embedded_by_their_question() {
    let csv = "Frage,Thema,Antwort\nWie spät ist es?,Zeit,Zwölf Uhr.\nWo bin ich?,Ort,Zu Hause.\n,leer,x\n";
    let document = parse(csv.as_bytes(), &named("faq.csv")).expect("is read");
    let strategy = Strategy::Questions {
        question: None,
        answer: None,
    };
    let chunks = chunk(&document, &settings(strategy));
    check(&document, &chunks, 100);
    assert_eq!(chunks.len(), 2);
    assert_eq!(chunks[1].embedding_text(), "Wo bin ich?");
    assert_eq!(chunks[1].text, "Wo bin ich?\nZu Hause.");
    let span = &chunks[1].spans[0];
    let row = &document.pages[0].text[span.bytes.start as usize..span.bytes.end as usize];
    assert_eq!(row, "| Wo bin ich? | Ort | Zu Hause. |");
}

#[test]
fn openai_s_static_strategy_has_its_bounds() {
    assert_eq!(ChunkSettings::fixed(99, 0), Err(SettingsError::Size(99)));
    assert_eq!(
        ChunkSettings::fixed(4097, 0),
        Err(SettingsError::Size(4097))
    );
    let too_much = SettingsError::Overlap {
        overlap: 401,
        max: 400,
    };
    assert_eq!(ChunkSettings::fixed(800, 401), Err(too_much));
    let document = read(SENTENCE.repeat(300).as_bytes());
    let chunks = chunk(
        &document,
        &ChunkSettings::fixed(800, 400).expect("is allowed"),
    );
    check(&document, &chunks, 800);
    for pair in chunks[..chunks.len() - 1].windows(2) {
        assert!(pair[0].tokens > 700, "{}", pair[0].tokens);
        let (a, b) = (&pair[0].spans[0].bytes, &pair[1].spans[0].bytes);
        let shared = f64::from(a.end - b.start) / f64::from(a.end - a.start);
        assert!((0.3..=0.52).contains(&shared), "{shared}");
    }
}

#[test]
fn chinese_japanese_and_arabic_are_cut_at_sentences_and_never_in_a_grapheme() {
    for sentence in [
        "他说，今天的天气很好，我们去公园散步吧。",
        "これは日本語の文章です。",
        "هذه جملة باللغة العربية. ",
        "한국어 👨‍👩‍👧‍👦 é 🇩🇪 문장입니다. ",
    ] {
        let document = read(sentence.repeat(40).as_bytes());
        let chunks = chunk(&document, &settings(Strategy::Structure));
        check(&document, &chunks, 100);
        check_complete(&document, &chunks);
        assert!(chunks.len() > 2);
        let text = &document.pages[0].text;
        let mut bounds: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
        bounds.push(text.len());
        for chunk in &chunks {
            let end = sentence.trim_end().chars().last().expect("is not empty");
            assert!(chunk.text.ends_with(end), "{}", chunk.text);
            for span in &chunk.spans {
                assert!(bounds.binary_search(&(span.bytes.start as usize)).is_ok());
                assert!(bounds.binary_search(&(span.bytes.end as usize)).is_ok());
            }
        }
    }
}

#[test]
fn hashes_depend_on_words_headings_and_settings_but_not_on_spaces() {
    let hash = |text: &str, settings: &ChunkSettings| {
        chunk(&read(text.as_bytes()), settings)[0].hash.clone()
    };
    let usual = ChunkSettings::default();
    let smaller = settings(Strategy::Structure);
    assert_eq!(
        hash("one  two\nthree", &usual),
        hash("one two three", &usual)
    );
    assert_ne!(hash("one two three", &usual), hash("one two four", &usual));
    assert_ne!(
        hash("one two three", &usual),
        hash("one two three", &smaller)
    );
    assert_eq!(hash("one", &usual).len(), 64);
}

#[test]
fn text_without_any_break_is_cut_soon() {
    let begun = Instant::now();
    let document = parse("x".repeat(30 << 20).as_bytes(), &Hints::default()).expect("is read");
    let chunks = chunk(&document, &ChunkSettings::default());
    assert!(chunks.len() > 1000);
    assert!(chunks.iter().all(|chunk| chunk.tokens <= 512));
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn chunks_of_a_book_lie_on_its_pages_and_their_quotes_have_boxes() {
    let Some(bytes) = shared("documents/GeoTopo-komprimiert.pdf") else {
        return;
    };
    let document = parse(&bytes, &Hints::default()).expect("is read");
    let chunks = chunk(&document, &ChunkSettings::default());
    check(&document, &chunks, 512);
    let with_boxes = chunks.iter().filter(|chunk| {
        let page = &document.pages[chunk.spans[0].page as usize - 1];
        !page.boxes.of_range(chunk.spans[0].chars.clone()).is_empty()
    });
    assert_eq!(with_boxes.count(), chunks.len());
    let titled = chunks
        .iter()
        .filter(|chunk| !chunk.headings.is_empty())
        .count();
    assert!(titled * 2 > chunks.len(), "{titled} of {}", chunks.len());
}
