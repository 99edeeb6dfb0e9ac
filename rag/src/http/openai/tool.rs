//! The tool `file_search` of `/v1/responses`: the named vector stores are searched, the model answers
//! from what was found, and its citations are checked as the hub's own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Weak};

use accounts::Principal;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use gateway::call::CallContext;
use gateway::hosted::{FileSearch, FileSearchRequest};
use gateway::local::{ChunkStream, Delta};
use gateway::{Code, Error};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::search::Ranker;
use super::{Store, ids, refused};
use crate::DocumentId;
use crate::ask::{AskEvent, AskOptions, AskOrder, Source, chunk_of, chunks_of, conversation};
use crate::index::Place;
use crate::rag::{Inner, Rag};
use crate::search::{Attributes, Filter};

/// Results where the request does not say.
const USUAL: u32 = 20;
/// Most tokens of everything that is found.
const CONTEXT_TOKENS: u32 = 16_000;
/// Stores that one request may name.
const MOST_STORES: usize = 10;

/// OpenAI's `FileSearchTool`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    #[serde(rename = "type")]
    _kind: String,
    #[serde(default)]
    vector_store_ids: Vec<String>,
    #[serde(default)]
    max_num_results: Option<u32>,
    #[serde(default)]
    ranking_options: Option<Ranking>,
    #[serde(default)]
    filters: Option<Filter>,
}

/// `ranking_options`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ranking {
    #[serde(rename = "ranker")]
    _ranker: Option<Ranker>,
    score_threshold: Option<f32>,
    hybrid_search: Option<Weights>,
}

/// `hybrid_search`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    embedding_weight: f32,
    text_weight: f32,
}

/// The tool as the gateway holds it. The hub holds the gateway, so it is not held back.
pub(crate) struct FileSearchTool {
    hub: Weak<Inner>,
}

impl FileSearchTool {
    /// The tool of this hub.
    pub(crate) fn of(rag: &Rag) -> Self {
        Self {
            hub: Arc::downgrade(&rag.inner),
        }
    }

    async fn run(
        &self,
        who: &Arc<Principal>,
        context: &CallContext,
        request: FileSearchRequest,
    ) -> Result<ChunkStream, Error> {
        let inner = self.hub.upgrade();
        let inner = inner.ok_or_else(|| Error::new(Code::Internal, "The server is ending."))?;
        let rag = Rag { inner };
        let tool: Tool = serde_json::from_value(request.tool).map_err(|error| {
            Error::invalid(
                "tools",
                format!("The tool `file_search` is wrong: {error}."),
            )
        })?;
        let places = places(&rag, who, &tool.vector_store_ids).await?;
        let (messages, parameters) = conversation(&request.chat)?;
        let model = request.chat.model.clone();
        let ranking = tool.ranking_options.unwrap_or_default();
        let order = AskOrder {
            places,
            messages,
            parameters,
            options: AskOptions {
                model: Some(model.clone()),
                limit: Some(limit(tool.max_num_results)?),
                context_tokens: Some(CONTEXT_TOKENS),
                relevance: ranking.score_threshold,
                filter: tool.filters,
                ..AskOptions::default()
            },
            open: true,
            endpoint: Some(request.endpoint),
            weights: ranking
                .hybrid_search
                .map(|weights| (weights.embedding_weight, weights.text_weight)),
        };
        let mut answer = rag
            .ask()
            .run(who, Some(context), order)
            .await
            .map_err(refused)?;
        let (queries, sources) = match answer.next().await {
            Some(Ok(AskEvent::Sources {
                queries, sources, ..
            })) => (queries, sources),
            Some(Err(error)) => return Err(refused(error)),
            _ => return Err(Error::new(Code::Internal, "The search said nothing.")),
        };
        let results = match request.shows_results {
            true => results(&rag, who, &sources).await?,
            false => Value::Null,
        };
        let mut extra = Map::new();
        let called = json!({"queries": queries, "results": results});
        extra.insert("file_search_call".to_owned(), called);
        let called = Delta {
            extra,
            ..Delta::default()
        };
        let called = chunk_of(context, &model, called);
        let rest = chunks_of(answer, context, &model);
        Ok(Box::pin(stream::iter([Ok(called)]).chain(rest)))
    }
}

impl FileSearch for FileSearchTool {
    fn is_ours(&self, tool: &Value) -> bool {
        // Ids of vendors look alike but are no UUIDs of the seventh version.
        let is_ours = |id: &Value| {
            let id = id.as_str().and_then(ids::store);
            id.is_some_and(|id| id.uuid().get_version_num() == 7)
        };
        match tool["vector_store_ids"].as_array() {
            Some(ids) => ids.is_empty() || ids.iter().any(is_ours),
            None => true,
        }
    }

    fn answer<'a>(
        &'a self,
        who: &'a Arc<Principal>,
        context: &'a CallContext,
        request: FileSearchRequest,
    ) -> BoxFuture<'a, Result<ChunkStream, Error>> {
        Box::pin(self.run(who, context, request))
    }
}

fn limit(wanted: Option<u32>) -> Result<u32, Error> {
    let limit = wanted.unwrap_or(USUAL);
    match (1..=50).contains(&limit) {
        true => Ok(limit),
        false => Err(Error::invalid(
            "tools",
            "`max_num_results` must be between 1 and 50.",
        )),
    }
}

/// The stores that the caller may read, all of them in use.
async fn places(rag: &Rag, who: &Principal, named: &[String]) -> Result<Vec<Place>, Error> {
    if !(1..=MOST_STORES).contains(&named.len()) {
        return Err(Error::invalid(
            "tools",
            format!("`vector_store_ids` must name between 1 and {MOST_STORES} vector stores."),
        ));
    }
    let mut places = Vec::with_capacity(named.len());
    for id in named {
        let store = Store::open(rag, who, id).await?.used(rag).await?;
        let place = store.collection.place();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

/// What was found, as OpenAI shows it.
async fn results(rag: &Rag, who: &Principal, sources: &[Source]) -> Result<Value, Error> {
    let mut known: HashMap<DocumentId, Attributes> = HashMap::new();
    let mut shown = Vec::with_capacity(sources.len());
    for source in sources {
        let id = source.document_id;
        if let Entry::Vacant(entry) = known.entry(id) {
            let place = Place {
                org: who.org_id(),
                collection: source.collection_id,
            };
            let document = rag.library().get_document(place, id).await;
            entry.insert(document.map_err(refused)?.attributes.0);
        }
        shown.push(json!({
            "file_id": source.file_id,
            "filename": source.document_name,
            "score": source.score,
            "text": source.text,
            "attributes": known.get(&id),
        }));
    }
    Ok(Value::Array(shown))
}
