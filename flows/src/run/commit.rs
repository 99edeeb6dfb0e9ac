//! Group commit: what many runs have to store goes into one transaction, and each is told when it is
//! durable.

use serde_json::Value;
use store::{Db, Micros, Tx, in_tx};
use tokio::sync::{mpsc, oneshot};

use super::sql::{self, NewRun};
use super::step::Step;
use crate::ids::RunId;

/// Requests in one transaction at most.
const BATCH: usize = 512;

/// What becomes of the run itself.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) state: &'static str,
    pub(super) due_at: Option<Micros>,
    pub(super) output: Option<Value>,
    pub(super) error: Option<Value>,
    pub(super) seq: i64,
    pub(super) active_us: i64,
    pub(super) ended_at: Option<Micros>,
}

/// Checkpoints of one run, stored all or not at all.
#[derive(Debug, Clone)]
pub(super) struct Save {
    pub(super) run: RunId,
    pub(super) fence: i64,
    pub(super) steps: Vec<Step>,
    /// Runs that its nodes call.
    pub(super) children: Vec<NewRun>,
    /// The run that waits for the end of this one.
    pub(super) parent: Option<RunId>,
    pub(super) change: Option<Change>,
}

enum Request {
    Insert(Box<NewRun>),
    Save(Box<Save>),
}

struct Job {
    request: Request,
    /// Whether it was stored; not, when the run belongs to another worker.
    done: oneshot::Sender<bool>,
}

/// Stores checkpoints in groups. Clones share the queue.
#[derive(Clone)]
pub(super) struct Committer {
    queue: mpsc::UnboundedSender<Job>,
}

impl Committer {
    /// Begins to store. The task ends when all clones are gone.
    pub(super) fn start(db: Db) -> Self {
        let (queue, jobs) = mpsc::unbounded_channel();
        #[expect(clippy::disallowed_methods, reason = "ends with the last handle")]
        tokio::spawn(work(db, jobs));
        Self { queue }
    }

    pub(super) async fn insert(&self, run: NewRun) -> bool {
        self.ask(Request::Insert(Box::new(run))).await
    }

    pub(super) async fn save(&self, save: Save) -> bool {
        self.ask(Request::Save(Box::new(save))).await
    }

    async fn ask(&self, request: Request) -> bool {
        let (done, answer) = oneshot::channel();
        let sent = self.queue.send(Job { request, done });
        sent.is_ok() && answer.await.unwrap_or(false)
    }
}

async fn work(db: Db, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let stored: Result<Vec<bool>, store::Error> = in_tx!(db, tx => {
            store_all(tx, &batch).await
        });
        match stored {
            Ok(stored) => {
                for (job, stored) in batch.drain(..).zip(stored) {
                    let _ = job.done.send(stored);
                }
            }
            Err(error) => {
                tracing::warn!(%error, jobs = batch.len(), "cannot store runs together; one by one");
                for job in batch.drain(..) {
                    store_alone(&db, job).await;
                }
            }
        }
    }
}

async fn store_alone(db: &Db, job: Job) {
    let one = [job];
    let mut outcome = Err(store::Error::new(store::ErrorKind::Busy, "not tried"));
    // A busy or restarting database is waited for; leases are long enough for this.
    for pause_ms in [0_u64, 100, 500, 2_000] {
        tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
        outcome = in_tx!(db, tx => store_all(tx, &one).await);
        let is_hopeless = |error: &store::Error| !error.kind.is_retryable();
        if outcome.as_ref().err().is_none_or(is_hopeless) {
            break;
        }
    }
    let stored = match outcome {
        Ok(stored) => stored.first().copied().unwrap_or(false),
        Err(error) => {
            tracing::error!(%error, "a run cannot be stored");
            false
        }
    };
    let [job] = one;
    let _ = job.done.send(stored);
}

async fn store_all(tx: &mut Tx, jobs: &[Job]) -> Result<Vec<bool>, store::Error> {
    let mut stored = vec![true; jobs.len()];
    let new: Vec<&NewRun> = jobs
        .iter()
        .filter_map(|job| match &job.request {
            Request::Insert(run) => Some(&**run),
            Request::Save(_) => None,
        })
        .collect();
    sql::insert_runs(tx, &new).await?;
    let mut steps: Vec<(RunId, &Step)> = Vec::new();
    for (job, stored) in jobs.iter().zip(&mut stored) {
        let Request::Save(save) = &job.request else {
            continue;
        };
        if !sql::touch_run(tx, save).await? {
            *stored = false;
            continue;
        }
        steps.extend(save.steps.iter().map(|step| (save.run, step)));
        let children: Vec<&NewRun> = save.children.iter().collect();
        sql::insert_runs(tx, &children).await?;
    }
    sql::put_steps(tx, &steps).await?;
    Ok(stored)
}
