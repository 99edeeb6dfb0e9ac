//! An answer as it streams: text goes through, marks are held back until they are judged.

use std::ops::Range;

use super::answer::{AskEvent, Flag, FlagKind};
use super::marks::{self, Mark};
use super::sources::Given;
use super::support::{Verdict, sentences};

/// Words of a sentence that needs no citation: a heading, "Yes.", an introduction.
const FEW_WORDS: usize = 4;

/// Checks one answer.
#[derive(Debug)]
pub(super) struct Checker {
    sources: Vec<Given>,
    /// What is not decided yet.
    pending: String,
    /// What went through, with its marks.
    said: Vec<char>,
    /// Where the text begins that has no mark yet.
    unmarked: usize,
    /// Marks that follow each other, with the white space before the first.
    cluster: Option<(String, Vec<u32>)>,
    in_code: bool,
    cited: usize,
}

impl Checker {
    /// Checks an answer from these sources.
    pub(super) fn new(sources: Vec<Given>) -> Self {
        Self {
            sources,
            pending: String::new(),
            said: Vec::new(),
            unmarked: 0,
            cluster: None,
            in_code: false,
            cited: 0,
        }
    }

    /// Citations that stayed.
    pub(super) fn cited(&self) -> usize {
        self.cited
    }

    /// The model said `text`.
    pub(super) fn push(&mut self, text: &str, out: &mut Vec<AskEvent>) {
        self.pending.push_str(text);
        self.advance(false, out);
    }

    /// The model is done.
    pub(super) fn finish(&mut self, out: &mut Vec<AskEvent>) {
        self.advance(true, out);
        self.judge(out);
        let rest = self.unmarked..self.said.len();
        self.flag_uncited(rest, &[], out);
    }

    fn advance(&mut self, ended: bool, out: &mut Vec<AskEvent>) {
        while !self.pending.is_empty() {
            let space = self.pending.len() - self.pending.trim_start().len();
            let rest = &self.pending[space..];
            if rest.is_empty() {
                // White space may stand before a mark that is taken out.
                if ended {
                    self.pending.clear();
                }
                return;
            }
            if rest.starts_with(['[', '【']) && !self.in_code {
                match marks::read(rest, ended) {
                    Mark::Incomplete => return,
                    Mark::Sources(numbers, length) => {
                        let gap = self.pending[..space].to_owned();
                        let cluster = self.cluster.get_or_insert((gap, Vec::new()));
                        cluster.1.extend(numbers);
                        self.pending.drain(..space + length);
                        continue;
                    }
                    Mark::Other => {}
                }
            }
            self.judge(out);
            let rest = &self.pending[space..];
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let end = rest[first..]
                .find(['[', '【'])
                .map_or(rest.len(), |at| first + at);
            let run = rest[..end].trim_end();
            let run = match run.is_empty() {
                true => &rest[..first],
                false => run,
            };
            let length = space + run.len();
            let text: String = self.pending.drain(..length).collect();
            self.say(text, out);
        }
    }

    fn say(&mut self, text: String, out: &mut Vec<AskEvent>) {
        if text.matches("```").count() % 2 == 1 {
            self.in_code = !self.in_code;
        }
        self.said.extend(text.chars());
        match out.last_mut() {
            Some(AskEvent::Text(last)) => last.push_str(&text),
            _ => out.push(AskEvent::Text(text)),
        }
    }

    /// Judges the marks that wait, by the sentence before them.
    fn judge(&mut self, out: &mut Vec<AskEvent>) {
        let Some((gap, mut numbers)) = self.cluster.take() else {
            return;
        };
        let mut seen = std::collections::HashSet::new();
        numbers.retain(|number| seen.insert(*number));
        let unmarked = self.unmarked..self.said.len();
        let claim = match self.sentences_in(unmarked.clone()).last() {
            Some(claim) => claim.clone(),
            // Marks that follow others with nothing between.
            None => self
                .sentences_in(0..self.said.len())
                .last()
                .cloned()
                .unwrap_or(0..0),
        };
        let sentence: String = self.said[claim.clone()].iter().collect();
        let (mut kept, mut flags) = (Vec::new(), Vec::new());
        for number in &numbers {
            let flag = |kind| Flag {
                kind,
                number: Some(*number),
                start: claim.start,
                end: claim.end,
                sentence: sentence.clone(),
            };
            let at = usize::try_from(*number).ok().and_then(|n| n.checked_sub(1));
            let Some(given) = at.and_then(|at| self.sources.get(at)) else {
                flags.push(flag(FlagKind::UnknownSource));
                continue;
            };
            match given.evidence.judge(&sentence) {
                Verdict::Verified(range) => kept.push((*number, range, true)),
                Verdict::Unverified(range) => kept.push((*number, range, false)),
                Verdict::QuoteNotFound => flags.push(flag(FlagKind::QuoteNotFound)),
                Verdict::NotSupported => flags.push(flag(FlagKind::NotSupported)),
            }
        }
        if !kept.is_empty() {
            let marks: String = kept.iter().map(|(n, _, _)| format!("[{n}]")).collect();
            self.say(gap + &marks, out);
        }
        let end = self.said.len();
        for (number, range, verified) in &kept {
            let given = &self.sources[*number as usize - 1];
            let citation = given.citation(range, *verified, claim.start, end);
            out.push(AskEvent::Citation(Box::new(citation)));
        }
        self.cited += kept.len();
        out.extend(flags.into_iter().map(AskEvent::Flag));
        let before = unmarked.start..claim.start.max(unmarked.start);
        let numbers: Vec<u32> = kept.iter().map(|(n, _, _)| *n).collect();
        self.flag_uncited(before, &numbers, out);
        self.unmarked = end;
    }

    /// Reports sentences that nothing stands behind. Those on the cited sentence's line may be covered
    /// by its sources.
    fn flag_uncited(&self, range: Range<usize>, sources: &[u32], out: &mut Vec<AskEvent>) {
        if self.in_code || self.sources.is_empty() {
            return;
        }
        for sentence in self.sentences_in(range) {
            let text: String = self.said[sentence.clone()].iter().collect();
            let words = text.split_whitespace().count();
            let short = words < FEW_WORDS && text.chars().count() < 24;
            if short || text.ends_with([':', '：', '?', '？']) || text.starts_with('#') {
                continue;
            }
            let covered = sources.iter().any(|number| {
                let given = &self.sources[*number as usize - 1];
                matches!(given.evidence.judge(&text), Verdict::Verified(_))
            });
            if !covered {
                out.push(AskEvent::Flag(Flag {
                    kind: FlagKind::Uncited,
                    number: None,
                    start: sentence.start,
                    end: sentence.end,
                    sentence: text,
                }));
            }
        }
    }

    fn sentences_in(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let text: String = self.said[range.clone()].iter().collect();
        sentences(&text)
            .into_iter()
            .map(|s| s.start + range.start..s.end + range.start)
            .collect()
    }
}
