use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway::Error;
use gateway::http::v1;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{STORES, Store, answer, refused};
use crate::DocumentId;
use crate::ask::file_id_of;
use crate::rag::Rag;
use crate::search::{Filter, Rewrite, RewriteKind, SearchHit, SearchRequest};

/// Results where the request does not say.
const USUAL: u32 = 10;

/// One question or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Query {
    One(String),
    Several(Vec<String>),
}

/// OpenAI's `VectorStoreSearchRequest`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    query: Query,
    #[serde(default)]
    rewrite_query: Option<bool>,
    #[serde(default)]
    max_num_results: Option<u32>,
    #[serde(default)]
    filters: Option<Filter>,
    #[serde(default)]
    ranking_options: Option<Ranking>,
}

/// `ranking_options`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ranking {
    ranker: Option<Ranker>,
    score_threshold: Option<f32>,
}

/// Names of OpenAI's rankers. Ours is one, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Ranker {
    #[serde(rename = "none")]
    None,
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "default-2024-11-15", alias = "default_2024_08_21")]
    Default,
}

impl Wanted {
    fn request(self, model: Option<String>) -> Result<SearchRequest, Error> {
        let (queries, limit) = match self.query {
            Query::One(query) => (vec![query], self.max_num_results.unwrap_or(USUAL)),
            Query::Several(queries) => (queries, self.max_num_results.unwrap_or(USUAL)),
        };
        if !(1..=50).contains(&limit) {
            return Err(Error::invalid(
                "max_num_results",
                "`max_num_results` must be between 1 and 50.",
            ));
        }
        let rewrite = self.rewrite_query.unwrap_or(false);
        let rewrite = model.filter(|_| rewrite).map(|model| Rewrite {
            model,
            kind: RewriteKind::Rewrite,
        });
        let ranking = self.ranking_options.unwrap_or_default();
        let threshold = ranking.score_threshold.unwrap_or(0.0);
        Ok(SearchRequest {
            queries,
            limit: Some(limit),
            filter: self.filters,
            score_threshold: Some(threshold),
            rewrite,
            ..SearchRequest::default()
        })
    }
}

/// Search a vector store
///
/// By meaning and by words, as the collection's settings say. `rewrite_query` takes the chat model that
/// answers from the collection; without one the question stays as it is.
#[utoipa::path(
    post, path = "/v1/vector_stores/{vector_store_id}/search",
    operation_id = "search_vector_store", tag = "Vector stores",
    params(("vector_store_id" = String, Path, description = "`vs_…`")),
    request_body(content = Value, description = "OpenAI's `VectorStoreSearchRequest`",
        example = json!({"query": "How many days of leave are there?"})),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreSearchResultsPage`", body = Value),
        (status = 404, description = "Deleted, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn search_vector_store(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open(&rag, &who, &id).await?;
        let wanted: Wanted = v1::read(rag.gateway(), request.into_body()).await?;
        let own = store.collection.settings.answer.model.clone();
        let model = own.or_else(|| rag.config().answer_model.clone());
        // The built-in models quote and echo; they do not rewrite.
        let request = wanted.request(model.filter(|model| !model.starts_with("builtin/")))?;
        let store = store.used(&rag).await?;
        let place = store.collection.place();
        let found = rag.search().run(&rag.models(&who), place, request).await;
        let found = found.map_err(refused)?;
        let mut names: HashMap<DocumentId, String> = HashMap::new();
        for hit in &found.hits {
            let id = hit.chunk.document_id;
            if let Entry::Vacant(entry) = names.entry(id) {
                let document = rag.library().get_document(place, id).await;
                entry.insert(file_id_of(&document.map_err(refused)?));
            }
        }
        let data: Vec<Value> = found.hits.iter().map(|hit| show(hit, &names)).collect();
        v1::json(&json!({
            "object": "vector_store.search_results.page",
            "search_query": found.queries,
            "data": data,
            "has_more": false,
            "next_page": null,
        }))
    })
    .await
}

fn show(hit: &SearchHit, names: &HashMap<DocumentId, String>) -> Value {
    json!({
        "file_id": names.get(&hit.chunk.document_id),
        "filename": hit.document_name,
        "score": hit.score,
        "attributes": hit.attributes,
        "content": [{"type": "text", "text": hit.chunk.text}],
    })
}
