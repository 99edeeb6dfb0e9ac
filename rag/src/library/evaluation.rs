//! Questions with their expected documents, and how well a search answers them.

use serde::{Deserialize, Serialize};
use store::{Json, Micros, OrgId, in_tx};

use super::Library;
use crate::index::Place;
use crate::{CaseId, ChunkId, CollectionId, DocumentId, Error, Result, RunId, sql};

/// What a question should find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The document.
    pub document: DocumentId,
    /// The very chunk, where it matters. Chunks get new ids when a document is read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<ChunkId>,
}

store::row! {
    /// A question with what it should find.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct Case {
        /// Its id.
        pub id: CaseId,
        /// The tenant.
        #[serde(skip)]
        pub org_id: OrgId,
        /// Its collection.
        pub collection_id: CollectionId,
        /// The question.
        pub question: String,
        /// What it should find.
        #[schema(value_type = Vec<Expected>)]
        pub expected: Json<Vec<Expected>>,
        /// A remark.
        pub note: Option<String>,
        /// When it was made.
        pub created_at: Micros,
    }

    /// One evaluation.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct Run {
        /// Its id.
        pub id: RunId,
        /// The tenant.
        #[serde(skip)]
        pub org_id: OrgId,
        /// Its collection.
        pub collection_id: CollectionId,
        /// Name for people.
        pub name: String,
        /// The search settings that were evaluated.
        #[schema(value_type = Object)]
        pub settings: Json<serde_json::Value>,
        /// The result as a whole.
        #[schema(value_type = RunMetrics)]
        pub metrics: Json<RunMetrics>,
        /// The result of each case.
        #[schema(value_type = Vec<CaseMetrics>)]
        pub results: Json<Vec<CaseMetrics>>,
        /// When it was made.
        pub created_at: Micros,
    }
}

/// A case to be made.
#[derive(Debug, Clone, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// The question.
    pub question: String,
    /// What it should find.
    pub expected: Vec<Expected>,
    /// A remark.
    #[serde(default)]
    pub note: Option<String>,
}

/// How well one question was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseMetrics {
    /// The case.
    pub case: CaseId,
    /// Share of the expected that was found.
    pub recall: f64,
    /// One divided by the rank of the first expected.
    pub reciprocal_rank: f64,
    /// Normalized discounted cumulative gain.
    pub ndcg: f64,
}

/// The means over all cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunMetrics {
    /// Cases.
    pub cases: usize,
    /// Mean recall.
    pub recall: f64,
    /// Mean reciprocal rank.
    pub mrr: f64,
    /// Mean nDCG.
    pub ndcg: f64,
}

impl CaseMetrics {
    /// Compares what was found, best first, with what was expected. Several found chunks of one
    /// expected document count once.
    pub fn of(case: CaseId, expected: &[Expected], found: &[(DocumentId, ChunkId)]) -> Self {
        let mut left: Vec<&Expected> = expected.iter().collect();
        let (mut gain, mut first) = (0.0, None);
        for (rank, (document, chunk)) in found.iter().enumerate() {
            let is_it = |e: &&Expected| {
                e.document == *document && e.chunk.is_none_or(|wanted| wanted == *chunk)
            };
            if let Some(at) = left.iter().position(is_it) {
                left.swap_remove(at);
                gain += discount(rank);
                first = first.or(Some(rank));
            }
        }
        let ideal: f64 = (0..expected.len().min(found.len().max(1)))
            .map(discount)
            .sum();
        let count = expected.len().max(1) as f64;
        Self {
            case,
            recall: (expected.len() - left.len()) as f64 / count,
            reciprocal_rank: first.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0)),
            ndcg: if ideal > 0.0 { gain / ideal } else { 0.0 },
        }
    }
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

impl RunMetrics {
    /// The means.
    pub fn of(results: &[CaseMetrics]) -> Self {
        let count = results.len().max(1) as f64;
        let mean = |value: fn(&CaseMetrics) -> f64| results.iter().map(value).sum::<f64>() / count;
        Self {
            cases: results.len(),
            recall: mean(|r| r.recall),
            mrr: mean(|r| r.reciprocal_rank),
            ndcg: mean(|r| r.ndcg),
        }
    }
}

impl Library {
    /// Keeps a question with what it should find.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`.
    pub async fn create_case(&self, place: Place, new: NewCase) -> Result<Case> {
        if new.question.trim().is_empty() || new.expected.is_empty() {
            return Err(Error::invalid(
                "a case needs a `question` and at least one `expected` document",
            ));
        }
        self.get_collection(place).await?;
        for expected in &new.expected {
            self.get_document(place, expected.document).await?;
        }
        let case = Case {
            id: CaseId::new(),
            org_id: place.org,
            collection_id: place.collection,
            question: new.question,
            expected: Json(new.expected),
            note: new.note,
            created_at: self.now(),
        };
        in_tx!(self.db, tx: Error => Ok(sql::evaluation::insert_case(tx, &case).await?))?;
        Ok(case)
    }

    /// The cases of a collection, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_cases(&self, place: Place) -> Result<Vec<Case>> {
        Ok(sql::evaluation::list_cases(&self.db, place).await?)
    }

    /// Removes a case.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_case(&self, place: Place, id: CaseId) -> Result<()> {
        let gone = in_tx!(self.db, tx: Error => {
            Ok(sql::evaluation::delete_case(tx, place, id).await?)
        })?;
        match gone {
            0 => Err(Error::not_found(format!("case {id}"))),
            _ => Ok(()),
        }
    }

    /// Keeps the results of an evaluation.
    ///
    /// # Errors
    /// `NotFound` for the collection.
    pub async fn create_run(
        &self,
        place: Place,
        name: &str,
        settings: serde_json::Value,
        results: Vec<CaseMetrics>,
    ) -> Result<Run> {
        self.get_collection(place).await?;
        let run = Run {
            id: RunId::new(),
            org_id: place.org,
            collection_id: place.collection,
            name: name.to_owned(),
            settings: Json(settings),
            metrics: Json(RunMetrics::of(&results)),
            results: Json(results),
            created_at: self.now(),
        };
        in_tx!(self.db, tx: Error => Ok(sql::evaluation::insert_run(tx, &run).await?))?;
        Ok(run)
    }

    /// An evaluation.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_run(&self, place: Place, id: RunId) -> Result<Run> {
        let found = sql::evaluation::get_run(&self.db, place, id).await?;
        found.ok_or_else(|| Error::not_found(format!("evaluation {id}")))
    }

    /// Evaluations of a collection, newest first, from below `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_runs(
        &self,
        place: Place,
        before: Option<RunId>,
        limit: usize,
    ) -> Result<Vec<Run>> {
        let before = before.unwrap_or(RunId::from_uuid(uuid::Uuid::max()));
        Ok(sql::evaluation::list_runs(&self.db, place, before, limit as i64).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_those_of_the_textbook() {
        let (a, b, c) = (DocumentId::new(), DocumentId::new(), DocumentId::new());
        let expect = |document| Expected {
            document,
            chunk: None,
        };
        let chunk = ChunkId::new();
        let found = [(c, chunk), (a, chunk), (a, chunk), (b, chunk)];
        let metrics = CaseMetrics::of(CaseId::new(), &[expect(a), expect(b)], &found);
        let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-9, "{x} {y}");
        close(metrics.recall, 1.0);
        close(metrics.reciprocal_rank, 0.5);
        let gain = 1.0 / 3f64.log2() + 1.0 / 5f64.log2();
        close(metrics.ndcg, gain / (1.0 + 1.0 / 3f64.log2()));
        let nothing = CaseMetrics::of(CaseId::new(), &[expect(a)], &[]);
        close(nothing.recall + nothing.ndcg + nothing.reciprocal_rank, 0.0);
        let both = RunMetrics::of(&[metrics, nothing]);
        close(both.recall, 0.5);
        close(both.mrr, 0.25);
    }
}
