//! One worker as the program sees it: started, given jobs, killed.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::error::SandboxError;
use crate::frame::{REPLY_HEAD, Status, request_head};
use crate::jail::Confinement;
use crate::limits::Limits;

/// Time a worker has to lock itself in; an interpreter loads its library in it.
const START: Duration = Duration::from_secs(30);
/// Time beyond a job's limit before the worker is killed, so that it can say itself what was slow.
const GRACE: Duration = Duration::from_millis(300);
/// An interpreter kills its fork after the first grace, and says so within this.
const REPORT: Duration = Duration::from_millis(700);
/// Address space that our allocator takes beyond what a job holds: it aligns large pieces to 32 MiB,
/// and for that asks for twice as much for a moment.
const ALLOCATOR_SLACK: u64 = 64 << 20;
/// What is kept of a worker's last words.
const WORDS: usize = 4 * 1024;
/// A first frame has at most this many bytes.
const MAX_READY: usize = 64 * 1024;

/// How workers are started.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    args: Vec<OsString>,
}

impl Program {
    /// This program itself, with the hidden subcommand that calls [`crate::worker_main`].
    ///
    /// # Errors
    /// When the path of the running program is unknown.
    pub fn this(subcommand: &str) -> std::io::Result<Self> {
        // The link names the running file even after an update has replaced it on the disk.
        let link = PathBuf::from("/proc/self/exe");
        let path = match link.exists() {
            true => link,
            false => std::env::current_exe()?,
        };
        Ok(Self::new(path, [subcommand]))
    }

    /// Another program whose `main` calls [`crate::worker_main`].
    pub fn new(
        path: impl Into<PathBuf>,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            path: path.into(),
            args: args.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a worker runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// The program's own jobs.
    Jobs,
    /// Python code, by this interpreter.
    Python(PathBuf),
}

impl Role {
    /// An interpreter forks for each job, and the fork is the only one to see it: nothing of one
    /// owner is left for the next.
    pub(crate) const fn forks(&self) -> bool {
        matches!(self, Self::Python(_))
    }
}

/// What a worker says first.
#[derive(Deserialize)]
struct Ready {
    #[serde(flatten)]
    confinement: Confinement,
    #[serde(default)]
    version: String,
}

/// A job that has no result, and whether the worker is still good.
pub(crate) struct Failure {
    pub(crate) error: SandboxError,
    pub(crate) worker_is_fine: bool,
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Self {
            error,
            worker_is_fine: false,
        }
    }
}

/// A running worker. Dropping it kills its whole process group.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    group: Option<Pid>,
    forks: bool,
    /// Address space of the idle worker and of its allocator's ways; none where it cannot be
    /// measured.
    idle_bytes: Option<u64>,
    pub(crate) confinement: Confinement,
    /// Version of the interpreter; empty where there is none.
    pub(crate) python_version: String,
    pub(crate) jobs: u32,
    pub(crate) idle_since: Instant,
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl WorkerProcess {
    /// Starts a worker and waits until it is locked in.
    pub(crate) async fn start(
        program: &Program,
        role: &Role,
        max_memory: u64,
    ) -> Result<Self, SandboxError> {
        let mut command = Command::new(&program.path);
        command.args(&program.args);
        match role {
            Role::Jobs => command.arg("jobs"),
            Role::Python(interpreter) => command.arg("python").arg(interpreter),
        };
        command
            .env_clear()
            // An allocator that reserves address space ahead would give it to the job for free.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            // Without it the C library reads the machine's time zone, and code has no files.
            .env("TZ", "UTC")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let cannot = |why: &dyn std::fmt::Display| {
            SandboxError::Unavailable(format!("a worker process cannot be started: {why}"))
        };
        let mut child = command.spawn().map_err(|e| cannot(&e))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(cannot(&"it has no pipes"));
        };
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let mut worker = Self {
            child,
            stdin,
            stdout,
            stderr,
            group,
            forks: role.forks(),
            idle_bytes: None,
            confinement: Confinement::default(),
            python_version: String::new(),
            jobs: 0,
            idle_since: Instant::now(),
        };
        let ready = worker.wait_until_ready().await?;
        (worker.confinement, worker.python_version) = (ready.confinement, ready.version);
        worker.bound_memory(max_memory);
        Ok(worker)
    }

    async fn wait_until_ready(&mut self) -> Result<Ready, SandboxError> {
        let mut words = Words::default();
        let began = AtomicBool::new(false);
        let reply = tokio::select! {
            reply = read_reply(&mut self.stdout, MAX_READY, &began) => reply,
            () = words.listen_for_ever(&mut self.stderr) => Err(Broken::Ended),
            () = tokio::time::sleep(START) => Err(Broken::Slow),
        };
        match reply {
            Ok(reply) if reply.status == Status::Ready => serde_json::from_slice(&reply.payload)
                .map_err(|_| SandboxError::Unavailable("a worker began with nonsense".to_owned())),
            Ok(reply) => Err(SandboxError::Unavailable(
                String::from_utf8_lossy(&reply.payload).into_owned(),
            )),
            Err(_) => {
                words.listen_shortly(&mut self.stderr).await;
                let last = words.last_line();
                let why = match last.is_empty() {
                    true => "a worker process ended or hung at its start".to_owned(),
                    false => format!("a worker process failed at its start: {last}"),
                };
                Err(SandboxError::Unavailable(why))
            }
        }
    }

    /// Measures the idle worker, and puts the most that any job may have above it.
    fn bound_memory(&mut self, max_memory: u64) {
        let slack = if self.forks { 0 } else { ALLOCATOR_SLACK };
        self.idle_bytes = self.group.and_then(address_space).map(|idle| idle + slack);
        self.limit_memory(max_memory, max_memory);
    }

    #[cfg(target_os = "linux")]
    fn limit_memory(&self, memory: u64, most: u64) {
        use rustix::process::{Resource, Rlimit, prlimit};
        let Some(idle) = self.idle_bytes else { return };
        let limit = Rlimit {
            current: Some(idle.saturating_add(memory)),
            maximum: Some(idle.saturating_add(most)),
        };
        if let Err(error) = prlimit(self.group, Resource::As, limit) {
            tracing::warn!(%error, "a worker's memory cannot be limited");
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn limit_memory(&self, _memory: u64, _most: u64) {}

    /// Runs one job.
    pub(crate) async fn run(
        &mut self,
        job: &str,
        input: &[u8],
        limits: Limits,
        max_memory: u64,
    ) -> Result<Vec<u8>, Failure> {
        self.jobs += 1;
        self.limit_memory(limits.memory, max_memory);
        let nonce = rand::random::<u64>();
        let time = u32::try_from(limits.time.as_millis()).unwrap_or(u32::MAX);
        let Some(head) = request_head(nonce, time, job, input.len()) else {
            return Err(
                SandboxError::Refused("the job's name or input is too long".to_owned()).into(),
            );
        };
        let mut words = Words::default();
        let began = AtomicBool::new(false);
        let outcome = {
            let deadline = limits.time + GRACE + if self.forks { REPORT } else { Duration::ZERO };
            let send = async {
                self.stdin.write_all(&head).await?;
                self.stdin.write_all(input).await?;
                self.stdin.flush().await
            };
            let receive = read_reply(&mut self.stdout, limits.output, &began);
            let exchange = exchange(send, receive, &mut self.stderr, &mut words, self.forks);
            tokio::time::timeout(deadline, exchange).await
        };
        let reply = match outcome {
            Err(_) => Err(Broken::Slow),
            Ok(reply) => reply,
        };
        match reply {
            Ok(reply) if reply.nonce == nonce => self.judge(reply),
            Ok(_) => Err(SandboxError::Crashed("it answered another job".to_owned()).into()),
            Err(Broken::Slow) => Err(SandboxError::Timeout { limit: limits.time }.into()),
            Err(Broken::TooLarge) => Err(SandboxError::OutputTooLarge {
                limit: limits.output,
            }
            .into()),
            Err(Broken::Fork(end)) => Err(Failure {
                error: end.fate.error(limits),
                worker_is_fine: !end.last
                    && !began.load(Ordering::Relaxed)
                    && !self.has_more_to_say(),
            }),
            Err(Broken::Ended) => Err(self.post_mortem(words, limits).await.into()),
        }
    }

    fn judge(&self, reply: Reply) -> Result<Vec<u8>, Failure> {
        let text = |payload: &[u8]| String::from_utf8_lossy(payload).into_owned();
        if self.has_more_to_say() {
            return Err(SandboxError::Crashed("it said more than its answer".to_owned()).into());
        }
        match reply.status {
            Status::Done => Ok(reply.payload),
            Status::Refused => Err(Failure {
                error: SandboxError::Refused(text(&reply.payload)),
                worker_is_fine: true,
            }),
            Status::Panicked => Err(SandboxError::Crashed(text(&reply.payload)).into()),
            Status::Ready | Status::Unavailable => {
                Err(SandboxError::Crashed("it answered out of turn".to_owned()).into())
            }
        }
    }

    /// Whether bytes wait behind the answer. The kernel is asked: what the runtime knows of a pipe may
    /// be older.
    fn has_more_to_say(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut ends = [PollFd::new(&self.stdout, PollFlags::IN)];
        let polled = poll(&mut ends, Some(&Timespec::default()));
        polled.is_err() || ends[0].revents().contains(PollFlags::IN)
    }

    /// Whether the worker still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How a worker that hung up has ended.
    async fn post_mortem(&mut self, mut words: Words, limits: Limits) -> SandboxError {
        words.listen_shortly(&mut self.stderr).await;
        let status = tokio::time::timeout(GRACE, self.child.wait()).await;
        let Ok(Ok(status)) = status else {
            return SandboxError::Crashed("it closed its output".to_owned());
        };
        let fate = Fate::of(status);
        match words.speak_of_memory() {
            true => Fate::Memory.error(limits),
            false => fate.error(limits),
        }
    }
}

/// How a process that ran a job has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Exited(i32),
    Signal(i32),
    Deadline,
    Memory,
}

impl Fate {
    fn of(status: ExitStatus) -> Self {
        match (status.signal(), status.code()) {
            (Some(signal), _) => Self::Signal(signal),
            (None, code) => Self::Exited(code.unwrap_or(0)),
        }
    }

    /// From an interpreter's report: `exit N`, `signal N` or `deadline`.
    fn parse(report: &str) -> Option<Self> {
        let (word, number) = report.split_once(' ').unwrap_or((report, "0"));
        let number = number.parse().ok()?;
        match word {
            "exit" => Some(Self::Exited(number)),
            "signal" => Some(Self::Signal(number)),
            "deadline" => Some(Self::Deadline),
            _ => None,
        }
    }

    fn error(self, limits: Limits) -> SandboxError {
        const KILL: i32 = 9;
        let crashed = |why: &str| SandboxError::Crashed(why.to_owned());
        match self {
            Self::Deadline => SandboxError::Timeout { limit: limits.time },
            // We did not kill it, so the system has: for memory, as a rule.
            Self::Memory | Self::Signal(KILL) => SandboxError::Memory {
                limit: limits.memory,
            },
            Self::Signal(6) => crashed("it aborted"),
            Self::Signal(7 | 11) => crashed("its stack or memory was exhausted or corrupted"),
            Self::Signal(number) => {
                SandboxError::Crashed(format!("it was ended by signal {number}"))
            }
            Self::Exited(code) => SandboxError::Crashed(format!(
                "it ended itself with code {code} before it had a result"
            )),
        }
    }
}

struct Reply {
    nonce: u64,
    status: Status,
    payload: Vec<u8>,
}

/// Why there is no reply.
enum Broken {
    Slow,
    TooLarge,
    Ended,
    Fork(ForkEnd),
}

/// What an interpreter reports of a fork.
#[derive(Debug, Clone, Copy)]
struct ForkEnd {
    fate: Fate,
    /// The interpreter ends too: the fork has left a part of its job in the pipe.
    last: bool,
}

impl ForkEnd {
    /// `fork: exit 0`, `fork: signal 11 last`.
    fn parse(line: &str) -> Option<Self> {
        let report = line.strip_prefix("fork: ")?;
        let last = report.strip_suffix(" last");
        Some(Self {
            fate: Fate::parse(last.unwrap_or(report))?,
            last: last.is_some(),
        })
    }
}

/// Sends and receives at the same time, and listens to standard error beside: a worker that talks or
/// does not listen cannot block either side. An interpreter's report ends the exchange: before it the
/// fork may still live.
async fn exchange(
    send: impl Future<Output = std::io::Result<()>>,
    receive: impl Future<Output = Result<Reply, Broken>>,
    stderr: &mut ChildStderr,
    words: &mut Words,
    forks: bool,
) -> Result<Reply, Broken> {
    tokio::pin!(send, receive);
    let mut sent = false;
    let mut reply = None;
    let mut report = None;
    loop {
        tokio::select! {
            biased;
            outcome = &mut send, if !sent => {
                sent = true;
                // A worker that is gone says more by its end than we by ours.
                let _ = outcome;
            }
            outcome = &mut receive, if reply.is_none() => match outcome {
                Ok(found) => reply = Some(found),
                Err(why) => return Err(why),
            },
            alive = words.listen(stderr), if report.is_none() => {
                report = forks.then(|| words.report()).flatten();
                if !alive && report.is_none() {
                    return match reply {
                        Some(reply) if !forks => Ok(reply),
                        _ => Err(Broken::Ended),
                    };
                }
            }
        }
        match (reply.take(), report, forks) {
            (Some(found), _, false)
            | (
                Some(found),
                Some(ForkEnd {
                    fate: Fate::Exited(0),
                    last: false,
                }),
                true,
            ) => {
                return match sent {
                    true => Ok(found),
                    // It answers what it has not read.
                    false => Err(Broken::Ended),
                };
            }
            (found, Some(end), true) => {
                // It answered and then crashed, or answered what it has not read.
                if found.is_some() || !sent {
                    return Err(Broken::Ended);
                }
                if end.fate != Fate::Exited(0) || end.last {
                    return Err(Broken::Fork(end));
                }
                // The fork is dead, so its answer is in the pipe, or there is none.
                let rest = tokio::time::timeout(GRACE, &mut receive).await;
                return rest.unwrap_or(Err(Broken::Fork(end)));
            }
            (found, ..) => reply = found,
        }
    }
}

/// Reads one reply of at most `limit` bytes of payload. What is claimed is not believed: memory is
/// taken as bytes arrive.
/// `began` tells whether anything came at all.
async fn read_reply(
    from: &mut (impl AsyncRead + Unpin),
    limit: usize,
    began: &AtomicBool,
) -> Result<Reply, Broken> {
    let mut head = [0; 4 + REPLY_HEAD];
    let first = from.read(&mut head).await.unwrap_or(0);
    if first == 0 {
        return Err(Broken::Ended);
    }
    began.store(true, Ordering::Relaxed);
    let rest = from.read_exact(&mut head[first..]).await;
    rest.map_err(|_| Broken::Ended)?;
    let length = head.first_chunk().map_or(0, |n| u32::from_le_bytes(*n)) as usize;
    let nonce = head[4..]
        .first_chunk()
        .map_or(0, |n| u64::from_le_bytes(*n));
    let status = Status::from_byte(head[4 + REPLY_HEAD - 1]).ok_or(Broken::Ended)?;
    let size = length.checked_sub(REPLY_HEAD).ok_or(Broken::Ended)?;
    if size > limit {
        return Err(Broken::TooLarge);
    }
    let mut payload = Vec::with_capacity(size.min(64 * 1024));
    let read = from.take(size as u64).read_to_end(&mut payload).await;
    match read {
        Ok(read) if read == size => Ok(Reply {
            nonce,
            status,
            payload,
        }),
        _ => Err(Broken::Ended),
    }
}

/// The end of what a worker has written to standard error.
#[derive(Default)]
struct Words {
    tail: Vec<u8>,
}

impl Words {
    /// Takes the next piece; false when there will be no more.
    async fn listen(&mut self, from: &mut ChildStderr) -> bool {
        let mut piece = [0; 1024];
        match from.read(&mut piece).await {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.tail.extend_from_slice(&piece[..read]);
                let surplus = self.tail.len().saturating_sub(WORDS);
                self.tail.drain(..surplus);
                true
            }
        }
    }

    async fn listen_for_ever(&mut self, from: &mut ChildStderr) {
        while self.listen(from).await {}
        std::future::pending::<()>().await;
    }

    async fn listen_shortly(&mut self, from: &mut ChildStderr) {
        let rest = async { while self.listen(from).await {} };
        let _ = tokio::time::timeout(GRACE, rest).await;
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.tail).into_owned()
    }

    fn last_line(&self) -> String {
        let text = self.text();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.next_back().unwrap_or_default().to_owned()
    }

    fn speak_of_memory(&self) -> bool {
        let text = self.text();
        text.contains("memory allocation of") || text.contains("out of memory")
    }

    /// An interpreter's report of its fork, when it is there as a whole.
    fn report(&self) -> Option<ForkEnd> {
        let text = self.text();
        let (lines, _) = text.rsplit_once('\n')?;
        lines.lines().find_map(ForkEnd::parse)
    }
}

/// Address space of a process, in bytes.
#[cfg(target_os = "linux")]
fn address_space(process: Pid) -> Option<u64> {
    let path = format!("/proc/{}/statm", process.as_raw_nonzero());
    let text = std::fs::read_to_string(path).ok()?;
    let pages: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(not(target_os = "linux"))]
fn address_space(_process: Pid) -> Option<u64> {
    None
}
