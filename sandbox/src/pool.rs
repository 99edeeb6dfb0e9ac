//! Workers, shared by all who have jobs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::code::python;
use crate::config::SandboxConfig;
use crate::error::SandboxError;
use crate::jail::Confinement;
use crate::limits::Limits;
use crate::process::{Program, Role, WorkerProcess};

/// Whose job it is: an organization's id, as 128 bits.
pub type Owner = u128;

/// Runs jobs in workers. Cheap to clone; no process is started before the first job.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SandboxConfig,
    program: Program,
    running: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    python: OnceCell<Result<PythonFound, String>>,
    told: AtomicBool,
    retiring: AtomicBool,
    /// Fresh workers being started.
    warming: AtomicUsize,
}

/// A worker without a job.
#[derive(Debug)]
struct Idle {
    role: Role,
    /// None: nobody has used it yet, or it keeps nothing of those who have.
    owner: Option<Owner>,
    worker: WorkerProcess,
}

/// The interpreter that runs Python code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonFound {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, such as `3.11.2`.
    pub version: String,
}

impl Pool {
    /// A pool; starts nothing.
    pub fn new(config: SandboxConfig, program: Program) -> Self {
        let workers = config.worker_count();
        Self(Arc::new(Inner {
            running: Arc::new(Semaphore::new(workers)),
            idle: Mutex::default(),
            python: OnceCell::new(),
            told: AtomicBool::new(false),
            retiring: AtomicBool::new(false),
            warming: AtomicUsize::new(0),
            config,
            program,
        }))
    }

    /// Runs a job in a worker that nobody has used before and nobody will use again.
    ///
    /// Dropping the future kills the worker.
    ///
    /// # Errors
    /// [`SandboxError`]: `Refused` is the job's own message.
    pub async fn run(
        &self,
        job: &str,
        input: &[u8],
        limits: Limits,
    ) -> Result<Vec<u8>, SandboxError> {
        self.run_as(&Role::Jobs, None, job, input, limits).await
    }

    /// Runs a job in a worker that has served this owner only; ten times cheaper than [`Pool::run`]
    /// for small jobs.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub async fn run_for(
        &self,
        owner: Owner,
        job: &str,
        input: &[u8],
        limits: Limits,
    ) -> Result<Vec<u8>, SandboxError> {
        self.run_as(&Role::Jobs, Some(owner), job, input, limits)
            .await
    }

    /// What holds workers in on this machine. Starts one.
    ///
    /// # Errors
    /// `Unavailable`: why none can be started, and what to do.
    pub async fn check(&self) -> Result<Confinement, SandboxError> {
        let inner = &self.0;
        let max = inner.config.max_memory_bytes;
        let worker = WorkerProcess::start(&inner.program, &Role::Jobs, max).await?;
        Ok(worker.confinement.clone())
    }

    /// The interpreter for Python code; looked for once.
    ///
    /// # Errors
    /// `Unavailable`: why there is none, and what to do.
    pub async fn python(&self) -> Result<&PythonFound, SandboxError> {
        let found = self.0.python.get_or_init(|| self.find_python()).await;
        found
            .as_ref()
            .map_err(|why| SandboxError::Unavailable(why.clone()))
    }

    async fn find_python(&self) -> Result<PythonFound, String> {
        let mut why = python::none_found(&self.0.config.python);
        for path in python::candidates(&self.0.config.python) {
            let role = Role::Python(path.clone());
            let max = self.0.config.max_memory_bytes;
            match WorkerProcess::start(&self.0.program, &role, max).await {
                Ok(mut worker) => {
                    let version = std::mem::take(&mut worker.python_version);
                    tracing::info!(path = %path.display(), version, "found the Python interpreter");
                    self.put_back(role, None, worker);
                    return Ok(PythonFound { path, version });
                }
                Err(error) => why = format!("{}: {error}", path.display()),
            }
        }
        tracing::warn!("Python code cannot run: {why}");
        Err(why)
    }

    pub(crate) async fn run_python(
        &self,
        input: &[u8],
        limits: Limits,
    ) -> Result<Vec<u8>, SandboxError> {
        let role = Role::Python(self.python().await?.path.clone());
        self.run_as(&role, None, "code", input, limits).await
    }

    async fn run_as(
        &self,
        role: &Role,
        owner: Option<Owner>,
        job: &str,
        input: &[u8],
        limits: Limits,
    ) -> Result<Vec<u8>, SandboxError> {
        let inner = &self.0;
        let limit = inner.config.max_input_bytes;
        if input.len() > limit {
            let size = input.len();
            return Err(SandboxError::InputTooLarge { size, limit });
        }
        let limits = limits.within(inner.config.max());
        let _permit = self.stand_in_line().await?;
        let mut worker = self.take(role, owner).await?;
        self.keep_warm(role);
        let max_memory = inner.config.max_memory_bytes;
        let outcome = worker.run(job, input, limits, max_memory).await;
        let fine = outcome.as_ref().map_or_else(|f| f.worker_is_fine, |_| true);
        // An interpreter sees no job, so none can wear it out.
        let used_up = !role.forks() && worker.jobs >= inner.config.jobs_per_worker.max(1);
        if fine && !used_up && (owner.is_some() || role.forks()) {
            self.put_back(role.clone(), owner, worker);
        }
        outcome.map_err(|failure| failure.error)
    }

    async fn stand_in_line(&self) -> Result<OwnedSemaphorePermit, SandboxError> {
        let waited = Duration::from_millis(self.0.config.queue_ms);
        let line = Arc::clone(&self.0.running).acquire_owned();
        match tokio::time::timeout(waited, line).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(SandboxError::Unavailable("the server stops".to_owned())),
            Err(_) => Err(SandboxError::Busy {
                workers: self.0.config.worker_count(),
                waited,
            }),
        }
    }

    /// A worker for this owner: one it had, a fresh one, or a new one.
    async fn take(&self, role: &Role, owner: Option<Owner>) -> Result<WorkerProcess, SandboxError> {
        while let Some(mut worker) = self.take_idle(role, owner) {
            if worker.is_alive() {
                return Ok(worker);
            }
        }
        let max = self.0.config.max_memory_bytes;
        let worker = WorkerProcess::start(&self.0.program, role, max).await?;
        self.tell_once(&worker.confinement);
        Ok(worker)
    }

    fn take_idle(&self, role: &Role, owner: Option<Owner>) -> Option<WorkerProcess> {
        let mut idle = self.0.idle.lock();
        let had = |i: &Idle| i.role == *role && owner.is_some() && i.owner == owner;
        let fresh = |i: &Idle| i.role == *role && i.owner.is_none();
        let at = idle
            .iter()
            .rposition(had)
            .or_else(|| idle.iter().rposition(fresh))?;
        Some(idle.swap_remove(at).worker)
    }

    fn put_back(&self, role: Role, owner: Option<Owner>, mut worker: WorkerProcess) {
        worker.idle_since = Instant::now();
        let mut idle = self.0.idle.lock();
        idle.push(Idle {
            role,
            owner,
            worker,
        });
        // As many as can run at once, and the warm ones: beyond that the longest idle goes.
        let most = self.0.config.worker_count() + self.0.config.warm_workers;
        let surplus = (idle.len() > most).then(|| {
            let since = |i: &Idle| i.worker.idle_since;
            let oldest = (0..idle.len()).min_by_key(|at| since(&idle[*at]));
            oldest.map(|at| idle.swap_remove(at))
        });
        drop(idle);
        drop(surplus);
        if !self.0.retiring.swap(true, Ordering::AcqRel) {
            self.retire_idle();
        }
    }

    /// Starts fresh workers for the jobs to come, beside the one that begins now.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends when the worker is started, or with START"
    )]
    fn keep_warm(&self, role: &Role) {
        let fresh = |i: &&Idle| i.role == *role && i.owner.is_none();
        let there = self.0.idle.lock().iter().filter(fresh).count();
        let coming = self.0.warming.fetch_add(1, Ordering::AcqRel);
        if role.forks() || there + coming >= self.0.config.warm_workers {
            self.0.warming.fetch_sub(1, Ordering::AcqRel);
            return;
        }
        let (pool, role) = (self.clone(), role.clone());
        tokio::spawn(async move {
            let max = pool.0.config.max_memory_bytes;
            match WorkerProcess::start(&pool.0.program, &role, max).await {
                Ok(worker) => pool.put_back(role, None, worker),
                Err(error) => tracing::warn!(%error, "no warm worker"),
            }
            pool.0.warming.fetch_sub(1, Ordering::AcqRel);
        });
    }

    /// Ends workers that nobody has needed for a while.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the last idle worker, or with the pool"
    )]
    fn retire_idle(&self) {
        let inner: Weak<Inner> = Arc::downgrade(&self.0);
        let most = Duration::from_secs(self.0.config.idle_s.max(1));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(most / 2).await;
                let Some(inner) = inner.upgrade() else { return };
                let mut idle = inner.idle.lock();
                idle.retain(|i| i.worker.idle_since.elapsed() < most);
                if idle.is_empty() {
                    // Under the lock: who puts one back now starts the next round.
                    inner.retiring.store(false, Ordering::Release);
                    return;
                }
            }
        });
    }

    fn tell_once(&self, confinement: &Confinement) {
        if self.0.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let Confinement { seccomp, landlock } = confinement;
        match seccomp {
            true => tracing::info!(landlock, "the sandbox runs with seccomp"),
            false => tracing::warn!(
                "this system has no seccomp: user code and files run in a plain child process, \
                 without protection against hostile ones; use Linux in production"
            ),
        }
    }

    /// Processes without a job, by what they run; for tests and metrics.
    pub fn idle_workers(&self) -> HashMap<&'static str, usize> {
        let mut counts = HashMap::new();
        for idle in self.0.idle.lock().iter() {
            let name = if idle.role.forks() { "python" } else { "jobs" };
            *counts.entry(name).or_default() += 1;
        }
        counts
    }
}
