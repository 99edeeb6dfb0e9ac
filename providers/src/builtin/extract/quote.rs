//! Picks sentences and writes them down with their marks.

use super::conversation::{Conversation, Passage, Standing};
use super::language;
use super::rank::{Candidate, rank};
use super::sentences::{self, one_line};
use super::summary;
use super::terms::is_cjk;

/// Quoted sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quote {
    /// The sentences in their original order, each followed by its mark.
    pub(super) text: String,
    /// The same without marks.
    pub(super) bare: String,
    /// The marks, each once, that of the best sentence first.
    pub(super) marks: Vec<String>,
}

/// Sentences quoted at most.
const MOST: usize = 3;
/// A second or third sentence must score this share of the best one's score.
const CLOSE: f64 = 0.6;
/// Below this share of the question's weight a match is chance. Pairs of characters match less often
/// than words: a question of ten characters has nine, few of which the text repeats.
const LEAST_COVERAGE: f64 = 0.2;
const LEAST_COVERAGE_CJK: f64 = 0.1;

/// The best sentences for the question, from marked passages if one of them answers, else from other
/// text. `None` when nothing matches.
pub(super) fn answer(talk: &Conversation) -> Option<Quote> {
    answer_to(&talk.question, talk)
}

/// As [`answer`], for another question.
pub(super) fn answer_to(question: &str, talk: &Conversation) -> Option<Quote> {
    let standings = [
        Standing::Marked,
        Standing::Given,
        Standing::Told,
        Standing::Said,
    ];
    standings
        .into_iter()
        .find_map(|standing| among(question, &of_standing(talk, standing)))
}

/// The sentences that say most about what the text is about: of passages, else of the last message
/// itself. Instructions are what is left when there is nothing else.
pub(super) fn summary(talk: &Conversation) -> Option<Quote> {
    let most_telling = |passages: &[&Passage]| {
        let picked = summary::pick(passages, MOST);
        (!picked.is_empty()).then(|| write(picked, passages))
    };
    let own = Passage {
        mark: String::new(),
        text: talk.question.clone(),
        standing: Standing::Said,
    };
    let of = |standing| most_telling(&of_standing(talk, standing));
    of(Standing::Marked)
        .or_else(|| of(Standing::Given))
        .or_else(|| {
            let asks = language::asks_for_summary(&talk.question);
            most_telling(&[&own]).filter(|_| !asks && !of_standing(talk, Standing::Told).is_empty())
        })
        .or_else(|| of(Standing::Said))
        .or_else(|| of(Standing::Told))
}

fn of_standing(talk: &Conversation, standing: Standing) -> Vec<&Passage> {
    talk.passages
        .iter()
        .filter(|p| p.standing == standing)
        .collect()
}

fn among(question: &str, passages: &[&Passage]) -> Option<Quote> {
    let ranked = rank(question, passages);
    let quotable = |c: &&Candidate<'_>| {
        let unmarked = passages[c.passage].mark.is_empty();
        c.score > 0.0
            && !(unmarked && (language::is_directive(c.text) || c.text.ends_with(['?', '？'])))
    };
    let mut order: Vec<usize> = (0..ranked.len())
        .filter(|i| quotable(&&ranked[*i]))
        .collect();
    order.sort_by(|a, b| ranked[*b].score.total_cmp(&ranked[*a].score));
    let best = ranked[*order.first()?];
    let least = if question.contains(is_cjk) {
        LEAST_COVERAGE_CJK
    } else {
        LEAST_COVERAGE
    };
    if best.coverage < least {
        return None;
    }
    order.truncate(MOST);
    order.retain(|i| ranked[*i].score >= CLOSE * best.score);
    let picked = order
        .into_iter()
        .map(|i| (i, ranked[i].passage, ranked[i].text))
        .collect();
    Some(write(picked, passages))
}

/// Writes down `picked` (position, passage, sentence), given best first.
fn write(picked: Vec<(usize, usize, &str)>, passages: &[&Passage]) -> Quote {
    let mut quote = Quote {
        text: String::new(),
        bare: String::new(),
        marks: Vec::new(),
    };
    for (_, passage, _) in &picked {
        let mark = &passages[*passage].mark;
        if !mark.is_empty() && !quote.marks.contains(mark) {
            quote.marks.push(mark.clone());
        }
    }
    let mut in_order = picked;
    in_order.sort_unstable();
    for (_, passage, sentence) in in_order {
        let sentence = one_line(sentence);
        let mark = &passages[passage].mark;
        let spaced = !sentence.ends_with(|c| is_cjk(c) || "。！？；”」）".contains(c));
        for text in [&mut quote.text, &mut quote.bare] {
            let touches = text.ends_with(|c: char| !is_cjk(c) && !"。！？；”」）]】".contains(c));
            if !text.is_empty() && (spaced || touches) {
                text.push(' ');
            }
            text.push_str(&sentence);
        }
        if !mark.is_empty() {
            if spaced {
                quote.text.push(' ');
            }
            quote.text.push_str(mark);
        }
    }
    quote
}

/// Kept here so that all reading of passages into sentences goes through this file and [`rank`].
pub(super) fn sentences_of<'a>(passages: &[&'a Passage]) -> Vec<(usize, usize, &'a str)> {
    let mut all = Vec::new();
    for (index, passage) in passages.iter().enumerate() {
        for sentence in sentences::split(&passage.text) {
            all.push((all.len(), index, sentence));
        }
    }
    all
}
