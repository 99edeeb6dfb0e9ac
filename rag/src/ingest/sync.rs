//! Bringing a collection in step with a folder or bucket: only what changed is read.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;

use super::Stored;
use super::order::Order;
use super::task::Task;
use crate::blob::parsed_key;
use crate::library::{CollectionSource, KnownFile, NewDocument, Original, SyncCounts, SyncedFile};
use crate::source::{Entry, Globs, Listed, Opened, Reader};
use crate::{Error, ErrorKind, Result, SourceFileId};

/// Files that are compared in one go, and read at a time.
const PAGE: usize = 200;
const AT_A_TIME: usize = 4;

impl Task<'_> {
    /// Lists, reads what is new or changed, removes what is gone. Killed at any point, it begins again
    /// and finds done what was done.
    pub(super) async fn sync(&self) -> Result<()> {
        self.stage("list");
        let place = self.place();
        let id = self.job.source_id;
        let id = id.ok_or_else(|| Error::invalid("the source was deleted"))?;
        let source = self.library.get_source(place, id).await?;
        // Who made the source must still belong here: its documents are paid for by them.
        self.principal()?;
        let reader = self.rag.reader(&source).await?;
        let globs = Globs::new(&source.include, &source.exclude)?;
        let listed = reader.list(&globs, |_| self.note(|_| {})).await?;
        self.check_not_empty(&source, &listed).await?;
        let total = (listed.entries.len() + listed.problems.len()) as u64;
        self.stage("compare");
        self.note(|progress| progress.pages_total = Some(total));
        let syncing = Syncing {
            task: self,
            payload: Order {
                key: self.order.key,
                user: self.order.user,
                ..Order::default()
            }
            .value()?,
            counts: Mutex::new(SyncCounts {
                listed: total,
                ..SyncCounts::default()
            }),
            source,
            reader,
        };
        for (path, why) in &listed.problems {
            let entry = Entry {
                path: path.clone(),
                ..Entry::default()
            };
            syncing.fail(&entry, why).await?;
        }
        for entries in listed.entries.chunks(PAGE) {
            syncing.page(entries).await?;
        }
        self.stage("remove");
        syncing.remove_gone(&listed).await?;
        syncing.store_counts().await
    }

    /// A disk that is not mounted looks like an empty folder: that deletes nothing.
    async fn check_not_empty(&self, source: &CollectionSource, listed: &Listed) -> Result<()> {
        let is_empty = listed.entries.is_empty() && listed.problems.is_empty();
        if !is_empty || !source.delete_missing {
            return Ok(());
        }
        match self
            .library
            .count_source_files(self.place(), source.id)
            .await?
        {
            0 => Ok(()),
            known => Err(Error::invalid(format!(
                "no file is there any more, and {known} documents came from here: nothing was deleted. \
                 Check that the disk is mounted and the prefix is right; if the files are really gone, \
                 delete the documents, or the source"
            ))),
        }
    }
}

struct Syncing<'a> {
    task: &'a Task<'a>,
    source: CollectionSource,
    reader: Reader,
    /// Of the jobs that read the documents.
    payload: serde_json::Value,
    counts: Mutex<SyncCounts>,
}

impl Syncing<'_> {
    async fn page(&self, entries: &[Entry]) -> Result<()> {
        let (task, place) = (self.task, self.task.place());
        let paths: Vec<&str> = entries.iter().map(|entry| &*entry.path).collect();
        let known = task
            .library
            .known_files(place, self.source.id, &paths)
            .await?;
        let known: HashMap<&str, &KnownFile> = known.iter().map(|k| (&*k.path, k)).collect();
        let of = |entry: &Entry| known.get(&*entry.path).copied();
        let is_same = |entry: &Entry| {
            of(entry)
                .is_some_and(|k| k.fingerprint == entry.fingerprint && !k.fingerprint.is_empty())
        };
        let (same, other): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|e| is_same(e));
        let ids: Vec<SourceFileId> = same.iter().filter_map(|e| of(e)).map(|k| k.id).collect();
        task.library.see_files(place, task.job.id, &ids).await?;
        self.count(|counts| counts.unchanged += ids.len() as u64);
        task.note(|progress| progress.pages_done += ids.len() as u64);
        stream::iter(other.into_iter().map(Ok))
            .try_for_each_concurrent(AT_A_TIME, |entry| self.take(entry, of(entry)))
            .await?;
        task.rag.inner.queued.notify_one();
        self.store_counts().await
    }

    async fn store_counts(&self) -> Result<()> {
        let counts = *self.counts.lock();
        let task = self.task;
        task.library
            .set_sync_counts(task.place(), self.source.id, counts)
            .await
    }

    fn count(&self, change: impl FnOnce(&mut SyncCounts)) {
        change(&mut self.counts.lock());
    }

    fn found<'a>(&'a self, entry: &'a Entry, fingerprint: &'a str) -> SyncedFile<'a> {
        SyncedFile {
            source: self.source.id,
            job: self.task.job.id,
            path: &entry.path,
            fingerprint,
        }
    }

    /// Keeps why a file was not taken; the others go on.
    async fn fail(&self, entry: &Entry, why: &str) -> Result<()> {
        let task = self.task;
        let file = self.found(entry, "");
        task.library
            .note_file(task.place(), &file, Some(why))
            .await?;
        self.count(|counts| counts.failed += 1);
        task.note(|progress| progress.pages_done += 1);
        Ok(())
    }

    async fn take(&self, entry: &Entry, known: Option<&KnownFile>) -> Result<()> {
        let (task, rag) = (self.task, self.task.rag);
        let limit = rag.config().max_file_bytes;
        if entry.size_bytes > limit {
            let why =
                format!("the file has more than {limit} bytes; `rag.max_file_bytes` is the limit");
            return self.fail(entry, &why).await;
        }
        let opened = match self.reader.read(&entry.path).await {
            Ok(opened) => opened,
            Err(why) => return self.fail(entry, &why).await,
        };
        let Opened {
            fingerprint,
            content_type,
            bytes,
        } = opened;
        let bytes = bytes.inspect(|_| task.note(|_| {}));
        let stored = match rag.store_bytes(task.job.org_id, bytes).await {
            Ok(stored) => stored,
            Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::TooLarge) => {
                return self.fail(entry, &error.message).await;
            }
            Err(error) => return Err(error),
        };
        let fingerprint = match fingerprint.is_empty() {
            true => entry.fingerprint.as_str(),
            false => fingerprint.as_str(),
        };
        let file = self.found(entry, fingerprint);
        let kept = self.keep(&file, known, content_type, &stored).await;
        if !matches!(kept, Ok(true)) {
            rag.discard(&stored).await;
        }
        task.note(|progress| progress.pages_done += 1);
        kept.map(drop)
    }

    /// Whether the bytes are a document's now.
    async fn keep(
        &self,
        file: &SyncedFile<'_>,
        known: Option<&KnownFile>,
        content_type: Option<String>,
        stored: &Stored,
    ) -> Result<bool> {
        let (library, place) = (&self.task.library, self.task.place());
        let document = match known.and_then(|known| known.document_id) {
            Some(id) => library.find_document(place, id).await?,
            None => None,
        };
        let name = file.path.rsplit('/').next().unwrap_or(file.path);
        let name: String = name.chars().take(200).collect();
        let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        let payload = self.payload.clone();
        let Some(document) = document else {
            let new = NewDocument {
                name,
                content_type,
                size_bytes: stored.size_bytes(),
                blob_key: Some(stored.key().to_owned()),
                content_hash: stored.hash().to_vec(),
                source: Some(self.source.location.source_of(file.path)),
                ..NewDocument::default()
            };
            library.add_synced(place, file, new, payload).await?;
            self.count(|counts| counts.added += 1);
            return Ok(true);
        };
        if document.content_hash == stored.hash() {
            library.note_file(place, file, None).await?;
            self.count(|counts| counts.unchanged += 1);
            return Ok(false);
        }
        let new = Original {
            // People may have given it another.
            name: document.name.clone(),
            content_type,
            size_bytes: stored.size_bytes(),
            blob_key: stored.key().to_owned(),
            content_hash: stored.hash().to_vec(),
        };
        library
            .replace_synced(place, file, &document, &new, payload)
            .await?;
        self.count(|counts| counts.changed += 1);
        if let Some(key) = document.blob_key {
            for key in [parsed_key(&key), key] {
                // What cannot be removed now is removed with the files that nobody knows.
                let _ = self.task.rag.blobs().delete(&key).await;
            }
        }
        Ok(true)
    }

    /// Deletes the documents of files that are gone, or keeps them, as the source says. What lies below
    /// something that could not be read is not gone.
    async fn remove_gone(&self, listed: &Listed) -> Result<()> {
        let (task, place) = (self.task, self.task.place());
        let unread = listed.unread.iter().map(|path| path.trim_end_matches('/'));
        let unread: HashSet<&str> = unread
            .chain(listed.problems.iter().map(|(path, _)| &**path))
            .collect();
        let mut after = SourceFileId::from_uuid(uuid::Uuid::nil());
        loop {
            let unseen = task
                .library
                .unseen_files(place, self.source.id, task.job.id, after);
            let unseen = unseen.await?;
            let Some(last) = unseen.last() else {
                return Ok(());
            };
            after = last.id;
            for file in unseen.iter().filter(|file| !is_below(&unread, &file.path)) {
                self.remove(file).await?;
                task.note(|_| {});
            }
        }
    }

    async fn remove(&self, file: &KnownFile) -> Result<()> {
        let (task, place) = (self.task, self.task.place());
        match file.document_id {
            Some(_) if !self.source.delete_missing => return Ok(()),
            Some(document) => {
                task.library.check_held().await?;
                match task.library.delete_document(place, document).await {
                    Ok(receipt) => task.rag.delete_blobs(&receipt).await,
                    Err(error) if error.kind == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
                self.count(|counts| counts.removed += 1);
            }
            None => {}
        }
        task.library.forget_file(place, file.id).await
    }
}

/// Whether a path or a folder that it lies in is one of these.
fn is_below(folders: &HashSet<&str>, path: &str) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
    folders.contains("") || folders.contains(path) || ends.into_iter().any(|f| folders.contains(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_an_unread_folder_is_told_from_its_neighbours() {
        let folders = HashSet::from(["a/b"]);
        for (path, wanted) in [
            ("a/b/c/d.md", true),
            ("a/b", true),
            ("a/bc", false),
            ("a", false),
        ] {
            assert_eq!(is_below(&folders, path), wanted, "{path}");
        }
        assert!(is_below(&HashSet::from([""]), "x"));
    }
}
