//! Questions with their expected documents, and how well a search answers them.

mod metrics;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use store::{Json, Micros, OrgId, in_tx};

pub use self::metrics::{CaseMetrics, RunMetrics};
use super::{Job, JobState, Library};
use crate::ask::AskOptions;
use crate::index::Place;
use crate::search::SearchRequest;
use crate::{
    CaseId, ChunkId, CollectionId, DocumentId, Error, ErrorKind, JobId, Result, RunId, sql,
};

/// Most questions of a collection.
const MOST_CASES: i64 = 1_000;
/// Most that one question expects.
const MOST_EXPECTED: usize = 50;
const MOST_QUESTION_BYTES: usize = 8_192;
const MOST_NOTE_BYTES: usize = 8_192;
const MOST_NAME_BYTES: usize = 200;

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

impl Expected {
    /// Whether this chunk of this document is what was expected.
    pub fn is(&self, document: DocumentId, chunk: ChunkId) -> bool {
        self.document == document && self.chunk.is_none_or(|wanted| wanted == chunk)
    }
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

    /// One evaluation: all questions of a collection under the same settings.
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
        /// What is evaluated.
        #[schema(value_type = EvaluationSettings)]
        pub settings: Json<EvaluationSettings>,
        /// The result as a whole, so far.
        #[schema(value_type = RunMetrics)]
        pub metrics: Json<RunMetrics>,
        /// Questions when it was begun.
        pub case_count: i64,
        /// The job that carries it out.
        pub job_id: Option<JobId>,
        /// Where it is.
        pub state: JobState,
        /// Why it failed.
        pub error: Option<String>,
        /// When it was made.
        pub created_at: Micros,
    }
}

/// What is evaluated: a search, and answers from what it finds where they are asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationSettings {
    /// The search, without `queries`. Its `limit` is the k of all measures; the collection's when
    /// absent.
    pub search: SearchRequest,
    /// How questions are answered; no answers are asked for when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AskOptions>,
}

impl EvaluationSettings {
    /// The search for one question.
    pub(crate) fn search_for(&self, question: &str) -> SearchRequest {
        SearchRequest {
            queries: vec![question.to_owned()],
            ..self.search.clone()
        }
    }

    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self) -> Result<()> {
        if !self.search.queries.is_empty() {
            return Err(Error::invalid(
                "`settings.search.queries` must be absent: the questions are those of the collection",
            ));
        }
        self.search_for("?").check()?;
        self.answer.as_ref().map_or(Ok(()), AskOptions::check)
    }
}

/// A question to be kept, or what it becomes.
#[derive(Debug, Clone, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "question": "How many days of leave are there?",
    "expected": [{"document": "019a0000-0000-7000-8000-000000000001"}],
}))]
pub struct NewCase {
    /// The question, 8,192 bytes at most.
    pub question: String,
    /// What it should find: 1 to 50 documents, or chunks of them.
    pub expected: Vec<Expected>,
    /// A remark.
    #[serde(default)]
    pub note: Option<String>,
}

/// What one question found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseResult {
    /// The case.
    pub case: CaseId,
    /// The question as it was asked.
    pub question: String,
    /// How well; `null` when it could not be asked.
    pub metrics: Option<CaseMetrics>,
    /// What was found, best first.
    pub hits: Vec<FoundHit>,
    /// How long the search took, in microseconds.
    pub search_us: i64,
    /// What its model calls cost, in nano-dollars.
    pub cost_nano_usd: i64,
    /// The answer, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<CaseAnswer>,
    /// Why it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A result of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FoundHit {
    /// The document.
    pub document: DocumentId,
    /// Its name.
    pub document_name: String,
    /// The chunk.
    pub chunk: ChunkId,
    /// What results are ordered by.
    pub score: f32,
    /// Whether it is what was expected.
    pub expected: bool,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseAnswer {
    /// The model that answered; `null` when nothing was found and none was asked.
    pub model: Option<String>,
    /// The text.
    pub text: String,
    /// Whether the documents had an answer.
    pub found: bool,
    /// Citations in it.
    pub citations: u32,
    /// Those of them that point to what was expected.
    pub expected_citations: u32,
}

impl NewCase {
    fn check(&mut self) -> Result<()> {
        let question = self.question.trim();
        if question.is_empty() || question.len() > MOST_QUESTION_BYTES {
            return Err(Error::invalid(format!(
                "`question` must have between 1 and {MOST_QUESTION_BYTES} bytes of text"
            )));
        }
        self.question = question.to_owned();
        let mut seen = HashSet::new();
        self.expected.retain(|expected| seen.insert(*expected));
        if self.expected.is_empty() || self.expected.len() > MOST_EXPECTED {
            return Err(Error::invalid(format!(
                "`expected` must have between 1 and {MOST_EXPECTED} documents"
            )));
        }
        self.note = self.note.take().filter(|note| !note.trim().is_empty());
        if self
            .note
            .as_ref()
            .is_some_and(|n| n.len() > MOST_NOTE_BYTES)
        {
            return Err(Error::invalid(format!(
                "`note` may have {MOST_NOTE_BYTES} bytes at most"
            )));
        }
        Ok(())
    }
}

impl Library {
    /// Keeps a question with what it should find.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`; `Conflict` when the collection has as many as it may.
    pub async fn create_case(&self, place: Place, mut new: NewCase) -> Result<Case> {
        new.check()?;
        self.get_collection(place).await?;
        self.check_expected(place, &new.expected).await?;
        let case = Case {
            id: CaseId::new(),
            org_id: place.org,
            collection_id: place.collection,
            question: new.question,
            expected: Json(new.expected),
            note: new.note,
            created_at: self.now(),
        };
        in_tx!(self.db, tx: Error => {
            if sql::evaluation::count_cases(tx, place).await? >= MOST_CASES {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("a collection has {MOST_CASES} questions at most; delete some first"),
                ));
            }
            Ok(sql::evaluation::insert_case(tx, &case).await?)
        })?;
        Ok(case)
    }

    /// Says of a question anew what it is and what it should find.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`.
    pub async fn update_case(&self, place: Place, id: CaseId, mut new: NewCase) -> Result<Case> {
        new.check()?;
        let mut case = self.get_case(place, id).await?;
        self.check_expected(place, &new.expected).await?;
        case.question = new.question;
        case.expected = Json(new.expected);
        case.note = new.note;
        let changed =
            in_tx!(self.db, tx: Error => Ok(sql::evaluation::update_case(tx, &case).await?))?;
        match changed {
            0 => Err(no_case(id)),
            _ => Ok(case),
        }
    }

    async fn check_expected(&self, place: Place, expected: &[Expected]) -> Result<()> {
        match self.missing(place, expected).await? {
            Some(missing) => Err(Error::new(ErrorKind::NotFound, missing)),
            None => Ok(()),
        }
    }

    /// What of the expected is not there (any more), in words.
    pub(crate) async fn missing(
        &self,
        place: Place,
        expected: &[Expected],
    ) -> Result<Option<String>> {
        for expected in expected {
            match self.get_document(place, expected.document).await {
                Err(error) if error.kind == ErrorKind::NotFound => {
                    return Ok(Some(error.message));
                }
                document => document?,
            };
            let Some(chunk) = expected.chunk else {
                continue;
            };
            let chunks = self.get_chunks(place, &[chunk]).await?;
            if !chunks.iter().any(|c| c.document_id == expected.document) {
                return Ok(Some(format!(
                    "chunk {chunk} of document {} does not exist",
                    expected.document
                )));
            }
        }
        Ok(None)
    }

    /// The cases of a collection, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_cases(&self, place: Place) -> Result<Vec<Case>> {
        Ok(sql::evaluation::list_cases(&self.db, place).await?)
    }

    /// A case.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_case(&self, place: Place, id: CaseId) -> Result<Case> {
        let found = sql::evaluation::get_case(&self.db, place, id).await?;
        found.ok_or_else(|| no_case(id))
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
            0 => Err(no_case(id)),
            _ => Ok(()),
        }
    }

    /// Keeps a run with the job that carries it out.
    ///
    /// # Errors
    /// `Conflict` while the collection has no questions.
    pub(crate) async fn create_run(
        &self,
        place: Place,
        name: &str,
        settings: EvaluationSettings,
        job: impl FnOnce(RunId) -> Result<super::NewJob>,
    ) -> Result<(Run, Job)> {
        settings.check()?;
        let name = name.trim();
        if name.is_empty() || name.len() > MOST_NAME_BYTES {
            return Err(Error::invalid(format!(
                "`name` must have between 1 and {MOST_NAME_BYTES} bytes"
            )));
        }
        let id = RunId::new();
        let job = self.queued(place, job(id)?);
        let mut run = Run {
            id,
            org_id: place.org,
            collection_id: place.collection,
            name: name.to_owned(),
            settings: Json(settings),
            metrics: Json(RunMetrics::default()),
            case_count: 0,
            job_id: Some(job.id),
            state: JobState::Queued,
            error: None,
            created_at: self.now(),
        };
        in_tx!(self.db, tx: Error => {
            run.case_count = sql::evaluation::count_cases(tx, place).await?;
            if run.case_count == 0 {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    "this collection has no questions to evaluate; save one from a search first",
                ));
            }
            sql::jobs::insert(tx, &job).await?;
            Ok(sql::evaluation::insert_run(tx, &run).await?)
        })?;
        Ok((run, job))
    }

    /// Keeps what a run has found so far. Refused once its job is somebody else's.
    ///
    /// # Errors
    /// `Conflict`, `NotFound` for a run that was deleted.
    pub(crate) async fn put_results(
        &self,
        place: Place,
        id: RunId,
        results: &[CaseResult],
    ) -> Result<()> {
        let metrics = Json(RunMetrics::of(results));
        let results =
            serde_json::to_string(results).map_err(|error| Error::internal(error.to_string()))?;
        let changed = in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            Ok(sql::evaluation::put_results(tx, place, id, &metrics, &results).await?)
        })?;
        match changed {
            0 => Err(no_run(id)),
            _ => Ok(()),
        }
    }

    /// An evaluation.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_run(&self, place: Place, id: RunId) -> Result<Run> {
        let found = sql::evaluation::get_run(&self.db, place, id).await?;
        found.ok_or_else(|| no_run(id))
    }

    /// What each question of an evaluation found.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_results(&self, place: Place, id: RunId) -> Result<Vec<CaseResult>> {
        let found = sql::evaluation::get_results(&self.db, place, id).await?;
        let results = found.ok_or_else(|| no_run(id))?;
        // Rows of before runs were jobs have another shape, and only their means.
        Ok(serde_json::from_str(&results).unwrap_or_default())
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

    /// Removes an evaluation; one under way ends.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_run(&self, place: Place, id: RunId) -> Result<()> {
        let run = self.get_run(place, id).await?;
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            if let Some(job) = run.job_id {
                sql::jobs::cancel(tx, place, job, now).await?;
            }
            match sql::evaluation::delete_run(tx, place, id).await? {
                0 => Err(no_run(id)),
                _ => Ok(()),
            }
        })
    }
}

fn no_case(id: CaseId) -> Error {
    Error::not_found(format!("case {id}"))
}

fn no_run(id: RunId) -> Error {
    Error::not_found(format!("evaluation {id}"))
}
