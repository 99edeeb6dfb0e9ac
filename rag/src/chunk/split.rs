//! Cutting a text that is larger than a chunk: at a space if there is one, never in a grapheme.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, GraphemeIncomplete};

use super::count::Counter;

/// Bytes that a grapheme is looked for in; longer ones are attacks and are cut at a character.
const LOOK: usize = 512;

/// Parts of `text` of at most `max` tokens each, with their tokens. Takes time in proportion to
/// the text.
pub(super) fn split(text: &str, max: u32, counter: &Counter) -> Vec<(Range<usize>, u32)> {
    let mut parts = Vec::new();
    let mut from = 0;
    // Guessed from the part before: most texts are as dense all through.
    let mut bytes_per_token = 4.0_f64;
    while from < text.len() {
        let rest = &text[from..];
        let mut length = ((f64::from(max) * bytes_per_token) as usize).max(1);
        let (end, tokens) = loop {
            let end = boundary(rest, length);
            let tokens = counter.count(&rest[..end]);
            if tokens <= max || end <= 1 {
                break (end, tokens);
            }
            // Too many: aim a little below what fits.
            let shrunk = (end as f64 * f64::from(max) / f64::from(tokens) * 0.95) as usize;
            let smaller = shrunk.min(end - 1).max(1);
            if boundary(rest, smaller) >= end {
                // One grapheme that is larger than a chunk stays whole.
                break (end, tokens);
            }
            length = smaller;
        };
        bytes_per_token = (end as f64 / f64::from(tokens.max(1))).clamp(0.5, 16.0);
        let part = &rest[..end];
        let lead = part.len() - part.trim_start().len();
        let body = part.trim();
        if !body.is_empty() {
            parts.push((from + lead..from + lead + body.len(), tokens));
        }
        from += end;
    }
    parts
}

/// A place to cut at or before `at`, behind a space if one is near; at least one grapheme.
fn boundary(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    let at = text.floor_char_boundary(at);
    let near = text.floor_char_boundary(at - at / 3);
    let space = text[near..at].rfind(char::is_whitespace);
    if let Some(space) = space {
        let from = near + space;
        let width = text[from..].chars().next().map_or(1, char::len_utf8);
        if is_grapheme_boundary(text, from + width) {
            return from + width;
        }
    }
    let mut end = at;
    while end > 0 && at - end < LOOK {
        if is_grapheme_boundary(text, end) {
            return end;
        }
        end = text.floor_char_boundary(end - 1);
    }
    if end > 0 && at > 0 {
        return at;
    }
    // The first grapheme is longer than asked for.
    let mut cursor = GraphemeCursor::new(0, text.len(), true);
    let window = text.floor_char_boundary(LOOK.min(text.len()));
    match cursor.next_boundary(&text[..window], 0) {
        Ok(Some(next)) => next,
        _ => window.max(1),
    }
}

fn is_grapheme_boundary(text: &str, at: usize) -> bool {
    let from = text.floor_char_boundary(at.saturating_sub(LOOK));
    let to = text.ceil_char_boundary((at + LOOK).min(text.len()));
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    loop {
        match cursor.is_boundary(&text[from..to], from) {
            Ok(is) => return is,
            // Flags and emoji sequences may need to look far back; far is not followed.
            Err(GraphemeIncomplete::PreContext(end)) if end > from => {
                let before = text.floor_char_boundary(end.saturating_sub(LOOK));
                cursor.provide_context(&text[before..end], before);
            }
            Err(_) => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation;

    use super::super::Vocabulary;
    use super::*;

    fn check(text: &str, max: u32) {
        let counter = Counter::new(Vocabulary::Cl100k, text.len());
        let parts = split(text, max, &counter);
        let boundaries: Vec<usize> = text
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        for (range, tokens) in &parts {
            assert!(boundaries.binary_search(&range.start).is_ok(), "{range:?}");
            assert!(boundaries.binary_search(&range.end).is_ok(), "{range:?}");
            assert!(*tokens <= max, "{tokens}");
        }
        let joined: String = parts
            .iter()
            .map(|(range, _)| &text[range.clone()])
            .collect();
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(bare(&joined), bare(text));
    }

    #[test]
    fn parts_hold_all_of_the_text_and_cut_no_grapheme() {
        check(&"word and another ".repeat(500), 100);
        check(&"漢字かな交じり文".repeat(400), 100);
        check(&"👩‍👩‍👧‍👦🇩🇪é".repeat(300), 100);
        check(&"a".repeat(50_000), 100);
        check(&"الحَبيبي ".repeat(500), 100);
    }

    #[test]
    fn a_grapheme_without_end_comes_to_an_end() {
        let text = format!("a{}", "\u{301}".repeat(100_000));
        let counter = Counter::new(Vocabulary::Cl100k, text.len());
        assert!(!split(&text, 100, &counter).is_empty());
    }
}
