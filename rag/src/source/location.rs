//! Where a source's files are, as people enter it.

use std::path::{Component, Path};

use http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, Result};

/// Where the files of a source are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SourceLocation {
    /// In a folder of the server.
    Folder(FolderLocation),
    /// In a bucket of an S3-compatible service.
    S3(BucketLocation),
}

/// A folder of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderLocation {
    /// Its path, which must lie below one of the configuration's `rag.sync_roots`.
    pub path: String,
}

/// A bucket of an S3-compatible service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BucketLocation {
    /// The service's address, such as `https://s3.eu-central-1.amazonaws.com`; Amazon's for the region
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Region, such as `eu-central-1`.
    #[serde(default = "first_region")]
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
    /// Only keys that begin with this.
    #[serde(default)]
    pub prefix: String,
    /// The bucket's name stands in the path and not in the host, as most services other than Amazon's
    /// want it.
    #[serde(default)]
    pub path_style: bool,
    /// Who reads; nobody in particular when absent, which public buckets allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
}

fn first_region() -> String {
    "us-east-1".to_owned()
}

impl SourceLocation {
    /// Whether this can be a place at all.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.check(),
            Self::S3(bucket) => bucket.check(),
        }
    }

    /// Who reads it, where that is somebody.
    pub(crate) fn access_key_id(&self) -> Option<&str> {
        match self {
            Self::Folder(_) => None,
            Self::S3(bucket) => bucket.access_key_id.as_deref(),
        }
    }

    /// What a file of it is called on its document.
    pub(crate) fn source_of(&self, path: &str) -> String {
        match self {
            Self::Folder(folder) => format!("{}/{path}", folder.path.trim_end_matches('/')),
            Self::S3(bucket) => format!("s3://{}/{}{path}", bucket.bucket, bucket.prefix),
        }
    }
}

impl FolderLocation {
    fn check(&self) -> Result<()> {
        let path = Path::new(&self.path);
        let plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
        if self.path.len() > 4096 || !path.is_absolute() || !path.components().all(plain) {
            return Err(Error::invalid(
                "`location.path` must be an absolute path without `..`",
            ));
        }
        Ok(())
    }
}

impl BucketLocation {
    /// The service's address.
    pub(crate) fn endpoint(&self) -> String {
        let amazon = || format!("https://s3.{}.amazonaws.com", self.region);
        let endpoint = self.endpoint.clone().unwrap_or_else(amazon);
        endpoint.trim_end_matches('/').to_owned()
    }

    fn check(&self) -> Result<()> {
        let wrong =
            |field: &str, why: &str| Err(Error::invalid(format!("`location.{field}` {why}")));
        let of = |text: &str, more: &str| {
            text.chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if self.region.is_empty() || self.region.len() > 64 || !of(&self.region, "-_") {
            return wrong("region", "must have 1 to 64 letters, digits and `-`");
        }
        let endpoint = self.endpoint();
        let Ok(uri) = endpoint.parse::<Uri>() else {
            return wrong("endpoint", "is no address");
        };
        let scheme = uri.scheme_str().unwrap_or_default();
        let bare = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        let named = uri.authority().is_some_and(|a| !a.as_str().contains('@'));
        if endpoint.len() > 512 || !matches!(scheme, "http" | "https") || !bare || !named {
            return wrong(
                "endpoint",
                "must be `https://` or `http://` and a host, with a port where one is needed",
            );
        }
        if !(3..=255).contains(&self.bucket.len()) || !of(&self.bucket, ".-_") {
            return wrong(
                "bucket",
                "must have 3 to 255 letters, digits, `.`, `-` and `_`",
            );
        }
        if self.prefix.len() > 1024 || self.prefix.starts_with('/') {
            return wrong("prefix", "may have 1024 bytes and does not begin with `/`");
        }
        let key = self.access_key_id.as_deref();
        if key.is_some_and(|key| key.is_empty() || key.len() > 128 || !of(key, "-_./+=")) {
            return wrong("access_key_id", "must have 1 to 128 letters and digits");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> BucketLocation {
        BucketLocation {
            endpoint: None,
            region: "eu-central-1".to_owned(),
            bucket: "handbook".to_owned(),
            prefix: "public/".to_owned(),
            path_style: false,
            access_key_id: None,
        }
    }

    #[test]
    fn a_bucket_without_an_endpoint_is_amazons() {
        let bucket = bucket();
        bucket.check().expect("is fine");
        assert_eq!(bucket.endpoint(), "https://s3.eu-central-1.amazonaws.com");
        let location = SourceLocation::S3(bucket);
        assert_eq!(location.source_of("a b.md"), "s3://handbook/public/a b.md");
    }

    #[test]
    fn places_that_cannot_be_are_refused_with_their_field() {
        for (field, change) in [
            (
                "endpoint",
                (|b| b.endpoint = Some("ftp://x".into())) as fn(&mut BucketLocation),
            ),
            ("endpoint", |b| b.endpoint = Some("https://u:p@x".into())),
            ("endpoint", |b| b.endpoint = Some("https://x/path".into())),
            ("region", |b| b.region = "a b".into()),
            ("bucket", |b| b.bucket = "../x".into()),
            ("bucket", |b| b.bucket = "x/y".into()),
            ("prefix", |b| b.prefix = "/x".into()),
            ("access_key_id", |b| b.access_key_id = Some("a\nb".into())),
        ] {
            let mut wrong = bucket();
            change(&mut wrong);
            let error = wrong.check().expect_err("is refused");
            assert!(error.message.contains(field), "{error}");
        }
        for path in ["docs", "/srv/../etc", ""] {
            let folder = FolderLocation {
                path: path.to_owned(),
            };
            assert!(folder.check().is_err(), "{path}");
        }
    }
}
