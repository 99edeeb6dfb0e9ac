//! Citation marks in a model's text: `[1]`, `[1, 2]`, `[2-4]`, `【3†source】`, `[Source 1]`.

/// Letters of the longest mark.
const LONGEST: usize = 48;
/// Numbers of the longest range.
const RANGE: u32 = 10;

/// What begins with a bracket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Numbers of sources, and the bytes that the mark takes.
    Sources(Vec<u32>, usize),
    /// Something else.
    Other,
    /// Too short to tell.
    Incomplete,
}

/// Looks at `text`, which begins with a bracket. `ended`: nothing comes behind it.
pub(super) fn read(text: &str, ended: bool) -> Mark {
    let close = match text.chars().next() {
        Some('[') => ']',
        Some('【') => '】',
        _ => return Mark::Other,
    };
    let open = text.chars().next().map_or(1, char::len_utf8);
    let Some(inside) = text[open..].find(close) else {
        let hopeless = text.len() > LONGEST || text.contains('\n');
        return if ended || hopeless {
            Mark::Other
        } else {
            Mark::Incomplete
        };
    };
    let end = open + inside + close.len_utf8();
    match text[end..].chars().next() {
        // `[1](https://…)` is a link.
        Some('(') => return Mark::Other,
        None if !ended => return Mark::Incomplete,
        _ => {}
    }
    match numbers(&text[open..open + inside]) {
        Some(numbers) => Mark::Sources(numbers, end),
        None => Mark::Other,
    }
}

fn numbers(inside: &str) -> Option<Vec<u32>> {
    if inside.len() > LONGEST {
        return None;
    }
    let before_dagger = inside.split('†').next().unwrap_or_default();
    let mut all = Vec::new();
    for part in before_dagger.split([',', ';', '、', '，']) {
        let part = part
            .trim()
            .trim_start_matches(|c: char| c.is_alphabetic() || "^#:. ".contains(c));
        match part.split_once(['-', '–']) {
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                if last < first || last - first >= RANGE {
                    return None;
                }
                all.extend(first..=last);
            }
            None => all.push(number(part)?),
        }
    }
    Some(all)
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_all_kinds_are_read() {
        let sources = |text: &str| match read(text, true) {
            Mark::Sources(numbers, len) => (numbers, &text[len..] == " rest"),
            other => panic!("{text}: {other:?}"),
        };
        for (text, wanted) in [
            ("[1] rest", vec![1]),
            ("[1, 3] rest", vec![1, 3]),
            ("[2-4] rest", vec![2, 3, 4]),
            ("【3†source】 rest", vec![3]),
            ("[Source 2] rest", vec![2]),
            ("[^7] rest", vec![7]),
        ] {
            assert_eq!(sources(text), (wanted, true), "{text}");
        }
    }

    #[test]
    fn other_brackets_are_left_alone() {
        for text in ["[x] done", "[1](http://a)", "[see below]", "[1-500]", "[]"] {
            assert_eq!(read(text, true), Mark::Other, "{text}");
        }
    }

    #[test]
    fn a_mark_that_is_cut_is_waited_for() {
        for text in ["[", "[1", "[1]", "【3†sou"] {
            assert_eq!(read(text, false), Mark::Incomplete, "{text}");
        }
        assert_eq!(read("[1]", true), Mark::Sources(vec![1], 3));
        assert_eq!(read("[a\nb", false), Mark::Other);
    }
}
