//! Asking all questions of an evaluation.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::Principal;
use futures_util::StreamExt;
use futures_util::stream;

use super::order::Order;
use super::task::Task;
use crate::ask::{Answer, AskOptions, AskRequest, Citation};
use crate::index::Place;
use crate::library::{
    Case, CaseAnswer, CaseMetrics, CaseResult, EvaluationSettings, Expected, FoundHit, JobKind,
    NewJob, Run,
};
use crate::rag::Rag;
use crate::search::{SearchAnswer, SearchHit};
use crate::{Error, Result};

/// Questions that are asked at a time.
const AT_A_TIME: usize = 4;
/// How often what was found is kept.
const KEEP_EVERY: Duration = Duration::from_secs(2);
/// Most of an answer that is kept.
const MOST_ANSWER_CHARS: usize = 4_000;

impl Rag {
    /// Queues a run of all questions of a collection under these settings.
    ///
    /// # Errors
    /// `Invalid` naming the field, `NotFound`, `Conflict` while there are no questions.
    pub async fn evaluate(
        &self,
        who: &Principal,
        place: Place,
        name: &str,
        settings: EvaluationSettings,
    ) -> Result<Run> {
        self.library().get_collection(place).await?;
        let job = |run| {
            let order = Order {
                run: Some(run),
                ..Order::of(who)
            };
            Ok(NewJob {
                kind: JobKind::Evaluate,
                document: None,
                payload: order.value()?,
            })
        };
        let (run, _) = self
            .library()
            .create_run(place, name, settings, job)
            .await?;
        self.inner.queued.notify_one();
        Ok(run)
    }
}

impl Task<'_> {
    /// Asks the questions that have no result yet: a run that a crash ended goes on, and pays for no
    /// question twice.
    pub(super) async fn evaluate(&self) -> Result<()> {
        self.stage("evaluate");
        let (place, id) = (self.place(), self.order.run);
        let id = id.ok_or_else(|| Error::internal("an evaluation's job names no run"))?;
        let run = self.library.get_run(place, id).await?;
        let mut results = self.library.get_results(place, id).await?;
        let done: HashSet<_> = results.iter().map(|result| result.case).collect();
        let cases = self.library.list_cases(place).await?;
        // What was added since the run was begun is the next run's.
        let cases: Vec<Case> = cases
            .into_iter()
            .filter(|case| case.created_at <= run.created_at && !done.contains(&case.id))
            .collect();
        let limit = self
            .library
            .get_collection(place)
            .await?
            .settings
            .search
            .limit;
        let asking = Asking {
            task: self,
            who: self.principal()?,
            settings: &run.settings,
            k: run.settings.search.limit.unwrap_or(limit) as usize,
        };
        let total = (results.len() + cases.len()) as u64;
        let mut asked = stream::iter(cases)
            .map(|case| asking.ask(case))
            .buffer_unordered(AT_A_TIME);
        let mut kept = Instant::now();
        while let Some(result) = asked.next().await {
            let result = result?;
            self.note(|progress| {
                progress.pages_done += 1;
                progress.pages_total = Some(total);
                progress.cost_nano_usd += result.cost_nano_usd;
            });
            results.push(result);
            if kept.elapsed() >= KEEP_EVERY {
                self.keep(&run, &mut results).await?;
                kept = Instant::now();
            }
        }
        self.keep(&run, &mut results).await
    }

    /// In the order of the cases: they come in as they are answered.
    async fn keep(&self, run: &Run, results: &mut [CaseResult]) -> Result<()> {
        results.sort_by_key(|result| result.case);
        self.library
            .put_results(self.place(), run.id, results)
            .await
    }
}

/// What all questions of a run have in common.
struct Asking<'a> {
    task: &'a Task<'a>,
    who: Arc<Principal>,
    settings: &'a EvaluationSettings,
    k: usize,
}

impl Asking<'_> {
    /// # Errors
    /// Those of the database. A question that a model refuses is a result that says so.
    async fn ask(&self, case: Case) -> Result<CaseResult> {
        let (rag, place) = (self.task.rag, self.task.place());
        let mut result = CaseResult {
            case: case.id,
            question: case.question.clone(),
            metrics: None,
            hits: Vec::new(),
            search_us: 0,
            cost_nano_usd: 0,
            answer: None,
            error: None,
        };
        if let Some(missing) = rag.library().missing(place, &case.expected).await? {
            result.error = Some(format!(
                "{missing}; say anew what this question should find"
            ));
            return Ok(result);
        }
        let models = rag.models(&self.who);
        let began = Instant::now();
        let request = self.settings.search_for(&case.question);
        let found = match rag.search().run(&models, place, request).await {
            Ok(found) => found,
            Err(error) => return failed(result, error),
        };
        result.search_us = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        result.cost_nano_usd = found.cost_nano_usd;
        result.hits = hits(&found, &case.expected);
        let ids: Vec<_> = result.hits.iter().map(|h| (h.document, h.chunk)).collect();
        if let Some(options) = &self.settings.answer {
            match self.answer(&case, options).await {
                Ok((answer, cost)) => {
                    result.cost_nano_usd += cost;
                    result.answer = Some(answer);
                }
                Err(error) => return failed(result, error),
            }
        }
        result.metrics = Some(CaseMetrics::of(&case.expected, &ids, self.k));
        Ok(result)
    }

    async fn answer(&self, case: &Case, options: &AskOptions) -> Result<(CaseAnswer, i64)> {
        let request = AskRequest {
            question: Some(case.question.clone()),
            options: options.clone(),
            ..AskRequest::default()
        };
        let order = request.into_order(vec![self.task.place()])?;
        let stream = self.task.rag.ask().run(&self.who, None, order).await?;
        let answer = Answer::collect(stream).await?;
        let expected = |citation: &&Citation| {
            let wanted = |e: &Expected| e.is(citation.document_id, citation.chunk_id);
            case.expected.iter().any(wanted)
        };
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let kept = CaseAnswer {
            model: answer.model,
            text: answer.answer.chars().take(MOST_ANSWER_CHARS).collect(),
            found: answer.found,
            citations: number(answer.citations.len()),
            expected_citations: number(answer.citations.iter().filter(expected).count()),
        };
        Ok((kept, answer.usage.cost_nano_usd))
    }
}

/// A question that could not be asked, unless the database is at fault.
fn failed(mut result: CaseResult, error: Error) -> Result<CaseResult> {
    match error.kind {
        crate::ErrorKind::Internal | crate::ErrorKind::Unavailable => Err(error),
        _ => {
            result.error = Some(error.message);
            Ok(result)
        }
    }
}

fn hits(found: &SearchAnswer, expected: &[Expected]) -> Vec<FoundHit> {
    let show = |hit: &SearchHit| FoundHit {
        document: hit.chunk.document_id,
        document_name: hit.document_name.clone(),
        chunk: hit.chunk.id,
        score: hit.score,
        expected: expected
            .iter()
            .any(|e| e.is(hit.chunk.document_id, hit.chunk.id)),
    };
    found.hits.iter().map(show).collect()
}
