//! Models that run in this process: no key, no network, the same answer to the same request.
//!
//! * `builtin/extract` answers from the passages it is given, by quoting ([`extract`]).
//! * `builtin/echo` repeats the last user message.
//! * `builtin/fault-…` misbehave on request, so that users can test retries, fallbacks and timeouts
//!   ([`fault`]).
//!
//! They answer in the canonical types, always as a stream: a caller that wants a whole answer
//! collects it. `docs/builtin-models.md` describes them for users.

mod answer;
mod echo;
mod extract;
mod fault;

use std::pin::Pin;

use futures_util::Stream;

use crate::chat::{ChatChunk, ChatRequest};
use crate::error::{Error, ErrorKind};
use crate::tokens;

/// A streamed answer. It ended well if, and only if, each choice had a finish reason: the models
/// that cut their answer off just end.
pub type ChunkStream = Pin<Box<dyn Stream<Item = Result<ChatChunk, Error>> + Send>>;

/// The provider's word in model names, with its slash.
const PREFIX: &str = "builtin/";

/// What a built-in model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Gives useful answers.
    Answer,
    /// Shows that the connection works.
    Probe,
    /// Fails in a chosen way.
    Fault,
}

/// A row of [`models`].
#[derive(Debug, Clone, Copy)]
pub struct BuiltinModel {
    /// Full name, as clients write it: `builtin/extract`.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// One sentence for the models page.
    pub description: &'static str,
    /// Why one would call it.
    pub purpose: Purpose,
    /// Tokens of prompt that are looked at. Longer prompts are answered from their start.
    pub context_window: u64,
    /// Tokens an answer may have.
    pub max_output_tokens: u64,
}

/// All built-in models, the useful ones first.
pub fn models() -> &'static [BuiltinModel] {
    &MODELS
}

/// Answers `request` with the built-in model `model`, with or without `builtin/` in front. The answer
/// honours `max_tokens`, `stop` and `n` and ends with a usage chunk.
///
/// # Errors
/// `ModelNotFound`; `InvalidRequest` for a request without messages or with `n` outside 1 to 128 or
/// a bad fault setting; the error that a fault model is there to give.
pub async fn chat(model: &str, request: ChatRequest) -> Result<ChunkStream, Error> {
    let name = model.strip_prefix(PREFIX).unwrap_or(model);
    if let Some(plan) = fault::plan(name, &request)? {
        check(&request)?;
        return plan.run(request).await;
    }
    let respond = match name {
        "extract" => extract::respond,
        "echo" => echo::respond,
        _ => return Err(unknown(name)),
    };
    check(&request)?;
    let script = off_thread(request, respond).await?;
    Ok(Box::pin(script.stream()))
}

fn unknown(name: &str) -> Error {
    Error::new(
        ErrorKind::ModelNotFound,
        format!("there is no built-in model `{name}`"),
    )
    .with_status(404)
}

/// OpenAI's limit on `n`.
const MOST_CHOICES: u64 = 128;

fn check(request: &ChatRequest) -> Result<(), Error> {
    if request.messages.is_empty() {
        return Err(Error::invalid("messages", "messages must not be empty"));
    }
    if request.n.is_some_and(|n| !(1..=MOST_CHOICES).contains(&n)) {
        return Err(Error::invalid(
            "n",
            format!("n must be between 1 and {MOST_CHOICES}"),
        ));
    }
    Ok(())
}

/// Prompts up to this many bytes are worked on in place: it takes less than a millisecond.
const QUICK_BYTES: usize = 8 * 1024;

/// Writes the answer, on a blocking thread if the prompt is long or the vocabulary has to be built.
async fn off_thread(
    request: ChatRequest,
    respond: fn(&ChatRequest) -> answer::Answer,
) -> Result<answer::Script, Error> {
    let bytes: usize = request.messages.iter().map(|m| m.plain_text().len()).sum();
    if bytes <= QUICK_BYTES && tokens::is_loaded(PREFIX) {
        return Ok(answer::Script::new(&request, respond(&request)));
    }
    let write = move || answer::Script::new(&request, respond(&request));
    tokio::task::spawn_blocking(write).await.map_err(|_| {
        Error::new(
            ErrorKind::Upstream,
            "the built-in model failed while writing its answer",
        )
    })
}

/// The first texts that are read of a prompt; half a million bytes are more than any model's window
/// in English and still milliseconds of work.
const CONTEXT_WINDOW: u64 = 131_072;
const MAX_OUTPUT: u64 = 16_384;

const fn row(
    id: &'static str,
    title: &'static str,
    purpose: Purpose,
    description: &'static str,
) -> BuiltinModel {
    BuiltinModel {
        id,
        title,
        description,
        purpose,
        context_window: CONTEXT_WINDOW,
        max_output_tokens: MAX_OUTPUT,
    }
}

const fn faulty(id: &'static str, title: &'static str, what: &'static str) -> BuiltinModel {
    row(id, title, Purpose::Fault, what)
}

static MODELS: [BuiltinModel; 14] = [
    row(
        "builtin/extract",
        "Extract",
        Purpose::Answer,
        "Answers from the passages in its context by quoting the best sentences with their citation \
         marks; fills JSON schemas and tool arguments from the text.",
    ),
    row(
        "builtin/echo",
        "Echo",
        Purpose::Probe,
        "Repeats the last user message.",
    ),
    faulty(
        "builtin/fault-429",
        "Fault: rate limit",
        "Refuses with 429 and a time to wait.",
    ),
    faulty(
        "builtin/fault-500",
        "Fault: server error",
        "Fails with 500.",
    ),
    faulty(
        "builtin/fault-503",
        "Fault: overloaded",
        "Refuses with 503.",
    ),
    faulty("builtin/fault-401", "Fault: bad key", "Refuses with 401."),
    faulty(
        "builtin/fault-hang",
        "Fault: hang",
        "Never answers, not even with headers.",
    ),
    faulty(
        "builtin/fault-timeout",
        "Fault: timeout",
        "The same as fault-hang.",
    ),
    faulty(
        "builtin/fault-slow",
        "Fault: slow first token",
        "Waits five seconds before the first token.",
    ),
    faulty(
        "builtin/fault-cut",
        "Fault: cut stream",
        "Ends its stream in the middle, without a finish reason.",
    ),
    faulty(
        "builtin/fault-malformed",
        "Fault: malformed chunk",
        "Sends a chunk in mid-stream that cannot be read.",
    ),
    faulty(
        "builtin/fault-stall",
        "Fault: stall",
        "Stops for ever after some tokens.",
    ),
    faulty(
        "builtin/fault-refusal",
        "Fault: refusal",
        "Refuses for its content policy.",
    ),
    faulty(
        "builtin/fault-context",
        "Fault: context window",
        "Says that the prompt is too long.",
    ),
];

#[cfg(test)]
mod tests;
