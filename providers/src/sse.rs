//! Framing of streamed answers: server-sent events and newline-delimited JSON.
//!
//! Accepts what vendors really send: CR, LF and CRLF line ends, comments, multi-line `data`, fields
//! without a space, a byte-order mark, a missing blank line at the end, and chunks split anywhere,
//! inside a UTF-8 sequence or a CRLF too. Source: the WHATWG HTML standard, section 9.2, read 2026-11-22.

use bytes::{Buf, BytesMut};

use crate::error::Error;
use crate::provider::Framing;

/// Longest single event accepted, in bytes. Images arrive inline in one event.
pub const MAX_EVENT_BYTES: usize = 64 * 1024 * 1024;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One framed event, borrowed from the splitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event:` field; empty when absent (and always for NDJSON).
    pub name: &'a str,
    /// The `data:` field; several lines are joined with `\n`.
    pub data: &'a str,
}

/// Splits a byte stream into events. Push bytes, then call [`Splitter::next`] until it gives `None`;
/// at the end of the stream call [`Splitter::finish`] once.
#[derive(Debug)]
pub struct Splitter {
    framing: Framing,
    buffer: BytesMut,
    /// Bytes at the front of `buffer` known to hold no line end, so that a long line is scanned once.
    scanned: usize,
    name: String,
    data: String,
    has_data: bool,
    /// `name` and `data` were lent out and are cleared before the next line is read.
    lent: bool,
    /// The byte-order mark, if any, has been dealt with.
    begun: bool,
    /// The last line ended in CR: a directly following LF belongs to it.
    skip_lf: bool,
}

impl Splitter {
    /// A splitter for one answer.
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            buffer: BytesMut::new(),
            scanned: 0,
            name: String::new(),
            data: String::new(),
            has_data: false,
            lent: false,
            begun: false,
            skip_lf: false,
        }
    }

    /// Appends bytes as they came from the wire.
    ///
    /// # Errors
    /// `Malformed` when a single event grows beyond [`MAX_EVENT_BYTES`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.buffer.len() + self.data.len() + bytes.len() > MAX_EVENT_BYTES {
            return Err(Error::malformed("a streamed event is larger than 64 MiB"));
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next complete event, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// `Malformed` when a line is not UTF-8.
    #[expect(
        clippy::should_implement_trait,
        reason = "lends from self, which Iterator cannot"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Error> {
        self.clear_lent();
        if !self.begin(false) {
            return Ok(None);
        }
        while let Some(end) = self.find_line_end() {
            let ended_by_cr = self.buffer[end] == b'\r';
            let complete = self.take_line(end)?;
            self.buffer.advance(end + 1);
            self.skip_lf = ended_by_cr;
            if complete {
                return Ok(Some(self.lend()));
            }
        }
        Ok(None)
    }

    /// The event left over when the stream ended without a final blank line.
    ///
    /// # Errors
    /// `Malformed` when the rest is not UTF-8.
    pub fn finish(&mut self) -> Result<Option<Event<'_>>, Error> {
        self.clear_lent();
        self.begin(true);
        let rest = self.buffer.len();
        let complete = rest > 0 && self.take_line(rest)?;
        self.buffer.clear();
        self.scanned = 0;
        Ok((complete || self.has_data).then(|| self.lend()))
    }

    /// Drops a leading byte-order mark. False while it is not known yet whether there is one.
    fn begin(&mut self, at_end: bool) -> bool {
        if self.begun {
            return true;
        }
        if self.buffer.starts_with(BOM) {
            self.buffer.advance(BOM.len());
        } else if !at_end && self.buffer.len() < BOM.len() && BOM.starts_with(&self.buffer[..]) {
            return false;
        }
        self.begun = true;
        true
    }

    fn find_line_end(&mut self) -> Option<usize> {
        if self.skip_lf && !self.buffer.is_empty() {
            if self.buffer[0] == b'\n' {
                self.buffer.advance(1);
            }
            self.skip_lf = false;
        }
        let found = memchr::memchr2(b'\n', b'\r', &self.buffer[self.scanned..]);
        let end = found.map(|at| at + self.scanned);
        self.scanned = if end.is_some() { 0 } else { self.buffer.len() };
        end
    }

    /// Reads `buffer[..end]` as one line. True when it completes an event.
    fn take_line(&mut self, end: usize) -> Result<bool, Error> {
        let line = std::str::from_utf8(&self.buffer[..end])
            .map_err(|_| Error::malformed("a streamed line is not UTF-8"))?;
        if self.framing == Framing::Ndjson {
            if !line.trim().is_empty() {
                self.data.push_str(line);
                self.has_data = true;
            }
            return Ok(self.has_data);
        }
        if line.is_empty() {
            if !self.has_data {
                self.name.clear();
            }
            return Ok(self.has_data);
        }
        let (field, value) = match memchr::memchr(b':', line.as_bytes()) {
            Some(0) => return Ok(false),
            Some(at) => (
                &line[..at],
                line[at + 1..].strip_prefix(' ').unwrap_or(&line[at + 1..]),
            ),
            None => (line, ""),
        };
        match field {
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            "event" => {
                self.name.clear();
                self.name.push_str(value);
            }
            _ => {}
        }
        Ok(false)
    }

    fn lend(&mut self) -> Event<'_> {
        self.lent = true;
        Event {
            name: &self.name,
            data: &self.data,
        }
    }

    fn clear_lent(&mut self) {
        if self.lent {
            self.name.clear();
            self.data.clear();
            self.has_data = false;
            self.lent = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(framing: Framing, pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut splitter = Splitter::new(framing);
        let mut out = Vec::new();
        for piece in pieces {
            splitter.push(piece).expect("fits");
            while let Some(e) = splitter.next().expect("is UTF-8") {
                out.push((e.name.to_owned(), e.data.to_owned()));
            }
        }
        if let Some(e) = splitter.finish().expect("is UTF-8") {
            out.push((e.name.to_owned(), e.data.to_owned()));
        }
        out
    }

    fn check(input: &str, expected: &[(&str, &str)]) {
        let whole = events(Framing::Sse, &[input.as_bytes()]);
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, d)| ((*n).into(), (*d).into()))
            .collect();
        assert_eq!(whole, expected, "{input:?}");
        for at in 0..=input.len() {
            let (a, b) = input.as_bytes().split_at(at);
            assert_eq!(
                events(Framing::Sse, &[a, b]),
                expected,
                "{input:?} split at {at}"
            );
        }
        let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
        assert_eq!(
            events(Framing::Sse, &bytes),
            expected,
            "{input:?} byte by byte"
        );
    }

    #[test]
    fn plain_events() {
        check("data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]);
    }

    #[test]
    fn crlf_cr_comments_and_unknown_fields() {
        check(
            "data: a\r\n\r\ndata: b\r\rid: 7\n: OPENROUTER PROCESSING\n\ndata:c\n\n",
            &[("", "a"), ("", "b"), ("", "c")],
        );
    }

    #[test]
    fn names_and_multi_line_data() {
        check(
            "event: ping\ndata: {\ndata: }\n\nevent: lonely\n\ndata: x\n\n",
            &[("ping", "{\n}"), ("", "x")],
        );
    }

    #[test]
    fn missing_final_blank_line_and_missing_final_line_end() {
        check("data: a\n\ndata: b\n", &[("", "a"), ("", "b")]);
        check("data: a\n\ndata: b", &[("", "a"), ("", "b")]);
    }

    #[test]
    fn byte_order_mark_and_utf8_split() {
        check("\u{feff}data: grüße 🌍\n\n", &[("", "grüße 🌍")]);
    }

    #[test]
    fn ndjson_lines() {
        let out = events(
            Framing::Ndjson,
            &[b"{\"a\":1}\n\n{\"b\":", b"2}\r\n{\"c\":3}"],
        );
        let data: Vec<_> = out.iter().map(|(_, d)| d.as_str()).collect();
        assert_eq!(data, ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]);
    }

    #[test]
    fn invalid_utf8_is_an_error() {
        let mut splitter = Splitter::new(Framing::Sse);
        splitter.push(b"data: \xff\n\n").expect("fits");
        assert!(splitter.next().is_err());
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events(
            lines in prop::collection::vec("(data|event|id|:|x)?:? ?[a-zé\u{1F30D} ]{0,6}(\n|\r\n|\r|\n\n|\r\n\r\n)", 0..12),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let input = lines.concat().into_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|c| c.index(input.len() + 1)).collect();
            at.sort_unstable();
            let mut pieces = Vec::new();
            let mut last = 0;
            for cut in at {
                pieces.push(&input[last..cut]);
                last = cut;
            }
            pieces.push(&input[last..]);
            prop_assert_eq!(events(Framing::Sse, &pieces), events(Framing::Sse, &[&input]));
        }
    }
}
