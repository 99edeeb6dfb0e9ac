//! Query parameters: names, words and errors that say what would be right.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::catalogue::nearest::nearest;

/// A query parameter that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadParameter {
    /// Its name, as it was given.
    pub name: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// Every value (or name) that would be right, where they can be listed.
    pub allowed: Vec<&'static str>,
}

impl BadParameter {
    pub(super) fn new(name: &str, message: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            message: message.into(),
            allowed: Vec::new(),
        }
    }

    fn unknown_name(name: &str, known: &[&'static str]) -> Self {
        Self {
            name: name.to_owned(),
            message: format!(
                "`{}` is not a parameter{}; the parameters are {}",
                clip(name),
                guess(name, known),
                known.join(", ")
            ),
            allowed: known.to_vec(),
        }
    }

    /// For programs.
    pub fn details(&self) -> Value {
        match self.allowed.is_empty() {
            true => json!({"parameter": self.name}),
            false => json!({"parameter": self.name, "allowed": self.allowed}),
        }
    }
}

/// The parameters of a request, checked against the names that are known.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    pairs: &'a [(String, String)],
}

impl<'a> Parameters<'a> {
    /// # Errors
    /// Names a parameter that is not known, with the one that was probably meant.
    pub(super) fn new(
        pairs: &'a [(String, String)],
        known: &[&'static str],
    ) -> Result<Self, BadParameter> {
        match pairs
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            Some((name, _)) => Err(BadParameter::unknown_name(name, known)),
            None => Ok(Self { pairs }),
        }
    }

    /// All values of a parameter that may be given several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let values = self.pairs.iter().filter(move |(n, _)| n == name);
        values.map(|(_, value)| value.as_str())
    }

    /// # Errors
    /// When it is given twice.
    pub(super) fn one(&self, name: &str) -> Result<Option<&'a str>, BadParameter> {
        let mut all = self.all(name);
        let first = all.next();
        match all.next() {
            Some(_) => Err(BadParameter::new(
                name,
                format!("`{name}` is given twice; it takes one value"),
            )),
            None => Ok(first),
        }
    }

    /// A number from 1 to `max`.
    ///
    /// # Errors
    /// When it is none, or outside.
    pub(super) fn count(&self, name: &str, max: u64) -> Result<Option<u64>, BadParameter> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(n) if (1..=max).contains(&n) => Ok(Some(n)),
            _ => Err(BadParameter::new(
                name,
                format!("`{name}` must be 1 to {max}, not `{}`", clip(text)),
            )),
        }
    }
}

/// The one of `choices` that is called `word`.
///
/// # Errors
/// Lists the words, and names the one that was probably meant.
pub(super) fn choose<T: Copy>(
    name: &str,
    word: &str,
    choices: &[T],
    word_of: impl Fn(T) -> &'static str,
) -> Result<T, BadParameter> {
    let found = choices.iter().find(|choice| word_of(**choice) == word);
    found.copied().ok_or_else(|| {
        let allowed: Vec<_> = choices.iter().map(|choice| word_of(*choice)).collect();
        BadParameter {
            name: name.to_owned(),
            message: format!(
                "`{name}` cannot be `{}`{}; the values are {}",
                clip(word),
                guess(word, &allowed),
                allowed.join(", ")
            ),
            allowed,
        }
    })
}

/// The words of a comma list, each once, in their order.
pub(super) fn comma_list(text: &str) -> impl Iterator<Item = &str> {
    let mut seen = HashSet::new();
    let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
    words.filter(move |word| seen.insert(*word))
}

fn guess(word: &str, known: &[&'static str]) -> String {
    nearest(word, known.iter().copied())
        .map(|word| format!(" (did you mean `{word}`?)"))
        .unwrap_or_default()
}

/// What is quoted of a caller's text.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(64).collect()
}
