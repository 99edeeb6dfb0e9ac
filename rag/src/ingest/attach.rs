//! Files of `/v1/files` become documents of collections, and go again.

use accounts::{Actor, Principal};
use store::OrgId;

use super::Intake;
use crate::index::Place;
use crate::library::{File, FileLink, NewFile, StoreFile};
use crate::rag::Rag;
use crate::search::Attributes;
use crate::{DocumentId, Error, ErrorKind, FileId, Result};

use super::intake::Stored;

impl Rag {
    /// Keeps stored bytes as a file.
    ///
    /// # Errors
    /// `Invalid` for its name; the bytes are gone then.
    pub async fn keep_file(&self, org: OrgId, new: NewFile, stored: Stored) -> Result<File> {
        let new = NewFile {
            size_bytes: stored.size_bytes(),
            blob_key: stored.key().to_owned(),
            ..new
        };
        let kept = self.library().create_file(org, new).await;
        if kept.is_err() {
            self.discard(&stored).await;
        }
        kept
    }

    /// Makes a document of a file and queues the job that reads it. A file that is in the collection
    /// already stays as it is, but takes these attributes, where there are any, and belongs to this
    /// batch.
    ///
    /// # Errors
    /// `NotFound` for the collection or the file's bytes, `Invalid` naming the field.
    pub async fn attach(
        &self,
        who: &Principal,
        place: Place,
        file: &File,
        attributes: Option<Attributes>,
        link: FileLink,
    ) -> Result<StoreFile> {
        if let Some(there) = self.library().find_store_file(place, file.id).await? {
            return self.attach_again(place, there, attributes, link).await;
        }
        // A copy of its own: documents and files are deleted one without the other.
        let (_, bytes) = self.blobs().stream(&file.blob_key).await?;
        let stored = self.store_bytes(place.org, bytes).await?;
        let (again, wanted) = (link.clone(), attributes.clone());
        let intake = Intake {
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            attributes: attributes.unwrap_or_default(),
            file: Some(link),
            ..Intake::default()
        };
        match self.add_stored(who, place, intake, stored).await {
            Ok(_) => self.attached(place, file.id).await,
            // Somebody else put it there at the same instant.
            Err(error) if error.kind == ErrorKind::Conflict => {
                let there = self.attached(place, file.id).await?;
                self.attach_again(place, there, wanted, again).await
            }
            Err(error) => Err(error),
        }
    }

    async fn attach_again(
        &self,
        place: Place,
        there: StoreFile,
        attributes: Option<Attributes>,
        link: FileLink,
    ) -> Result<StoreFile> {
        let (library, id) = (self.library(), there.document_id);
        if let Some(batch) = link.batch {
            library.set_batch(place, id, batch).await?;
        }
        if let Some(attributes) = attributes {
            let tags = library.get_document(place, id).await?.tags.0;
            library.set_attributes(place, id, attributes, tags).await?;
        }
        self.attached(place, link.file).await
    }

    async fn attached(&self, place: Place, file: FileId) -> Result<StoreFile> {
        let found = self.library().find_store_file(place, file).await?;
        found.ok_or_else(|| Error::not_found(format!("file `{}`", file.public())))
    }

    /// Deletes a file, and the documents that were made of it from all collections.
    ///
    /// # Errors
    /// Those of the database and of the vector server; the file is still there then.
    pub async fn delete_file(&self, actor: &Actor, file: &File) -> Result<()> {
        for (place, document) in self.library().uses_of_file(file.org_id, file.id).await? {
            match self.delete_document_as(actor, place, document).await {
                Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.library().drop_file(file.org_id, file.id).await?;
        if let Err(error) = self.blobs().delete(&file.blob_key).await {
            tracing::warn!(%error, "cannot remove a file; it is tried again later");
        }
        Ok(())
    }

    /// Ends what is still to be read of a batch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cancel_batch(&self, place: Place, batch: crate::BatchId) -> Result<()> {
        for job in self.library().cancel_batch(place, batch).await? {
            match self.cancel(place, job).await {
                // It ended by itself.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                other => drop(other?),
            }
        }
        Ok(())
    }

    /// Deletes files whose time is over, and the documents of stores that nobody used for too long.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn expire(&self) -> Result<()> {
        for (org, id) in self.library().expired_files().await? {
            let file = crate::sql::files::get(self.library().db(), org, id).await?;
            if let Some(file) = file {
                self.delete_file(&Actor::system(org), &file).await?;
            }
        }
        for (org, collection) in self.library().due_stores().await? {
            let place = Place { org, collection };
            // Nobody can search it from the moment on in which its time is over.
            self.empty(place).await?;
            self.library().expire_store(place).await?;
        }
        Ok(())
    }

    async fn empty(&self, place: Place) -> Result<()> {
        loop {
            let documents = self.library().list_documents(place, None, 100).await?;
            let ids: Vec<DocumentId> = documents.iter().map(|document| document.id).collect();
            if ids.is_empty() {
                return Ok(());
            }
            for id in ids {
                let actor = Actor::system(place.org);
                match self.delete_document_as(&actor, place, id).await {
                    Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }
}
