//! Blobs as files under one directory.

use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::{BlobStore, ByteStream};

const READ_BYTES: usize = 128 * 1024;
/// What names of files under way end with.
const UNFINISHED: &str = "tmp";

/// Blobs as files: written beside, flushed, then renamed, so that a key is either whole or not there.
#[derive(Debug, Clone)]
pub struct FileStore {
    root: PathBuf,
}

impl FileStore {
    /// Blobs under `root`, which is made with the first of them.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The file of a key. A key that is not of our form leads nowhere.
    fn path(&self, key: &str) -> io::Result<PathBuf> {
        let fits = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        };
        match key.split_once('/') {
            Some((folder, name))
                if fits(folder)
                    && fits(name)
                    && !folder.starts_with('.')
                    && !name.starts_with('.') =>
            {
                Ok(self.root.join(folder).join(name))
            }
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{key}` is no key of a blob"),
            )),
        }
    }
}

async fn write_all(path: &Path, bytes: &mut ByteStream<'_>) -> io::Result<u64> {
    let mut file = fs::File::create(path).await?;
    let mut length = 0;
    while let Some(part) = bytes.next().await {
        let part = part?;
        file.write_all(&part).await?;
        length += part.len() as u64;
    }
    file.flush().await?;
    file.sync_all().await?;
    Ok(length)
}

impl BlobStore for FileStore {
    fn write<'a>(
        &'a self,
        key: &'a str,
        mut bytes: ByteStream<'a>,
    ) -> BoxFuture<'a, io::Result<u64>> {
        Box::pin(async move {
            let path = self.path(key)?;
            let folder = path.parent().unwrap_or(&self.root);
            fs::create_dir_all(folder).await?;
            let unfinished = folder.join(format!("{}.{UNFINISHED}", Uuid::now_v7().simple()));
            let written = async {
                let length = write_all(&unfinished, &mut bytes).await?;
                fs::rename(&unfinished, &path).await?;
                fs::File::open(folder).await?.sync_all().await?;
                Ok(length)
            };
            let outcome = written.await;
            if outcome.is_err() {
                // It may not even have begun.
                let _ = fs::remove_file(&unfinished).await;
            }
            outcome
        })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<Bytes>> {
        Box::pin(async move { Ok(fs::read(self.path(key)?).await?.into()) })
    }

    fn stream<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<(u64, ByteStream<'static>)>> {
        Box::pin(async move {
            let file = fs::File::open(self.path(key)?).await?;
            let length = file.metadata().await?.len();
            let parts = futures_util::stream::try_unfold(file, |mut file| async move {
                let mut buffer = BytesMut::with_capacity(READ_BYTES);
                let read = file.read_buf(&mut buffer).await?;
                Ok::<_, io::Error>((read > 0).then(|| (buffer.freeze(), file)))
            });
            Ok((length, parts.boxed()))
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match fs::remove_file(self.path(key)?).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        })
    }

    fn keys(&self, before: i64) -> BoxFuture<'_, io::Result<Vec<String>>> {
        Box::pin(async move {
            let mut keys = Vec::new();
            let mut folders = match fs::read_dir(&self.root).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keys),
                folders => folders?,
            };
            while let Some(folder) = folders.next_entry().await? {
                if !folder.file_type().await?.is_dir() {
                    continue;
                }
                let mut files = fs::read_dir(folder.path()).await?;
                while let Some(file) = files.next_entry().await? {
                    let changed = file.metadata().await?.modified()?;
                    let changed = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
                    if i64::try_from(changed.as_micros()).unwrap_or(i64::MAX) < before {
                        let (folder, file) = (folder.file_name(), file.file_name());
                        keys.push(format!("{}/{}", folder.display(), file.display()));
                    }
                }
            }
            Ok(keys)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_written_is_read_and_a_broken_stream_leaves_nothing() {
        let dir = store::testing::TempDir::new();
        let blobs = FileStore::new(dir.path());
        let parts = [Bytes::from_static(b"ab"), Bytes::from_static(b"c")];
        let whole = futures_util::stream::iter(parts.clone().map(Ok)).boxed();
        assert_eq!(blobs.write("o/1", whole).await.expect("written"), 3);
        assert_eq!(blobs.read("o/1").await.expect("read"), "abc");
        let (length, stream) = blobs.stream("o/1").await.expect("opened");
        let read: Vec<_> = stream.map(|part| part.expect("read")).collect().await;
        assert_eq!((length, read.concat()), (3, b"abc".to_vec()));
        let cut = parts
            .map(Ok)
            .into_iter()
            .chain([Err(io::Error::other("cut"))]);
        let cut = futures_util::stream::iter(cut).boxed();
        blobs.write("o/2", cut).await.expect_err("was cut");
        assert_eq!(blobs.keys(i64::MAX).await.expect("listed"), ["o/1"]);
        assert!(blobs.keys(0).await.expect("listed").is_empty());
        for _ in 0..2 {
            blobs.delete("o/1").await.expect("deleted");
        }
        let gone = blobs.read("o/1").await.expect_err("is gone");
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn keys_that_are_not_ours_lead_nowhere() {
        let dir = store::testing::TempDir::new();
        let blobs = FileStore::new(dir.path().join("blobs"));
        for key in ["../x", "a/../../x", "a", "/etc/passwd", "a/b/c", "a/.."] {
            let error = blobs.read(key).await.expect_err("is refused");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{key}");
        }
    }
}
