//! How well quoting does on XQuAD: five paragraphs of an article, one of which holds the answer.

use std::path::PathBuf;

use serde_json::Value;

use super::super::{Conversation, quote};
use crate::chat::{ChatRequest, Message, Role};

struct Question {
    text: String,
    answer: String,
    paragraph: usize,
}

struct Set {
    paragraphs: Vec<String>,
    questions: Vec<Question>,
}

/// The data lie beside the project, not in it.
fn folder(name: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let root = std::env::var_os("SHARED_DATA").map_or_else(beside, PathBuf::from);
    let folder = root.join("retrieval").join(name);
    folder.is_dir().then_some(folder)
}

fn load(name: &str) -> Option<Set> {
    let folder = folder(name)?;
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect("a file of the set");
    let json = |line: &str| serde_json::from_str::<Value>(line).expect("a line of JSON");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let corpus: Vec<Value> = read("corpus.jsonl").lines().map(json).collect();
    let relevant = read("qrels.tsv");
    let place = |query: &Value| {
        let id = query["id"].as_str().expect("an id");
        let row = relevant
            .lines()
            .find(|row| row.starts_with(id))
            .expect("a relevance row");
        let document = row.split('\t').nth(1).expect("a document");
        corpus
            .iter()
            .position(|d| d["id"] == document)
            .expect("the document")
    };
    let queries = read("queries.jsonl");
    let questions = queries.lines().map(json).map(|query| Question {
        paragraph: place(&query),
        text: text(&query["text"]),
        answer: text(&query["answers"][0]),
    });
    Some(Set {
        questions: questions.collect(),
        paragraphs: corpus.iter().map(|d| text(&d["text"])).collect(),
    })
}

/// Five neighbours in the corpus (mostly of the same article); the right one's mark is returned.
fn ask(set: &Set, number: usize, with_answer: bool) -> (ChatRequest, String) {
    const PASSAGES: usize = 5;
    let question = &set.questions[number];
    let place = number % PASSAGES;
    let away = if with_answer { 0 } else { 100 };
    let n = set.paragraphs.len();
    let mut context = String::new();
    for at in 0..PASSAGES {
        let paragraph = (question.paragraph + n + at + away - place) % n;
        context.push_str(&format!("[{}] {}\n\n", at + 1, set.paragraphs[paragraph]));
    }
    let system = format!("Answer from the passages and cite their marks.\n\nContext:\n{context}");
    let request = ChatRequest {
        messages: vec![
            Message::text(Role::System, system),
            Message::text(Role::User, question.text.clone()),
        ],
        ..ChatRequest::default()
    };
    (request, format!("[{}]", place + 1))
}

#[derive(Debug, Default)]
struct Figures {
    /// Share of questions whose best sentence carries the right mark.
    cited: f64,
    /// Share whose quote contains the answer word for word.
    answered: f64,
    /// Share answered although no passage holds the answer.
    invented: f64,
    /// Sentences quoted on average.
    sentences: f64,
}

/// One question in so many is also asked of passages without the answer.
const SAMPLED: usize = 5;

fn measure(set: &Set) -> Figures {
    let mut figures = Figures::default();
    let (mut quotes, mut sentences) = (0.0, 0.0);
    for number in 0..set.questions.len() {
        let (request, mark) = ask(set, number, true);
        if let Some(quote) = quote::answer(&Conversation::read(&request)) {
            figures.cited += f64::from(u8::from(quote.marks[0] == mark));
            figures.answered +=
                f64::from(u8::from(quote.bare.contains(&set.questions[number].answer)));
            quotes += 1.0;
            sentences += quote.text.matches("[").count() as f64;
        }
        if number % SAMPLED == 0 {
            let (request, _) = ask(set, number, false);
            let invented = quote::answer(&Conversation::read(&request)).is_some();
            figures.invented += f64::from(u8::from(invented)) * SAMPLED as f64;
        }
    }
    let all = set.questions.len() as f64;
    figures.cited /= all;
    figures.answered /= all;
    figures.invented /= all;
    figures.sentences = sentences / quotes;
    figures
}

fn check(name: &str, cited: f64, answered: f64, invented: f64) {
    let Some(set) = load(name) else {
        return say(&format!(
            "skipped: {name} is not beside the project, SHARED_DATA does not name it"
        ));
    };
    let figures = measure(&set);
    say(&format!("{name}: {figures:?}"));
    let holds = figures.cited >= cited && figures.answered >= answered;
    assert!(holds && figures.invented <= invented, "{name}: {figures:?}");
}

#[expect(clippy::print_stderr, reason = "figures, and why a test was skipped")]
fn say(what: &str) {
    eprintln!("{what}");
}

#[test]
fn english_questions_get_the_right_citation_and_the_answer() {
    check("xquad-en", 0.94, 0.89, 0.10);
}

#[test]
fn chinese_questions_get_the_right_citation_and_the_answer() {
    check("xquad-zh", 0.94, 0.87, 0.10);
}
