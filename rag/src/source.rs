//! Where files come from by themselves: folders of this server and S3-compatible buckets. These parts
//! only list and read; what becomes of the files is the business of the ingestion.

mod folder;
mod glob;
mod input;
mod location;
mod reader;
mod s3;

use bytes::Bytes;
use futures_util::stream::BoxStream;

pub(crate) use folder::Folder;
pub(crate) use glob::Globs;
pub use input::NewSource;
pub(crate) use input::secret_missing;
pub use location::{BucketLocation, FolderLocation, SourceLocation};
pub(crate) use reader::Reader;
pub(crate) use s3::{Bucket, Keys};

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Entry {
    /// Its path below the folder or prefix, with `/` between its parts.
    pub(crate) path: String,
    /// Tells one content from another.
    pub(crate) fingerprint: String,
    pub(crate) size_bytes: u64,
}

/// A part of a list.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) entries: Vec<Entry>,
    /// Files that are there and cannot be taken, and why.
    pub(crate) problems: Vec<(String, String)>,
    /// Folders whose content could not be listed: nothing below them counts as gone.
    pub(crate) unread: Vec<String>,
    /// Where the list goes on.
    pub(crate) next: Option<String>,
}

/// A file that is being read.
pub(crate) struct Opened {
    /// The fingerprint of what is read, which may be newer than what was listed.
    pub(crate) fingerprint: String,
    pub(crate) content_type: Option<String>,
    /// An error in it is of the kind `InvalidData`.
    pub(crate) bytes: BoxStream<'static, std::io::Result<Bytes>>,
}
