//! What a search is asked and what it answers.

use serde::{Deserialize, Serialize};
use store::Json;

use super::filter::{Attributes, Filter};
use crate::library::Chunk;
use crate::{DocumentId, Error, Result};

/// Which halves are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Both, fused; text alone where the collection has no vectors.
    #[default]
    Hybrid,
    /// Text (BM25) alone.
    Text,
    /// Vectors alone.
    Dense,
}

/// How a question is changed by a chat model before it is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RewriteKind {
    /// One better question.
    Rewrite,
    /// Several questions beside the original.
    MultiQuery,
    /// An invented answer, whose vector is searched for (HyDE).
    Hyde,
}

/// A change of the question by a chat model. Its cost is in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// Chat model, as the gateway names it.
    pub model: String,
    /// What it does.
    pub kind: RewriteKind,
}

/// Judging the best results by a model. Its cost is in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rerank {
    /// Chat model, as the gateway names it.
    pub model: String,
    /// How many results it judges; 20 unless told.
    #[serde(default = "default_candidates")]
    pub candidates: u32,
}

fn default_candidates() -> u32 {
    20
}

/// Older documents count less.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decay {
    /// A document this old counts half, in days.
    pub half_life_days: f32,
}

/// A search. Absent fields take the collection's defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"queries": ["How many days of leave are there?"], "limit": 5}))]
pub struct SearchRequest {
    /// The questions; several are searched for together. 1 to 8.
    pub queries: Vec<String>,
    /// Which halves are asked.
    pub mode: Mode,
    /// Most results; 1 to 50.
    pub limit: Option<u32>,
    /// Only documents whose attributes pass.
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Filter>,
    /// Only these documents.
    pub documents: Vec<DocumentId>,
    /// Only documents with all of these tags.
    pub tags: Vec<String>,
    /// Results below this score are left out; 0 to 1.
    pub score_threshold: Option<f32>,
    /// Weight of the vectors in the fusion.
    pub embedding_weight: Option<f32>,
    /// Weight of the text in the fusion.
    pub text_weight: Option<f32>,
    /// Diversity of the results (MMR), 0 (only relevance) to 1 (only diversity).
    pub diversity: Option<f32>,
    /// Show the larger chunk around each result.
    pub expand_parents: bool,
    /// Older documents count less.
    pub decay: Option<Decay>,
    /// Change the question first.
    pub rewrite: Option<Rewrite>,
    /// Judge the best results.
    pub rerank: Option<Rerank>,
}

impl SearchRequest {
    /// A question with defaults.
    pub fn of(query: impl Into<String>) -> Self {
        Self {
            queries: vec![query.into()],
            ..Self::default()
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.queries.is_empty() || self.queries.len() > 8 {
            return Err(Error::invalid(
                "`queries` must have between 1 and 8 questions",
            ));
        }
        if self
            .queries
            .iter()
            .any(|q| q.trim().is_empty() || q.len() > 32_768)
        {
            return Err(Error::invalid(
                "each of `queries` must have between 1 and 32768 bytes of text",
            ));
        }
        if self.limit.is_some_and(|l| !(1..=50).contains(&l)) {
            return Err(Error::invalid("`limit` must be between 1 and 50"));
        }
        let unit = |name: &str, value: Option<f32>| match value {
            Some(v) if !(0.0..=1.0).contains(&v) => {
                Err(Error::invalid(format!("`{name}` must be between 0 and 1")))
            }
            _ => Ok(()),
        };
        unit("score_threshold", self.score_threshold)?;
        unit("diversity", self.diversity)?;
        let weights = [self.embedding_weight, self.text_weight];
        if weights.iter().flatten().any(|w| !(0.0..=100.0).contains(w)) || weights == [Some(0.0); 2]
        {
            return Err(Error::invalid(
                "`embedding_weight` and `text_weight` must be between 0 and 100, and not both 0",
            ));
        }
        if self
            .decay
            .is_some_and(|d| d.half_life_days.is_nan() || d.half_life_days <= 0.0)
        {
            return Err(Error::invalid("`decay.half_life_days` must be above 0"));
        }
        if self
            .rerank
            .as_ref()
            .is_some_and(|r| !(1..=50).contains(&r.candidates))
        {
            return Err(Error::invalid(
                "`rerank.candidates` must be between 1 and 50",
            ));
        }
        if self.documents.len() > 1000 || self.tags.len() > 16 {
            return Err(Error::invalid(
                "`documents` may name 1000 documents and `tags` 16 words at most",
            ));
        }
        self.filter.as_ref().map_or(Ok(()), Filter::check)
    }
}

/// A found chunk.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SearchHit {
    /// The chunk.
    pub chunk: Chunk,
    /// The larger chunk around it, where it was asked for.
    pub parent: Option<Chunk>,
    /// Its document's name.
    pub document_name: String,
    /// Its document's attributes.
    #[schema(value_type = Object)]
    pub attributes: Json<Attributes>,
    /// What results are ordered by, 0 to 1. By itself it means something only within one answer,
    /// except after reranking.
    pub score: f32,
    /// Cosine of question and chunk, where vectors were asked.
    pub dense_score: Option<f32>,
    /// BM25 of question and chunk, where the text half found it.
    pub text_score: Option<f32>,
    /// The reranker's judgement.
    pub rerank_score: Option<f32>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, utoipa::ToSchema)]
pub struct SearchAnswer {
    /// Best first.
    pub hits: Vec<SearchHit>,
    /// What was searched for, after rewriting.
    pub queries: Vec<String>,
    /// The mode that answered: a collection without vectors answers by text.
    pub mode: Mode,
    /// What to tell the caller: no vectors, a model that did not answer.
    pub notes: Vec<String>,
    /// What the model calls cost, in nano-dollars.
    pub cost_nano_usd: i64,
}
