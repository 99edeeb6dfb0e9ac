//! Rules for what users enter.

use serde_json::{Map, Value};

use crate::{Error, Result};

const MAX_NAME: usize = 200;
const MAX_ITEMS: usize = 200;
const MAX_ITEM: usize = 256;
const MAX_METADATA: usize = 16 * 1024;

/// A name without space around it, 1 to 200 characters, no control characters.
pub(crate) fn name(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > MAX_NAME {
        return Err(Error::invalid(format!(
            "`{field}` must have 1 to {MAX_NAME} characters"
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "`{field}` must not hold control characters"
        )));
    }
    Ok(text.to_owned())
}

/// Patterns or tags: at most 200 of 1 to 256 characters.
pub(crate) fn words(field: &str, words: &[String]) -> Result<()> {
    if words.len() > MAX_ITEMS {
        return Err(Error::invalid(format!(
            "`{field}` must have at most {MAX_ITEMS} entries"
        )));
    }
    for (position, word) in words.iter().enumerate() {
        let length = word.chars().count();
        if word.trim() != word || length == 0 || length > MAX_ITEM {
            return Err(Error::invalid(format!(
                "`{field}[{position}]` must have 1 to {MAX_ITEM} characters and no space around it"
            )));
        }
    }
    Ok(())
}

/// A model pattern, `None` for all models.
pub(crate) fn model(pattern: Option<String>) -> Result<Option<String>> {
    if let Some(pattern) = &pattern {
        words("model", std::slice::from_ref(pattern))?;
    }
    Ok(pattern)
}

/// Metadata of at most 16 KB as JSON.
pub(crate) fn metadata(metadata: &Map<String, Value>) -> Result<()> {
    let size = serde_json::to_string(metadata).map_or(usize::MAX, |text| text.len());
    if size > MAX_METADATA {
        return Err(Error::invalid(format!(
            "`metadata` must have at most {MAX_METADATA} bytes as JSON, not {size}"
        )));
    }
    Ok(())
}

/// A limit or budget: 0 (nothing at all) or more.
pub(crate) fn max(max: i64) -> Result<i64> {
    if max < 0 {
        return Err(Error::invalid(format!(
            "`max` must be 0 or more, not {max}"
        )));
    }
    Ok(max)
}

/// An e-mail address in lower case. Only its form is checked: whether it exists shows when mail
/// arrives.
pub(crate) fn email(text: &str) -> Result<String> {
    let email = text.trim().to_lowercase();
    let wrong = || Error::invalid("`email` must be an address such as ada@example.org");
    let (local, domain) = email.rsplit_once('@').ok_or_else(wrong)?;
    let fits = email.len() <= 254 && !local.is_empty() && domain.contains('.');
    let clean = !email
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || c == ',');
    if fits && clean && !domain.starts_with('.') && !domain.ends_with('.') {
        return Ok(email);
    }
    Err(wrong())
}

/// A slug: 1 to 64 of `a-z 0-9 -`.
pub(crate) fn slug(text: &str) -> Result<String> {
    let fits = (1..=64).contains(&text.len());
    let clean = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits && clean {
        return Ok(text.to_owned());
    }
    Err(Error::invalid(
        "`slug` must have 1 to 64 characters of a-z, 0-9 and -",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lowercased_and_checked_for_form() {
        assert_eq!(
            email(" Ada@Example.ORG ").expect("valid"),
            "ada@example.org"
        );
        for wrong in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "a b@x.org",
            "a@.org",
        ] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(name("name", "  Web shop ").expect("valid"), "Web shop");
        assert!(name("name", " \t ").is_err());
        assert!(name("name", "a\nb").is_err());
        assert!(name("name", &"ä".repeat(200)).is_ok());
        assert!(name("name", &"ä".repeat(201)).is_err());
    }

    #[test]
    fn words_say_which_one_is_wrong() {
        let error = words("models", &["gpt-*".to_owned(), String::new()]).expect_err("empty");
        assert!(error.message.starts_with("`models[1]`"), "{error}");
    }
}
