//! `builtin/fault-…`: models that fail in one chosen way.
//!
//! Settings come from the request's `metadata` (`fault_delay_ms`, `fault_after_chunks`,
//! `fault_retry_after_ms`, as strings or numbers) or, shorter, from a number behind the model's name:
//! `fault-slow-2000` waits two seconds, `fault-cut-5` ends after five pieces, `fault-429-30000` asks
//! to wait for half a minute. Metadata wins.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::answer::{Answer, Script};
use super::{ChunkStream, off_thread};
use crate::chat::ChatRequest;
use crate::error::{Error, ErrorKind};

/// The ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    RateLimit,
    Server,
    Overloaded,
    BadKey,
    Hang,
    Slow,
    Cut,
    Malformed,
    Stall,
    Refusal,
    Context,
}

const NAMES: [(&str, Fault); 12] = [
    ("fault-429", Fault::RateLimit),
    ("fault-500", Fault::Server),
    ("fault-503", Fault::Overloaded),
    ("fault-401", Fault::BadKey),
    ("fault-hang", Fault::Hang),
    ("fault-timeout", Fault::Hang),
    ("fault-slow", Fault::Slow),
    ("fault-cut", Fault::Cut),
    ("fault-malformed", Fault::Malformed),
    ("fault-stall", Fault::Stall),
    ("fault-refusal", Fault::Refusal),
    ("fault-context", Fault::Context),
];

/// The setting that the number behind a model's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    DelayMs,
    AfterChunks,
    RetryAfterMs,
}

impl Setting {
    const ALL: [Self; 3] = [Self::DelayMs, Self::AfterChunks, Self::RetryAfterMs];

    const fn key(self) -> &'static str {
        match self {
            Self::DelayMs => "fault_delay_ms",
            Self::AfterChunks => "fault_after_chunks",
            Self::RetryAfterMs => "fault_retry_after_ms",
        }
    }

    const fn most(self) -> u64 {
        match self {
            Self::DelayMs | Self::RetryAfterMs => 3_600_000,
            Self::AfterChunks => 10_000,
        }
    }

    const fn of_suffix(fault: Fault) -> Self {
        match fault {
            Fault::RateLimit | Fault::Overloaded => Self::RetryAfterMs,
            Fault::Cut | Fault::Malformed | Fault::Stall => Self::AfterChunks,
            Fault::Server
            | Fault::BadKey
            | Fault::Hang
            | Fault::Slow
            | Fault::Refusal
            | Fault::Context => Self::DelayMs,
        }
    }
}

/// A fault with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    fault: Fault,
    delay_ms: u64,
    after_chunks: u64,
    retry_after_ms: Option<u64>,
}

const SLOW_MS: u64 = 5_000;
const PIECES: u64 = 3;
const RETRY_AFTER_MS: u64 = 1_000;

/// The plan of the model called `name`, or `None` if that is no fault model.
///
/// # Errors
/// `InvalidRequest` for a setting that is no whole number or too large.
pub(super) fn plan(name: &str, request: &ChatRequest) -> Result<Option<Plan>, Error> {
    let Some((fault, suffix)) = NAMES.iter().find_map(|(known, fault)| {
        let rest = name.strip_prefix(known)?;
        let suffix = if rest.is_empty() {
            rest
        } else {
            rest.strip_prefix('-')?
        };
        Some((*fault, suffix))
    }) else {
        return Ok(None);
    };
    let mut plan = Plan {
        fault,
        delay_ms: if fault == Fault::Slow { SLOW_MS } else { 0 },
        after_chunks: PIECES,
        retry_after_ms: (fault == Fault::RateLimit).then_some(RETRY_AFTER_MS),
    };
    if !suffix.is_empty() {
        let setting = Setting::of_suffix(fault);
        plan.set(setting, number(setting, "model", suffix)?);
    }
    for setting in Setting::ALL {
        let value = request
            .extra
            .get("metadata")
            .and_then(|m| m.get(setting.key()));
        let text = match value {
            None => continue,
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        plan.set(setting, number(setting, "metadata", &text)?);
    }
    Ok(Some(plan))
}

fn number(setting: Setting, param: &str, text: &str) -> Result<u64, Error> {
    let number = text.parse().ok().filter(|n| *n <= setting.most());
    number.ok_or_else(|| {
        let (key, most) = (setting.key(), setting.most());
        Error::invalid(param, format!("{key} must be a whole number up to {most}"))
    })
}

/// What the models say that answer at all: enough words for a stream to break in the middle.
const TEXT: &str = "This answer comes from a built-in fault model. It tests what a client does when \
    an answer is slow, stalls, breaks off or cannot be read.";

impl Plan {
    fn set(&mut self, setting: Setting, value: u64) {
        match setting {
            Setting::DelayMs => self.delay_ms = value,
            Setting::AfterChunks => self.after_chunks = value,
            Setting::RetryAfterMs => self.retry_after_ms = Some(value),
        }
    }

    /// Fails, or answers badly.
    pub(super) async fn run(self, request: ChatRequest) -> Result<ChunkStream, Error> {
        let delay = Duration::from_millis(self.delay_ms);
        if self.fault == Fault::Slow {
            let script = write(request).await?;
            // The stream is there at once: the time to its first token is what is slow.
            let wait = stream::once(tokio::time::sleep(delay));
            let chunks = wait.filter_map(|()| async { None });
            return Ok(Box::pin(chunks.chain(script.stream())));
        }
        tokio::time::sleep(delay).await;
        if let Some(error) = self.error() {
            return Err(error);
        }
        if self.fault == Fault::Hang {
            return std::future::pending().await;
        }
        let pieces = usize::try_from(self.after_chunks).unwrap_or(usize::MAX);
        let opening = stream::iter(write(request).await?.opening(pieces).map(Ok));
        Ok(match self.fault {
            Fault::Malformed => {
                let broken = "cannot decode the built-in model's chunk: it was made unreadable";
                let error = stream::iter([Err(Error::malformed(broken))]);
                Box::pin(opening.chain(error))
            }
            Fault::Stall => Box::pin(opening.chain(stream::pending())),
            _ => Box::pin(opening),
        })
    }

    fn error(self) -> Option<Error> {
        let (kind, status, code, message) = match self.fault {
            Fault::RateLimit => (
                ErrorKind::RateLimited,
                429,
                "rate_limit_exceeded",
                "the built-in fault model refuses as if its rate limit were reached",
            ),
            Fault::Server => (
                ErrorKind::Upstream,
                500,
                "server_error",
                "the built-in fault model fails as if its server had an error",
            ),
            Fault::Overloaded => (
                ErrorKind::Overloaded,
                503,
                "overloaded",
                "the built-in fault model refuses as if it were overloaded",
            ),
            Fault::BadKey => (
                ErrorKind::Authentication,
                401,
                "invalid_api_key",
                "the built-in fault model refuses as if its key were wrong",
            ),
            Fault::Refusal => (
                ErrorKind::ContentPolicy,
                400,
                "content_policy_violation",
                "the built-in fault model refuses as if its content policy were violated",
            ),
            Fault::Context => (
                ErrorKind::ContextWindow,
                400,
                "context_length_exceeded",
                "the built-in fault model refuses as if the prompt were too long for it",
            ),
            Fault::Hang | Fault::Slow | Fault::Cut | Fault::Malformed | Fault::Stall => {
                return None;
            }
        };
        let mut error = Error::new(kind, message)
            .with_status(status)
            .with_code(code);
        error.retry_after_ms = self.retry_after_ms;
        error.param = (self.fault == Fault::Context).then(|| "messages".to_owned());
        Some(error)
    }
}

async fn write(request: ChatRequest) -> Result<Script, Error> {
    off_thread(request, |_| Answer::Text(TEXT.to_owned())).await
}
