//! Files that visitors send along, inside of a request's JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use store::OrgId;

use crate::value::{Blobs, FILE_MARK};

/// Files of one request, and their bytes together.
pub(super) const MAX_FILES: usize = 5;
const MAX_BYTES: usize = 10 * 1024 * 1024;
/// A request with all of that in base64, and a message.
pub(super) const MAX_BODY: usize = 15 * 1024 * 1024;

/// A file as visitors send it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upload {
    name: String,
    #[serde(default)]
    media_type: String,
    /// In base64.
    data: String,
}

/// Files that were read, and are not kept yet.
pub(super) struct Read(Vec<(String, String, Bytes)>);

/// Reads files.
///
/// # Errors
/// Which of them is broken, or that they are too many or too large.
pub(super) fn read(uploads: Vec<Upload>) -> Result<Read, String> {
    if uploads.len() > MAX_FILES {
        return Err(format!("at most {MAX_FILES} files can be sent at once"));
    }
    let mut all = 0;
    let mut files = Vec::new();
    for upload in uploads {
        let name: String = upload.name.chars().take(200).collect();
        let bytes = STANDARD.decode(upload.data.as_bytes());
        let bytes = bytes.map_err(|_| format!("the file `{name}` is not in base64"))?;
        all += bytes.len();
        if all > MAX_BYTES {
            return Err("the files are larger than 10 MB together".to_owned());
        }
        // What a browser says of a file becomes a header somewhere: only what looks like a type.
        let fits = |c: char| c.is_ascii_alphanumeric() || "/+-.".contains(c);
        let is_type = upload.media_type.contains('/') && upload.media_type.chars().all(fits);
        let media = if is_type {
            upload.media_type
        } else {
            "application/octet-stream".to_owned()
        };
        files.push((name, media, Bytes::from(bytes)));
    }
    Ok(Read(files))
}

impl Read {
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, ..)| name.clone()).collect()
    }

    /// Puts them among the organization's files.
    pub(super) async fn keep(self, blobs: &dyn Blobs, org: OrgId) -> Result<Vec<Value>, String> {
        let mut kept = Vec::new();
        for (name, media, bytes) in self.0 {
            kept.push(blobs.put(org, &name, &media, bytes).await?.to_value());
        }
        Ok(kept)
    }
}

/// Whether a value names a file of the organization: visitors send files, they do not choose among
/// those that are there.
pub(super) fn names_file(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key(FILE_MARK) || fields.values().any(names_file),
        Value::Array(items) => items.iter().any(names_file),
        _ => false,
    }
}
