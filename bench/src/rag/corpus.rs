//! Documents made of words whose frequencies are those of a language.

use std::fmt::Write as _;

/// Words that there are.
const VOCABULARY: u64 = 20_000;
/// Words of a paragraph, which becomes a chunk.
const PARAGRAPH: usize = 60;
/// Paragraphs of a document.
pub(super) const PARAGRAPHS: usize = 1_000;

/// A generator of numbers that gives the same ones each time.
#[derive(Debug, Clone)]
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A word by Zipf's law: the share of the n-th most frequent is about 1/n.
    fn word(&mut self) -> String {
        let share = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = (VOCABULARY as f64).powf(share) as u64;
        spelled(rank)
    }

    pub(super) fn words(&mut self, count: usize) -> String {
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// A number as letters, so that it is a word to every tokenizer.
fn spelled(mut number: u64) -> String {
    let mut word = String::new();
    while number > 0 {
        word.push(char::from(b"bdfgklmnprst"[(number % 12) as usize]));
        word.push(char::from(b"aeiou"[(number / 12 % 5) as usize]));
        number /= 60;
    }
    word + "n"
}

/// A document of [`PARAGRAPHS`] sections.
pub(super) fn document(number: usize) -> String {
    let mut numbers = Numbers::new(number as u64 + 1);
    let mut text = String::new();
    for section in 0..PARAGRAPHS {
        let words = numbers.words(PARAGRAPH);
        let _ = write!(text, "## Section {section}\n\n{words}.\n\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_the_same_each_time_and_differ_from_each_other() {
        assert_eq!(document(3), document(3));
        assert_ne!(document(3), document(4));
        assert_eq!(document(0).matches("## ").count(), PARAGRAPHS);
    }

    #[test]
    fn few_words_are_frequent_and_many_are_rare() {
        let text = Numbers::new(7).words(20_000);
        let mut counts = std::collections::HashMap::new();
        for word in text.split(' ') {
            *counts.entry(word).or_insert(0_u32) += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        assert!(most > 500, "{most}");
        assert!(counts.len() > 4_000, "{}", counts.len());
    }
}
