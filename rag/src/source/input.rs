//! A source as people enter it.

use accounts::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Globs, SourceLocation};
use crate::library::CollectionSource;
use crate::{Error, Result};

/// Shortest and longest time between two syncs, in minutes.
const INTERVAL: std::ops::RangeInclusive<u32> = 5..=43_200;

/// A folder or bucket that a collection shall be kept in step with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Handbook", "location": {"type": "folder", "path": "/srv/handbook"},
    "include": ["*.md", "*.pdf"], "interval_minutes": 60}))]
pub struct NewSource {
    /// Name for people.
    pub name: String,
    /// Where its files are.
    pub location: SourceLocation,
    /// The secret key of `location.access_key_id`. It goes to the vault and never comes out. Absent, the
    /// one that is stored stays, as long as it is for the same service and key.
    #[serde(default)]
    pub secret_access_key: Option<Secret>,
    /// Globs of files to take; all when there are none. One without `/` is about names in any folder.
    #[serde(default)]
    pub include: Vec<String>,
    /// Globs of files to leave out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether documents are deleted when their files are gone; kept otherwise.
    #[serde(default = "yes")]
    pub delete_missing: bool,
    /// Minutes between two syncs, 5 to 43,200; it syncs only when somebody asks when absent.
    #[serde(default)]
    pub interval_minutes: Option<u32>,
}

fn yes() -> bool {
    true
}

impl NewSource {
    /// Whether this can be a source at all.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub(crate) fn check(&self) -> Result<Globs> {
        if self.name.trim().is_empty() || self.name.chars().count() > 200 {
            return Err(Error::invalid("`name` must have between 1 and 200 letters"));
        }
        self.location.check()?;
        if self
            .interval_minutes
            .is_some_and(|wait| !INTERVAL.contains(&wait))
        {
            return Err(Error::invalid(format!(
                "`interval_minutes` must be from {} to {}",
                INTERVAL.start(),
                INTERVAL.end()
            )));
        }
        if self.secret_access_key.is_some() && self.location.access_key_id().is_none() {
            return Err(Error::invalid(
                "`secret_access_key` needs `location.access_key_id`, which says whose it is",
            ));
        }
        Globs::new(&self.include, &self.exclude)
    }

    /// Whether the secret that is stored with `before` may be used: it is never sent in the name of
    /// another key, nor to another service than the one it was entered for.
    pub(crate) fn keeps_secret_of(&self, before: &CollectionSource) -> bool {
        match (&self.location, &before.location.0) {
            (SourceLocation::S3(new), SourceLocation::S3(old)) => {
                new.access_key_id == old.access_key_id && new.endpoint() == old.endpoint()
            }
            _ => false,
        }
    }
}

/// The secret that is needed and not there.
pub(crate) fn secret_missing() -> Error {
    Error::invalid(
        "`secret_access_key` is missing: enter the secret of `location.access_key_id`; it has to be \
         entered again for another key or endpoint",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        let with = |field: &str, value: serde_json::Value| {
            let mut text = json!({"name": "a", "location": {"type": "s3", "bucket": "handbook"}});
            text[field] = value;
            serde_json::from_value::<NewSource>(text).map(|new| new.check().map(drop))
        };
        assert!(
            with("interval_minutes", json!(60))
                .expect("is read")
                .is_ok()
        );
        for (field, value) in [
            ("name", json!(" ")),
            ("interval_minutes", json!(4)),
            ("secret_access_key", json!("s")),
            ("include", json!(["{a"])),
        ] {
            let error = with(field, value)
                .expect("is read")
                .expect_err("is refused");
            assert!(error.message.contains(field), "{error}");
        }
        assert!(
            with(
                "location",
                json!({"type": "s3", "bucket": "b12", "secret": "x"})
            )
            .is_err()
        );
    }
}
