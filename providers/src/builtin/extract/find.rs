//! Finds addresses, dates, numbers and labelled values in text.

/// The first e-mail address.
pub(super) fn email(text: &str) -> Option<&str> {
    words(text).find(|word| {
        word.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.contains('@')
        })
    })
}

/// The first web address.
pub(super) fn url(text: &str) -> Option<&str> {
    words(text).find(|word| word.starts_with("https://") || word.starts_with("http://"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let outer = |c: char| {
        matches!(
            c,
            '<' | '>' | '(' | ')' | ',' | ';' | '"' | '\'' | '.' | '。' | '，' | ':' | '!' | '?'
        )
    };
    text.split(|c: char| c.is_whitespace() || "，。；、（）".contains(c))
        .map(move |word| word.trim_matches(outer))
}

/// The first telephone number: at least seven digits, with the usual separators.
pub(super) fn phone(text: &str) -> Option<String> {
    const LEAST_DIGITS: usize = 7;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit() || c == '+') {
        let tail = &rest[start..];
        let end = tail
            .find(|c: char| !(c.is_ascii_digit() || "+-/() .".contains(c)))
            .unwrap_or(tail.len());
        let found = tail[..end].trim_end_matches(|c: char| !c.is_ascii_digit());
        // `RE-2024-117` is an invoice.
        let alone = !rest[..start].ends_with(|c: char| c.is_alphanumeric() || c == '-');
        let digits = found.bytes().filter(u8::is_ascii_digit).count();
        if alone && digits >= LEAST_DIGITS && date(found).is_none() {
            return Some(found.to_owned());
        }
        rest = &tail[end.max(1)..];
    }
    None
}

/// By number, January first: full names and short forms, English and German.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jan"],
    &["february", "februar", "feb"],
    &["march", "märz", "mar", "mär"],
    &["april", "apr"],
    &["may", "mai"],
    &["june", "juni", "jun"],
    &["july", "juli", "jul"],
    &["august", "aug"],
    &["september", "sept", "sep"],
    &["october", "oktober", "oct", "okt"],
    &["november", "nov"],
    &["december", "dezember", "dec", "dez"],
];

/// The first date, as `YYYY-MM-DD`. Understands ISO, `3.12.2024`, `12/3/2024` (month first, as in the
/// USA, unless that is impossible), `March 3, 2024`, `3 March 2024`, `3. März 2024`, `2024年3月5日`.
pub(super) fn date(text: &str) -> Option<String> {
    use DatePart::{Month, Number, Slashed};
    let parts = date_parts(text);
    parts.windows(3).find_map(|three| match *three {
        [
            Number(year) | Slashed(year),
            Number(month) | Slashed(month),
            Number(day),
        ] if year > 999 => iso(year, month, day),
        [Slashed(month), Slashed(day), Number(year)] => {
            iso(year, month, day).or_else(|| iso(year, day, month))
        }
        [Number(day), Number(month), Number(year)]
        | [Month(month), Number(day), Number(year)]
        | [Number(day), Month(month), Number(year)] => iso(year, month, day),
        _ => None,
    })
}

#[derive(Clone, Copy)]
enum DatePart {
    Number(u32),
    /// A number with a slash behind it.
    Slashed(u32),
    Month(u32),
    /// A word or mark that no date goes across.
    Other,
}

fn date_parts(text: &str) -> Vec<DatePart> {
    const JOINTS: [&str; 10] = ["-", "/", ".", ",", "年", "月", "日", "th", "st", "of"];
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let len = if c.is_ascii_digit() {
            rest.find(|d: char| !d.is_ascii_digit())
        } else if c.is_alphabetic() {
            rest.find(|d: char| !d.is_alphabetic())
        } else {
            Some(c.len_utf8())
        };
        let (word, tail) = rest.split_at(len.unwrap_or(rest.len()));
        rest = tail;
        if c.is_ascii_digit() {
            parts.push(match word.parse() {
                Ok(number) if tail.starts_with('/') => DatePart::Slashed(number),
                Ok(number) => DatePart::Number(number),
                Err(_) => DatePart::Other,
            });
        } else if !c.is_whitespace() && !JOINTS.contains(&word) {
            let lower = word.to_lowercase();
            let mut months = MONTHS.iter().zip(1..);
            let month = months.find(|(names, _)| names.contains(&lower.as_str()));
            parts.push(month.map_or(DatePart::Other, |(_, number)| DatePart::Month(number)));
        }
    }
    parts
}

fn iso(year: u32, month: u32, day: u32) -> Option<String> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let valid = (1..=days).contains(&day) && (1000..=9999).contains(&year);
    valid.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// All numbers with the byte they start at. `1,234.56` and `1.234,56` are the same; a minus sign
/// counts when no digit or letter stands in front of it.
pub(super) fn numbers(text: &str) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit()
                || (matches!(bytes[at], b',' | b'.')
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)))
        {
            at += 1;
        }
        let inside_word =
            start > 0 && (bytes[start - 1].is_ascii_alphabetic() || bytes[start - 1] == b'_');
        let negative = start > 0
            && bytes[start - 1] == b'-'
            && (start < 2 || !bytes[start - 2].is_ascii_alphanumeric());
        if let Some(value) = parse_number(&text[start..at]).filter(|_| !inside_word) {
            found.push((start, if negative { -value } else { value }));
        }
    }
    found
}

/// The last separator is the decimal one, unless it groups thousands: it stands more than once, or
/// is a comma in front of exactly three digits.
fn parse_number(text: &str) -> Option<f64> {
    let last = text.rfind([',', '.']);
    let decimal = last.filter(|at| {
        let mark = &text[*at..=*at];
        let groups = mark == "," && text.len() - at == 4;
        text.matches(mark).count() == 1 && !groups
    });
    let plain: String = text
        .char_indices()
        .filter_map(|(at, c)| match c {
            ',' | '.' => (Some(at) == decimal).then_some('.'),
            digit => Some(digit),
        })
        .collect();
    plain.parse().ok()
}

/// Capitalised words in a row (`Anna Schmidt`, `New York`), the first of `text`. One at the start of
/// the text counts only if it is longer than a word.
pub(super) fn proper_name(text: &str) -> Option<String> {
    let mut run: Vec<&str> = Vec::new();
    let mut run_opens_text = true;
    for (at, word) in text.split_whitespace().enumerate() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_name = bare.chars().next().is_some_and(char::is_uppercase) && bare != "I";
        if is_name {
            run_opens_text = if run.is_empty() {
                at == 0
            } else {
                run_opens_text
            };
            run.push(bare);
        }
        let ends = !is_name || word.ends_with([',', '.', ';', ':', '!', '?']);
        if ends && !run.is_empty() {
            if run.len() > 1 || !run_opens_text {
                return Some(run.join(" "));
            }
            run.clear();
        }
    }
    (run.len() > 1 || (!run.is_empty() && !run_opens_text)).then(|| run.join(" "))
}

/// The value behind `label:` (or `label =`, `label：`) where the label has all of `wanted`'s terms and
/// few more. Labels stand at the start of a line, a list item, or behind a comma or period.
pub(super) fn labelled<'a>(text: &'a str, wanted: &[String]) -> Option<&'a str> {
    const MOST_LABEL_WORDS: usize = 5;
    const LONGEST_LINE: usize = 2_000;
    const MOST_LABELS: usize = 40;
    if wanted.is_empty() {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for line in text.lines() {
        let line = &line[..line.floor_char_boundary(LONGEST_LINE)];
        let separators = line
            .char_indices()
            .filter(|(_, c)| matches!(c, ':' | '：' | '=' | '|'));
        for (at, c) in separators.take(MOST_LABELS) {
            let before = line[..at].trim_end();
            let from = before
                .rfind([',', ';', '|', '。', '，', '；', ':', '：', '='])
                .map_or(0, |i| {
                    i + before[i..].chars().next().map_or(1, char::len_utf8)
                });
            let label = super::terms::terms(before[from..].trim_matches(['*', '-', '#', ' ', '"']));
            if label.len() > MOST_LABEL_WORDS || !wanted.iter().all(|w| label.contains(w)) {
                continue;
            }
            let value = clause(&line[at + c.len_utf8()..], c);
            let spare = label.len() - wanted.len().min(label.len());
            if !value.is_empty() && best.is_none_or(|(least, _)| spare < least) {
                best = Some((spare, value));
            }
        }
    }
    best.map(|(_, value)| value)
}

/// A value up to the next label on its line, without quotes, bold marks and a closing comma.
fn clause(text: &str, separator: char) -> &str {
    let text = text.trim_start_matches(['*', ' ', '\t']);
    let end = if separator == '|' {
        text.find('|')
    } else {
        next_label(text)
    };
    let value = &text[..end.unwrap_or(text.len())];
    value
        .trim()
        .trim_matches(['"', '*', ' ', ',', ';', '|', '，', '；'])
}

/// Where `, another label: …` starts.
fn next_label(text: &str) -> Option<usize> {
    let colon = text.match_indices([':', '：', '=']).find(|(at, _)| {
        // Not the colon of a time or of an address.
        !text[at + 1..].starts_with('/') && !text[..*at].ends_with(|c: char| c.is_ascii_digit())
    })?;
    text[..colon.0].rfind([',', ';', '，', '；'])
}

/// Lines that are items of a list, without their bullets.
pub(super) fn list_items(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| {
            let line = line.trim_start();
            let bare = line.strip_prefix(['-', '*', '•', '–']).or_else(|| {
                let digits = line
                    .find(|c: char| !c.is_ascii_digit())
                    .filter(|n| *n > 0)?;
                line[digits..].strip_prefix(['.', ')', '、'])
            })?;
            let item = bare
                .strip_prefix([' ', '\t'])
                .or(bare
                    .chars()
                    .next()
                    .filter(|c| super::terms::is_cjk(*c))
                    .map(|_| bare))?
                .trim();
            (!item.is_empty()).then_some(item)
        })
        .collect()
}
