//! Work on whole collections: another embedding model, another way to cut, another language.

use std::sync::Arc;
use std::time::Duration;

use accounts::Principal;

use super::order::Order;
use super::task::Task;
use crate::embed::Embedder;
use crate::index::Place;
use crate::library::{CollectionState, Job, JobKind, NewJob, Space};
use crate::rag::Rag;
use crate::search::{GatewayModels, asked_dimensions};
use crate::{ErrorKind, Result};

/// How long a move waits for documents that are just being written.
const PAUSE: Duration = Duration::from_millis(300);

impl Rag {
    /// Queues work on a whole collection; earlier work of the same kind ends.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn reindex(&self, who: &Principal, place: Place, kind: JobKind) -> Result<Job> {
        self.library().get_collection(place).await?;
        self.library().cancel_jobs(place, kind).await?;
        let new = NewJob {
            kind,
            document: None,
            payload: Order::of(who).value()?,
        };
        let job = self.library().create_job(place, new).await?;
        self.inner.queued.notify_one();
        Ok(job)
    }
}

impl Task<'_> {
    /// Moves the collection to the embedding model of its settings. The old one answers until every
    /// chunk has its new vector; then the new one does, in one step.
    pub(super) async fn reembed(&self) -> Result<()> {
        let place = self.place();
        let collection = self.library.get_collection(place).await?;
        let Some(wanted) = self.rag.embedding_of(&collection) else {
            return self.library.end_spaces(place).await;
        };
        self.begin_embedding();
        let models = self.models()?;
        let space = self.rag.space_of(&models, place, &wanted).await?;
        self.library.begin_space(place, space.id).await?;
        let indexing = CollectionState::Indexing;
        self.library.set_collection_state(place, indexing).await?;
        self.fill_and_flip(&models, &space).await
    }

    async fn fill_and_flip(&self, models: &GatewayModels, space: &Space) -> Result<()> {
        let place = self.place();
        let embedder = Embedder::new(self.library.clone());
        let mut done = 0;
        loop {
            let missing = self.library.count_missing_vectors(place, space.id).await?;
            self.note(|progress| progress.chunks_total = Some(done + missing));
            let collection = self.library.get_collection(place).await?;
            let dimensions = asked_dimensions(&collection, space);
            let before = self.cost();
            let filled = embedder
                .fill(models, place, space, dimensions, |filled| {
                    self.note(|progress| {
                        progress.chunks_done = done + filled.chunks;
                        progress.cost_nano_usd = before + filled.cost_nano_usd;
                    });
                    true
                })
                .await?;
            done += filled.chunks;
            let collection = self.library.get_collection(place).await?;
            if collection.shadow_space_id != Some(space.id) {
                // It answers already, or another move has begun.
                return Ok(());
            }
            self.stage("flip");
            match self.library.flip_space(place).await {
                // Chunks came in meanwhile.
                Err(error) if error.kind == ErrorKind::Conflict => tokio::time::sleep(PAUSE).await,
                flipped => return flipped,
            }
        }
    }

    /// Queues a job for each document: what was read of it before is cut again. Each answers by its
    /// old chunks until then.
    pub(super) async fn rechunk(&self) -> Result<()> {
        self.stage("queue");
        let (place, who) = (self.place(), self.principal()?);
        let mut before = None;
        loop {
            let documents = self.library.list_documents(place, before, 100).await?;
            let Some(last) = documents.last() else {
                return Ok(());
            };
            before = Some(last.id);
            for document in documents.iter().filter(|document| document.revision > 0) {
                self.cut_again(&who, place, document.id).await?;
            }
        }
    }

    async fn cut_again(
        &self,
        who: &Arc<Principal>,
        place: Place,
        id: crate::DocumentId,
    ) -> Result<()> {
        match self.rag.reread(who, place, id, None, true).await {
            // Deleted in between.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                self.note(|progress| progress.pages_done += 1);
                Ok(())
            }
        }
    }

    /// Indexes all texts for the language of the settings.
    pub(super) async fn reindex_text(&self) -> Result<()> {
        self.stage("index");
        let collection = self.library.get_collection(self.place()).await?;
        let language = collection.settings.language;
        self.library.reindex_text(self.place(), language).await?;
        Ok(())
    }
}
