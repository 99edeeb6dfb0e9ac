//! The index in a Qdrant server or cluster.
//!
//! One Qdrant collection per model and length of vectors, for all tenants, with organization,
//! collection and document as indexed payload: that is how Qdrant is meant to hold many tenants.
//! Points are chunks; `dense` is the vector, `bm25` a sparse vector of our own terms with BM25's
//! weight of each, whose rarity the server adds (`idf`). So the analyzer is ours here too.
//!
//! # How it stays in step
//! Each transaction that changes what can be found notes its chunks in the outbox.
//! [`sync`](VectorStore::sync) reads what SQL holds of them now, writes that (or removes the points),
//! and takes off what it has written, unless it was noted again meanwhile. Every step may be repeated,
//! so whichever side crashes, the next sync goes on.

mod client;
mod filter;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use http::Method;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Db, in_tx};

use super::{Found, Hit, Place, Spread, StoreCounts, StoreQuery, TermVector, VectorStore, half};
use crate::sql;
use crate::{ChunkId, DocumentId, Error, Result, SpaceId};
use client::Server;

/// Points in one write.
const BATCH: usize = 128;
/// Vectors that the spread is taken from, and how long they are kept.
const SAMPLE: usize = 256;
const SAMPLE_AGE: Duration = Duration::from_secs(600);
/// BM25 needs a mean length; one that moves would change all stored weights.
const MEAN_TERMS: f32 = 300.0;
const K1: f32 = 0.9;
const B: f32 = 0.4;

/// Where the server is.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QdrantConfig {
    /// Its REST address, such as `http://127.0.0.1:6333`.
    pub url: String,
    /// Its key.
    #[serde(default)]
    pub api_key: Option<String>,
    /// What the names of its collections begin with, so that several instances can share it.
    #[serde(default = "default_prefix")]
    pub prefix: String,
}

fn default_prefix() -> String {
    "nocode-ai".to_owned()
}

impl std::fmt::Debug for QdrantConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QdrantConfig")
            .field("url", &self.url)
            .field("api_key", &self.api_key.as_ref().map(|_| "***"))
            .field("prefix", &self.prefix)
            .finish()
    }
}

/// The index in a Qdrant server.
#[derive(Clone)]
pub struct Qdrant {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    server: Server,
    prefix: String,
    /// Qdrant collections that are known to exist.
    ready: Mutex<HashMap<String, ()>>,
    samples: Mutex<HashMap<(Place, SpaceId), Sample>>,
    /// One delivery of a place at a time in this process; others may deliver too.
    delivering: Mutex<HashMap<Place, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Clone)]
struct Sample {
    taken: Instant,
    vectors: Arc<Vec<Vec<f32>>>,
}

impl std::fmt::Debug for Qdrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Qdrant")
            .field("prefix", &self.inner.prefix)
            .finish_non_exhaustive()
    }
}

/// What of a collection is in which Qdrant collection.
struct Where {
    name: String,
    dimensions: Option<i64>,
    space: Option<SpaceId>,
}

impl Qdrant {
    /// The index of what `db` holds, in the server that `config` names. `client` is a trusted one:
    /// the address is the instance's own configuration.
    pub fn new(db: Db, client: outbound::Client, config: &QdrantConfig) -> Self {
        let inner = Inner {
            db,
            server: Server::new(client, &config.url, config.api_key.clone()),
            prefix: config.prefix.clone(),
            ready: Mutex::default(),
            samples: Mutex::default(),
            delivering: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Notes all chunks of a collection, so that they are written anew: to fill a new server, or one
    /// that lost its data.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn refill(&self, place: Place) -> Result<u64> {
        in_tx!(self.inner.db, tx => Ok(sql::outbox::add_collection(tx, place).await?))
    }

    /// How many chunks of a collection wait to be delivered.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn waiting(&self, place: Place) -> Result<u64> {
        Ok(u64::try_from(sql::outbox::count(&self.inner.db, place).await?).unwrap_or(0))
    }
}

impl Inner {
    async fn find(&self, place: Place) -> Result<Where> {
        let head = sql::index::head(&self.db, place).await?;
        let head =
            head.ok_or_else(|| Error::not_found(format!("collection {}", place.collection)))?;
        head.analyzer.check()?;
        match head.space_id {
            Some(space) => self.of_space(place, space).await,
            None => Ok(Where {
                name: format!("{}-text", self.prefix),
                dimensions: None,
                space: None,
            }),
        }
    }

    async fn of_space(&self, place: Place, space: SpaceId) -> Result<Where> {
        let space = sql::collections::get_space(&self.db, place.org, space).await?;
        let space = space.ok_or_else(|| Error::internal("the embedding space is gone"))?;
        let slug: String = space
            .model
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let file = space.file_hash.get(..8).unwrap_or_default();
        Ok(Where {
            name: format!("{}-{slug}-{}{file}", self.prefix, space.dimensions),
            dimensions: Some(space.dimensions),
            space: Some(space.id),
        })
    }

    /// Makes the Qdrant collection and its payload indexes where they are missing.
    async fn ensure(&self, at: &Where) -> Result<()> {
        if self.ready.lock().contains_key(&at.name) {
            return Ok(());
        }
        let path = format!("/collections/{}", at.name);
        if self.server.send(Method::GET, &path, None).await?.is_none() {
            let mut vectors = json!({});
            if let Some(size) = at.dimensions {
                vectors["dense"] = json!({"size": size, "distance": "Cosine", "on_disk": true});
            }
            let body = json!({
                "vectors": vectors,
                "sparse_vectors": {"bm25": {"modifier": "idf"}},
                "on_disk_payload": true,
            });
            match self.server.send(Method::PUT, &path, Some(&body)).await {
                // Another instance was faster.
                Err(error) if error.kind == crate::ErrorKind::Conflict => {}
                other => drop(other?),
            }
        }
        for (field, schema) in [
            ("org_id", json!({"type": "keyword", "is_tenant": true})),
            ("collection_id", json!("keyword")),
            ("document_id", json!("keyword")),
            ("tags", json!("keyword")),
        ] {
            let body = json!({"field_name": field, "field_schema": schema});
            let path = format!("{path}/index?wait=true");
            self.server.send(Method::PUT, &path, Some(&body)).await?;
        }
        self.ready.lock().insert(at.name.clone(), ());
        Ok(())
    }

    async fn points(&self, at: &Where, method: Method, call: &str, body: &Value) -> Result<Value> {
        let path = format!("/collections/{}/points{call}", at.name);
        match self.server.send(method, &path, Some(body)).await? {
            Some(result) => Ok(result),
            None => {
                // Somebody removed it on the server: it is made again at the next delivery.
                self.ready.lock().remove(&at.name);
                Err(Error::new(
                    crate::ErrorKind::Unavailable,
                    format!("the Qdrant server has no collection `{}`", at.name),
                ))
            }
        }
    }

    async fn deliver(&self, place: Place) -> Result<()> {
        let lock = Arc::clone(self.delivering.lock().entry(place).or_default());
        let _only = lock.lock().await;
        loop {
            let entries = sql::outbox::next(&self.db, place, BATCH as i64).await?;
            if entries.is_empty() {
                return Ok(());
            }
            // Of a collection that is gone only the removal is left to do.
            let at = match self.find(place).await {
                Err(error) if error.kind == crate::ErrorKind::NotFound => return Ok(()),
                found => found?,
            };
            self.ensure(&at).await?;
            let ids: Vec<ChunkId> = entries.iter().map(|entry| entry.chunk_id).collect();
            let now = sql::outbox::read(&self.db, place, at.space, &ids).await?;
            let gone: Vec<String> = ids
                .iter()
                .filter(|id| !now.iter().any(|chunk| chunk.id == **id))
                .map(ToString::to_string)
                .collect();
            if !gone.is_empty() {
                let body = json!({"points": gone});
                self.points(&at, Method::POST, "/delete?wait=true", &body)
                    .await?;
            }
            if !now.is_empty() {
                let points: Result<Vec<Value>> = now.iter().map(|c| point(place, c)).collect();
                let body = json!({"points": points?});
                self.points(&at, Method::PUT, "?wait=true", &body).await?;
            }
            in_tx!(self.db, tx: Error => {
                for entry in &entries {
                    sql::outbox::done(tx, place, entry).await?;
                }
                Ok(())
            })?;
        }
    }

    /// Writes all chunks that have a vector of `space` into its Qdrant collection.
    async fn prepare(&self, place: Place, space: SpaceId) -> Result<()> {
        let at = self.of_space(place, space).await?;
        self.ensure(&at).await?;
        let mut after = ChunkId::from_uuid(uuid::Uuid::nil());
        loop {
            let ids = sql::outbox::chunk_ids(&self.db, place, after, BATCH as i64).await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            after = *last;
            let chunks = sql::outbox::read(&self.db, place, at.space, &ids).await?;
            if chunks.is_empty() {
                continue;
            }
            let points: Result<Vec<Value>> = chunks.iter().map(|c| point(place, c)).collect();
            self.points(&at, Method::PUT, "?wait=true", &json!({"points": points?}))
                .await?;
        }
    }

    /// How the question's cosines are distributed, from a sample of the collection's vectors.
    async fn spread(&self, at: &Where, place: Place, vector: &[f32]) -> Result<Spread> {
        let Some(space) = at.space else {
            return Ok(Spread::default());
        };
        let known = self.samples.lock().get(&(place, space)).cloned();
        let fresh = known.filter(|s| s.taken.elapsed() < SAMPLE_AGE && s.vectors.len() == SAMPLE);
        let vectors = match fresh {
            Some(sample) => sample.vectors,
            None => {
                let rows = sql::index::sample(&self.db, place, space, SAMPLE as i64).await?;
                let vectors: Arc<Vec<_>> = Arc::new(rows.iter().map(|b| half::decode(b)).collect());
                let sample = Sample {
                    taken: Instant::now(),
                    vectors: Arc::clone(&vectors),
                };
                self.samples.lock().insert((place, space), sample);
                vectors
            }
        };
        let cosines: Vec<f32> = vectors
            .iter()
            .map(|other| other.iter().zip(vector).map(|(a, b)| a * b).sum())
            .collect();
        let count = cosines.len().max(1) as f32;
        let mean = cosines.iter().sum::<f32>() / count;
        let variance = cosines.iter().map(|c| (c - mean) * (c - mean)).sum::<f32>() / count;
        Ok(Spread {
            count: cosines.len(),
            mean,
            deviation: variance.sqrt(),
        })
    }

    async fn remove(&self, at: &Where, must: Vec<Value>) -> Result<()> {
        let path = format!("/collections/{}", at.name);
        if self.server.send(Method::GET, &path, None).await?.is_none() {
            return Ok(());
        }
        let body = json!({"filter": {"must": must}});
        self.points(at, Method::POST, "/delete?wait=true", &body)
            .await?;
        Ok(())
    }
}

/// A chunk as a point.
fn point(place: Place, chunk: &sql::outbox::Delivered) -> Result<Value> {
    let terms = TermVector::decode(&chunk.terms).ok_or_else(|| {
        Error::internal(format!("the text index of chunk {} is damaged", chunk.id))
    })?;
    let norm = K1 * (1.0 - B + B * terms.length() as f32 / MEAN_TERMS);
    let weight = |count: u32| count as f32 * (K1 + 1.0) / (count as f32 + norm);
    let indices: Vec<u32> = terms.iter().map(|(term, _)| term).collect();
    let values: Vec<f32> = terms.iter().map(|(_, count)| weight(count)).collect();
    let mut vector = json!({"bm25": {"indices": indices, "values": values}});
    if let Some(bytes) = &chunk.bytes {
        vector["dense"] = json!(half::decode(bytes));
    }
    Ok(json!({
        "id": chunk.id.to_string(),
        "vector": vector,
        "payload": {
            "org_id": place.org.to_string(),
            "collection_id": place.collection.to_string(),
            "document_id": chunk.document_id.to_string(),
            "tags": chunk.tags.0,
            "a": filter::payload(&chunk.attributes),
        },
    }))
}

/// The points of one answer; those that cannot be read are not ours.
fn hits(answer: &Value) -> Vec<Hit> {
    let points = answer["points"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let hit = |point: &Value| {
        Some(Hit {
            chunk: point["id"].as_str()?.parse().ok()?,
            document: point["payload"]["document_id"].as_str()?.parse().ok()?,
            score: point["score"].as_f64()? as f32,
        })
    };
    points.iter().filter_map(hit).collect()
}

impl VectorStore for Qdrant {
    fn name(&self) -> &'static str {
        "qdrant"
    }

    fn needs_outbox(&self) -> bool {
        true
    }

    fn sync(&self, place: Place) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.inner.deliver(place))
    }

    fn search(&self, query: StoreQuery) -> BoxFuture<'_, Result<Found>> {
        Box::pin(async move {
            if query
                .scope
                .filter
                .as_ref()
                .is_some_and(filter::orders_texts)
            {
                return Err(Error::invalid(
                    "`filters`: texts cannot be compared with gt, gte, lt and lte on a Qdrant \
                     server; use numbers",
                ));
            }
            let at = self.inner.find(query.scope.place).await?;
            self.inner.ensure(&at).await?;
            let filter = filter::scope(&query.scope);
            let ask = |query: Value, using: &str, limit: usize| {
                json!({
                    "query": query, "using": using, "limit": limit, "filter": filter,
                    "with_payload": ["document_id"],
                })
            };
            let dense = query
                .vector
                .as_ref()
                .filter(|v| Some(v.len() as i64) == at.dimensions);
            let mut searches = Vec::new();
            if let Some(vector) = dense {
                searches.push(ask(json!(vector), "dense", query.limit));
            }
            if !query.terms.is_empty() {
                let indices: Vec<u32> = query.terms.iter().map(|(term, _)| *term).collect();
                let values: Vec<f32> = query.terms.iter().map(|(_, weight)| *weight).collect();
                let sparse = json!({"indices": indices, "values": values});
                searches.push(ask(sparse, "bm25", query.limit));
            }
            if searches.is_empty() {
                return Ok(Found::default());
            }
            let body = json!({"searches": searches});
            let answers = self
                .inner
                .points(&at, Method::POST, "/query/batch", &body)
                .await?;
            let mut answers = answers.as_array().cloned().unwrap_or_default().into_iter();
            let mut found = Found::default();
            if let Some(vector) = dense {
                found.dense = answers.next().as_ref().map(hits).unwrap_or_default();
                found.spread = self.inner.spread(&at, query.scope.place, vector).await?;
            }
            if !query.terms.is_empty() {
                found.text = answers.next().as_ref().map(hits).unwrap_or_default();
            }
            Ok(found)
        })
    }

    fn forget<'a>(
        &'a self,
        place: Place,
        documents: &'a [DocumentId],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let at = self.inner.find(place).await?;
            let ids: Vec<String> = documents.iter().map(ToString::to_string).collect();
            let mut must = filter::place(place);
            must.push(json!({"key": "document_id", "match": {"any": ids}}));
            self.inner.remove(&at, must).await
        })
    }

    fn forget_all(&self, place: Place) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.inner.samples.lock().retain(|(at, _), _| *at != place);
            self.inner.delivering.lock().remove(&place);
            match self.inner.find(place).await {
                Ok(at) => self.inner.remove(&at, filter::place(place)).await,
                // Called once more after the collection is gone from SQL.
                Err(error) if error.kind == crate::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    fn prepare(&self, place: Place, space: SpaceId) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.inner.prepare(place, space))
    }

    fn retire(&self, place: Place, space: Option<SpaceId>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let at = match space {
                Some(space) => self.inner.of_space(place, space).await?,
                None => Where {
                    name: format!("{}-text", self.inner.prefix),
                    dimensions: None,
                    space: None,
                },
            };
            // Two spaces of one model and length share a Qdrant collection.
            if at.name == self.inner.find(place).await?.name {
                return Ok(());
            }
            self.inner.remove(&at, filter::place(place)).await
        })
    }

    fn catch_up(&self) -> BoxFuture<'_, Result<usize>> {
        Box::pin(async move {
            let mut done = Ok(0);
            for (org, collection) in sql::outbox::waiting(&self.inner.db).await? {
                match self.inner.deliver(Place { org, collection }).await {
                    Ok(()) => done = done.map(|count| count + 1),
                    Err(error) => done = done.and(Err(error)),
                }
            }
            done
        })
    }

    fn count(&self, place: Place) -> BoxFuture<'_, Result<StoreCounts>> {
        Box::pin(async move {
            self.inner.deliver(place).await?;
            let at = self.inner.find(place).await?;
            self.inner.ensure(&at).await?;
            let count = async |extra: Option<Value>| -> Result<u64> {
                let mut must = filter::place(place);
                must.extend(extra);
                let body = json!({"filter": {"must": must}, "exact": true});
                let answer = self
                    .inner
                    .points(&at, Method::POST, "/count", &body)
                    .await?;
                Ok(answer["count"].as_u64().unwrap_or(0))
            };
            let vectors = match at.dimensions {
                Some(_) => count(Some(json!({"has_vector": "dense"}))).await?,
                None => 0,
            };
            Ok(StoreCounts {
                chunks: count(None).await?,
                vectors,
            })
        })
    }
}
