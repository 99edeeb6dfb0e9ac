//! Whether a source says what a sentence says.
//!
//! Words decide: the share of the sentence's content words that the best one or two sentences of the
//! source have. Quoted passages must stand there verbatim, numbers must agree. Where words cannot tell
//! (another language, quite other words) the citation stays and is called unverified.

use std::collections::HashSet;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::relevance::{content_terms, terms};
use crate::search::{Analyzer, Language};

/// Share of a sentence's words that its source must have to be supported.
const SUPPORTED: f32 = 0.4;
/// Below this share it speaks of something else.
const UNRELATED: f32 = 0.15;
/// Letters of a quotation that is checked; shorter ones are single words and names.
const SHORTEST_QUOTE: usize = 12;
/// Letters of a quote that is shown.
const LONGEST_QUOTE: usize = 600;
/// Letters by which a language can be told.
const TELLING: usize = 30;

/// A source's text, prepared for checks.
#[derive(Debug)]
pub(super) struct Evidence {
    chars: Vec<char>,
    sentences: Vec<Range<usize>>,
    sentence_terms: Vec<HashSet<u32>>,
    terms: HashSet<u32>,
    folded: Folded,
    language: Option<whatlang::Lang>,
    analyzer: Analyzer,
}

/// What a check found. Ranges are characters of the source's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This passage says it.
    Verified(Range<usize>),
    /// Words cannot tell; this passage is nearest.
    Unverified(Range<usize>),
    /// A quotation does not stand in the source.
    QuoteNotFound,
    /// The source does not say it.
    NotSupported,
}

impl Evidence {
    /// Prepares a text.
    pub(super) fn new(text: &str, analyzer: Analyzer) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let language = language(text);
        let analyzer = match (analyzer.language(), language) {
            (Language::Multilingual, Some(found)) => Analyzer::new(of_lang(found)),
            _ => analyzer,
        };
        let sentences = sentences(text);
        let text_of = |range: &Range<usize>| chars[range.clone()].iter().collect::<String>();
        Self {
            sentence_terms: sentences
                .iter()
                .map(|s| terms(analyzer, &text_of(s)))
                .collect(),
            terms: terms(analyzer, text),
            folded: Folded::of(&chars),
            sentences,
            language,
            analyzer,
            chars,
        }
    }

    /// The characters of a range.
    pub(super) fn text(&self, range: &Range<usize>) -> String {
        self.chars[range.clone()].iter().collect()
    }

    /// Judges one sentence of an answer.
    pub(super) fn judge(&self, sentence: &str) -> Verdict {
        let sentence = without_list_mark(sentence);
        let mut quoted = None;
        for quote in quotations(sentence) {
            match self.folded.find(&quote) {
                Some(range) => quoted = quoted.or(Some(range)),
                None => return Verdict::QuoteNotFound,
            }
        }
        let wanted = content_terms(self.analyzer, sentence);
        let (best, window) = self.nearest(&wanted);
        let whole = share(&wanted, &self.terms);
        let passage = match quoted {
            Some(range) => range,
            None => best,
        };
        if self.speaks_other_language(sentence) {
            return Verdict::Unverified(passage);
        }
        let support = window.max(whole * 0.8);
        if let Some(agree) = self.numbers_agree(sentence, &passage)
            && !agree
        {
            return Verdict::NotSupported;
        }
        if support >= SUPPORTED && self.has_numbers(sentence) {
            return Verdict::Verified(passage);
        }
        if support < UNRELATED && !wanted.is_empty() {
            return Verdict::NotSupported;
        }
        Verdict::Unverified(passage)
    }

    /// The one or two sentences that have most of these words, and their share.
    fn nearest(&self, wanted: &HashSet<u32>) -> (Range<usize>, f32) {
        let mut best = (0..self.chars.len().min(LONGEST_QUOTE), 0.0);
        for (at, sentence) in self.sentences.iter().enumerate() {
            let own = &self.sentence_terms[at];
            let alone = share(wanted, own);
            if alone > best.1 {
                best = (sentence.clone(), alone);
            }
            let Some(next) = self.sentences.get(at + 1) else {
                continue;
            };
            let both: HashSet<u32> = own.union(&self.sentence_terms[at + 1]).copied().collect();
            let together = share(wanted, &both);
            // A second sentence has to add something.
            if together > best.1 + 0.1 && next.end - sentence.start <= LONGEST_QUOTE {
                best = (sentence.start..next.end, together);
            }
        }
        let (range, share) = best;
        let end = range.end.min(range.start + LONGEST_QUOTE);
        (range.start..end, share)
    }

    fn has_numbers(&self, sentence: &str) -> bool {
        let text: String = self.chars.iter().collect();
        let here = numbers(&text);
        numbers(sentence).iter().all(|n| here.contains(n))
    }

    /// Whether the numbers of a sentence stand in the source, where its passage has numbers at all:
    /// `thirty` may be 30, but 25 is not 30.
    fn numbers_agree(&self, sentence: &str, passage: &Range<usize>) -> Option<bool> {
        let claimed = numbers(sentence);
        let there = numbers(&self.text(passage));
        (!claimed.is_empty() && !there.is_empty()).then(|| self.has_numbers(sentence))
    }

    fn speaks_other_language(&self, sentence: &str) -> bool {
        match (self.language, language(sentence)) {
            (Some(ours), Some(theirs)) => ours != theirs,
            _ => script(sentence) != script(&self.chars.iter().take(500).collect::<String>()),
        }
    }
}

fn share(wanted: &HashSet<u32>, has: &HashSet<u32>) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    wanted.iter().filter(|t| has.contains(t)).count() as f32 / wanted.len() as f32
}

fn script(text: &str) -> Option<whatlang::Script> {
    whatlang::detect_script(text)
}

fn language(text: &str) -> Option<whatlang::Lang> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let found = whatlang::detect(text)?;
    (letters >= TELLING && found.is_reliable()).then(|| found.lang())
}

/// The language whose words are stemmed, for one that was found.
pub(super) fn of_lang(lang: whatlang::Lang) -> Language {
    use whatlang::Lang;
    match lang {
        Lang::Ara => Language::Arabic,
        Lang::Dan => Language::Danish,
        Lang::Deu => Language::German,
        Lang::Ell => Language::Greek,
        Lang::Eng => Language::English,
        Lang::Spa => Language::Spanish,
        Lang::Fin => Language::Finnish,
        Lang::Fra => Language::French,
        Lang::Hun => Language::Hungarian,
        Lang::Ita => Language::Italian,
        Lang::Nld => Language::Dutch,
        Lang::Nob => Language::Norwegian,
        Lang::Por => Language::Portuguese,
        Lang::Ron => Language::Romanian,
        Lang::Rus => Language::Russian,
        Lang::Swe => Language::Swedish,
        Lang::Tam => Language::Tamil,
        Lang::Tur => Language::Turkish,
        _ => Language::Multilingual,
    }
}

/// Sentences of a text in characters: at the bounds of Unicode and at line breaks, without the white
/// space around them.
pub(super) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for bounded in text.split_sentence_bounds() {
        for line in bounded.split_inclusive('\n') {
            let length = line.chars().count();
            let lead = line.chars().take_while(|c| c.is_whitespace()).count();
            let tail = line.chars().rev().take_while(|c| c.is_whitespace()).count();
            if lead + tail < length && line.chars().any(char::is_alphanumeric) {
                found.push(at + lead..at + length - tail);
            }
            at += length;
        }
    }
    found
}

/// `3. ` and `- ` before an item of a list.
fn without_list_mark(sentence: &str) -> &str {
    let sentence = sentence.trim_start();
    let digits = sentence.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &sentence[digits..];
    if (1..=3).contains(&digits) && (rest.starts_with(". ") || rest.starts_with(") ")) {
        return &rest[2..];
    }
    sentence.trim_start_matches(['-', '*', '•', ' '])
}

/// What stands between quotation marks, where it is more than a word or two.
fn quotations(sentence: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(char, String)> = None;
    for c in sentence.chars() {
        match &mut open {
            Some((close, text)) => {
                let ends = match close {
                    '”' => matches!(c, '”' | '“' | '"'),
                    close => c == *close,
                };
                if ends {
                    found.extend(open.take().map(|(_, text)| text));
                } else {
                    text.push(c);
                }
            }
            None => {
                let close = match c {
                    '"' => '"',
                    '“' | '„' => '”',
                    '«' => '»',
                    '「' => '」',
                    '『' => '』',
                    _ => continue,
                };
                open = Some((close, String::new()));
            }
        }
    }
    let is_cjk = |text: &str| text.chars().any(|c| u32::from(c) > 0x2e80);
    found.retain(|text| text.chars().count() >= SHORTEST_QUOTE || is_cjk(text));
    // `…` leaves something out.
    found
        .iter()
        .flat_map(|text| text.split(['…']).flat_map(|part| part.split("...")))
        .map(str::to_owned)
        .filter(|text| text.chars().any(char::is_alphanumeric))
        .collect()
}

/// Numbers with their separators left out, so that `1,000` is `1000` and `1.000`.
fn numbers(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut number = String::new();
    let chars: Vec<char> = text.nfkc().collect();
    for (at, c) in chars.iter().enumerate() {
        let inner = matches!(c, '.' | ',' | '\'' | '’')
            && chars.get(at + 1).is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() {
            number.push(*c);
        } else if !(inner && !number.is_empty()) && !number.is_empty() {
            found.insert(std::mem::take(&mut number));
        }
    }
    if !number.is_empty() {
        found.insert(number);
    }
    found
}

/// A text's letters and digits in one case, each with its place: quotes are compared by these, so that
/// line breaks, hyphens and kinds of quotation marks do not matter.
#[derive(Debug)]
struct Folded {
    letters: Vec<char>,
    places: Vec<usize>,
}

impl Folded {
    fn of(chars: &[char]) -> Self {
        let (mut letters, mut places) = (Vec::new(), Vec::new());
        for (at, c) in chars.iter().enumerate() {
            for letter in fold(*c) {
                letters.push(letter);
                places.push(at);
            }
        }
        Self { letters, places }
    }

    /// Where a quote stands.
    fn find(&self, quote: &str) -> Option<Range<usize>> {
        let wanted: Vec<char> = quote.chars().flat_map(fold).collect();
        if wanted.is_empty() || wanted.len() > self.letters.len() {
            return None;
        }
        let at = self
            .letters
            .windows(wanted.len())
            .position(|window| window == wanted)?;
        Some(self.places[at]..self.places[at + wanted.len() - 1] + 1)
    }
}

fn fold(c: char) -> Vec<char> {
    if c.is_ascii() {
        return match c.is_ascii_alphanumeric() {
            true => vec![c.to_ascii_lowercase()],
            false => Vec::new(),
        };
    }
    c.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Employees have 30 days of paid leave a year. Leave that is not taken expires at \
                        the end of March of the following year.\nParental leave is granted for up to \
                        three years.";

    fn evidence() -> Evidence {
        Evidence::new(TEXT, Analyzer::new(Language::English))
    }

    fn quote(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Verified(range) => evidence().text(range),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_passage_that_says_it_is_quoted() {
        let verdict = evidence().judge("Every employee gets 30 days of paid leave per year");
        assert_eq!(
            quote(&verdict),
            "Employees have 30 days of paid leave a year."
        );
        let verdict = evidence().judge("Unused leave expires at the end of March.");
        assert!(quote(&verdict).starts_with("Leave that is not taken expires"));
    }

    #[test]
    fn another_number_is_not_supported() {
        let judged = evidence().judge("Employees have 25 days of paid leave a year.");
        assert_eq!(judged, Verdict::NotSupported);
    }

    #[test]
    fn a_number_that_the_source_spells_out_is_not_refused() {
        let judged = evidence().judge("Parental leave is granted for up to 3 years.");
        assert!(matches!(judged, Verdict::Unverified(_)), "{judged:?}");
    }

    #[test]
    fn what_has_nothing_to_do_with_the_source_is_not_supported() {
        let judged = evidence().judge("The cafeteria serves vegetarian lunches on Mondays.");
        assert_eq!(judged, Verdict::NotSupported);
    }

    #[test]
    fn quotations_must_stand_there_verbatim_but_for_breaks_and_case() {
        let judged = evidence().judge("It says “leave that is not taken EXPIRES at the end”.");
        assert_eq!(quote(&judged), "Leave that is not taken expires at the end");
        let judged = evidence().judge("It says \"leave is never lost whatever happens\".");
        assert_eq!(judged, Verdict::QuoteNotFound);
    }

    #[test]
    fn a_sentence_in_another_language_is_not_judged_by_its_words() {
        let judged =
            evidence().judge("Die Angestellten haben im Jahr dreißig Tage bezahlten Urlaub.");
        assert!(matches!(judged, Verdict::Unverified(_)), "{judged:?}");
    }

    #[test]
    fn chinese_is_judged_by_its_characters() {
        let evidence = Evidence::new(
            "员工每年享有三十天带薪休假。未使用的假期于次年三月底失效。",
            Analyzer::new(Language::Chinese),
        );
        let judged = evidence.judge("员工每年有三十天带薪休假。");
        let Verdict::Verified(range) = judged else {
            panic!("{judged:?}");
        };
        assert_eq!(evidence.text(&range), "员工每年享有三十天带薪休假。");
        assert_eq!(
            evidence.judge("食堂周一供应素食午餐"),
            Verdict::NotSupported
        );
    }

    #[test]
    fn numbers_are_compared_without_separators() {
        assert!(numbers("1,000 or 1.5").contains("1000"));
        assert!(numbers("1’000.").contains("1000"));
        assert_eq!(numbers("a 7. b"), HashSet::from(["7".to_owned()]));
    }
}
