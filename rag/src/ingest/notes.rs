//! What a reader of a document should know, in words.

use crate::parse::{Document, Warning};

/// A warning for people.
fn note(warning: &Warning) -> String {
    match warning {
        Warning::PoorText { pages } if pages.is_empty() => {
            "Poor text: much of it may be missing or garbled.".to_owned()
        }
        Warning::PoorText { pages } => format!(
            "Poor text: much may be missing or garbled on {}.",
            on_pages(pages)
        ),
        Warning::Encrypted => "The file was encrypted and could be opened.".to_owned(),
        Warning::Truncated { limit } => {
            format!("Only a part was read: the limit of {limit} was reached.")
        }
        Warning::Damaged { detail } => format!("The file is damaged: {detail}."),
        Warning::GuessedEncoding { encoding } => {
            format!("The file does not say its encoding; {encoding} was guessed.")
        }
        Warning::Skipped { what } => format!("Not read: {what}."),
    }
}

impl Document {
    /// What a reader of the text should know, in words.
    pub fn notes(&self) -> Vec<String> {
        self.warnings.iter().map(note).collect()
    }
}

/// `page 3`, `pages 1, 2 and 5 more`.
pub(super) fn on_pages(pages: &[u32]) -> String {
    let shown: Vec<String> = pages.iter().take(8).map(u32::to_string).collect();
    let word = if pages.len() == 1 { "page" } else { "pages" };
    match pages.len().saturating_sub(shown.len()) {
        0 => format!("{word} {}", shown.join(", ")),
        more => format!("{word} {} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_of_pages_are_cut() {
        assert_eq!(on_pages(&[3]), "page 3");
        let many: Vec<u32> = (1..=10).collect();
        assert_eq!(on_pages(&many), "pages 1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
    }
}
