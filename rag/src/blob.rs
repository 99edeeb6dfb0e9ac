//! Where originals are kept: bytes under keys of our own.

mod file;

use std::fmt::Debug;
use std::io;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use store::OrgId;
use uuid::Uuid;

pub use file::FileStore;

/// Bytes on their way.
pub type ByteStream<'a> = BoxStream<'a, io::Result<Bytes>>;

/// A store of bytes. Keys are those of [`new_key`] and [`parsed_key`]: nothing of a user is in them.
pub trait BlobStore: Send + Sync + Debug {
    /// Stores what comes, all of it or nothing, and gives its length. It lies safe when this returns.
    ///
    /// # Errors
    /// Those of the stream and of the store.
    fn write<'a>(&'a self, key: &'a str, bytes: ByteStream<'a>) -> BoxFuture<'a, io::Result<u64>>;

    /// Reads everything.
    ///
    /// # Errors
    /// `NotFound`, and those of the store.
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<Bytes>>;

    /// Reads bit by bit; gives the length first.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn stream<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<(u64, ByteStream<'static>)>>;

    /// Removes a blob; one that is not there is no error.
    ///
    /// # Errors
    /// Those of the store.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<()>>;

    /// All keys that were written before `before` (microseconds since 1970), for looking after what
    /// nobody knows any more.
    ///
    /// # Errors
    /// Those of the store.
    fn keys(&self, before: i64) -> BoxFuture<'_, io::Result<Vec<String>>>;
}

/// A fresh key for an original.
pub(crate) fn new_key(org: OrgId) -> String {
    format!("{}/{}", org.uuid().simple(), Uuid::now_v7().simple())
}

/// The key of what was read out of the original under `key`.
pub(crate) fn parsed_key(key: &str) -> String {
    format!("{key}.parsed")
}

/// The original's key of either.
pub(crate) fn original_key(key: &str) -> &str {
    key.strip_suffix(".parsed").unwrap_or(key)
}

/// Stores bytes that are in memory.
///
/// # Errors
/// Those of the store.
pub async fn put(blobs: &dyn BlobStore, key: &str, bytes: Bytes) -> io::Result<u64> {
    let one = futures_util::stream::once(std::future::ready(Ok(bytes)));
    blobs.write(key, Box::pin(one)).await
}
