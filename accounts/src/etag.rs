//! Edits that know what they edit: `ETag` and `If-Match`.
//!
//! The tag of a record is a hash of what the API shows of it, so no column has to be kept for it. It
//! is compared inside the transaction of the change ([`Accounts::audit`](crate::Accounts)), where
//! nobody else can come in between.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{Error, ErrorKind, Result};

/// Fields that change by use alone: nobody's edit goes stale by them.
const VOLATILE: [&str; 2] = ["last_used_at", "last_login_at"];
/// Bytes of the hash in a tag.
const LENGTH: usize = 12;

/// The tag of a record as it stands in the header, quotes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag of what the API shows of a record.
    pub fn of<T: Serialize>(record: &T) -> Self {
        Self::of_value(serde_json::to_value(record).unwrap_or_default())
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of_value(mut shown: Value) -> Self {
        if let Some(fields) = shown.as_object_mut() {
            for name in VOLATILE {
                fields.remove(name);
            }
        }
        let hash = Sha256::digest(shown.to_string().as_bytes());
        Self(format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..LENGTH])))
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What `If-Match` asks for: one of these tags, or anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Reads the header's value: tags in quotes, separated by commas, or `*`.
    pub fn parse(header: &str) -> Self {
        if header.trim() == "*" {
            return Self(None);
        }
        // Weak tags are compared by their text: a proxy that compresses makes ours weak.
        let tags = header.split(',').map(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).to_owned()
        });
        Self(Some(tags.collect()))
    }

    /// Goes on only if the record is one that was asked for.
    ///
    /// # Errors
    /// `Stale` with the present record as its details.
    pub fn check<T: Serialize>(&self, current: &T) -> Result<()> {
        let Some(wanted) = &self.0 else {
            return Ok(());
        };
        let shown = serde_json::to_value(current).unwrap_or_default();
        let tag = ETag::of_value(shown.clone());
        if wanted.contains(&tag.0) {
            return Ok(());
        }
        let message = format!(
            "this was changed since you read it: it is {tag} now; look at it and try again"
        );
        let details = serde_json::json!({"etag": tag.as_str(), "current": shown});
        Err(Error::new(ErrorKind::Stale, message).with_details(details))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_changes_with_the_record_and_not_with_its_use() {
        let record = json!({"id": 1, "name": "a", "last_used_at": null});
        let used = json!({"id": 1, "name": "a", "last_used_at": "2026-11-22T19:31:00Z"});
        let renamed = json!({"id": 1, "name": "b", "last_used_at": null});
        assert_eq!(ETag::of(&record), ETag::of(&used));
        assert_ne!(ETag::of(&record), ETag::of(&renamed));
    }

    #[test]
    fn a_change_goes_through_while_the_record_is_the_one_that_was_read() {
        let (record, other) = (json!({"name": "a"}), json!({"name": "b"}));
        let tag = ETag::of(&record);
        for header in [
            tag.as_str(),
            "*",
            &format!("\"x\", {tag}"),
            &format!("W/{tag}"),
        ] {
            assert!(IfMatch::parse(header).check(&record).is_ok(), "{header}");
        }
        assert!(IfMatch::default().check(&record).is_ok(), "no header");
        let error = IfMatch::parse(tag.as_str())
            .check(&other)
            .expect_err("changed");
        assert_eq!(error.kind, ErrorKind::Stale);
        assert_eq!(error.details.expect("shown")["current"], other);
        assert!(IfMatch::parse("").check(&record).is_err());
    }
}
