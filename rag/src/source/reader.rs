//! Reading a source, whatever kind it is.

use std::sync::Arc;

use super::{Bucket, Folder, Globs, Listed, Opened};
use crate::{Error, Result};

/// Files of one source.
pub(super) const MOST_FILES: usize = 1_000_000;

/// A source that can be read.
pub(crate) enum Reader {
    Folder(Arc<Folder>),
    Bucket(Box<Bucket>),
}

impl Reader {
    /// All files; `step` is called with how many there are so far.
    ///
    /// # Errors
    /// `Invalid` with what refused, `Unavailable` where nothing answered. Half a list is none.
    pub(crate) async fn list(&self, globs: &Globs, step: impl Fn(usize)) -> Result<Listed> {
        let mut all = self.first(globs).await?;
        while let (Self::Bucket(bucket), Some(after)) = (self, all.next.take()) {
            step(all.entries.len());
            let page = bucket.list(globs, Some(&after)).await?;
            all.entries.extend(page.entries);
            all.problems.extend(page.problems);
            all.next = page.next;
            if all.entries.len() > MOST_FILES {
                return Err(Error::invalid(format!(
                    "the bucket has more than {MOST_FILES} files: make several sources of its prefixes"
                )));
            }
        }
        Ok(all)
    }

    /// The first page of a bucket, and all of a folder.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub(crate) async fn first(&self, globs: &Globs) -> Result<Listed> {
        match self {
            Self::Bucket(bucket) => bucket.list(globs, None).await,
            Self::Folder(folder) => {
                let (folder, globs) = (Arc::clone(folder), globs.clone());
                let listed = tokio::task::spawn_blocking(move || folder.list(&globs)).await;
                listed.map_err(|_| Error::internal("listing a folder brought its thread down"))?
            }
        }
    }

    /// Opens a file of the list.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub(crate) async fn read(&self, path: &str) -> Result<Opened, String> {
        match self {
            Self::Folder(folder) => folder.read(path).await,
            Self::Bucket(bucket) => bucket.read(path).await,
        }
    }
}
