//! Keeps secrets out of everything that is stored, logged, streamed or shown.

use accounts::{MASK, Secret};
use parking_lot::RwLock;
use serde_json::{Map, Value};

/// Secrets shorter than this are not searched for: masking each `a` of a text hides nothing and spoils
/// everything.
const SHORTEST: usize = 4;

/// The secrets that a run has seen. What a run writes goes through it.
#[derive(Debug, Default)]
pub struct Masker {
    known: RwLock<Vec<Secret>>,
}

impl Masker {
    /// Masks this secret from now on, whole and in the forms it is commonly put into: base64, percent
    /// encoding, and JSON's escapes.
    pub fn add(&self, secret: &Secret) {
        let mut known = self.known.write();
        for form in forms(secret.expose()) {
            let is_known = known.iter().any(|old| old.expose() == form);
            if form.len() >= SHORTEST && !is_known {
                known.push(Secret::new(form));
            }
        }
        // Longer ones first, so that a secret which contains another is masked as a whole.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    }

    /// The text with all known secrets masked.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.known.read().iter() {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), MASK);
            }
        }
        text
    }

    /// The value with all known secrets masked, also in keys of objects.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        if self.known.read().is_empty() {
            return value;
        }
        self.masked(value)
    }

    fn masked(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.masked(item)).collect(),
            Value::Object(object) => {
                let masked = |(key, value): (String, Value)| (self.text(&key), self.masked(value));
                Value::Object(object.into_iter().map(masked).collect::<Map<_, _>>())
            }
            other => other,
        }
    }
}

fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let mut escaped = Value::String(secret.to_owned()).to_string();
    escaped.pop();
    escaped.remove(0);
    let percent: String = secret
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(b).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        percent,
        escaped,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_vanish_from_texts_keys_and_encodings() {
        let masker = Masker::default();
        masker.add(&Secret::new("canary key/7"));
        masker.add(&Secret::new("key"));
        let value = json!({
            "a canary key/7": ["Bearer canary key/7", 7, null],
            "basic": "Y2FuYXJ5IGtleS83",
            "query": "?q=canary%20key%2F7&key=1",
        });
        assert_eq!(
            masker.value(value),
            json!({"a ***": ["Bearer ***", 7, null], "basic": "***", "query": "?q=***&key=1"})
        );
    }
}
