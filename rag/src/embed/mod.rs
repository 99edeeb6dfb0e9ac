//! Embedding texts: in batches, cached by their content, tried again when a model is busy.
//!
//! All embedding goes through the gateway ([`Models`]), local models too: [`LocalEmbedders`] are
//! registered there as `local/<name>`.

mod hub;
mod local;
mod prefix;
mod runtime;

use std::collections::HashMap;
use std::time::Duration;

use crate::index::Place;
use crate::library::{Library, Space, SpaceSpec};
use crate::search::{EmbedRequest, Models, TextKind};
use crate::{Error, ErrorKind, Result};

pub use hub::HubModel;
pub use local::{LocalEmbedder, LocalEmbedders, LocalModelConfig};
pub(crate) use prefix::prefixed;
pub use runtime::Runtime;

/// Texts and bytes of one call. Vendors take more; smaller calls fail smaller.
const BATCH_TEXTS: usize = 64;
const BATCH_BYTES: usize = 200_000;
/// Tries of one call, and the first pause between them; it doubles.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause, whatever a vendor says.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Embeds passages for an index.
#[derive(Debug, Clone)]
pub struct Embedder {
    library: Library,
}

/// What an embedding gave and cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EmbeddedPassages {
    /// One vector per text, in order.
    pub vectors: Vec<Vec<f32>>,
    /// Texts whose vector was known already.
    pub cached: usize,
    /// What the calls cost.
    pub cost_nano_usd: i64,
}

/// How far the filling of a space is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filled {
    /// Chunks that got their vector.
    pub chunks: u64,
    /// What it cost so far.
    pub cost_nano_usd: i64,
}

impl Embedder {
    /// Embeds for what `library` holds, and caches there.
    pub fn new(library: Library) -> Self {
        Self { library }
    }

    /// The space of a model's vectors: asks it for one vector to learn their length. `file_hash` is
    /// that of a local model's file, else empty.
    ///
    /// # Errors
    /// `Model` when the model refuses.
    pub async fn space(
        &self,
        models: &dyn Models,
        place: Place,
        model: &str,
        dimensions: Option<u32>,
        file_hash: &str,
    ) -> Result<Space> {
        let texts = ["dimensions".to_owned()];
        let request = EmbedRequest {
            model,
            dimensions,
            kind: TextKind::Passage,
            texts: &texts,
        };
        let embedded = patiently(models, &request).await?;
        let length = embedded.vectors.first().map_or(0, Vec::len);
        let spec = SpaceSpec {
            model: model.to_owned(),
            dimensions: u32::try_from(length).unwrap_or(0),
            file_hash: file_hash.to_owned(),
        };
        self.library.space(place.org, &spec).await
    }

    /// Embeds passages. Equal texts are embedded once, texts that were embedded before not at all.
    /// `hashes` are those of the texts ([`NewChunk::hash`](crate::library::NewChunk::hash)).
    ///
    /// # Errors
    /// `Model` when the model refuses or stays busy; `Invalid` when its vectors have another length.
    pub async fn embed(
        &self,
        models: &dyn Models,
        space: &Space,
        dimensions: Option<u32>,
        hashes: &[Vec<u8>],
        texts: &[String],
    ) -> Result<EmbeddedPassages> {
        let mut known = self
            .library
            .cached_vectors(space.org_id, space.id, hashes)
            .await?;
        let cached = hashes
            .iter()
            .filter(|hash| known.contains_key(*hash))
            .count();
        let mut wanted: HashMap<&Vec<u8>, &String> = HashMap::new();
        let mut order = Vec::new();
        for (hash, text) in hashes.iter().zip(texts) {
            if !known.contains_key(hash) && wanted.insert(hash, text).is_none() {
                order.push(hash);
            }
        }
        let mut cost_nano_usd = 0;
        let mut rest = order.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(batch_length(rest, &wanted));
            rest = after;
            let texts: Vec<String> = batch.iter().map(|hash| wanted[*hash].clone()).collect();
            let request = EmbedRequest {
                model: &space.model,
                dimensions,
                kind: TextKind::Passage,
                texts: &texts,
            };
            let embedded = patiently(models, &request).await?;
            cost_nano_usd += embedded.cost_nano_usd;
            if embedded.vectors.len() != batch.len() {
                return Err(Error::internal(format!(
                    "`{}` gave {} vectors for {} texts",
                    space.model,
                    embedded.vectors.len(),
                    batch.len()
                )));
            }
            let hashes = batch.iter().map(|hash| (*hash).clone());
            let fresh: Vec<(Vec<u8>, Vec<f32>)> = hashes.zip(embedded.vectors).collect();
            self.library.cache_vectors(space, &fresh).await?;
            known.extend(fresh);
        }
        let vectors = hashes
            .iter()
            .map(|hash| known.get(hash).cloned().unwrap_or_default());
        Ok(EmbeddedPassages {
            vectors: vectors.collect(),
            cached,
            cost_nano_usd,
        })
    }

    /// Embeds all chunks of the collection that lack a vector in `space`. After each batch `progress`
    /// is told how far it is and says whether to go on. Begins where an earlier call ended.
    ///
    /// # Errors
    /// As [`embed`](Self::embed); what was embedded so far stays.
    pub async fn fill(
        &self,
        models: &dyn Models,
        place: Place,
        space: &Space,
        dimensions: Option<u32>,
        mut progress: impl FnMut(Filled) -> bool + Send,
    ) -> Result<Filled> {
        let mut filled = Filled::default();
        let mut after = None;
        loop {
            let missing = self
                .library
                .missing_vectors(place, space.id, after, BATCH_TEXTS)
                .await?;
            let Some(last) = missing.last() else {
                return Ok(filled);
            };
            after = Some(last.chunk);
            let hashes: Vec<Vec<u8>> = missing.iter().map(|m| m.hash.clone()).collect();
            let texts: Vec<String> = missing.iter().map(|m| m.text.clone()).collect();
            let embedded = self
                .embed(models, space, dimensions, &hashes, &texts)
                .await?;
            let chunks = missing.iter().map(|m| m.chunk);
            let vectors: Vec<_> = chunks.zip(embedded.vectors).collect();
            self.library.put_vectors(place, space, &vectors).await?;
            filled.chunks += vectors.len() as u64;
            filled.cost_nano_usd += embedded.cost_nano_usd;
            if !progress(filled) {
                return Ok(filled);
            }
        }
    }
}

/// How many of the first texts fit into one call; at least one.
fn batch_length(rest: &[&Vec<u8>], texts: &HashMap<&Vec<u8>, &String>) -> usize {
    let mut bytes = 0;
    let fits = rest.iter().take(BATCH_TEXTS).take_while(|hash| {
        bytes += texts[**hash].len();
        bytes <= BATCH_BYTES
    });
    fits.count().max(1)
}

/// Waits for a model that is busy, as long as it says or longer each time.
async fn patiently(
    models: &dyn Models,
    request: &EmbedRequest<'_>,
) -> Result<crate::search::Embedded> {
    let mut pause = PAUSE;
    for attempt in 1.. {
        let error = match models.embed(request.clone()).await {
            Ok(embedded) => return Ok(embedded),
            Err(error) => error,
        };
        if !error.kind.is_retryable() || attempt == TRIES {
            return Err(error);
        }
        let wait = error.retry_after.unwrap_or(pause).min(LONGEST_PAUSE);
        tracing::debug!(%error, attempt, wait_ms = wait.as_millis() as u64, "embedding again");
        tokio::time::sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Err(Error::new(
        ErrorKind::Unavailable,
        "the embedding model stayed busy",
    ))
}
