//! How much a file may cost. The worker's own limits of time and memory stand behind these.

use serde::{Deserialize, Serialize};

use super::ParseError;

/// Bounds of one parse. What is cut off at a bound is told by [`super::Warning::Truncated`]; what
/// only an attack reaches is [`ParseError::TooLarge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes that one part of an archive, or one stream of a PDF, may unpack to.
    pub part_bytes: u64,
    /// Bytes that all parts together may unpack to.
    pub total_bytes: u64,
    /// Unpacked bytes for each packed one, above the first megabyte.
    pub ratio: u64,
    /// Parts in an archive.
    pub parts: u32,
    /// Pages, slides, sheets.
    pub pages: u32,
    /// Characters of text in all.
    pub text_chars: u64,
    /// Cells of all tables.
    pub cells: u64,
    /// Elements inside each other, in XML, HTML, JSON, RTF and forms of a PDF.
    pub depth: u32,
    /// Milliseconds; checked between pages and parts.
    pub time_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            part_bytes: 256 << 20,
            total_bytes: 768 << 20,
            ratio: 400,
            parts: 20_000,
            pages: 20_000,
            text_chars: 64 << 20,
            cells: 4 << 20,
            depth: 200,
            time_ms: 120_000,
        }
    }
}

/// What is left of [`Limits`] during a parse.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) limits: Limits,
    bytes: u64,
    chars: u64,
    cells: u64,
    begun: std::time::Instant,
    /// Which limit cut the text, for the warning.
    pub(super) cut: Option<&'static str>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            bytes: limits.total_bytes,
            chars: limits.text_chars,
            cells: limits.cells,
            begun: std::time::Instant::now(),
            cut: None,
        }
    }

    /// The most that one part may unpack to now, `packed` being its size in the file.
    pub(super) fn part_limit(&self, packed: u64) -> u64 {
        let by_ratio = packed
            .saturating_mul(self.limits.ratio)
            .saturating_add(1 << 20);
        self.limits.part_bytes.min(self.bytes).min(by_ratio)
    }

    /// Counts unpacked bytes.
    pub(super) fn take_bytes(&mut self, bytes: u64) -> Result<(), ParseError> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => self.bytes = left,
            None => {
                return Err(ParseError::TooLarge {
                    what: "the unpacked file".into(),
                    limit: self.limits.total_bytes,
                });
            }
        }
        self.check_time()
    }

    /// How many of `chars` characters still fit.
    pub(super) fn take_chars(&mut self, chars: u64) -> u64 {
        let taken = chars.min(self.chars);
        self.chars -= taken;
        if taken < chars {
            self.cut.get_or_insert("characters of text");
        }
        taken
    }

    /// Whether `cells` more cells fit.
    pub(super) fn take_cells(&mut self, cells: u64) -> bool {
        match self.cells.checked_sub(cells) {
            Some(left) => self.cells = left,
            None => {
                self.cut.get_or_insert("cells of tables");
                return false;
            }
        }
        true
    }

    /// Whether page `number` may still be read.
    pub(super) fn take_page(&mut self, number: u32) -> bool {
        if number > self.limits.pages {
            self.cut.get_or_insert("pages");
        } else if self.is_late() {
            self.cut.get_or_insert("time");
        }
        self.cut.is_none()
    }

    pub(super) fn is_late(&self) -> bool {
        self.begun.elapsed().as_millis() as u64 > self.limits.time_ms
    }

    pub(super) fn check_time(&self) -> Result<(), ParseError> {
        if self.is_late() {
            return Err(ParseError::TooLarge {
                what: "the time to read the file, in milliseconds,".into(),
                limit: self.limits.time_ms,
            });
        }
        Ok(())
    }
}
