//! Just enough of a reader of Rust to tell code, comments, strings and inline tests apart.

use std::path::{Path, PathBuf};

/// A file's code without comments, and its string literals.
pub(super) struct Source {
    path: PathBuf,
    /// Code of each line; comments and the insides of literals are blank.
    code: Vec<String>,
    /// String literals with the line they begin in (from 1).
    strings: Vec<(usize, String)>,
    /// Lines that have code or a literal.
    busy: Vec<bool>,
    /// Lines of inline test modules.
    test: Vec<bool>,
}

impl Source {
    pub(super) fn new(path: PathBuf, text: &str) -> Self {
        let lines = text.lines().count() + 1;
        let mut source = Self {
            path,
            code: vec![String::new(); lines],
            strings: Vec::new(),
            busy: vec![false; lines],
            test: vec![false; lines],
        };
        source.read(&text.chars().collect::<Vec<_>>());
        source.mark_inline_tests();
        source
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lines that are not blank, not comment, not inline test.
    pub(super) fn code_lines(&self) -> usize {
        let counts = |&at: &usize| self.busy[at] && !self.test[at];
        (0..self.busy.len()).filter(counts).count()
    }

    /// String literals outside inline tests, with their lines.
    pub(super) fn product_strings(&self) -> impl Iterator<Item = (usize, &str)> {
        self.strings
            .iter()
            .filter(|(line, _)| !self.test[line - 1])
            .map(|(line, text)| (*line, text.as_str()))
    }

    /// Where `words` stand in code.
    pub(super) fn find(&self, words: &[&'static str]) -> Vec<(usize, &'static str)> {
        self.find_where(words, |_| true)
    }

    /// Where `words` stand in code outside inline tests.
    pub(super) fn find_in_product(&self, words: &[&'static str]) -> Vec<(usize, &'static str)> {
        self.find_where(words, |at| !self.test[at])
    }

    fn find_where(
        &self,
        words: &[&'static str],
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<(usize, &'static str)> {
        let mut found = Vec::new();
        for (at, line) in self.code.iter().enumerate().filter(|(at, _)| wanted(*at)) {
            for word in words.iter().filter(|word| holds(line, word)) {
                found.push((at + 1, *word));
            }
        }
        found
    }

    fn read(&mut self, text: &[char]) {
        let (mut at, mut line) = (0, 0);
        while at < text.len() {
            let end = match text[at] {
                '/' if text.get(at + 1) == Some(&'/') => line_end(text, at),
                '/' if text.get(at + 1) == Some(&'*') => block_end(text, at),
                '"' => self.take_string(text, at, at, line),
                'r' | 'b' | 'c' if !continues_a_word(text, at) => match raw_start(text, at) {
                    Some(quote) => self.take_string(text, at, quote, line),
                    None => self.take_code(text, at, line),
                },
                '\'' => self.take_quote(text, at, line),
                _ => self.take_code(text, at, line),
            };
            line += text[at..end].iter().filter(|c| **c == '\n').count();
            at = end;
        }
    }

    fn take_code(&mut self, text: &[char], at: usize, line: usize) -> usize {
        let char = text[at];
        if char != '\n' {
            self.code[line].push(char);
            self.busy[line] |= !char.is_whitespace();
        }
        at + 1
    }

    /// A character literal, or the tick of a lifetime.
    fn take_quote(&mut self, text: &[char], at: usize, line: usize) -> usize {
        let end = match text.get(at + 1) {
            Some('\\') => text[at + 3..]
                .iter()
                .position(|c| *c == '\'')
                .map(|n| at + 4 + n),
            Some(_) if text.get(at + 2) == Some(&'\'') => Some(at + 3),
            _ => None,
        };
        self.busy[line] = true;
        self.code[line].push('\'');
        end.unwrap_or(at + 1)
    }

    /// A string literal that begins at `at` and whose first quote or hash is at `quote`.
    fn take_string(&mut self, text: &[char], at: usize, quote: usize, line: usize) -> usize {
        let hashes = text[quote..].iter().take_while(|c| **c == '#').count();
        let raw = quote > at && text[at..quote].contains(&'r');
        let begin = quote + hashes + 1;
        let mut end = begin;
        while end < text.len() {
            match text[end] {
                '\\' if !raw => end += 1,
                '"' if text[end + 1..].iter().take_while(|c| **c == '#').count() >= hashes => break,
                _ => {}
            }
            end += 1;
        }
        let end = end.min(text.len());
        let inside: String = text[begin.min(end)..end].iter().collect();
        for (number, piece) in inside.split('\n').enumerate() {
            self.busy[line + number] |= number == 0 || !piece.trim().is_empty();
        }
        self.strings.push((line + 1, inside));
        self.code[line].push_str("\"\"");
        (end + 1 + hashes).min(text.len())
    }

    /// Marks `#[cfg(test)] mod name { … }`.
    fn mark_inline_tests(&mut self) {
        let mut at = 0;
        while at < self.code.len() {
            if self.code[at].trim() != "#[cfg(test)]" {
                at += 1;
                continue;
            }
            let body =
                (at + 1..self.code.len()).find(|&n| !self.code[n].trim_start().starts_with('#'));
            let inline = body.is_some_and(|n| {
                let line = self.code[n].trim();
                line.starts_with("mod ") && line.ends_with('{')
            });
            let end = if inline { self.block_end(at) } else { at };
            self.test[at..=end].fill(inline);
            at = end + 1;
        }
    }

    /// The line in which the first block that opens from line `from` on closes.
    fn block_end(&self, from: usize) -> usize {
        let mut depth = 0i32;
        for at in from..self.code.len() {
            let opened = self.code[at].contains('{');
            for char in self.code[at].chars() {
                depth += i32::from(char == '{') - i32::from(char == '}');
            }
            if depth <= 0 && (opened || self.code[at].contains('}')) {
                return at;
            }
        }
        self.code.len() - 1
    }
}

fn line_end(text: &[char], at: usize) -> usize {
    let rest = text[at..].iter().position(|c| *c == '\n');
    rest.map_or(text.len(), |n| at + n)
}

fn block_end(text: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0, at);
    while end < text.len() {
        match (text[end], text.get(end + 1)) {
            ('/', Some('*')) => (depth, end) = (depth + 1, end + 1),
            ('*', Some('/')) => (depth, end) = (depth - 1, end + 1),
            _ => {}
        }
        end += 1;
        if depth == 0 {
            break;
        }
    }
    end
}

/// Where the quote (or the hashes before it) of `r"…"`, `br#"…"#`, `b"…"`, `c"…"` stands.
fn raw_start(text: &[char], at: usize) -> Option<usize> {
    let letters = text[at..]
        .iter()
        .take_while(|c| matches!(c, 'r' | 'b' | 'c'))
        .count();
    let quote = at + letters;
    let hashes = text[quote..].iter().take_while(|c| **c == '#').count();
    let raw = text[at..quote].contains(&'r');
    let opens = text.get(quote + hashes) == Some(&'"') && (raw || hashes == 0);
    (letters <= 2 && opens).then_some(quote)
}

fn continues_a_word(text: &[char], at: usize) -> bool {
    at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_')
}

/// Whether `word` stands in `line` and not as the end of a longer word.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        word.starts_with('.') || !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Lines of a text that are neither blank nor begin with `comment`.
pub(super) fn plain_lines(text: &str, comment: &str) -> usize {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(comment))
        .count()
}

/// Whether a file is a test as a whole.
pub(super) fn is_test_file(path: &Path) -> bool {
    let parts: Vec<&str> = path.iter().filter_map(|p| p.to_str()).collect();
    parts.contains(&"tests")
        || parts[0] == "e2e"
        || matches!(parts.last(), Some(&("tests.rs" | "testing.rs")))
}

/// Whether a literal is a statement or a piece of one.
pub(super) fn looks_like_sql(text: &str) -> bool {
    const STARTS: [&str; 12] = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "ALTER TABLE ",
        "DROP TABLE ",
        "BEGIN IMMEDIATE",
        "PRAGMA ",
        "VALUES (",
        "WITH RECURSIVE ",
    ];
    const PIECES: [&str; 9] = [
        " FROM ",
        " WHERE ",
        " ORDER BY ",
        " GROUP BY ",
        " ON CONFLICT ",
        " RETURNING ",
        " LEFT JOIN ",
        " IS NOT NULL",
        " FOR UPDATE",
    ];
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = format!("{} ", words.join(" "));
    let padded = format!(" {line}");
    STARTS.iter().any(|start| line.starts_with(start))
        || PIECES.iter().any(|piece| padded.contains(piece))
        || lower_case_statement(&line)
}

fn lower_case_statement(line: &str) -> bool {
    let pairs = [
        ("select ", " from "),
        ("insert into ", " values"),
        ("delete from ", " where "),
    ];
    pairs
        .iter()
        .any(|(start, piece)| line.starts_with(start) && line.contains(piece))
}

#[test]
fn code_comments_strings_and_tests_are_told_apart() {
    let text = r##"//! Doc with todo!.
const A: &str = "todo! // no comment"; // SELECT x FROM y
/* block
   /* nested */ still */
fn f<'a>(x: &'a str) -> char { '"' }
const B: &[u8] = br#"raw " {
second"#;

#[cfg(test)]
mod tests {
    fn g() { x.unwrap() }
}
fn h() { y.unwrap() }
"##;
    let source = Source::new(PathBuf::from("a.rs"), text);
    assert_eq!(source.code_lines(), 5);
    assert!(source.find(&["todo!"]).is_empty());
    assert_eq!(source.find(&[".unwrap()"]).len(), 2);
    assert_eq!(source.find_in_product(&[".unwrap()"]), [(13, ".unwrap()")]);
    let strings: Vec<_> = source.product_strings().collect();
    assert_eq!(
        strings,
        [(2, "todo! // no comment"), (6, "raw \" {\nsecond")]
    );
}

#[test]
fn statements_and_their_pieces_look_like_sql_and_sentences_do_not() {
    for sql in [
        "SELECT 1",
        "\n  SELECT id\n FROM keys",
        " WHERE id = $1",
        "delete from x where 1",
    ] {
        assert!(looks_like_sql(sql), "{sql}");
    }
    for text in [
        "Choose where it comes from",
        "cannot SELECT",
        "UPDATED",
        "select a model",
    ] {
        assert!(!looks_like_sql(text), "{text}");
    }
}
