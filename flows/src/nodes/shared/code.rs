//! Users' code in the sandbox.

use std::time::Duration;

use sandbox::code::{ErrorKind, Language, Outcome, Request};
use sandbox::{Limits, Pool, SandboxError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::node::{Level, NodeContext, NodeError, NodeErrorKind};

/// What code is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::nodes) enum CodeLanguage {
    /// JavaScript (ES2023).
    #[default]
    JavaScript,
    /// Python 3.
    Python,
}

impl CodeLanguage {
    pub(in crate::nodes) const fn word(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }
}

/// What it gave.
pub(in crate::nodes) struct Ran {
    pub(in crate::nodes) result: Value,
    pub(in crate::nodes) stdout: String,
}

/// Runs code with `input`; what it prints goes to the node's log.
///
/// # Errors
/// `Code` with the line for whatever the code does wrong; `Limit` when all workers are busy; `Missing`
/// when this server has no sandbox.
pub(in crate::nodes) async fn run_code(
    context: &NodeContext,
    language: CodeLanguage,
    source: &str,
    input: &Value,
    limits: Limits,
) -> Result<Ran, NodeError> {
    let pool: &Pool = context.handle("the sandbox")?;
    let input = RawValue::from_string(input.to_string());
    let request = Request {
        language: match language {
            CodeLanguage::JavaScript => Language::JavaScript,
            CodeLanguage::Python => Language::Python,
        },
        source: source.to_owned(),
        input: input.map_err(|error| NodeError::input(error.to_string()))?,
        limits,
    };
    let owner = context.run.org_id.uuid().as_u128();
    let outcome = sandbox::code::run(pool, owner, &request).await;
    let outcome = outcome.map_err(|error| refused(&error))?;
    note(context, &outcome);
    if let Some(error) = outcome.error {
        return Err(failure(&error));
    }
    let result = serde_json::from_str(outcome.result.get());
    Ok(Ran {
        stdout: outcome.stdout(),
        result: result.map_err(|error| NodeError::new(NodeErrorKind::Code, error.to_string()))?,
    })
}

fn note(context: &NodeContext, outcome: &Outcome) {
    use sandbox::code::Level as From;
    for line in &outcome.logs {
        let level = match line.level {
            From::Debug => Level::Debug,
            From::Print | From::Log | From::Info => Level::Info,
            From::Warn => Level::Warn,
            From::Error => Level::Error,
        };
        context.recorder.log(level, &line.text, Value::Null);
    }
    if outcome.logs_truncated {
        context.warn("the code printed more than is kept");
    }
}

fn failure(error: &sandbox::code::CodeError) -> NodeError {
    let name = if error.name.is_empty() {
        String::new()
    } else {
        format!("{}: ", error.name)
    };
    let kind = match error.kind {
        ErrorKind::Timeout => NodeErrorKind::Timeout,
        ErrorKind::Memory => NodeErrorKind::Limit,
        ErrorKind::Syntax
        | ErrorKind::Exception
        | ErrorKind::Forbidden
        | ErrorKind::Result
        | ErrorKind::Crash => NodeErrorKind::Code,
    };
    let details = json!({"kind": error.kind, "trace": error.trace});
    let message = format!("{name}{}", error.message);
    // The same code does the same again.
    let mut failure = NodeError::new(kind, message)
        .with_details(details)
        .permanent();
    failure.line = error.line;
    failure.column = error.column;
    failure.at("source")
}

fn refused(error: &SandboxError) -> NodeError {
    let kind = match error {
        SandboxError::Busy { .. } => NodeErrorKind::Limit,
        SandboxError::InputTooLarge { .. } => NodeErrorKind::Input,
        _ => NodeErrorKind::Missing,
    };
    NodeError::new(kind, error.to_string())
}

/// Bounds of one run.
pub(in crate::nodes) fn limits(timeout_ms: u64, memory_mb: u64) -> Limits {
    Limits {
        time: Duration::from_millis(timeout_ms),
        memory: memory_mb.saturating_mul(1024 * 1024),
        ..Limits::default()
    }
}
