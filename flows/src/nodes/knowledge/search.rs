//! Passages that have to do with a question.

use rag::library::Collection;
use rag::search::{Mode, Rerank, Rewrite, RewriteKind, SearchHit, SearchRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::hub::{Slug, collections, failed, filter, given, hub, metadata, reads};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::ai::model::call_context;
use crate::nodes::shared::take;
use crate::value::{Document, PortValues, text_of};

pub(in crate::nodes) struct Search;

/// How the collections are searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum How {
    /// By words and by meaning; by words alone where a collection has no vectors.
    #[default]
    Hybrid,
    /// By words.
    Text,
    /// By meaning.
    Dense,
}

impl From<How> for Mode {
    fn from(how: How) -> Self {
        match how {
            How::Hybrid => Self::Hybrid,
            How::Text => Self::Text,
            How::Dense => Self::Dense,
        }
    }
}

/// How a model changes the question first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// Not at all.
    #[default]
    None,
    /// It writes one better question.
    Rewrite,
    /// It writes several questions beside the original.
    MultiQuery,
    /// It invents an answer, and texts like that are searched for.
    Hyde,
}

impl Change {
    fn kind(self) -> Option<RewriteKind> {
        match self {
            Self::None => None,
            Self::Rewrite => Some(RewriteKind::Rewrite),
            Self::MultiQuery => Some(RewriteKind::MultiQuery),
            Self::Hyde => Some(RewriteKind::Hyde),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// Which collections are searched.
    #[schemars(length(min = 1, max = 20))]
    collections: Vec<Slug>,
    /// The question, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    query: Value,
    /// Passages at most.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 50))]
    top_k: u32,
    /// Passages with a lower score are left out, 0 to 1. Empty: the collection's own threshold.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    score_threshold: Option<f32>,
    /// How the collections are searched.
    #[serde(default)]
    mode: How,
    /// Only documents whose attributes pass: `{"type": "eq", "key": "region", "value": "eu"}`, with
    /// `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `nin`, and `and` or `or` over `filters`.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    filter: Value,
    /// Only documents with all of these tags.
    #[serde(default)]
    #[schemars(length(max = 16))]
    tags: Vec<String>,
    /// Give the larger text around each passage, where the collection keeps it.
    #[serde(default = "yes")]
    expand: bool,
    /// Weight of the meaning beside the words; empty: the collection's own.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100.0), extend("x-advanced" = true))]
    embedding_weight: Option<f32>,
    /// Weight of the words beside the meaning; empty: the collection's own.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100.0), extend("x-advanced" = true))]
    text_weight: Option<f32>,
    /// How much passages shall differ from each other: 0 not at all, 1 as much as can be.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0), extend("x-advanced" = true))]
    diversity: Option<f32>,
    /// A chat model that judges the best passages again; empty: none does.
    #[serde(default)]
    #[schemars(extend("x-widget" = "model", "x-operation" = "chat", "x-advanced" = true))]
    rerank_model: String,
    /// How a model changes the question first.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    rewrite: Change,
    /// The chat model that changes the question.
    #[serde(default)]
    #[schemars(extend("x-widget" = "model", "x-operation" = "chat", "x-advanced" = true,
        "x-show-if" = {"field": "rewrite", "is": ["rewrite", "multi_query", "hyde"]}))]
    rewrite_model: String,
}

fn five() -> u32 {
    5
}

fn yes() -> bool {
    true
}

/// Passages that a reranker judges.
const CANDIDATES: u32 = 20;

impl Node for Search {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "book-2",
        keywords: &[
            "rag",
            "retrieval",
            "documents",
            "collection",
            "vector",
            "knowledge base",
            "rerank",
            "bm25",
            "similarity",
        ],
        docs: "`documents` holds the passages, best first, with collection, document, page, headings, \
               score and the document's attributes as metadata. `context` is the same as one text with \
               numbered passages, ready for a prompt. *Found* is live when there is at least one \
               passage, *Not found* when there is none.\n\nSeveral collections give their passages in \
               turn, best first, or by the judgement of the reranking model where there is one. Model \
               calls (vectors, reranking, rewriting) are paid from the run's budget.",
        timeout_ms: 120_000,
        ..About::step(
            "knowledge.search",
            Category::Knowledge,
            "Knowledge search",
            "Finds the passages of collections that have to do with a question.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("query", DataType::String, "Question").required()],
            [
                Port::control("found", "Found"),
                Port::control("not_found", "Not found"),
                Port::new("documents", DataType::array(DataType::Document), "Passages"),
                Port::new("context", DataType::String, "Context"),
                Port::new("count", DataType::Number, "Count"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let query = text_of(&take(&mut input, "query"));
        if query.trim().is_empty() {
            return Err(NodeError::input("there is no question to search for").at("query"));
        }
        let hub = hub(context)?;
        let found = collections(context, &settings.collections).await?;
        let (top_k, reranks) = (settings.top_k, !settings.rerank_model.trim().is_empty());
        let request = settings.request(query)?;
        let calls = call_context(context);
        let models = hub.models(&context.principal).like(Some(&calls));
        let mut lists = Vec::with_capacity(found.len());
        for collection in &found {
            let searched = hub
                .search()
                .run(&models, collection.place(), request.clone());
            let answer = searched.await.map_err(|error| failed(&error))?;
            for note in &answer.notes {
                context.warn(&format!("{}: {note}", collection.slug));
            }
            let hits = answer.hits.into_iter().map(|hit| (collection, hit));
            lists.push(hits.collect::<Vec<_>>());
        }
        let mut hits = in_turn(lists);
        if reranks {
            hits.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        }
        hits.truncate(top_k as usize);
        let documents: Vec<Document> = hits.into_iter().map(document).collect();
        let way = if documents.is_empty() {
            "not_found"
        } else {
            "found"
        };
        Ok(Output::one("context", numbered(&documents))
            .and("count", documents.len())
            .and("documents", json!(documents))
            .only(["out", way, "documents", "context", "count"])
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        reads(settings, &["rerank_model", "rewrite_model"])
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let text = |name: &str| settings.get(name).and_then(Value::as_str).unwrap_or("");
        let mut problems = Vec::new();
        if !matches!(text("rewrite"), "" | "none") && text("rewrite_model").trim().is_empty() {
            let why = "name the model that changes the question";
            problems.push(("rewrite_model".to_owned(), why.to_owned()));
        }
        problems
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

impl Settings {
    fn request(self, query: String) -> Result<SearchRequest, NodeError> {
        let rewrite = self.rewrite.kind().map(|kind| Rewrite {
            model: self.rewrite_model.trim().to_owned(),
            kind,
        });
        let rerank = given(self.rerank_model).map(|model| Rerank {
            model,
            candidates: CANDIDATES.max(self.top_k),
        });
        Ok(SearchRequest {
            mode: self.mode.into(),
            limit: Some(self.top_k),
            filter: filter(self.filter)?,
            tags: self.tags,
            score_threshold: self.score_threshold,
            embedding_weight: self.embedding_weight,
            text_weight: self.text_weight,
            diversity: self.diversity,
            expand_parents: self.expand,
            rewrite,
            rerank,
            ..SearchRequest::of(query)
        })
    }
}

/// The first of each list, then the second of each: scores of different collections do not compare.
fn in_turn<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(lists.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

fn document((collection, hit): (&Collection, SearchHit)) -> Document {
    let mut more = metadata(&hit.attributes.0);
    let chunk = hit.parent.as_ref().unwrap_or(&hit.chunk);
    for (name, value) in [
        ("collection", json!(collection.slug)),
        ("document_id", json!(hit.chunk.document_id)),
        ("chunk_id", json!(hit.chunk.id)),
        ("page", json!(chunk.page_start)),
        ("headings", json!(chunk.headings.0)),
        ("score", json!(rounded(hit.score))),
    ] {
        more.insert(name.to_owned(), value);
    }
    Document {
        text: chunk.text.clone(),
        source: format!("{}/{}", collection.slug, hit.document_name),
        title: hit.document_name,
        metadata: more,
    }
}

/// Four digits of a score say all that it means.
pub(super) fn rounded(score: f32) -> f64 {
    (f64::from(score) * 10_000.0).round() / 10_000.0
}

/// Passages as one text for a prompt.
fn numbered(documents: &[Document]) -> String {
    let passage = |(number, document): (usize, &Document)| {
        let page = document.metadata.get("page").and_then(Value::as_i64);
        let page = page.map_or_else(String::new, |page| format!(", page {page}"));
        format!(
            "[{}] {}{page}\n{}",
            number + 1,
            document.title,
            document.text
        )
    };
    let passages: Vec<String> = documents.iter().enumerate().map(passage).collect();
    passages.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_give_in_turn_until_all_are_empty() {
        assert_eq!(
            in_turn(vec![vec![1, 4, 6], vec![2], vec![3, 5]]),
            [1, 2, 3, 4, 5, 6]
        );
        assert!(in_turn::<u8>(Vec::new()).is_empty());
    }
}
