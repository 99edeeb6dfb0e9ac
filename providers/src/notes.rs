//! The translation report: what a call across dialects dropped, changed or emulated.

use std::fmt::Write;

/// What happened to one field on its way between dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The target has no such thing; the answer may differ from what was asked.
    Dropped,
    /// Sent with another value (clamped, rounded, merged).
    Changed,
    /// Reached by other means (structured output through a forced tool, for example).
    Emulated,
}

impl Change {
    const fn word(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Changed => "changed",
            Self::Emulated => "emulated",
        }
    }
}

/// Collects [`Change`]s of one call. Rendered into the `x-nab-translation` header and the log.
#[derive(Debug, Default, Clone)]
pub struct Notes {
    entries: Vec<(Change, String)>,
}

impl Notes {
    /// Records that `field` has no counterpart and was left out.
    pub fn dropped(&mut self, field: impl Into<String>) {
        self.push(Change::Dropped, field.into());
    }

    /// Records that `field` was sent with another value.
    pub fn changed(&mut self, field: impl Into<String>) {
        self.push(Change::Changed, field.into());
    }

    /// Records that `field` was reached by other means.
    pub fn emulated(&mut self, field: impl Into<String>) {
        self.push(Change::Emulated, field.into());
    }

    fn push(&mut self, change: Change, field: String) {
        let entry = (change, field);
        if !self.entries.contains(&entry) {
            self.entries.push(entry);
        }
    }

    /// True when the translation was exact.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries in the order in which they were recorded.
    pub fn entries(&self) -> &[(Change, String)] {
        &self.entries
    }

    /// Header form: `dropped=logit_bias,seed; emulated=response_format`. Only visible ASCII;
    /// other characters become `_`, so that a client's field name cannot break a header.
    pub fn to_header(&self) -> String {
        let mut out = String::new();
        for change in [Change::Dropped, Change::Changed, Change::Emulated] {
            let mut fields = self.entries.iter().filter(|(c, _)| *c == change).peekable();
            if fields.peek().is_none() {
                continue;
            }
            if !out.is_empty() {
                out.push_str("; ");
            }
            let _ = write!(out, "{}=", change.word());
            for (i, (_, field)) in fields.enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.extend(
                    field
                        .chars()
                        .map(|c| if c.is_ascii_graphic() { c } else { '_' }),
                );
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_groups_by_change_and_cannot_be_broken() {
        let mut notes = Notes::default();
        notes.dropped("seed");
        notes.emulated("response_format");
        notes.dropped("x\r\ny");
        notes.dropped("seed");
        assert_eq!(
            notes.to_header(),
            "dropped=seed,x__y; emulated=response_format"
        );
    }
}
