//! What is done at once: bytes to the blob store, the document and its job to the database.

use std::io;
use std::sync::Arc;

use accounts::{Principal, Secret};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::Stream;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use store::OrgId;

use super::order::Order;
use crate::blob::{new_key, parsed_key};
use crate::index::Place;
use crate::library::{
    Document, FileLink, Job, JobKind, JobState, NewDocument, NewJob, Original, Status,
};
use crate::rag::Rag;
use crate::search::Attributes;
use crate::{DocumentId, Error, ErrorKind, JobId, Result};

/// What is said of a document besides its bytes.
#[derive(Debug, Clone, Default)]
pub struct Intake {
    /// Its name.
    pub name: String,
    /// Its media type, as the sender says; the content decides.
    pub content_type: String,
    /// What filters look at.
    pub attributes: Attributes,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Opens a locked file. Kept in memory until the file was read, never stored.
    pub password: Option<Secret>,
    /// Gives the document of the same bytes that is there already, in place of a second one.
    pub skip_duplicates: bool,
    /// The file of `/v1/files` that it is made of.
    pub file: Option<FileLink>,
}

/// Bytes that lie in the blob store and belong to no document yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    key: String,
    size_bytes: u64,
    hash: Vec<u8>,
}

impl Stored {
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// SHA-256 of the bytes.
    pub(super) fn hash(&self) -> &[u8] {
        &self.hash
    }
}

/// A document that was taken.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The document.
    pub document: Document,
    /// The job that reads it; `None` when nothing has to be read.
    pub job: Option<Job>,
    /// Documents of the collection with the same bytes, oldest first.
    pub duplicates: Vec<DocumentId>,
}

impl Rag {
    /// Stores bytes as they come. Whoever calls this gives the answer to
    /// [`add_stored`](Self::add_stored), [`replace_stored`](Self::replace_stored) or
    /// [`discard`](Self::discard).
    ///
    /// # Errors
    /// `TooLarge` for more bytes than `rag.max_file_bytes`; those of the stream and of the store.
    pub async fn store_bytes(
        &self,
        org: OrgId,
        bytes: impl Stream<Item = io::Result<Bytes>> + Send,
    ) -> Result<Stored> {
        let limit = self.config().max_file_bytes;
        let seen = Arc::new(Mutex::new((Sha256::new(), 0u64)));
        let look = Arc::clone(&seen);
        let bytes = bytes.map(move |part| {
            let part = part?;
            let mut seen = look.lock();
            seen.1 += part.len() as u64;
            if seen.1 > limit {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge));
            }
            seen.0.update(&part);
            Ok(part)
        });
        let key = new_key(org);
        match self.blobs().write(&key, bytes.boxed()).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    format!(
                        "the file has more than {limit} bytes; `rag.max_file_bytes` is the limit"
                    ),
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(Error::invalid(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        let seen = seen.lock();
        Ok(Stored {
            key,
            size_bytes: seen.1,
            hash: seen.0.clone().finalize().to_vec(),
        })
    }

    /// Removes bytes that became nobody's.
    pub async fn discard(&self, stored: &Stored) {
        if let Err(error) = self.blobs().delete(&stored.key).await {
            tracing::warn!(%error, "cannot remove a file; it is tried again later");
        }
    }

    /// Makes a document of stored bytes, and the job that reads it.
    ///
    /// # Errors
    /// `NotFound` for the collection, `Invalid` naming the field; the bytes are gone then.
    pub async fn add_stored(
        &self,
        who: &Principal,
        place: Place,
        intake: Intake,
        stored: Stored,
    ) -> Result<Accepted> {
        let added = self.add(who, place, intake, &stored).await;
        let unused = match &added {
            Ok(accepted) => accepted.document.blob_key.as_deref() != Some(stored.key.as_str()),
            Err(_) => true,
        };
        if unused {
            self.discard(&stored).await;
        }
        added
    }

    async fn add(
        &self,
        who: &Principal,
        place: Place,
        intake: Intake,
        stored: &Stored,
    ) -> Result<Accepted> {
        self.library().get_collection(place).await?;
        let duplicates = self.library().duplicates(place, &stored.hash).await?;
        if let (true, Some(first)) = (intake.skip_duplicates, duplicates.first()) {
            return Ok(Accepted {
                document: self.library().get_document(place, *first).await?,
                job: None,
                duplicates,
            });
        }
        let new = NewDocument {
            name: intake.name,
            content_type: intake.content_type,
            size_bytes: stored.size_bytes,
            blob_key: Some(stored.key.clone()),
            content_hash: stored.hash.clone(),
            source: intake.file.as_ref().map(|link| link.file.public()),
            attributes: intake.attributes,
            tags: intake.tags,
            file: intake.file,
        };
        let order = Order::of(who).value()?;
        let added = self.library().add_document_with_job(place, new, order);
        let (document, job) = added.await?;
        self.keep_password(job.id, intake.password);
        self.inner.queued.notify_one();
        Ok(Accepted {
            document,
            job: Some(job),
            duplicates,
        })
    }

    /// Makes a document of what lies at an address; the job fetches it.
    ///
    /// # Errors
    /// `NotFound` for the collection, `Invalid` naming the field.
    pub async fn add_url(
        &self,
        who: &Principal,
        place: Place,
        intake: Intake,
        url: &str,
    ) -> Result<Accepted> {
        crate::web::check(url)?;
        self.library().get_collection(place).await?;
        let new = NewDocument {
            name: match intake.name.is_empty() {
                true => super::fetch::name_of(url),
                false => intake.name,
            },
            content_type: "application/octet-stream".to_owned(),
            source: Some(url.to_owned()),
            attributes: intake.attributes,
            tags: intake.tags,
            ..NewDocument::default()
        };
        let order = Order {
            url: Some(url.to_owned()),
            ..Order::of(who)
        };
        let added = self
            .library()
            .add_document_with_job(place, new, order.value()?);
        let (document, job) = added.await?;
        self.keep_password(job.id, intake.password);
        self.inner.queued.notify_one();
        Ok(Accepted {
            document,
            job: Some(job),
            duplicates: Vec::new(),
        })
    }

    /// Gives a document new bytes. What was read before answers until the new is read; chunks that
    /// did not change are not embedded again. The same bytes as before change nothing.
    ///
    /// # Errors
    /// `NotFound`, and those of the database; the bytes are gone then.
    pub async fn replace_stored(
        &self,
        who: &Principal,
        place: Place,
        id: DocumentId,
        intake: Intake,
        stored: Stored,
    ) -> Result<Accepted> {
        let before = match self.library().get_document(place, id).await {
            Ok(before) if before.content_hash != stored.hash => before,
            other => {
                self.discard(&stored).await;
                return Ok(Accepted {
                    document: other?,
                    job: None,
                    duplicates: Vec::new(),
                });
            }
        };
        let new = Original {
            name: match intake.name.is_empty() {
                true => before.name,
                false => intake.name,
            },
            content_type: intake.content_type,
            size_bytes: stored.size_bytes,
            blob_key: stored.key.clone(),
            content_hash: stored.hash.clone(),
        };
        if let Err(error) = self.library().set_original(place, id, &new).await {
            self.discard(&stored).await;
            return Err(error);
        }
        if let Some(key) = before.blob_key {
            for key in [parsed_key(&key), key] {
                // What cannot be removed now is removed with the files that nobody knows.
                let _ = self.blobs().delete(&key).await;
            }
        }
        let (document, job) = self.reread(who, place, id, intake.password, false).await?;
        Ok(Accepted {
            document,
            job: Some(job),
            duplicates: Vec::new(),
        })
    }

    /// Reads a document again.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while a job for it waits or runs.
    pub async fn reprocess(
        &self,
        who: &Principal,
        place: Place,
        id: DocumentId,
        password: Option<Secret>,
    ) -> Result<Job> {
        let document = self.library().get_document(place, id).await?;
        if matches!(document.status, Status::Pending | Status::Processing) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the document is being read already: wait for its job, or cancel it",
            ));
        }
        Ok(self.reread(who, place, id, password, false).await?.1)
    }

    /// Queues a job that reads a document, or cuts again what was read.
    pub(super) async fn reread(
        &self,
        who: &Principal,
        place: Place,
        id: DocumentId,
        password: Option<Secret>,
        reuse: bool,
    ) -> Result<(Document, Job)> {
        let document = self.library().get_document(place, id).await?;
        let order = Order {
            url: match document.blob_key {
                None => document.source.clone(),
                Some(_) => None,
            },
            reuse,
            ..Order::of(who)
        };
        let new = NewJob {
            kind: JobKind::Ingest,
            document: Some(id),
            payload: order.value()?,
        };
        let job = self.library().create_job(place, new).await?;
        self.keep_password(job.id, password);
        if !reuse {
            self.library()
                .set_status(place, id, Status::Pending, None)
                .await?;
        }
        self.inner.queued.notify_one();
        let document = self.library().get_document(place, id).await?;
        Ok((document, job))
    }

    /// Asks a job to end; a running one does within two seconds.
    ///
    /// # Errors
    /// `NotFound` for a job that is not there or has ended.
    pub async fn cancel(&self, place: Place, id: JobId) -> Result<Job> {
        self.library().cancel_job(place, id).await?;
        let job = self.library().get_job(place, id).await?;
        if let (JobState::Cancelled, Some(document)) = (job.state, job.document_id) {
            let status = self.status_without_job(place, document).await?;
            self.library()
                .set_status(place, document, status, None)
                .await?;
            self.inner.passwords.lock().remove(&id);
        }
        Ok(job)
    }

    /// What a document is when its job was cancelled: what was read before still answers.
    pub(super) async fn status_without_job(&self, place: Place, id: DocumentId) -> Result<Status> {
        let document = self.library().get_document(place, id).await?;
        Ok(match document.revision {
            0 => Status::Cancelled,
            _ => Status::Ready,
        })
    }

    fn keep_password(&self, job: JobId, password: Option<Secret>) {
        if let Some(password) = password {
            self.inner.passwords.lock().insert(job, password);
        }
    }
}
