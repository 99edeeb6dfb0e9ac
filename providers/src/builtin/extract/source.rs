//! The text that values are taken from.

use super::conversation::Conversation;
use super::conversation::{Passage, Standing};
use super::language;
use super::quote::{self, Quote};
use super::rank;
use super::sentences;

/// Text with its conversation, or a piece of it (a list item) alone.
pub(super) struct Source<'a> {
    /// The text without instructions, the question's own text in front.
    pub(super) text: String,
    talk: Option<&'a Conversation>,
}

/// Bytes of text in which single values are searched; quotes are taken from all of it.
const SEARCHED_BYTES: usize = 64 * 1024;

impl<'a> Source<'a> {
    /// Everything that was said, without sentences that instruct.
    pub(super) fn of(talk: &'a Conversation) -> Self {
        let mut text = String::new();
        let asked = Passage {
            mark: String::new(),
            text: talk.question.clone(),
            standing: Standing::Given,
        };
        // Instructions are read only where they are all there is.
        let is_text = |passage: &&Passage| passage.standing != Standing::Told;
        let others = !talk.question.trim().is_empty() || talk.passages.iter().any(|p| is_text(&p));
        let passages = talk.passages.iter().filter(|p| !others || is_text(p));
        for passage in std::iter::once(&asked).chain(passages) {
            for line in passage.text.lines() {
                if !language::is_directive(line) {
                    text.push_str(line);
                }
                text.push('\n');
            }
        }
        text.truncate(text.floor_char_boundary(SEARCHED_BYTES));
        Self {
            text,
            talk: Some(talk),
        }
    }

    /// One item of a list.
    pub(super) fn of_item(item: &str) -> Self {
        Self {
            text: item.to_owned(),
            talk: None,
        }
    }

    /// Bytes that finding one value may read.
    pub(super) fn cost(&self) -> usize {
        let passages = self.talk.into_iter().flat_map(|talk| &talk.passages);
        self.text.len() + passages.map(|passage| passage.text.len()).sum::<usize>()
    }

    /// Whether this is an item and not the whole conversation.
    pub(super) fn is_item(&self) -> bool {
        self.talk.is_none()
    }

    /// What the model would answer in words: a quote for the question, else a summary.
    pub(super) fn answer(&self) -> Option<Quote> {
        let talk = self.talk?;
        let asks = !talk.question.is_empty() && !language::asks_for_summary(&talk.question);
        let found = if asks { quote::answer(talk) } else { None };
        if found.is_some() || (asks && language::is_question(&talk.question)) {
            return found;
        }
        quote::summary(talk)
    }

    /// The sentences that stand for the text.
    pub(super) fn summary(&self) -> Option<Quote> {
        quote::summary(self.talk?)
    }

    /// What to say in an answer when nothing was found.
    pub(super) fn nothing(&self) -> &'static str {
        let question = self.talk.map_or("", |talk| talk.question.as_str());
        language::Language::of(question).not_found()
    }

    /// The sentence that has most to do with `words`.
    pub(super) fn sentence_about(&self, words: &str) -> Option<String> {
        let whole = Passage {
            mark: String::new(),
            text: self.text.clone(),
            standing: Standing::Given,
        };
        let ranked = rank::rank(words, &[&whole]);
        let best = ranked
            .iter()
            .filter(|c| c.score > 0.0)
            .max_by(|a, b| a.score.total_cmp(&b.score))?;
        Some(sentences::one_line(best.text))
    }

    /// All citation marks of the answer.
    pub(super) fn marks(&self) -> Vec<String> {
        self.answer().map(|quote| quote.marks).unwrap_or_default()
    }
}
