//! The catalogue files inside the binary, searched in place.
//!
//! Nothing is read at start and nothing is kept but the rows that were asked for: the rows of a file
//! are sorted, so one is found by bisecting the text itself.

use std::cmp::Ordering;

/// One provider's file.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    /// Provider id.
    pub(super) provider: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($provider:literal),* $(,)?) => {
        &[$(File {
            provider: $provider,
            text: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/catalogue/", $provider, ".txt"
            )),
        }),*]
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
    /// The lines before the rows: date and sources.
    pub(super) fn header(&self) -> &'static str {
        self.text
            .split_once("\n\n")
            .map_or("", |(header, _)| header)
    }

    /// All rows, sorted by model id.
    pub(super) fn rows(&self) -> std::str::Lines<'static> {
        self.body().lines()
    }

    /// The row of exactly this model.
    pub(super) fn row(&self, model: &str) -> Option<&'static str> {
        let mut rest = self.body();
        while !rest.is_empty() {
            let middle = line_start(rest, rest.len() / 2);
            let line = rest[middle..].lines().next().unwrap_or_default();
            match id_of(line).cmp(model) {
                Ordering::Equal => return Some(line),
                Ordering::Greater => rest = &rest[..middle],
                Ordering::Less => rest = rest.get(middle + line.len() + 1..).unwrap_or(""),
            }
        }
        None
    }

    /// Rows whose model begins with `prefix`.
    pub(super) fn rows_from(&self, prefix: &str) -> impl Iterator<Item = &'static str> {
        self.rows()
            .skip_while(move |line| id_of(line) < prefix)
            .take_while(move |line| id_of(line).starts_with(prefix))
    }

    fn body(&self) -> &'static str {
        self.text.split_once("\n\n").map_or("", |(_, body)| body)
    }
}

/// The model id of a row.
pub(super) fn id_of(row: &'static str) -> &'static str {
    row.split_once(" | ").map_or(row, |(id, _)| id)
}

/// Where the line around byte `at` begins.
fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1)
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
