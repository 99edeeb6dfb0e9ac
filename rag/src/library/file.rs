//! Files of `/v1/files`: bytes with a name, until they are put into a vector store nothing more.

use store::{Micros, OrgId, in_tx};

use super::{Found, Library, Window};
use crate::ask::FILE_PREFIX;
use crate::{Error, FileId, Result, sql};

store::row! {
    /// A file.
    #[derive(Debug, Clone, PartialEq)]
    pub struct File {
        /// Its id.
        pub id: FileId,
        /// The tenant.
        pub org_id: OrgId,
        /// Its name, as uploaded.
        pub name: String,
        /// What it is for, OpenAI's word.
        pub purpose: String,
        /// Its media type, as the sender said.
        pub content_type: String,
        /// Bytes.
        pub size_bytes: i64,
        /// Where they are stored.
        pub blob_key: String,
        /// When it is deleted.
        pub expires_at: Option<Micros>,
        /// When it came.
        pub created_at: Micros,
    }
}

/// A file to be kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewFile {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Its media type.
    pub content_type: String,
    /// Bytes.
    pub size_bytes: u64,
    /// Where they are stored.
    pub blob_key: String,
    /// How long it is kept, in seconds; for ever when absent.
    pub expires_seconds: Option<u32>,
}

impl FileId {
    /// The id as clients see it: `file-` and 32 hexadecimal digits.
    pub fn public(self) -> String {
        format!("{FILE_PREFIX}{}", self.uuid().simple())
    }

    /// The id behind what a client sent; `None` for what is none of ours.
    pub fn parse_public(text: &str) -> Option<Self> {
        let hex = text.strip_prefix(FILE_PREFIX)?;
        let uuid = uuid::Uuid::try_parse(hex).ok()?;
        (hex.len() == 32).then(|| Self::from_uuid(uuid))
    }
}

impl Library {
    /// Keeps a file.
    ///
    /// # Errors
    /// `Invalid` for its name.
    pub async fn create_file(&self, org: OrgId, new: NewFile) -> Result<File> {
        super::collection::check_name(&new.name)?;
        let now = self.now();
        let keep = |seconds: u32| now.plus(std::time::Duration::from_secs(u64::from(seconds)));
        let file = File {
            id: FileId::new(),
            org_id: org,
            name: new.name,
            purpose: new.purpose,
            content_type: new.content_type,
            size_bytes: i64::try_from(new.size_bytes).unwrap_or(i64::MAX),
            blob_key: new.blob_key,
            expires_at: new.expires_seconds.map(keep),
            created_at: now,
        };
        in_tx!(self.db, tx: Error => Ok(sql::files::insert(tx, &file).await?))?;
        Ok(file)
    }

    /// A file.
    ///
    /// # Errors
    /// `NotFound`, also from the moment on in which it expires.
    pub async fn get_file(&self, org: OrgId, id: FileId) -> Result<File> {
        let found = sql::files::get(&self.db, org, id).await?;
        let now = self.now();
        found
            .filter(|file| file.expires_at.is_none_or(|at| at > now))
            .ok_or_else(|| Error::not_found(format!("file `{}`", id.public())))
    }

    /// Files, of one purpose or all.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_files(
        &self,
        org: OrgId,
        purpose: Option<&str>,
        window: &Window,
    ) -> Result<Found<File>> {
        let rows = sql::files::list(&self.db, org, purpose, self.now(), window).await?;
        Ok(window.show(rows))
    }

    /// Forgets a file. Its bytes, and the documents that were made of it, are the caller's affair.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn drop_file(&self, org: OrgId, id: FileId) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            sql::files::delete(tx, org, id).await?;
            Ok(())
        })
    }

    /// Files whose time is over, of all organizations.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn expired_files(&self) -> Result<Vec<(OrgId, FileId)>> {
        Ok(sql::files::expired(&self.db, self.now()).await?)
    }
}
