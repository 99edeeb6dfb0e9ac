//! Users' code: JavaScript by QuickJS in the worker, Python by an interpreter of the machine that is
//! locked in the same way.
//!
//! In both languages the code finds its data in `input` and gives its result by `return`, or by a
//! function `main(input)`, or in a variable `result`, in this order.

mod javascript;
pub(crate) mod python;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::SandboxError;
use crate::limits::Limits;
use crate::pool::{Owner, Pool};

/// Name of the job that [`run`] asks a worker for; pass [`job`] under it to [`crate::worker_main`].
pub const JOB: &str = "code";

/// What the engine and the copies of input and result need beside the code's own memory.
const ENGINE_BYTES: u64 = 48 << 20;
/// Logs of one run, in bytes; the rest is dropped.
const MAX_LOG_BYTES: usize = 256 * 1024;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// ECMAScript 2023, by QuickJS.
    #[serde(rename = "javascript")]
    JavaScript,
    /// Python 3.9 or later, by CPython.
    Python,
}

/// Code to run.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its language.
    pub language: Language,
    /// Its text.
    pub source: String,
    /// What it finds in `input`.
    pub input: Box<RawValue>,
    /// What it may use. The size of the result is that of its JSON.
    pub limits: Limits,
}

/// What a worker is sent.
#[derive(Serialize, Deserialize)]
struct Order {
    language: Language,
    source: String,
    input: Box<RawValue>,
    time_ms: u64,
    memory_bytes: u64,
    output_bytes: usize,
    log_bytes: usize,
}

/// What became of the code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The result, as JSON; `null` when there is none.
    pub result: Box<RawValue>,
    /// What the code printed and logged, in order.
    pub logs: Vec<Log>,
    /// Whether more was printed than is kept.
    pub logs_truncated: bool,
    /// Why the code has no result.
    pub error: Option<CodeError>,
}

impl Outcome {
    /// What went to standard output, lines joined.
    pub fn stdout(&self) -> String {
        let printed = |log: &&Log| matches!(log.level, Level::Print | Level::Log | Level::Info);
        let lines: Vec<&str> = self
            .logs
            .iter()
            .filter(printed)
            .map(|log| log.text.as_str())
            .collect();
        lines.join("\n")
    }

    fn failed(error: CodeError) -> Self {
        Self {
            result: RawValue::NULL.to_owned(),
            logs: Vec::new(),
            logs_truncated: false,
            error: Some(error),
        }
    }
}

/// A line of output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// How it was written.
    pub level: Level,
    /// The line, without its end.
    pub text: String,
}

/// How a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Python's `print`.
    Print,
    /// `console.log`.
    Log,
    /// `console.info`.
    Info,
    /// `console.debug`.
    Debug,
    /// `console.warn`.
    Warn,
    /// `console.error`; Python's standard error.
    Error,
}

/// Why code has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeError {
    /// What decisions are made on.
    pub kind: ErrorKind,
    /// The exception's own name, such as `TypeError`; empty where there was none.
    pub name: String,
    /// What happened.
    pub message: String,
    /// Line of the source, from 1.
    pub line: Option<u32>,
    /// Column in that line, from 1.
    pub column: Option<u32>,
    /// The calls that led there, innermost last, in lines of the user's source.
    #[serde(default)]
    pub trace: Vec<String>,
}

/// Why code has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// It is not in the language.
    Syntax,
    /// It threw or raised.
    Exception,
    /// It tried what the sandbox does not have: files, network, processes.
    Forbidden,
    /// It ran too long.
    Timeout,
    /// It wanted too much memory.
    Memory,
    /// Its result is no JSON, or too large.
    Result,
    /// It brought its engine down.
    Crash,
}

impl CodeError {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            name: String::new(),
            message: message.into(),
            line: None,
            column: None,
            trace: Vec::new(),
        }
    }
}

/// Runs code and says what became of it: whatever the code does ends in [`Outcome::error`].
///
/// # Errors
/// Only what is not the code's doing: `Busy`, `Unavailable`, `InputTooLarge`.
pub async fn run(pool: &Pool, owner: Owner, request: &Request) -> Result<Outcome, SandboxError> {
    let limits = request.limits;
    let order = Order {
        language: request.language,
        source: request.source.clone(),
        input: request.input.clone(),
        time_ms: u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX),
        memory_bytes: limits.memory,
        output_bytes: limits.output,
        log_bytes: MAX_LOG_BYTES,
    };
    let order = serde_json::to_vec(&order).map_err(|e| SandboxError::Refused(e.to_string()))?;
    // Logs, errors and the JSON around them come on top of the result.
    let outer = Limits {
        time: limits.time,
        memory: limits.memory.saturating_add(ENGINE_BYTES),
        output: limits.output.saturating_add(8 * MAX_LOG_BYTES),
    };
    let answer = match request.language {
        Language::JavaScript => pool.run_for(owner, JOB, &order, outer).await,
        Language::Python => pool.run_python(&order, outer).await,
    };
    let because =
        |kind, error: &SandboxError| Ok(Outcome::failed(CodeError::new(kind, error.to_string())));
    match answer {
        Ok(answer) => serde_json::from_slice(&answer)
            .map_err(|_| SandboxError::Crashed("the engine answered nonsense".to_owned()))
            .or_else(|error| because(ErrorKind::Crash, &error)),
        Err(SandboxError::Timeout { limit }) => {
            because(ErrorKind::Timeout, &SandboxError::Timeout { limit })
        }
        Err(SandboxError::Memory { .. }) => because(
            ErrorKind::Memory,
            &SandboxError::Memory {
                limit: limits.memory,
            },
        ),
        Err(error @ SandboxError::OutputTooLarge { .. }) => because(ErrorKind::Result, &error),
        Err(error @ (SandboxError::Crashed(_) | SandboxError::Refused(_))) => {
            because(ErrorKind::Crash, &error)
        }
        Err(
            error @ (SandboxError::Busy { .. }
            | SandboxError::Unavailable(_)
            | SandboxError::InputTooLarge { .. }),
        ) => Err(error),
    }
}

/// The worker's side of [`run`] for JavaScript.
///
/// # Errors
/// When the request is not one of [`run`]'s.
pub fn job(request: &[u8]) -> Result<Vec<u8>, String> {
    let order: Order =
        serde_json::from_slice(request).map_err(|e| format!("the request is wrong: {e}"))?;
    let outcome = match order.language {
        Language::JavaScript => javascript::run(&order),
        Language::Python => return Err("Python runs in an interpreter of its own".to_owned()),
    };
    serde_json::to_vec(&outcome).map_err(|e| format!("the outcome is no JSON: {e}"))
}

impl Order {
    fn time(&self) -> Duration {
        Duration::from_millis(self.time_ms)
    }
}
