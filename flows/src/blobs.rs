//! Files of runs in a folder of this machine: `<root>/<organization>/<id>`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use store::OrgId;
use uuid::Uuid;

use crate::value::{Blobs, File};

/// Characters of a name that are kept.
const MAX_NAME_CHARS: usize = 200;

/// Files in a folder.
#[derive(Debug, Clone)]
pub struct FolderBlobs {
    root: PathBuf,
}

impl FolderBlobs {
    /// Files below this folder, which is made with the first one.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn folder(&self, org: OrgId) -> PathBuf {
        self.root.join(org.uuid().simple().to_string())
    }

    async fn write(&self, org: OrgId, id: Uuid, bytes: &[u8]) -> std::io::Result<()> {
        let folder = self.folder(org);
        tokio::fs::create_dir_all(&folder).await?;
        // Renamed when complete: who reads sees the whole file or none.
        let part = folder.join(format!("{}.part", id.simple()));
        tokio::fs::write(&part, bytes).await?;
        tokio::fs::rename(&part, folder.join(id.simple().to_string())).await
    }
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

impl Blobs for FolderBlobs {
    fn put<'a>(
        &'a self,
        org: OrgId,
        name: &'a str,
        media_type: &'a str,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<File, String>> {
        Box::pin(async move {
            let id = Uuid::now_v7();
            let written = self.write(org, id, &bytes).await;
            written.map_err(|error| error.kind().to_string())?;
            Ok(File {
                blob: id.simple().to_string(),
                name: clean(name),
                media_type: media_type.to_owned(),
                size_bytes: bytes.len() as u64,
            })
        })
    }

    fn get<'a>(
        &'a self,
        org: OrgId,
        blob: &'a str,
    ) -> BoxFuture<'a, Result<Option<Bytes>, String>> {
        Box::pin(async move {
            // Values come from users: only what is an id becomes part of a path.
            let Ok(id) = Uuid::parse_str(blob) else {
                return Ok(None);
            };
            let path = self.folder(org).join(id.simple().to_string());
            match tokio::fs::read(path).await {
                Ok(bytes) => Ok(Some(bytes.into())),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.kind().to_string()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use store::testing::TempDir;

    use super::*;

    #[tokio::test]
    async fn files_come_back_to_their_organization_only() {
        let dir = TempDir::new();
        let blobs = FolderBlobs::new(dir.path().join("files"));
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
