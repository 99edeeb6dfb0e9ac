//! Model and endpoint patterns: `*` stands for any text, the empty one included.

/// Whether the whole of `text` matches `pattern`. Linear in both, whatever the number of `*`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    // Each part between two stars is taken at its first place: what is left is then longest, and a
    // later place could not match more.
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    true
}

/// Whether any of `patterns` matches; an empty list allows all.
pub fn allows(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, wanted) in [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("gpt-4o*", "gpt-4o-mini", true),
            ("openai/*", "openai/gpt-4o", true),
            ("openai/*", "anthropic/claude", false),
            ("*", "", true),
            ("*/claude-*", "anthropic/claude-sonnet", true),
            ("*mini", "gpt-mini-4o-mini", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXcYb", false),
            ("ab*ba", "aba", false),
            ("", "gpt", false),
            ("**", "gpt", true),
        ] {
            assert_eq!(matches(pattern, text), wanted, "{pattern} on {text}");
        }
    }

    #[test]
    fn an_empty_list_allows_all() {
        assert!(allows(&[], "anything"));
        assert!(!allows(&["gpt-*".to_owned()], "claude"));
    }
}
