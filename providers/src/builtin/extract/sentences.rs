//! Cuts text into sentences.

/// Bytes above which a sentence without an end is cut at the next white space or comma.
const LONGEST: usize = 1_200;

/// The sentences of `text`, trimmed, in order. A line break ends a sentence (headings, lists, tables)
/// unless the text is hard-wrapped there.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let ends = match c {
            '。' | '！' | '？' => true,
            '\n' => !wraps(&text[start..at], &text[end..]),
            '.' => ends_at_period(&text[start..at], &text[end..]),
            '!' | '?' | '…' => opens_next(&text[end..]) && !goes_on(&text[end..]),
            ' ' | ',' | '，' | '、' | '；' => at - start > LONGEST,
            _ => false,
        };
        if !ends {
            continue;
        }
        let mut end = end;
        if c != '\n' {
            // “ opens an English or Chinese quote and closes a German one.
            let german = text[start..end].contains('„');
            let closes = |c: char| is_closer(c) || (german && c == '“');
            while let Some((at, closer)) = chars.next_if(|(_, c)| closes(*c)) {
                end = at + closer.len_utf8();
            }
        }
        push(&text[start..end], &mut sentences);
        start = end;
    }
    push(&text[start..], &mut sentences);
    sentences
}

fn push<'a>(sentence: &'a str, sentences: &mut Vec<&'a str>) {
    let trimmed = sentence.trim();
    if trimmed.chars().any(char::is_alphanumeric) {
        sentences.push(trimmed);
    }
}

fn is_closer(c: char) -> bool {
    "\"'”’»」』）)]》】".contains(c)
}

/// Whether what follows a mark can be a new sentence: white space (behind closing quotes) or the end.
fn opens_next(after: &str) -> bool {
    after
        .trim_start_matches(is_closer)
        .chars()
        .next()
        .is_none_or(|c| c.is_whitespace() || super::terms::is_cjk(c))
}

/// `“Really?” she said`: a sentence does not start in lower case.
fn goes_on(after: &str) -> bool {
    let next = after.trim_start_matches(|c: char| is_closer(c) || c == ' ');
    next.chars().next().is_some_and(char::is_lowercase)
}

/// A line break inside a paragraph that somebody wrapped: a longish line without an end, and a next
/// line that starts in lower case.
fn wraps(line: &str, next: &str) -> bool {
    const SHORTEST_WRAPPED: usize = 30;
    let line = line.trim_end();
    let ended = line.ends_with(['.', '!', '?', ':', '。', '！', '？', '：', '|']);
    let goes_on = next.trim_start_matches([' ', '\t']).chars().next();
    !ended && line.len() >= SHORTEST_WRAPPED && goes_on.is_some_and(char::is_lowercase)
}

/// Lower-case or capitalised words that end in a period and do not end a sentence. Single letters
/// (initials, `z. B.`) and words with a period inside (`e.g.`, `U.S.`) are known by their form.
const ABBREVIATIONS: [&str; 56] = [
    "dr", "mr", "mrs", "ms", "prof", "st", "jr", "sr", "vs", "etc", "no", "nos", "fig", "figs",
    "vol", "pp", "ca", "cf", "al", "inc", "ltd", "co", "corp", "gen", "sen", "rep", "rev", "hon",
    "sgt", "capt", "lt", "col", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
    "oct", "nov", "dec", "approx", "dept", "est", "bzw", "usw", "bspw", "vgl", "nr", "str", "abs",
    "art", "evtl",
];
const GERMAN_AFTER_ORDINAL: [&str; 14] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
    "Jahrhundert",
    "Auflage",
];

fn ends_at_period(before: &str, after: &str) -> bool {
    if !opens_next(after) {
        return false;
    }
    if goes_on(after) {
        return false;
    }
    let next = after.trim_start_matches(|c: char| is_closer(c) || c.is_whitespace());
    let word = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or(before);
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '.');
    if word.chars().count() <= 2 && word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty() {
        return !GERMAN_AFTER_ORDINAL.iter().any(|w| next.starts_with(w));
    }
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let has_inner_period = word.contains('.') && word.chars().any(char::is_alphabetic);
    let known = ABBREVIATIONS.contains(&word.to_lowercase().as_str());
    // "… Vitamin C." at the end of the text is an end all the same.
    next.is_empty() || !(is_initial || has_inner_period || known)
}

/// A quoted sentence on one line.
pub(super) fn one_line(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}
