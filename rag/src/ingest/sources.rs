//! Sources as people make and change them: checked, their secrets in the vault.

use std::sync::Arc;
use std::time::Duration;

use accounts::{Actor, CreateCredential, Principal, Secret, UpdateCredential};
use serde::Serialize;
use store::{CredentialId, Json, OrgId};
use utoipa::ToSchema;

use super::order::Order;
use crate::index::Place;
use crate::library::{CollectionSource, Job, SyncCounts};
use crate::rag::Rag;
use crate::source::{Bucket, Folder, Keys, NewSource, Reader, SourceLocation, secret_missing};
use crate::{Error, Result, SourceId};

/// Longest silence of a bucket's service.
const IDLE: Duration = Duration::from_secs(30);
/// Files and problems that a trial shows.
const SHOWN: usize = 10;

/// What a source would give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceTrial {
    /// Files that would be taken, on the first page of a list.
    pub files: u64,
    /// There are more pages.
    pub has_more: bool,
    /// Some of their paths.
    pub examples: Vec<String>,
    /// Some files that cannot be taken.
    pub problems: Vec<FileProblem>,
}

/// A file that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileProblem {
    /// Its path below the folder or prefix.
    pub path: String,
    /// Why.
    pub error: String,
}

impl Rag {
    /// Keeps a collection in step with a folder or bucket from now on.
    ///
    /// # Errors
    /// `Invalid` naming the field, `NotConfigured` for a folder where none is allowed, `Conflict` for
    /// too many sources.
    pub async fn create_source(
        &self,
        who: &Principal,
        actor: &Actor,
        place: Place,
        new: NewSource,
    ) -> Result<CollectionSource> {
        self.check_source(place.org, &new).await?;
        self.library().check_sources(place).await?;
        let now = self.library().now();
        let mut source = CollectionSource {
            id: SourceId::new(),
            org_id: place.org,
            collection_id: place.collection,
            name: String::new(),
            location: Json(new.location.clone()),
            credential_id: None,
            include: Json(Vec::new()),
            exclude: Json(Vec::new()),
            delete_missing: true,
            interval_minutes: None,
            next_sync_at: None,
            acts_for: Json(serde_json::Value::Null),
            counts: Json(SyncCounts::default()),
            created_at: now,
            updated_at: now,
        };
        if new.location.access_key_id().is_some() && new.secret_access_key.is_none() {
            return Err(secret_missing());
        }
        if let Some(secret) = &new.secret_access_key {
            source.credential_id = Some(self.keep_secret(actor, source.id, secret).await?);
        }
        fill(&mut source, new, who, now)?;
        let inserted = self
            .library()
            .insert_source_as(self.accounts(), actor, &source);
        if let Err(error) = inserted.await {
            self.forget_secret(actor, source.credential_id).await;
            return Err(error);
        }
        Ok(source)
    }

    /// Changes all of a source but its secret, which stays where none is given.
    ///
    /// # Errors
    /// `NotFound`, and as [`create_source`](Self::create_source).
    pub async fn update_source(
        &self,
        who: &Principal,
        actor: &Actor,
        place: Place,
        id: SourceId,
        new: NewSource,
    ) -> Result<CollectionSource> {
        let before = self.library().get_source(place, id).await?;
        self.check_source(place.org, &new).await?;
        let needs_secret = new.location.access_key_id().is_some();
        let mut after = before.clone();
        let secret = new.secret_access_key.clone();
        match (&secret, before.credential_id) {
            _ if !needs_secret => after.credential_id = None,
            (None, Some(_)) if new.keeps_secret_of(&before) => {}
            (None, _) => return Err(secret_missing()),
            (Some(secret), Some(credential)) => {
                let update = UpdateCredential {
                    secret: Some(secret.clone()),
                    ..UpdateCredential::default()
                };
                self.accounts()
                    .update_credential(actor, credential, update)
                    .await?;
            }
            (Some(secret), None) => {
                after.credential_id = Some(self.keep_secret(actor, id, secret).await?);
            }
        }
        fill(&mut after, new, who, self.library().now())?;
        self.library()
            .update_source_as(self.accounts(), actor, &before, &after)
            .await?;
        if after.credential_id.is_none() {
            self.forget_secret(actor, before.credential_id).await;
        }
        Ok(after)
    }

    /// Forgets a source with its secret. Its documents stay.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_source(&self, actor: &Actor, place: Place, id: SourceId) -> Result<()> {
        let source = self.library().get_source(place, id).await?;
        self.library()
            .delete_source_as(self.accounts(), actor, &source)
            .await?;
        self.forget_secret(actor, source.credential_id).await;
        Ok(())
    }

    /// Queues a sync; gives the one that waits or runs where there is one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn sync_source(&self, who: &Principal, place: Place, id: SourceId) -> Result<Job> {
        let payload = Order::of(who).value()?;
        let job = self.library().queue_sync(place, id, payload).await?;
        self.inner.queued.notify_one();
        Ok(job)
    }

    /// Lists what a source would give and opens one file, so that wrong keys and missing permissions
    /// show before it is kept. `stored` is the one whose secret may be used.
    ///
    /// # Errors
    /// As [`create_source`](Self::create_source); `Invalid` and `Unavailable` with what the service
    /// said.
    pub async fn try_source(
        &self,
        place: Place,
        new: NewSource,
        stored: Option<SourceId>,
    ) -> Result<SourceTrial> {
        let globs = new.check()?;
        let secret = match (new.location.access_key_id(), &new.secret_access_key, stored) {
            (None, ..) => None,
            (_, Some(secret), _) => Some(secret.clone()),
            (_, None, Some(id)) => {
                let source = self.library().get_source(place, id).await?;
                if !new.keeps_secret_of(&source) {
                    return Err(secret_missing());
                }
                self.secret_of(&source).await?
            }
            (_, None, None) => return Err(secret_missing()),
        };
        let reader = self.open_reader(place.org, new.location, secret).await?;
        let listed = reader.first(&globs).await?;
        let mut problems = listed.problems;
        if let Some(first) = listed.entries.first()
            && let Err(why) = reader.read(&first.path).await
        {
            problems.insert(0, (first.path.clone(), why));
        }
        let examples = listed.entries.iter().take(SHOWN);
        let problem = |(path, error)| FileProblem { path, error };
        Ok(SourceTrial {
            files: listed.entries.len() as u64,
            has_more: listed.next.is_some(),
            examples: examples.map(|entry| entry.path.clone()).collect(),
            problems: problems.into_iter().take(SHOWN).map(problem).collect(),
        })
    }

    /// Opens a source for reading.
    ///
    /// # Errors
    /// `Invalid` where its secret or folder is gone.
    pub(super) async fn reader(&self, source: &CollectionSource) -> Result<Reader> {
        let secret = self.secret_of(source).await?;
        let location = source.location.0.clone();
        self.open_reader(source.org_id, location, secret).await
    }

    /// The secrets of a collection's sources, which go with the collection.
    pub(crate) async fn forget_secrets(&self, actor: &Actor, sources: &[CollectionSource]) {
        for source in sources {
            self.forget_secret(actor, source.credential_id).await;
        }
    }

    async fn check_source(&self, org: OrgId, new: &NewSource) -> Result<()> {
        new.check()?;
        if let SourceLocation::Folder(_) = &new.location {
            self.open_reader(org, new.location.clone(), None).await?;
        }
        Ok(())
    }

    async fn open_reader(
        &self,
        org: OrgId,
        location: SourceLocation,
        secret: Option<Secret>,
    ) -> Result<Reader> {
        let bucket = match location {
            SourceLocation::S3(bucket) => bucket,
            SourceLocation::Folder(folder) => {
                let roots = self.config().sync_roots.clone();
                let open = move || Folder::open(&folder, &roots, org);
                let opened = tokio::task::spawn_blocking(open).await;
                let opened =
                    opened.map_err(|_| Error::internal("a folder brought its thread down"))?;
                return Ok(Reader::Folder(Arc::new(opened?)));
            }
        };
        let keys = match (&bucket.access_key_id, secret) {
            (Some(id), Some(secret_access_key)) => Some(Keys {
                access_key_id: id.clone(),
                secret_access_key,
            }),
            _ => None,
        };
        Ok(Reader::Bucket(Box::new(Bucket {
            client: self.inner.client.clone(),
            clock: Arc::clone(self.library().clock()),
            location: bucket,
            keys,
            idle: IDLE,
        })))
    }

    async fn secret_of(&self, source: &CollectionSource) -> Result<Option<Secret>> {
        if source.location.access_key_id().is_none() {
            return Ok(None);
        }
        let gone = || {
            Error::invalid("the bucket's secret key was deleted or switched off: enter it again")
        };
        let id = source.credential_id.ok_or_else(gone)?;
        match self.accounts().credential_secret(source.org_id, id).await {
            Ok(secret) => Ok(Some(secret)),
            Err(error) if error.kind == accounts::ErrorKind::NotFound => Err(gone()),
            Err(error) => Err(error.into()),
        }
    }

    async fn keep_secret(
        &self,
        actor: &Actor,
        source: SourceId,
        secret: &Secret,
    ) -> Result<CredentialId> {
        let wanted = CreateCredential {
            provider: "s3".to_owned(),
            name: format!("source {source}"),
            kind: "secret_access_key".to_owned(),
            secret: secret.clone(),
        };
        Ok(self.accounts().create_credential(actor, wanted).await?.id)
    }

    async fn forget_secret(&self, actor: &Actor, id: Option<CredentialId>) {
        let Some(id) = id else { return };
        match self.accounts().delete_credential(actor, id).await {
            Err(error) if error.kind != accounts::ErrorKind::NotFound => {
                tracing::warn!(%error, credential.id = %id, "cannot remove a source's secret");
            }
            _ => {}
        }
    }
}

/// What was entered, in the name of who entered it.
fn fill(
    source: &mut CollectionSource,
    new: NewSource,
    who: &Principal,
    now: store::Micros,
) -> Result<()> {
    new.name.trim().clone_into(&mut source.name);
    source.location = Json(new.location);
    source.include = Json(new.include);
    source.exclude = Json(new.exclude);
    source.delete_missing = new.delete_missing;
    source.interval_minutes = new.interval_minutes.map(i64::from);
    source.acts_for = Json(Order::of(who).value()?);
    source.updated_at = now;
    source.next_sync_at = source.next_after(now);
    Ok(())
}
