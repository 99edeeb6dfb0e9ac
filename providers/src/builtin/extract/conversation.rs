//! What is asked, and the passages to answer from.

use serde_json::Value;

use super::READ_BYTES;
use super::language::{asks_for_summary, is_directive, is_instruction, is_question};
use super::sentences;
use crate::chat::{ChatRequest, Message, Role};

/// How much a passage is meant to be quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Carries a citation mark.
    Marked,
    /// Text in a system message, in a tool's result, or around the question.
    Given,
    /// What the user said in earlier turns, or beside the question in a chatty message.
    Said,
    /// A paragraph of a system message that begins by telling the model what to do.
    Told,
}

/// A piece of context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    /// Its citation mark as it stood there (`[1]`, `[doc:3]`), empty without one.
    pub(super) mark: String,
    /// Its text without the mark.
    pub(super) text: String,
    /// How much it is meant to be quoted.
    pub(super) standing: Standing,
}

/// A request as this model understands it.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The question, or whatever the user said last.
    pub(super) question: String,
    /// Passages in order.
    pub(super) passages: Vec<Passage>,
    /// System messages and the last user message as they stand, where a format may be described.
    pub(super) instructions: String,
}

impl Conversation {
    /// Finds question and passages.
    pub(super) fn read(request: &ChatRequest) -> Self {
        let mut talk = Self::default();
        let mut room = READ_BYTES;
        let asked = request.messages.iter().rposition(|m| m.role == Role::User);
        for (position, message) in request.messages.iter().enumerate() {
            let mut text = text_of(message);
            text.truncate(text.floor_char_boundary(room));
            room -= text.len();
            let instructs = matches!(message.role, Role::System | Role::Developer);
            if instructs || Some(position) == asked {
                talk.instructions.push_str(&text);
                talk.instructions.push('\n');
            }
            match message.role {
                Role::User if Some(position) == asked => talk.read_question(&text),
                Role::User => talk.read_passages(&text, Standing::Said, false),
                Role::System | Role::Developer => talk.read_passages(&text, Standing::Given, true),
                Role::Tool | Role::Function => talk.read_passages(&text, Standing::Given, false),
                // Our own earlier quotes are no new evidence.
                Role::Assistant => {}
            }
        }
        talk
    }

    /// Whether there is anything to quote: instructions are not.
    pub(super) fn has_text(&self) -> bool {
        let quotable = |passage: &Passage| {
            let mut sentences = sentences::split(&passage.text).into_iter();
            !passage.mark.is_empty() || sentences.any(|sentence| !is_directive(sentence))
        };
        self.passages.iter().any(quotable)
    }

    fn read_question(&mut self, text: &str) {
        let split = split_question(text);
        self.read_passages(&split.context, split.standing, false);
        self.question = split.question;
    }

    fn read_passages(&mut self, text: &str, standing: Standing, instructs: bool) {
        let mut reader = Reader {
            passages: &mut self.passages,
            standing,
            instructs,
            open: false,
            blank: false,
        };
        for line in text.lines() {
            reader.line(line);
        }
    }
}

/// A turn's text; a tool's JSON result as `key: value` lines.
fn text_of(message: &Message) -> String {
    let text = message.plain_text();
    if !matches!(message.role, Role::Tool | Role::Function) {
        return text;
    }
    match serde_json::from_str(&text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => {
            let mut lines = String::new();
            flatten("", &value, &mut lines);
            lines
        }
        _ => text,
    }
}

fn flatten(key: &str, value: &Value, lines: &mut String) {
    const TEXT_KEYS: [&str; 6] = ["text", "content", "passage", "snippet", "body", "answer"];
    match value {
        Value::Null => {}
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(key, value)| flatten(key, value, lines));
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(key, item, lines)),
        Value::String(text) if key.is_empty() || TEXT_KEYS.contains(&key) => {
            lines.push_str(text);
            lines.push('\n');
        }
        Value::String(text) => lines.push_str(&format!("{key}: {text}\n")),
        other => lines.push_str(&format!("{key}: {other}\n")),
    }
}

struct Reader<'a> {
    passages: &'a mut Vec<Passage>,
    standing: Standing,
    /// Whether this is a system message, whose paragraphs may be instructions.
    instructs: bool,
    /// Whether the line before was empty.
    blank: bool,
    /// Whether the next line belongs to the last passage.
    open: bool,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        let (mark, rest) = split_mark(trimmed);
        if !mark.is_empty() {
            self.start(mark, rest, Standing::Marked);
            return;
        }
        if is_tag(trimmed) || is_label(trimmed) || is_json_schema(trimmed) {
            self.open = false;
            return;
        }
        let new_paragraph = std::mem::replace(&mut self.blank, trimmed.is_empty());
        let unmarked = self
            .passages
            .last()
            .is_some_and(|last| last.mark.is_empty());
        if self.instructs && new_paragraph && unmarked && !trimmed.is_empty() {
            self.open = false;
        }
        if let Some(last) = self.passages.last_mut().filter(|_| self.open) {
            last.text.push('\n');
            last.text.push_str(line);
            return;
        }
        if !trimmed.is_empty() {
            let told = self.instructs && is_instruction(trimmed);
            let standing = if told { Standing::Told } else { self.standing };
            self.start("", line, standing);
        }
    }

    fn start(&mut self, mark: &str, text: &str, standing: Standing) {
        self.passages.push(Passage {
            mark: mark.to_owned(),
            text: text.to_owned(),
            standing,
        });
        self.open = true;
    }
}

const LONGEST_MARK: usize = 48;

/// Splits citation marks (`[1]`, `[2][3]`, `[doc:3]`, `【1】`) off the start of a line.
fn split_mark(line: &str) -> (&str, &str) {
    let mut len = 0;
    while let Some(one) = mark_len(&line[len..]) {
        len += one;
    }
    let rest = line[len..].trim_start_matches([':', '：', '-', '–', '.', ' ', '\t']);
    (&line[..len], rest)
}

fn mark_len(text: &str) -> Option<usize> {
    let (open, close) = match text.chars().next()? {
        '[' => ('[', ']'),
        '【' => ('【', '】'),
        _ => return None,
    };
    let end = text.find(close)?;
    let inside = &text[open.len_utf8()..end];
    let is_id = |c: char| c.is_alphanumeric() || ":._#-/^†".contains(c);
    // `[ ]` and `[x]` are check boxes, `[text](url)` is a link.
    let is_mark = !inside.is_empty()
        && inside.len() <= LONGEST_MARK
        && inside.chars().all(is_id)
        && inside != "x"
        && !text[end + close.len_utf8()..].starts_with('(');
    is_mark.then_some(end + close.len_utf8())
}

/// `<context>`, `</documents>`, `---`, and code fences.
fn is_tag(line: &str) -> bool {
    let tag = line.starts_with('<') && line.ends_with('>') && line.len() < 80;
    tag || (line.len() >= 3 && line.chars().all(|c| "-=*#`_~".contains(c)))
}

/// A JSON schema in one line, as programs write it into a prompt.
fn is_json_schema(line: &str) -> bool {
    let looks = line.starts_with('{') && line.contains("\"type\"");
    looks
        && serde_json::from_str::<Value>(line)
            .is_ok_and(|schema| schema.get("type").is_some() && schema.get("properties").is_some())
}

/// `Context:`, `Passages:`, `参考资料：`: a short line that only announces.
fn is_label(line: &str) -> bool {
    const WORDS: [&str; 22] = [
        "context",
        "passages",
        "sources",
        "documents",
        "text",
        "excerpts",
        "information",
        "search results",
        "answer",
        "question",
        "kontext",
        "passagen",
        "quellen",
        "dokumente",
        "antwort",
        "上下文",
        "参考资料",
        "段落",
        "资料",
        "文档",
        "回答",
        "答案",
    ];
    let Some(label) = line.trim_matches(['#', '*', ' ']).strip_suffix([':', '：']) else {
        return false;
    };
    let label = label.trim_matches(['*', ' ']).to_lowercase();
    WORDS.contains(&label.as_str())
}

struct Split {
    question: String,
    context: String,
    standing: Standing,
}

const QUESTION_LABELS: [&str; 10] = [
    "question:",
    "user question:",
    "query:",
    "q:",
    "frage:",
    "问题：",
    "问题:",
    "用户问题：",
    "提问：",
    "user query:",
];
/// Bytes above which a message is not taken for a question as a whole.
const LONGEST_QUESTION: usize = 400;

/// Tells the question in the last user message from text that came with it.
fn split_question(text: &str) -> Split {
    if let Some(split) = by_tag(text).or_else(|| by_label(text)) {
        return split;
    }
    let paragraphs: Vec<&str> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let asks =
        |p: &str| p.len() <= LONGEST_QUESTION && split_mark(p).0.is_empty() && is_question(p);
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    if let [first, .., last] = paragraphs[..] {
        if asks(last) && last.ends_with(['?', '？']) {
            return around(text, last);
        }
        let commands = first.len() <= LONGEST_QUESTION && split_mark(first).0.is_empty();
        if asks(first) || commands {
            return around(text, first);
        }
    }
    if let [first, .., last] = lines[..] {
        if asks(last) && last.trim_end().ends_with(['?', '？']) {
            return around(text, last);
        }
        let commands = first.trim_end().ends_with([':', '：']);
        if asks(first) || asks_for_summary(first) || commands {
            return around(text, first);
        }
    }
    in_one_line(text)
}

fn by_tag(text: &str) -> Option<Split> {
    ["question", "query", "user_question"]
        .into_iter()
        .find_map(|tag| {
            let start = text.rfind(&format!("<{tag}>"))?;
            let inner = start + tag.len() + 2;
            let end = inner + text[inner..].find(&format!("</{tag}>"))?;
            let context = format!("{}\n{}", &text[..start], &text[end + tag.len() + 3..]);
            Some(Split {
                question: text[inner..end].trim().to_owned(),
                context,
                standing: Standing::Given,
            })
        })
}

/// `Question: …` up to the end of its paragraph; the last one if there are examples in front.
fn by_label(text: &str) -> Option<Split> {
    let mut found = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches([' ', '#', '*']);
        let lower = bare.to_lowercase();
        if let Some(label) = QUESTION_LABELS.iter().find(|l| lower.starts_with(**l)) {
            found = Some((at, at + line.len() - bare.len() + label.len()));
        }
        at += line.len();
    }
    let (start, inner) = found?;
    let tail = text.get(inner..)?.trim_start_matches(['*', ' ', '\n']);
    let question = tail.split("\n\n").next()?.trim();
    // What follows is the prompt for the answer ("Answer:").
    let question = question.lines().next().unwrap_or(question).trim();
    let after = &tail[question.len().min(tail.len())..];
    (!question.is_empty()).then(|| Split {
        question: question.to_owned(),
        context: format!("{}\n\n{after}", &text[..start]),
        standing: Standing::Given,
    })
}

/// `part` of `text` is the question, the rest is context.
fn around(text: &str, part: &str) -> Split {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    Split {
        question: part.trim().to_owned(),
        context: format!("{}\n\n{}", &text[..start], &text[start + part.len()..]),
        standing: Standing::Given,
    }
}

/// One paragraph: its last asking sentence if it asks, else all of it if it is short.
fn in_one_line(text: &str) -> Split {
    let sentences = sentences::split(text);
    let asking = sentences
        .iter()
        .rfind(|s| s.ends_with(['?', '？']))
        .copied();
    if let Some(asking) = asking.filter(|_| sentences.len() > 1) {
        let mut split = around(text, asking);
        if split.context.len() <= LONGEST_QUESTION {
            split.standing = Standing::Said;
        }
        return split;
    }
    let (mark, _) = split_mark(text.trim_start());
    if text.len() <= LONGEST_QUESTION && mark.is_empty() {
        return Split {
            question: text.trim().to_owned(),
            context: String::new(),
            standing: Standing::Said,
        };
    }
    Split {
        question: String::new(),
        context: text.to_owned(),
        standing: Standing::Given,
    }
}
