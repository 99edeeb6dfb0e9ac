//! The catalogue files inside the binary, searched in place.
//!
//! Nothing is read at start and nothing is kept but the rows that were asked for: the rows of a file
//! are sorted, so one is found by bisecting the text itself.

/// One provider's file.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    /// Provider id.
    pub(super) provider: &'static str,
    text: &'static str,
    rows_at: usize,
}

macro_rules! files {
    ($($provider:literal),* $(,)?) => {
        &[$(File::new($provider, include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"), "/catalogue/", $provider, ".txt"
        )))),*]
    };
}

/// All files: makers of models before those who host the models of others, because a bare model name
/// goes to the first one that is configured.
pub(super) const FILES: &[File] = files![
    "openai",
    "anthropic",
    "gemini",
    "mistral",
    "deepseek",
    "xai",
    "moonshot",
    "zhipu",
    "dashscope",
    "cohere",
    "perplexity",
    "azure",
    "groq",
    "cerebras",
    "sambanova",
    "together",
    "fireworks",
    "deepinfra",
    "novita",
    "nvidia",
    "ollama",
    "builtin",
];

/// The file of a provider.
pub(super) fn file(provider: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.provider == provider)
}

impl File {
    /// Runs at compile time: rows follow the first blank line.
    const fn new(provider: &'static str, text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 1;
        while !(bytes[at - 1] == b'\n' && bytes[at] == b'\n') {
            at += 1;
        }
        Self {
            provider,
            text,
            rows_at: at + 1,
        }
    }

    /// The lines before the rows: date and sources.
    pub(super) fn header(&self) -> &'static str {
        &self.text[..self.rows_at]
    }

    /// All rows, sorted by model id.
    pub(super) fn rows(&self) -> std::str::Lines<'static> {
        self.text[self.rows_at..].lines()
    }

    /// The row of exactly this model.
    pub(super) fn row(&self, model: &str) -> Option<&'static str> {
        let row = self.rows_from(model).next()?;
        (id_of(row) == model).then_some(row)
    }

    /// Rows whose model begins with `prefix`.
    pub(super) fn rows_from(&self, prefix: &str) -> impl Iterator<Item = &'static str> {
        let rows = &self.text[self.rows_at..];
        // Invariant: rows before `low` are smaller than `prefix`, rows from `high` on are not; both
        // are starts of lines.
        let (mut low, mut high) = (0, rows.len());
        while low < high {
            let middle = line_start(rows, low + (high - low) / 2);
            if id_of(&rows[middle..]) < prefix {
                low = line_end(rows, middle);
            } else {
                high = middle;
            }
        }
        rows[low..]
            .lines()
            .take_while(move |line| id_of(line).starts_with(prefix))
    }
}

/// The model id of a row.
pub(super) fn id_of(row: &'static str) -> &'static str {
    // Ids have no blanks, so the first one belongs to the separator.
    memchr::memchr(b' ', row.as_bytes()).map_or(row, |end| &row[..end])
}

/// Where the line around byte `at` begins.
fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1)
}

/// Where the line after byte `at` begins.
fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_in_place() {
        for file in FILES {
            for row in file.rows() {
                assert_eq!(file.row(id_of(row)), Some(row));
            }
            assert_eq!(file.row(""), None);
            assert_eq!(file.row("~~~"), None);
        }
    }

    #[test]
    fn rows_are_sorted_and_named_once() {
        for file in FILES {
            let ids: Vec<_> = file.rows().map(id_of).collect();
            assert!(
                ids.is_sorted_by(|a, b| a < b),
                "{}.txt is not sorted",
                file.provider
            );
            assert!(!ids.is_empty(), "{}.txt has no rows", file.provider);
        }
    }
}
