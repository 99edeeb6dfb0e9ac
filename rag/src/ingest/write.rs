//! The steps that make a document findable, on one screen: fetch, read, chunk, embed, publish.

use super::cut::cut;
use super::read::Reading;
use super::stopwatch;
use super::task::Task;
use crate::embed::Embedder;
use crate::library::{Collection, Document, NewChunk, PublishedFacts, Space};
use crate::search::{GatewayModels, asked_dimensions};
use crate::{Error, Result};

/// Chunks that are embedded and stored at once: what a cancellation or a crash costs at most.
const BATCH: usize = 64;

/// What embeds a document's chunks.
struct Target {
    models: GatewayModels,
    space: Space,
    dimensions: Option<u32>,
}

impl Task<'_> {
    pub(super) async fn ingest(&self) -> Result<()> {
        let place = self.place();
        let id = self.job.document_id;
        let id = id.ok_or_else(|| Error::internal("the job names no document"))?;
        let mut document = self.library.get_document(place, id).await?;
        let revision = self.library.begin_revision(place, id).await?;
        if let (None, Some(url)) = (&document.blob_key, &self.order.url) {
            document = self.fetch(document, url).await?;
        }
        let reading = self.read(&document).await?;
        let collection = self.library.get_collection(place).await?;
        self.stage("chunk");
        let facts = facts(&document, &reading);
        let own = self.library.chunking_of(place, id).await?;
        let settings = own.unwrap_or_else(|| collection.settings.chunking.clone());
        let settings = settings.to_chunker()?;
        let cutting = tokio::task::spawn_blocking(move || cut(&reading.document, &settings));
        let chunks = cutting
            .await
            .map_err(|_| Error::internal("the chunker failed at this document: a bug"))?;
        let target = self.target(&collection).await?;
        self.begin_embedding();
        let total = chunks.len() as u64;
        self.note(|progress| {
            (progress.chunks_done, progress.chunks_total) = (0, Some(total));
        });
        let mut rest = chunks;
        while !rest.is_empty() {
            let after = rest.split_off(BATCH.min(rest.len()));
            let batch = std::mem::replace(&mut rest, after);
            self.add(&document, revision, target.as_ref(), batch)
                .await?;
        }
        self.stage("publish");
        self.library.publish(place, id, revision, &facts).await?;
        stopwatch::count(facts.page_count, total);
        self.fill_new_space(target.as_ref()).await
    }

    /// What embeds; `None` when text search answers alone.
    async fn target(&self, collection: &Collection) -> Result<Option<Target>> {
        let Some(wanted) = self.rag.embedding_of(collection) else {
            return Ok(None);
        };
        let (place, models) = (self.place(), self.models()?);
        let space = match collection.space_id {
            // What answers now, whatever the settings say: a move to another model is a job of its own.
            Some(space) => self.library.get_space(place.org, space).await?,
            None => {
                let space = self.rag.space_of(&models, place, &wanted).await?;
                self.library.begin_space(place, space.id).await?;
                space
            }
        };
        Ok(Some(Target {
            dimensions: asked_dimensions(collection, &space),
            models,
            space,
        }))
    }

    /// Embeds chunks and stores them with their vectors.
    async fn add(
        &self,
        document: &Document,
        revision: i64,
        target: Option<&Target>,
        mut batch: Vec<NewChunk>,
    ) -> Result<()> {
        let count = batch.len() as u64;
        if let Some(target) = target {
            self.stopwatch.begin("embed");
            let wanted: Vec<usize> = (0..batch.len())
                .filter(|at| !batch[*at].is_parent)
                .collect();
            let hashes: Vec<_> = wanted.iter().map(|at| batch[*at].hash()).collect();
            let texts: Vec<_> = wanted.iter().map(|at| batch[*at].indexed_text()).collect();
            let embedded = Embedder::new(self.library.clone())
                .embed(
                    &target.models,
                    &target.space,
                    target.dimensions,
                    &hashes,
                    &texts,
                )
                .await?;
            self.note(|progress| progress.cost_nano_usd += embedded.cost_nano_usd);
            for (at, vector) in wanted.into_iter().zip(embedded.vectors) {
                batch[at].vector = Some(vector);
            }
        }
        let space = target.map(|target| target.space.id);
        self.stopwatch.begin("store");
        self.library
            .add_chunks(self.place(), document.id, revision, space, batch)
            .await?;
        self.note(|progress| progress.chunks_done += count);
        Ok(())
    }

    /// Embeds once more what was written while the collection moved to another model.
    async fn fill_new_space(&self, target: Option<&Target>) -> Result<()> {
        let Some(target) = target else {
            return Ok(());
        };
        let place = self.place();
        let collection = self.library.get_collection(place).await?;
        let Some(active) = collection.space_id.filter(|id| *id != target.space.id) else {
            return Ok(());
        };
        let space = self.library.get_space(place.org, active).await?;
        let dimensions = asked_dimensions(&collection, &space);
        Embedder::new(self.library.clone())
            .fill(&target.models, place, &space, dimensions, |_| true)
            .await?;
        Ok(())
    }
}

fn facts(document: &Document, reading: &Reading) -> PublishedFacts {
    let metadata = &reading.document.metadata;
    let by_content = reading.document.format.media_type().map(str::to_owned);
    PublishedFacts {
        page_count: metadata.page_count,
        language: metadata.language.clone(),
        notes: reading.notes.clone(),
        content_type: by_content.or_else(|| Some(document.content_type.clone())),
    }
}
