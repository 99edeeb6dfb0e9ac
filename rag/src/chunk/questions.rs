//! Tables of questions and answers.

use std::ops::Range;

use crate::parse::{BlockKind, Document, Table};

/// A row with a question.
pub(super) struct Row {
    /// Index of the page.
    pub(super) page: usize,
    /// The row's line in the page's text.
    pub(super) bytes: Range<usize>,
    pub(super) question: String,
    pub(super) answer: String,
}

/// Names of columns, in several languages.
const QUESTIONS: [&str; 9] = [
    "question",
    "q",
    "frage",
    "pregunta",
    "domanda",
    "вопрос",
    "问题",
    "質問",
    "prompt",
];
const ANSWERS: [&str; 9] = [
    "answer",
    "a",
    "antwort",
    "respuesta",
    "risposta",
    "ответ",
    "答案",
    "回答",
    "response",
];

/// Rows of all tables that have both columns.
pub(super) fn chunks(
    document: &Document,
    question: Option<&str>,
    answer: Option<&str>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, page) in document.pages.iter().enumerate() {
        for block in &page.blocks {
            let BlockKind::Table(table) = &block.kind else {
                continue;
            };
            let Some((q, a)) = columns(table, question, answer) else {
                continue;
            };
            let begin = block.bytes.start as usize;
            // The text has a line for the header, one below it, then one a row.
            let mut from = begin;
            let lines = page.block_text(block).split_inclusive('\n').map(|line| {
                let range = from..from + line.trim_end().len();
                from += line.len();
                range
            });
            for (row, bytes) in table.rows.iter().zip(lines.skip(2)) {
                let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim()).to_owned();
                let (question, answer) = (cell(q), cell(a));
                if !question.is_empty() && !answer.is_empty() {
                    rows.push(Row {
                        page: at,
                        bytes,
                        question,
                        answer,
                    });
                }
            }
        }
    }
    rows
}

fn columns(table: &Table, question: Option<&str>, answer: Option<&str>) -> Option<(usize, usize)> {
    if table.header.len() < 2 {
        return None;
    }
    let place = |wanted: Option<&str>, usual: &[&str]| {
        let is = |header: &String| match wanted {
            Some(name) => header.trim().eq_ignore_ascii_case(name.trim()),
            None => usual.contains(&header.trim().to_lowercase().as_str()),
        };
        table.header.iter().position(is)
    };
    let (q, a) = (place(question, &QUESTIONS), place(answer, &ANSWERS));
    match (q, a) {
        (Some(q), Some(a)) if q != a => Some((q, a)),
        // A name that was asked for must be there; without any, the first two columns serve.
        (None, None) if question.is_none() && answer.is_none() => Some((0, 1)),
        _ => None,
    }
}
