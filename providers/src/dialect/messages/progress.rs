//! Whether streamed JSON text is a complete value yet.

/// Follows one JSON object or array, piece by piece, without building it.
#[derive(Debug, Default)]
pub(super) struct JsonProgress {
    depth: u32,
    in_string: bool,
    escaped: bool,
    ended: bool,
}

impl JsonProgress {
    /// Reads the next piece.
    pub(super) fn feed(&mut self, piece: &str) {
        for byte in piece.bytes() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.ended |= self.depth == 0;
                }
                _ => {}
            }
        }
    }

    /// The outermost object or array was closed.
    pub(super) fn is_complete(&self) -> bool {
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completeness_is_seen_at_the_last_bracket_only() {
        for text in [
            r#"{"a":"}{\"\\"}"#,
            r#"{"a":{"b":[1,{"c":"]"}]}}"#,
            "{}",
            r#"  {"a":1}"#,
        ] {
            let mut progress = JsonProgress::default();
            let last = text.len() - 1;
            for (at, byte) in text.char_indices() {
                assert!(!progress.is_complete(), "{text} at {at}");
                progress.feed(&byte.to_string());
            }
            assert!(progress.is_complete(), "{text} after {last}");
        }
    }
}
