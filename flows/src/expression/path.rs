//! Paths in expressions: `nodes.extract.output.items[0]`, found without evaluating anything.

use std::fmt;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `.name` or `["name"]`.
    Key(String),
    /// `[3]`, `[-1]`.
    Index(i64),
}

/// Something an expression names: a root such as `nodes` and steps into it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// `nodes`, `input`, `vars`, …
    pub root: String,
    /// Into it; ends where an index is computed.
    pub steps: Vec<Step>,
    /// Whether a computed index follows (`items[vars.n]`), so that the path says not all.
    pub is_open: bool,
    /// The byte of the field's text where it begins.
    pub at: usize,
}

impl Path {
    /// The path that a text is; `None` when it is anything else or has computed indexes.
    pub fn parse(text: &str) -> Option<Self> {
        only_path(text)
    }

    /// The key at this position of the steps.
    pub fn key(&self, position: usize) -> Option<&str> {
        match self.steps.get(position)? {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        for step in &self.steps {
            match step {
                Step::Key(key) if is_word(key) => write!(f, ".{key}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl utoipa::PartialSchema for Path {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <String as utoipa::PartialSchema>::schema()
    }
}

impl ToSchema for Path {}

fn is_word(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// All paths in a piece of expression code. Names of filters, tests and keywords are among them; the
/// caller keeps those whose root it knows.
pub(crate) fn paths_in(code: &str, offset: usize) -> Vec<Path> {
    let mut scanner = Scanner {
        text: code,
        at: 0,
        offset,
        found: Vec::new(),
    };
    scanner.scan();
    scanner.found
}

/// The whole code as one path, if it is nothing else.
pub(crate) fn only_path(code: &str) -> Option<Path> {
    let trimmed = code.trim();
    let mut scanner = Scanner {
        text: trimmed,
        at: 0,
        offset: 0,
        found: Vec::new(),
    };
    if !scanner.peek().is_some_and(is_start) {
        return None;
    }
    let path = scanner.path();
    (scanner.at == trimmed.len() && !path.is_open).then_some(path)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    offset: usize,
    found: Vec<Path>,
}

fn is_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn scan(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                '"' | '\'' => {
                    self.string();
                }
                _ if is_start(c) => {
                    let path = self.path();
                    self.found.push(path);
                }
                _ if c.is_ascii_digit() => {
                    self.take(|c| c.is_alphanumeric() || c == '_' || c == '.');
                }
                '.' => {
                    // An attribute of something computed: `(a).b`.
                    self.at += 1;
                    self.take(char::is_whitespace);
                    self.take(|c| c.is_alphanumeric() || c == '_');
                }
                _ => self.at += c.len_utf8(),
            }
        }
    }

    /// A string literal, without its quotes; `None` when it has escapes.
    fn string(&mut self) -> Option<String> {
        let quote = self.peek()?;
        self.at += 1;
        let (mut text, mut escaped) = (String::new(), false);
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '\\' => {
                    escaped = true;
                    self.at += self.peek().map_or(0, char::len_utf8);
                }
                _ if c == quote => return (!escaped).then_some(text),
                _ => text.push(c),
            }
        }
        None
    }

    fn path(&mut self) -> Path {
        let at = self.offset + self.at;
        let root = self.take(|c| c.is_alphanumeric() || c == '_').to_owned();
        let mut path = Path {
            root,
            steps: Vec::new(),
            is_open: false,
            at,
        };
        loop {
            let before = self.at;
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    let key = self.take(|c| c.is_alphanumeric() || c == '_');
                    if key.is_empty() {
                        self.at = before;
                        return path;
                    }
                    path.steps.push(Step::Key(key.to_owned()));
                }
                Some('[') => match self.subscript() {
                    Some(step) => path.steps.push(step),
                    None => {
                        // What is computed may name paths of its own: go on behind the bracket.
                        self.at = before + 1;
                        path.is_open = true;
                        return path;
                    }
                },
                _ => return path,
            }
        }
    }

    /// `[3]` or `["name"]`; `None` for anything else.
    fn subscript(&mut self) -> Option<Step> {
        self.at += 1;
        self.take(char::is_whitespace);
        let step = match self.peek()? {
            '"' | '\'' => Step::Key(self.string()?),
            _ => {
                let digits = self.take(|c| c.is_ascii_digit() || c == '-');
                Step::Index(digits.parse().ok()?)
            }
        };
        self.take(char::is_whitespace);
        (self.peek()? == ']').then(|| self.at += 1)?;
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<String> {
        paths_in(code, 0).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn paths_are_found_with_their_indexes_and_without_literals() {
        assert_eq!(
            texts("nodes.a.output.items[0].x ~ vars['y z'] ~ 'nodes.b' ~ input[n].q"),
            ["nodes.a.output.items[0].x", "vars[\"y z\"]", "input", "n"]
        );
        assert_eq!(texts("1.5 + 2e3 + (a).b + c . d"), ["a", "c"]);
        assert_eq!(texts("'open"), Vec::<String>::new());
    }

    #[test]
    fn only_a_path_and_nothing_else_is_one() {
        assert!(only_path(" nodes.a.output[-1] ").is_some());
        for code in ["a | upper", "a.b()", "a[b]", "1", "'a'", "", "a ~ b"] {
            assert_eq!(only_path(code), None, "{code}");
        }
    }
}
