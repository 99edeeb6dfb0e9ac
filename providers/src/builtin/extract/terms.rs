//! Words as search terms.

/// Whether `c` belongs to a script that is written without spaces (Han, kana) or is matched by pairs
/// all the same (Hangul, whose words carry particles).
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The terms of `text` in order: lower-case stems of words without stop words, numbers without
/// separators, overlapping pairs of CJK characters.
pub(super) fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let len = if is_cjk(c) {
            let run = run_len(rest, is_cjk);
            push_pairs(&rest[..run], &mut terms);
            run
        } else if c.is_alphanumeric() {
            let run = word_len(rest);
            push_word(&rest[..run], &mut terms);
            run
        } else {
            c.len_utf8()
        };
        rest = &rest[len..];
    }
    terms
}

fn run_len(text: &str, belongs: fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// A word goes on over apostrophes between letters and over separators between digits (`3,400`).
fn word_len(text: &str) -> usize {
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, c)| *c);
        let joins = match c {
            '\'' | '’' => before.is_alphabetic() && next.is_alphabetic(),
            ',' | '.' => before.is_ascii_digit() && next.is_ascii_digit(),
            _ => c.is_alphanumeric() && !is_cjk(c),
        };
        if !joins {
            return at;
        }
        before = c;
    }
    text.len()
}

fn push_word(word: &str, terms: &mut Vec<String>) {
    let lower: String = word
        .chars()
        .flat_map(char::to_lowercase)
        .map(fold)
        .collect();
    let bare = lower
        .strip_suffix("'s")
        .unwrap_or(&lower)
        .replace(['\'', ',', '’'], "");
    if !STOP_WORDS.contains(&bare.as_str()) {
        terms.push(stem(&bare).to_owned());
    }
}

/// Latin letters without their accents, so that `Café` meets `cafe`.
fn fold(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'ß' => 's',
        '’' => '\'',
        _ => c,
    }
}

const SUFFIXES: [&str; 12] = [
    "ations", "ation", "ings", "ing", "ions", "ion", "ies", "ed", "es", "en", "er", "ly",
];
const SHORTEST_STEM: usize = 4;

/// Cuts the commonest endings of English and German, and a last `s`, `e` or `y`. Crude on purpose:
/// both sides are cut alike, and a wrong meeting costs little in a handful of passages.
fn stem(word: &str) -> &str {
    if word.len() < SHORTEST_STEM || word.as_bytes()[0].is_ascii_digit() {
        return word;
    }
    let long_enough = |stem: &&str| stem.len() >= SHORTEST_STEM;
    let cut = SUFFIXES
        .iter()
        .find_map(|s| word.strip_suffix(s).filter(long_enough));
    let stem = cut.unwrap_or_else(|| {
        word.strip_suffix('s')
            .filter(|s| s.len() > 2)
            .unwrap_or(word)
    });
    let stem = stem
        .strip_suffix(['e', 'y', 'i'])
        .filter(|s| s.len() > 2)
        .unwrap_or(stem);
    undouble(stem)
}

/// `running` to `run`: a consonant doubled by an ending.
fn undouble(stem: &str) -> &str {
    let bytes = stem.as_bytes();
    let n = bytes.len();
    let doubled = n > SHORTEST_STEM - 1 && bytes[n - 1] == bytes[n - 2] && bytes[n - 1].is_ascii();
    if doubled { &stem[..n - 1] } else { stem }
}

fn push_pairs(run: &str, terms: &mut Vec<String>) {
    let chars: Vec<char> = run.chars().collect();
    if let [one] = chars[..] {
        if !STOP_CHARS.contains(one) {
            terms.push(one.to_string());
        }
        return;
    }
    for pair in chars.windows(2) {
        if !pair.iter().any(|c| STOP_CHARS.contains(*c))
            && !STOP_PAIRS.contains(&String::from_iter(pair).as_str())
        {
            terms.push(pair.iter().collect());
        }
    }
}

/// Characters that only build the sentence or ask. A pair with one of them says nothing.
const STOP_CHARS: &str = "的了吗呢吧啊么谁哪";
const STOP_PAIRS: [&str; 8] = [
    "什么", "多少", "怎么", "为什", "如何", "哪些", "是什", "几个",
];

const STOP_WORDS: [&str; 185] = [
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been",
    "before", "being", "both", "but", "by", "can", "could", "did", "do", "does", "doing", "during",
    "each", "for", "from", "had", "has", "have", "having", "he", "her", "here", "him", "his",
    "how", "i", "if", "in", "into", "is", "it", "its", "just", "many", "may", "me", "much", "must",
    "my", "no", "nor", "not", "of", "off", "on", "only", "or", "other", "our", "out", "over",
    "please", "said", "she", "should", "so", "some", "such", "tell", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too",
    "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who",
    "whom", "whose", "why", "will", "with", "would", "you", "your", "der", "die", "das", "den",
    "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines", "und", "oder", "aber",
    "nicht", "kein", "keine", "ist", "sind", "war", "waren", "wird", "werden", "wurde", "wurden",
    "hat", "haben", "hatte", "im", "am", "um", "auf", "aus", "bei", "mit", "nach", "von", "vom",
    "vor", "zu", "zum", "zur", "fur", "uber", "unter", "durch", "gegen", "ohne", "ich", "du", "er",
    "sie", "es", "wir", "ihr", "mein", "dein", "sein", "wer", "wen", "wem", "wo", "wann", "wie",
    "warum", "welche", "welcher", "welches", "welchen", "viele", "viel", "auch", "als", "dass",
    "sich", "noch", "nur", "man",
];
