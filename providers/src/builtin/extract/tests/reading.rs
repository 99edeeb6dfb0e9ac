//! Questions, passages, marks and languages.

use super::super::conversation::Conversation;
use super::super::sentences;
use super::super::terms::terms;
use super::*;

#[test]
fn an_answer_is_a_quote_with_its_mark() {
    let designed = "The Aurora library opened in 1987. [1] It was designed by Mira Holt. [1]";
    assert_eq!(ask(PASSAGES, "Who designed the library?"), designed);
    assert_eq!(
        ask(PASSAGES, "When did the library open?"),
        "The Aurora library opened in 1987. [1]"
    );
    assert_eq!(
        ask(PASSAGES, "How much is a yearly card?"),
        "A yearly card costs 24.50 EUR. [doc:3]"
    );
    assert_eq!(
        ask(PASSAGES, "What do students pay?"),
        "Students pay half. [doc:3]"
    );
}

#[test]
fn the_same_request_has_the_same_answer() {
    let first = ask(PASSAGES, "Tell me about the library cards");
    assert!((0..5).all(|_| ask(PASSAGES, "Tell me about the library cards") == first));
}

#[test]
fn nothing_is_quoted_when_nothing_matches() {
    let cases = [
        (
            "What is the boiling point of helium?",
            "I cannot find an answer in the given context.",
        ),
        (
            "Wie hoch ist der Siedepunkt von Helium?",
            "Im gegebenen Kontext finde ich keine Antwort.",
        ),
        ("氦的沸点是多少？", "我在给定的上下文中找不到答案。"),
    ];
    for (question, answer) in cases {
        assert_eq!(ask(PASSAGES, question), answer);
    }
}

#[test]
fn a_greeting_is_answered_by_an_introduction_in_its_language() {
    assert!(ask("", "hello").starts_with("Hello! I am the built-in extract model."));
    assert!(ask("You are a helpful assistant.", "Hi there!").starts_with("Hello!"));
    assert!(ask("", "Hallo").starts_with("Hallo! Ich bin das eingebaute Modell"));
    assert!(ask("", "你好").starts_with("你好！"));
    assert!(ask("", "").starts_with("Hello!"));
}

#[test]
fn a_question_without_passages_is_told_what_is_missing() {
    let answer = ask(
        "You are a helpful assistant.",
        "What is the capital of France?",
    );
    assert!(
        answer.starts_with("I can only answer from text"),
        "{answer}"
    );
}

#[test]
fn instructions_are_never_quoted() {
    let system = "You are a library assistant. Answer questions about the library politely. The \
        library closes at six.";
    assert_eq!(
        ask(system, "When does the library close?"),
        "The library closes at six."
    );
}

#[test]
fn german_and_chinese_passages_are_quoted() {
    let german = "[1] Die Bibliothek wurde am 3. Oktober 1987 eröffnet. Der Eintritt ist frei.\n\
        [2] Im Erdgeschoss (ca. 400 m²) stehen Kinderbücher.";
    assert_eq!(
        ask(german, "Wann wurde die Bibliothek eröffnet?"),
        "Die Bibliothek wurde am 3. Oktober 1987 eröffnet. [1]"
    );
    let chinese = "[1] 图书馆于1987年开放。它由米拉设计。\n[2] 年卡价格为24欧元。学生半价。";
    assert_eq!(ask(chinese, "年卡价格是多少？"), "年卡价格为24欧元。[2]");
    assert_eq!(
        ask(chinese, "图书馆是哪一年开放的？"),
        "图书馆于1987年开放。[1]"
    );
}

#[test]
fn sentences_of_several_passages_stand_in_their_order() {
    let passages = "[1] The red pump weighs 40 kg.\n[2] It rains.\n[3] The blue pump weighs 55 kg.";
    assert_eq!(
        ask(passages, "How much do the pumps weigh?"),
        "The red pump weighs 40 kg. [1] The blue pump weighs 55 kg. [3]"
    );
}

#[test]
fn passages_and_question_may_share_a_message() {
    let forms = [
        "Context:\n[1] The pump weighs 40 kg.\n[2] It is red.\n\nQuestion: How much does the pump weigh?\nAnswer:",
        "How much does the pump weigh?\n\n[1] The pump weighs 40 kg.\n[2] It is red.",
        "[1] The pump weighs 40 kg.\n[2] It is red.\n\nHow much does the pump weigh?",
        "<context>\n[1] The pump weighs 40 kg.\n[2] It is red.\n</context>\n<question>How much does the pump weigh?</question>",
        "### Question:\nHow much does the pump weigh?\n\n### Context:\n[1] The pump weighs 40 kg.\n[2] It is red.",
    ];
    for form in forms {
        assert_eq!(ask("", form), "The pump weighs 40 kg. [1]", "{form}");
    }
    let plain = "The pump weighs 40 kg. It is red. How much does the pump weigh?";
    assert_eq!(ask("", plain), "The pump weighs 40 kg.");
}

#[test]
fn a_tools_result_is_context() {
    let result =
        json!({"hits": [{"title": "Pumps", "text": "The pump weighs 40 kg."}]}).to_string();
    let messages = json!([
        {"role": "user", "content": "How much does the pump weigh?"},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function",
            "function": {"name": "search", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": result},
    ]);
    assert_eq!(
        say(json!({"model": "m", "messages": messages})),
        "The pump weighs 40 kg."
    );
}

#[test]
fn earlier_turns_are_context_when_nothing_else_answers() {
    let messages = json!([
        {"role": "user", "content": "My dog is called Rex and my cat is called Mia."},
        {"role": "assistant", "content": "Noted: your dog is a dog."},
        {"role": "user", "content": "What is my dog called?"},
    ]);
    let answer = say(json!({"model": "m", "messages": messages}));
    assert_eq!(answer, "My dog is called Rex and my cat is called Mia.");
}

#[test]
fn a_summary_keeps_the_marks() {
    let answer = ask(PASSAGES, "Please summarize the passages.");
    assert!(
        answer.contains("[1]") && answer.matches(". [").count() == 3,
        "{answer}"
    );
    let text = "Summarize the following text:\n\nThe harbour was built in 1900. Ships came. In 1950 \
        the harbour was closed because the harbour basin had filled with sand. It is a park now.";
    assert!(ask("", text).contains("the harbour was closed"));
}

#[test]
fn headings_and_repeated_questions_are_not_answers() {
    let passages =
        "[1] Pump weight\nThe weight of the pump is 40 kg.\n[2] What is the pump weight?";
    assert_eq!(
        ask(passages, "What is the pump weight?"),
        "The weight of the pump is 40 kg. [1]"
    );
}

#[test]
fn marks_are_read_in_all_their_forms() {
    let text = "[1] one\n[2][3]: two\n【4】三\n[doc:5] five\n[a-1#p.3] six\n- [ ] open\n[link](http://x)\n";
    let body = json!({"model": "m", "messages": [{"role": "system", "content": text}]});
    let talk = Conversation::read(&request(body));
    let marks: Vec<&str> = talk.passages.iter().map(|p| p.mark.as_str()).collect();
    assert_eq!(marks, ["[1]", "[2][3]", "【4】", "[doc:5]", "[a-1#p.3]"]);
    assert!(talk.passages[4].text.contains("[ ] open"));
}

#[test]
fn sentences_end_where_people_end_them() {
    let check =
        |text: &str, expected: &[&str]| assert_eq!(sentences::split(text), expected, "{text}");
    check(
        "Dr. Smith (b. 1950) left at 3.5 km. He ran!",
        &["Dr. Smith (b. 1950) left at 3.5 km.", "He ran!"],
    );
    check(
        "It is, e.g. this. “Really?” she said.",
        &["It is, e.g. this.", "“Really?” she said."],
    );
    check(
        "Am 3. Mai war es z. B. kalt. Dann warm.",
        &["Am 3. Mai war es z. B. kalt.", "Dann warm."],
    );
    check(
        "他来了。“走吧！”她说。好？",
        &["他来了。", "“走吧！”", "她说。", "好？"],
    );
    check("# Head\n- a b\n- c d", &["# Head", "- a b", "- c d"]);
    check(
        "a line that somebody has wrapped at\nthirty columns. Next.",
        &[
            "a line that somebody has wrapped at\nthirty columns.",
            "Next.",
        ],
    );
    check(" \n .. !! \n", &[]);
}

#[test]
fn terms_meet_over_endings_accents_and_separators() {
    assert_eq!(
        terms("The libraries' opening hours"),
        terms("library opens an hour")
    );
    assert_eq!(terms("Café costs 3,400"), terms("cafe cost 3400"));
    assert_eq!(terms("Die Bücher des Museums"), terms("Buch Museum"));
    assert_eq!(terms("年卡的价格"), ["年卡", "价格"]);
}

#[test]
fn huge_and_strange_prompts_are_answered() {
    for text in [
        "[",
        "[]",
        "[1]",
        "????",
        "。",
        "{\"",
        "<question>",
        "Question:",
        "\u{0}\u{feff}",
        "[1] .",
    ] {
        ask(text, text);
        ask("", text);
        ask("", &format!("{text}\n\n{text}"));
    }
    let huge = format!("[1] {}\n[2] The pump weighs 40 kg.", "word ".repeat(60_000));
    assert_eq!(
        ask(&huge, "How much does the pump weigh?"),
        "The pump weighs 40 kg. [2]"
    );
}

#[test]
fn instructions_are_no_text_while_there_is_another() {
    let told = "You are a strict reviewer. Mend mistakes and unnatural wording.";
    let text = "Our tea is shipped within two days.";
    assert_eq!(ask(told, text), text);
    // A paragraph of its own is context, whatever stands above it.
    let with_facts = "Write as a friend.\n\nThe shop opens at nine and closes at six.";
    let hours = "The shop opens at nine and closes at six.";
    assert_eq!(ask(with_facts, "When does the shop open?"), hours);
    // Facts in the same paragraph as the instruction are found when they are asked for.
    let mixed = "You help customers. The shop opens at nine and closes at six.";
    assert_eq!(ask(mixed, "When does the shop open?"), hours);
}
