//! Model patterns: a name with at most one `*`.

/// `openai/*`, `gpt-*`, or a plain name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    head: String,
    /// Text behind the star; `None` for a plain name.
    tail: Option<String>,
}

impl Pattern {
    /// Reads a pattern. Only the first `*` is special.
    pub fn new(text: &str) -> Self {
        match text.split_once('*') {
            Some((head, tail)) => Self {
                head: head.to_owned(),
                tail: Some(tail.to_owned()),
            },
            None => Self {
                head: text.to_owned(),
                tail: None,
            },
        }
    }

    /// Whether the pattern has a star.
    pub fn is_wild(&self) -> bool {
        self.tail.is_some()
    }

    /// What the star stands for in `name`: empty for a plain name that is equal.
    pub fn capture<'n>(&self, name: &'n str) -> Option<&'n str> {
        match &self.tail {
            None => (self.head == name).then_some(""),
            Some(tail) => name
                .strip_prefix(self.head.as_str())?
                .strip_suffix(tail.as_str()),
        }
    }

    /// Whether `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        self.capture(name).is_some()
    }

    /// The pattern with `text` in place of the star.
    pub fn fill(&self, text: &str) -> String {
        match &self.tail {
            None => self.head.clone(),
            Some(tail) => format!("{}{text}{tail}", self.head),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let pattern = Pattern::new("openai/gpt-*-mini");
        assert_eq!(pattern.capture("openai/gpt-4.1-mini"), Some("4.1"));
        assert!(!pattern.matches("openai/gpt-4.1"));
        assert!(Pattern::new("*").matches("anything/at-all"));
        assert!(Pattern::new("gpt-4").matches("gpt-4") && !Pattern::new("gpt-4").matches("gpt-4o"));
        assert_eq!(Pattern::new("azure/*").fill("gpt-4"), "azure/gpt-4");
    }

    #[test]
    fn head_and_tail_may_not_overlap() {
        assert!(!Pattern::new("aba*aba").matches("aba"));
        assert!(!Pattern::new("ab*ba").matches("aba"));
    }
}
