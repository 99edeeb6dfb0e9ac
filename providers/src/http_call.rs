//! Where a call goes: method, address and headers, without key and body.

use http::{HeaderMap, Method};

/// The address of one operation of one target. Depends on the target only (not on the body), so the
/// gateway computes it once per target and keeps it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `POST` for all model calls of today.
    pub method: Method,
    /// Absolute URL.
    pub url: String,
    /// Fixed headers (`anthropic-version`, …) without the key, `content-type` and `content-length`.
    pub headers: HeaderMap,
}

impl Endpoint {
    /// A `POST` to `base` + `path`, with exactly one slash between them.
    pub fn post(base: &str, path: &str) -> Self {
        Self {
            method: Method::POST,
            url: join(base, path),
            headers: HeaderMap::new(),
        }
    }
}

/// Joins a base URL and a path with exactly one slash.
pub fn join(base: &str, path: &str) -> String {
    format!(
        "{}/{}",
        base.trim_end_matches('/'),
        path.trim_start_matches('/')
    )
}

/// Whether a model id may be placed into a URL path: no `/`, `..`, `%`, `?`, `#`, no control and no
/// white space. Ids with a slash (`org/model`) go into bodies, never into paths.
pub fn is_safe_segment(id: &str) -> bool {
    !id.is_empty()
        && !id.contains("..")
        && id
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '/' | '%' | '?' | '#' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_puts_one_slash() {
        assert_eq!(join("http://a/v1/", "/chat"), "http://a/v1/chat");
        assert_eq!(join("http://a/v1", "chat"), "http://a/v1/chat");
    }

    #[test]
    fn unsafe_segments_are_refused() {
        for bad in ["", "a/b", "..", "a%2f", "a?b", "a#b", "a b", "a\\b"] {
            assert!(!is_safe_segment(bad), "{bad}");
        }
        assert!(is_safe_segment("gemini-2.5-pro:free@001"));
    }
}
