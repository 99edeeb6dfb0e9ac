//! Files of runs in a store of bytes: `<organization>/<id>`.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use rag::blob::{BlobStore, put};
use store::OrgId;
use uuid::Uuid;

use crate::value::{Blobs, File};

/// Characters of a name that are kept.
const MAX_NAME_CHARS: usize = 200;

/// Files in a store of bytes.
#[derive(Debug, Clone)]
pub struct StoredFiles {
    bytes: Arc<dyn BlobStore>,
}

impl StoredFiles {
    /// Files in this store, which holds nothing else.
    pub fn new(bytes: impl BlobStore + 'static) -> Self {
        Self {
            bytes: Arc::new(bytes),
        }
    }
}

fn key(org: OrgId, id: Uuid) -> String {
    format!("{}/{}", org.uuid().simple(), id.simple())
}

/// The last part of a name, without what no file system takes.
fn clean(name: &str) -> String {
    let last = Path::new(name).file_name().and_then(|part| part.to_str());
    let kept: String = last
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control() && !matches!(letter, '/' | '\\'))
        .take(MAX_NAME_CHARS)
        .collect();
    if kept.is_empty() {
        "file".to_owned()
    } else {
        kept
    }
}

impl Blobs for StoredFiles {
    fn put<'a>(
        &'a self,
        org: OrgId,
        name: &'a str,
        media_type: &'a str,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<File, String>> {
        Box::pin(async move {
            let id = Uuid::now_v7();
            let written = put(self.bytes.as_ref(), &key(org, id), bytes).await;
            Ok(File {
                blob: id.simple().to_string(),
                name: clean(name),
                media_type: media_type.to_owned(),
                size_bytes: written.map_err(|error| error.kind().to_string())?,
            })
        })
    }

    fn get<'a>(
        &'a self,
        org: OrgId,
        blob: &'a str,
    ) -> BoxFuture<'a, Result<Option<Bytes>, String>> {
        Box::pin(async move {
            // Values come from users: only what is an id becomes part of a key.
            let Ok(id) = Uuid::parse_str(blob) else {
                return Ok(None);
            };
            match self.bytes.read(&key(org, id)).await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.kind().to_string()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use rag::blob::FileStore;
    use store::testing::TempDir;

    use super::*;

    #[tokio::test]
    async fn files_come_back_to_their_organization_only() {
        let dir = TempDir::new();
        let blobs = StoredFiles::new(FileStore::new(dir.path().join("files")));
        let (ours, theirs) = (OrgId::new(), OrgId::new());
        let bytes = Bytes::from_static(b"tea");
        let file = blobs
            .put(ours, "../../menu.txt", "text/plain", bytes.clone())
            .await;
        let file = file.expect("kept");
        assert_eq!((file.name.as_str(), file.size_bytes), ("menu.txt", 3));
        assert_eq!(blobs.get(ours, &file.blob).await, Ok(Some(bytes)));
        assert_eq!(blobs.get(theirs, &file.blob).await, Ok(None));
        for wrong in ["../x", "", "/etc/hostname"] {
            assert_eq!(blobs.get(ours, wrong).await, Ok(None), "{wrong}");
        }
    }
}
