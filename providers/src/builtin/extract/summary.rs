//! Picks the sentences that stand for a text.

use std::collections::HashMap;

use super::conversation::Passage;
use super::language;
use super::quote::sentences_of;
use super::terms::terms;

/// Terms a sentence must have to stand alone.
const SHORTEST: usize = 4;

/// Up to `most` sentences, best first: those whose terms are frequent in the whole text, early ones
/// first when in doubt (texts say early what they are about). Of a short text, all sentences.
pub(super) fn pick<'a>(passages: &[&'a Passage], most: usize) -> Vec<(usize, usize, &'a str)> {
    let mut all = sentences_of(passages);
    all.retain(|(_, passage, sentence)| {
        !(passages[*passage].mark.is_empty() && language::is_directive(sentence))
    });
    if all.len() <= most {
        return all;
    }
    let termed: Vec<Vec<String>> = all.iter().map(|(_, _, sentence)| terms(sentence)).collect();
    let mut frequency: HashMap<&str, f64> = HashMap::new();
    for term in termed.iter().flatten() {
        *frequency.entry(term).or_default() += 1.0;
    }
    let score = |at: usize| -> f64 {
        let own = &termed[at];
        if own.len() < SHORTEST {
            return 0.0;
        }
        let weight: f64 = own.iter().map(|t| frequency[t.as_str()].ln_1p()).sum();
        let lead = 1.0 + 1.0 / (1.0 + at as f64);
        weight / (own.len() as f64).sqrt() * lead
    };
    let mut order: Vec<(usize, f64)> = (0..all.len()).map(|at| (at, score(at))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order
        .into_iter()
        .take(most)
        .map(|(at, _)| all[at])
        .collect()
}

/// Words to name a text by.
const MOST_KEYWORDS: usize = 5;

/// The most frequent words of `text` as they stand there, longer ones first among equals.
pub(super) fn keywords(text: &str) -> Vec<String> {
    let mut seen: Vec<(String, String, usize)> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let [term] = &terms(word)[..] else { continue };
        if word.chars().count() < SHORTEST || term.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        if let Some((_, _, times)) = seen.iter_mut().find(|(known, _, _)| known == term) {
            *times += 1;
        } else if seen.len() < MOST_DISTINCT {
            seen.push((term.clone(), word.to_owned(), 1));
        }
    }
    seen.sort_by_key(|(_, word, times)| std::cmp::Reverse((*times, word.len())));
    seen.into_iter()
        .take(MOST_KEYWORDS)
        .map(|(_, word, _)| word)
        .collect()
}

/// Distinct words looked at: the search above is linear in them.
const MOST_DISTINCT: usize = 500;
