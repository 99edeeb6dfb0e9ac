//! Walks JSON text by its bytes, without building values.
//!
//! Used where a full parse would cost too much: streamed deltas that are passed through. Skipping
//! a nested value only balances brackets, it does not validate. Whatever does not look like JSON
//! ends the walk with `None`.

use std::ops::Range;

/// A position in JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// At the first byte that is not white space.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut scanner = Self { text, at: 0 };
        scanner.skip_space();
        scanner
    }

    /// The byte at the position.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// Calls `visit` at each value of the object here, with the key as written (escapes and all).
    /// `visit` must move past the value. False ends the walk as unreadable.
    pub(crate) fn object(&mut self, mut visit: impl FnMut(&'a str, &mut Self) -> bool) -> bool {
        if !self.take(b'{') {
            return false;
        }
        self.skip_space();
        if self.take(b'}') {
            return true;
        }
        loop {
            let Some(key) = self.string() else {
                return false;
            };
            self.skip_space();
            if !self.take(b':') {
                return false;
            }
            self.skip_space();
            if !visit(key, self) {
                return false;
            }
            self.skip_space();
            if self.take(b',') {
                self.skip_space();
                continue;
            }
            return self.take(b'}');
        }
    }

    /// Calls `visit` at each value of the array here. As [`Scanner::object`].
    pub(crate) fn array(&mut self, mut visit: impl FnMut(&mut Self) -> bool) -> bool {
        if !self.take(b'[') {
            return false;
        }
        self.skip_space();
        if self.take(b']') {
            return true;
        }
        loop {
            if !visit(self) {
                return false;
            }
            self.skip_space();
            if self.take(b',') {
                self.skip_space();
                continue;
            }
            return self.take(b']');
        }
    }

    /// The string here, as written between its quotes.
    pub(crate) fn string(&mut self) -> Option<&'a str> {
        if !self.take(b'"') {
            return None;
        }
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            let found = memchr::memchr2(b'"', b'\\', bytes.get(self.at..)?)?;
            self.at += found;
            if bytes[self.at] == b'"' {
                let inner = &self.text[start..self.at];
                self.at += 1;
                return Some(inner);
            }
            // The backslash and the byte it escapes.
            self.at += 2;
        }
    }

    /// Moves past the value here and gives its text.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let range = self.value_range()?;
        Some(&self.text[range])
    }

    /// Moves past the value here and gives where it stands.
    pub(crate) fn value_range(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        match self.peek()? {
            b'"' => {
                self.string()?;
            }
            b'{' | b'[' => self.container()?,
            _ => {
                while let Some(byte) = self.peek() {
                    if matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') {
                        break;
                    }
                    self.at += 1;
                }
            }
        }
        // A value of no bytes (`{"a":}`) is not JSON.
        (self.at > start && self.text.is_char_boundary(self.at)).then_some(start..self.at)
    }

    fn container(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Whether only white space is left.
    pub(crate) fn at_end(&mut self) -> bool {
        self.skip_space();
        self.at == self.text.len()
    }
}

/// Characters of a string's inner text as written: an escape counts as one, a surrogate pair too.
pub(crate) fn count_chars(inner: &str) -> u64 {
    let mut count = 0;
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        count += rest[..at].chars().count();
        let escape = &rest[at..];
        if escape.as_bytes().get(1) == Some(&b'u') {
            let is_low_surrogate = matches!(
                escape.as_bytes().get(2..4),
                Some([b'd' | b'D', b'c'..=b'f' | b'C'..=b'F'])
            );
            count += usize::from(!is_low_surrogate);
            rest = escape.get(6..).unwrap_or_default();
        } else {
            count += 1;
            rest = escape.get(2..).unwrap_or_default();
        }
    }
    (count + rest.chars().count()) as u64
}

/// A string's inner text as written, escapes resolved.
pub(crate) fn unescape(inner: &str) -> Option<String> {
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(inner.to_owned());
    }
    serde_json::from_str(&format!("\"{inner}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_found_as_written() {
        let text = r#" { "a" : {"x":"}\"]"} , "b\n":[1,{"y":[]}],"c":-1.5e3 } "#;
        let mut seen = Vec::new();
        let mut scanner = Scanner::new(text);
        let whole = scanner.object(|key, at| {
            let value = at.value();
            seen.push((key, value.unwrap_or("?")));
            value.is_some()
        });
        assert!(whole && scanner.at_end());
        let expected = [
            ("a", r#"{"x":"}\"]"}"#),
            ("b\\n", r#"[1,{"y":[]}]"#),
            ("c", "-1.5e3"),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn broken_text_ends_the_walk() {
        for bad in [
            "",
            "[1",
            r#"{"a""#,
            r#"{"a":}"#,
            r#"{"a":"x"#,
            r#"{"a":"\"#,
            r#"{"a":1 "b":2}"#,
        ] {
            let mut scanner = Scanner::new(bad);
            let whole = scanner.object(|_, at| at.value().is_some());
            assert!(!whole, "{bad}");
        }
    }

    #[test]
    fn characters_are_counted_without_decoding() {
        for text in ["", "abc", "grüße 🌍", "a\"b\\c\n", "\u{1F30D}\u{7}x"] {
            let written = serde_json::to_string(text).expect("is JSON");
            let inner = &written[1..written.len() - 1];
            assert_eq!(count_chars(inner), text.chars().count() as u64, "{text:?}");
        }
        assert_eq!(count_chars(r"\ud83c\udf0d!"), 2);
        assert_eq!(unescape(r"a\u00e9").as_deref(), Some("aé"));
    }
}
