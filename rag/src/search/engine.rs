//! The steps of a search, on one screen: rewrite, embed, find, check against SQL, fuse, refine, show.

use std::collections::{HashMap, HashSet};

use super::fuse::{self, Weighted};
use super::models::{EmbedRequest, Models, Prompt, TextKind};
use super::refine;
use super::request::{Mode, RewriteKind, SearchAnswer, SearchHit, SearchRequest};
use crate::index::{Found, Hit, Place, Scope, StoreQuery, half};
use crate::library::{Chunk, Collection, Library, Space};
use crate::{ChunkId, DocumentId, Error, ErrorKind, Result, sql};

/// Candidates of each half.
const CANDIDATES: usize = 50;
/// How often the index is asked again for more when it gave what is gone.
const TRIES: usize = 3;

/// Searches collections. Clones share everything.
#[derive(Debug, Clone)]
pub struct Search {
    library: Library,
}

/// What is known of the candidates of one question.
struct Candidates {
    found: Found,
    vector: Option<Vec<f32>>,
}

impl Search {
    /// A search in what `library` holds.
    pub fn new(library: Library) -> Self {
        Self { library }
    }

    /// Searches a collection. `models` makes the model calls, in the name of who asks.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` naming the field, `NotConfigured` for vectors that the collection does
    /// not have, `Model` when a model that was asked for refuses. A hybrid search whose embedding
    /// model does not answer falls back to text and says so in `notes`.
    pub async fn run(
        &self,
        models: &dyn Models,
        place: Place,
        request: SearchRequest,
    ) -> Result<SearchAnswer> {
        request.check()?;
        let collection = self.library.get_collection(place).await?;
        let mut answer = SearchAnswer {
            mode: request.mode,
            ..SearchAnswer::default()
        };
        let hypothetical = self.rewrite(models, &request, &mut answer).await?;
        let vectors = self
            .embed(models, &collection, hypothetical, &mut answer)
            .await?;
        let limit = request.limit.unwrap_or(collection.settings.search.limit) as usize;
        let wanted = request
            .rerank
            .as_ref()
            .map_or(limit, |r| limit.max(r.candidates as usize));
        let (candidates, known) = self
            .find(&collection, &request, &answer, vectors, wanted)
            .await?;
        let mut ranked = rank(&collection, &request, &answer, &candidates, &known);
        let titles = self.titles(place, &candidates).await?;
        self.age(&request, &candidates, &titles, &mut ranked);
        if let Some(diversity) = request.diversity {
            let head = &ranked[..ranked.len().min(CANDIDATES)];
            ranked = refine::diversify(head, &known, diversity, wanted);
        }
        let mut hits = self
            .show(place, &request, &candidates, &titles, ranked, wanted)
            .await?;
        self.rerank(models, &request, &mut hits, &mut answer)
            .await?;
        let threshold = request
            .score_threshold
            .unwrap_or(collection.settings.search.score_threshold);
        hits.retain(|hit| hit.score >= threshold);
        hits.truncate(limit);
        answer.hits = hits;
        Ok(answer)
    }

    /// Fills `answer.queries`; gives what is embedded instead of them.
    async fn rewrite(
        &self,
        models: &dyn Models,
        request: &SearchRequest,
        answer: &mut SearchAnswer,
    ) -> Result<Option<Vec<String>>> {
        answer.queries = request.queries.clone();
        let Some(rewrite) = &request.rewrite else {
            return Ok(None);
        };
        let system = match rewrite.kind {
            RewriteKind::Rewrite => {
                "Rewrite the user's question so that a search engine finds the passages that answer \
                 it. Keep its language, names and numbers. Answer with the rewritten question only."
            }
            RewriteKind::MultiQuery => {
                "Write three different search queries that would find passages answering the user's \
                 question, in its language, one per line, without numbering. Nothing else."
            }
            RewriteKind::Hyde => {
                "Write a short passage, as it might stand in a document, that answers the user's \
                 question, in its language. Nothing else."
            }
        };
        let mut changed = Vec::new();
        for query in &request.queries {
            let prompt = Prompt {
                model: &rewrite.model,
                system,
                user: query,
                max_tokens: 300,
            };
            let completed = models.complete(prompt).await?;
            answer.cost_nano_usd += completed.cost_nano_usd;
            changed.push(completed.text.trim().to_owned());
        }
        let lines = |text: &String| -> Vec<String> {
            let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
            lines.take(3).map(str::to_owned).collect()
        };
        match rewrite.kind {
            RewriteKind::Rewrite => {
                for (query, better) in answer.queries.iter_mut().zip(changed) {
                    if !better.is_empty() {
                        *query = better;
                    }
                }
                Ok(None)
            }
            RewriteKind::MultiQuery => {
                answer.queries.extend(changed.iter().flat_map(lines));
                answer.queries.truncate(8);
                Ok(None)
            }
            RewriteKind::Hyde => Ok(Some(changed)),
        }
    }

    /// One vector per question, where the collection has vectors and they are wanted.
    async fn embed(
        &self,
        models: &dyn Models,
        collection: &Collection,
        instead: Option<Vec<String>>,
        answer: &mut SearchAnswer,
    ) -> Result<Vec<Option<Vec<f32>>>> {
        let none = vec![None; answer.queries.len()];
        if answer.mode == Mode::Text {
            return Ok(none);
        }
        let Some(space) = collection.space_id else {
            if answer.mode == Mode::Dense {
                return Err(Error::new(
                    ErrorKind::NotConfigured,
                    "this collection has no embedding model; choose one in its settings, or search \
                     by text",
                ));
            }
            answer.mode = Mode::Text;
            answer.notes.push(
                "This collection has no embedding model: text search answers alone.".to_owned(),
            );
            return Ok(none);
        };
        let space = self.library.get_space(collection.org_id, space).await?;
        let texts = instead.unwrap_or_else(|| answer.queries.clone());
        let asked = asked_dimensions(collection, &space);
        let request = EmbedRequest {
            model: &space.model,
            dimensions: asked,
            kind: TextKind::Question,
            texts: &texts,
        };
        match models.embed(request).await {
            Ok(embedded) => {
                answer.cost_nano_usd += embedded.cost_nano_usd;
                check_vectors(&space, &texts, &embedded.vectors)?;
                let vectors = embedded.vectors.iter();
                Ok(vectors
                    .map(|v| Some(crate::library::normalized(v)))
                    .collect())
            }
            Err(error) if answer.mode == Mode::Dense => Err(error),
            Err(error) => {
                answer.mode = Mode::Text;
                answer.notes.push(format!(
                    "The embedding model `{}` did not answer ({}): text search answers alone.",
                    space.model, error.message
                ));
                Ok(none)
            }
        }
    }

    /// Asks the index, and keeps what SQL says may be found, with exact cosines. What the index holds
    /// and SQL does not is forgotten, and the index asked again.
    async fn find(
        &self,
        collection: &Collection,
        request: &SearchRequest,
        answer: &SearchAnswer,
        vectors: Vec<Option<Vec<f32>>>,
        wanted: usize,
    ) -> Result<(Vec<Candidates>, HashMap<ChunkId, Vec<f32>>)> {
        let place = collection.place();
        let analyzer = collection.analyzer.0.check()?;
        let mut limit = CANDIDATES.max(wanted * 2);
        for attempt in 1.. {
            let mut all = Vec::with_capacity(vectors.len());
            for (query, vector) in answer.queries.iter().zip(&vectors) {
                let query = StoreQuery {
                    scope: Scope {
                        place,
                        documents: request.documents.clone(),
                        tags: request.tags.clone(),
                        filter: request.filter.clone(),
                    },
                    terms: match answer.mode {
                        Mode::Dense => Vec::new(),
                        Mode::Hybrid | Mode::Text => analyzer.question(query),
                    },
                    vector: vector.clone(),
                    limit,
                };
                let found = self.library.store().search(query).await?;
                all.push(Candidates {
                    found,
                    vector: vector.clone(),
                });
            }
            let ids: HashSet<ChunkId> = all
                .iter()
                .flat_map(Candidates::hits)
                .map(|hit| hit.chunk)
                .collect();
            let ids: Vec<ChunkId> = ids.into_iter().collect();
            let mut findable = HashMap::with_capacity(ids.len());
            for ids in ids.chunks(500) {
                let rows =
                    sql::vectors::findable(self.library.db(), place, collection.space_id, ids);
                findable.extend(rows.await?);
            }
            let gone: HashSet<DocumentId> = all
                .iter()
                .flat_map(Candidates::hits)
                .filter(|hit| !findable.contains_key(&hit.chunk))
                .map(|hit| hit.document)
                .collect();
            if gone.is_empty() || attempt == TRIES {
                let known: HashMap<ChunkId, Vec<f32>> = findable
                    .iter()
                    .filter_map(|(id, bytes)| Some((*id, half::decode(bytes.as_ref()?))))
                    .collect();
                for candidates in &mut all {
                    candidates.settle(&findable, &known);
                }
                return Ok((all, known));
            }
            self.forget_gone(place, gone).await?;
            limit *= 2;
        }
        Err(Error::internal("the search did not end"))
    }

    async fn forget_gone(&self, place: Place, suspects: HashSet<DocumentId>) -> Result<()> {
        let suspects: Vec<DocumentId> = suspects.into_iter().collect();
        let existing = sql::documents::existing(self.library.db(), place, &suspects).await?;
        let gone: Vec<DocumentId> = suspects
            .into_iter()
            .filter(|id| !existing.contains(id))
            .collect();
        if !gone.is_empty() {
            self.library.store().forget(place, &gone).await?;
        }
        Ok(())
    }

    async fn titles(&self, place: Place, candidates: &[Candidates]) -> Result<Titles> {
        let ids: HashSet<DocumentId> = candidates
            .iter()
            .flat_map(Candidates::hits)
            .map(|hit| hit.document)
            .collect();
        let ids: Vec<DocumentId> = ids.into_iter().collect();
        let mut titles = Titles::with_capacity(ids.len());
        for ids in ids.chunks(500) {
            for (id, name, attributes, at) in
                sql::documents::titles(self.library.db(), place, ids).await?
            {
                titles.insert(id, (name, attributes, at));
            }
        }
        Ok(titles)
    }

    /// Holds older documents back.
    fn age(
        &self,
        request: &SearchRequest,
        candidates: &[Candidates],
        titles: &Titles,
        ranked: &mut [(ChunkId, f32)],
    ) {
        let Some(decay) = request.decay else {
            return;
        };
        let now = self.library.now();
        let documents: HashMap<ChunkId, DocumentId> = candidates
            .iter()
            .flat_map(Candidates::hits)
            .map(|h| (h.chunk, h.document))
            .collect();
        for (chunk, score) in ranked.iter_mut() {
            if let Some((_, _, at)) = documents.get(chunk).and_then(|d| titles.get(d)) {
                *score *= refine::decay(now.since(*at), decay.half_life_days);
            }
        }
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }

    /// The chunks themselves, from SQL: what was deleted since is left out.
    async fn show(
        &self,
        place: Place,
        request: &SearchRequest,
        candidates: &[Candidates],
        titles: &Titles,
        ranked: Vec<(ChunkId, f32)>,
        wanted: usize,
    ) -> Result<Vec<SearchHit>> {
        let ranked: Vec<(ChunkId, f32)> = ranked.into_iter().take(wanted * 2).collect();
        let ids: Vec<ChunkId> = ranked.iter().map(|(id, _)| *id).collect();
        let chunks = self.library.get_chunks(place, &ids).await?;
        let mut chunks: HashMap<ChunkId, Chunk> = chunks.into_iter().map(|c| (c.id, c)).collect();
        let parents: HashMap<ChunkId, Chunk> = if request.expand_parents {
            let ids: HashSet<ChunkId> = chunks.values().filter_map(|c| c.parent_id).collect();
            let ids: Vec<ChunkId> = ids.into_iter().collect();
            let parents = self.library.get_chunks(place, &ids).await?;
            parents.into_iter().map(|p| (p.id, p)).collect()
        } else {
            HashMap::new()
        };
        let best = |halves: fn(&Found) -> &[Hit], id: ChunkId| {
            let scores = candidates.iter().flat_map(|c| halves(&c.found));
            scores
                .filter(|h| h.chunk == id)
                .map(|h| h.score)
                .reduce(f32::max)
        };
        let (mut hits, mut shown) = (Vec::new(), HashSet::new());
        for (id, score) in ranked {
            let Some(chunk) = chunks.remove(&id).filter(|c| c.enabled && c.searchable) else {
                continue;
            };
            let Some((name, attributes, _)) = titles.get(&chunk.document_id) else {
                continue;
            };
            let parent = chunk
                .parent_id
                .and_then(|parent| parents.get(&parent))
                .cloned();
            // The best of several parts stands for the whole.
            if parent
                .as_ref()
                .is_some_and(|parent| !shown.insert(parent.id))
            {
                continue;
            }
            hits.push(SearchHit {
                parent,
                document_name: name.clone(),
                attributes: attributes.clone(),
                score: score.clamp(0.0, 1.0),
                dense_score: best(|f| &f.dense, id),
                text_score: best(|f| &f.text, id),
                rerank_score: None,
                chunk,
            });
            if hits.len() == wanted {
                break;
            }
        }
        Ok(hits)
    }

    async fn rerank(
        &self,
        models: &dyn Models,
        request: &SearchRequest,
        hits: &mut [SearchHit],
        answer: &mut SearchAnswer,
    ) -> Result<()> {
        let Some(rerank) = &request.rerank else {
            return Ok(());
        };
        if hits.is_empty() {
            return Ok(());
        }
        let count = hits.len().min(rerank.candidates as usize);
        let passages: Vec<String> = hits[..count].iter().map(|h| h.chunk.text.clone()).collect();
        let question = request.queries.join("\n");
        let reranked = models.rerank(&rerank.model, &question, &passages).await?;
        answer.cost_nano_usd += reranked.cost_nano_usd;
        if reranked.scores.len() != count {
            return Err(Error::internal(format!(
                "the reranker `{}` judged {} of {count} passages",
                rerank.model,
                reranked.scores.len()
            )));
        }
        for (hit, score) in hits.iter_mut().zip(reranked.scores) {
            hit.rerank_score = Some(score);
            hit.score = score.clamp(0.0, 1.0);
        }
        // Stable: equal judgements keep the order of the search. Unjudged ones stay behind.
        hits[..count].sort_by(|a, b| b.score.total_cmp(&a.score));
        let least = hits[count - 1].score;
        hits[count..]
            .iter_mut()
            .for_each(|hit| hit.score = hit.score.min(least));
        Ok(())
    }
}

type Titles = HashMap<DocumentId, (String, store::Json<super::Attributes>, store::Micros)>;

impl Candidates {
    fn hits(&self) -> impl Iterator<Item = &Hit> {
        self.found.dense.iter().chain(&self.found.text)
    }

    /// Leaves out what may not be found, and replaces the index's cosines by exact ones.
    fn settle(
        &mut self,
        findable: &HashMap<ChunkId, Option<Vec<u8>>>,
        known: &HashMap<ChunkId, Vec<f32>>,
    ) {
        let found = &mut self.found;
        found.text.retain(|hit| findable.contains_key(&hit.chunk));
        found.dense.retain(|hit| known.contains_key(&hit.chunk));
        let Some(vector) = &self.vector else {
            return;
        };
        for hit in &mut found.dense {
            if let Some(other) = known.get(&hit.chunk) {
                hit.score = refine::dot(vector, other);
            }
        }
        found
            .dense
            .sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
    }
}

/// Chunks with their scores, best first.
fn rank(
    collection: &Collection,
    request: &SearchRequest,
    answer: &SearchAnswer,
    candidates: &[Candidates],
    known: &HashMap<ChunkId, Vec<f32>>,
) -> Vec<(ChunkId, f32)> {
    let defaults = &collection.settings.search;
    let dense_weight = request
        .embedding_weight
        .unwrap_or(defaults.embedding_weight);
    let text_weight = request.text_weight.unwrap_or(defaults.text_weight);
    if let [only] = candidates
        && answer.mode != Mode::Hybrid
    {
        return alone(answer.mode, &only.found);
    }
    let mut lists: Vec<Weighted<'_>> = Vec::new();
    for one in candidates {
        let found = &one.found;
        let best = found.dense.first().map(|hit| hit.score);
        let agreement = found
            .text
            .first()
            .and_then(|hit| Some(refine::dot(one.vector.as_ref()?, known.get(&hit.chunk)?)));
        let trust = fuse::trust(best, agreement, found.spread);
        lists.push((dense_weight * trust.dense, &found.dense));
        lists.push((text_weight * trust.text, &found.text));
    }
    fuse::fuse(&lists)
}

/// One half's own scores: a cosine as it is, BM25 as `s / (s + 10)`.
fn alone(mode: Mode, found: &Found) -> Vec<(ChunkId, f32)> {
    match mode {
        Mode::Dense => found.dense.iter().map(|h| (h.chunk, h.score)).collect(),
        Mode::Text | Mode::Hybrid => found
            .text
            .iter()
            .map(|h| (h.chunk, h.score / (h.score + 10.0)))
            .collect(),
    }
}

/// The length to ask the model for, where the collection asked for one when its space was made.
pub(crate) fn asked_dimensions(collection: &Collection, space: &Space) -> Option<u32> {
    let settings = collection.settings.embedding.as_ref()?;
    let asked = settings
        .dimensions
        .filter(|_| settings.model == space.model)?;
    (i64::from(asked) == space.dimensions).then_some(asked)
}

fn check_vectors(space: &Space, texts: &[String], vectors: &[Vec<f32>]) -> Result<()> {
    let fits = |v: &Vec<f32>| v.len() as i64 == space.dimensions;
    if vectors.len() == texts.len() && vectors.iter().all(fits) {
        return Ok(());
    }
    Err(Error::internal(format!(
        "the embedding model `{}` gave {} vectors of {:?} dimensions for {} texts; {} dimensions were \
         agreed",
        space.model,
        vectors.len(),
        vectors.first().map(Vec::len),
        texts.len(),
        space.dimensions
    )))
}
