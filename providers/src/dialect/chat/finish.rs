//! Finish reasons of chat completions, OpenAI's five words and the others that vendors send.

use crate::chat::FinishReason;
use crate::error::{Error, ErrorKind};

/// What a finish reason on the wire means.
#[derive(Debug)]
pub(crate) enum Finish {
    /// One of OpenAI's words, unchanged.
    Known(FinishReason),
    /// Another word; the vendor's own is kept beside ours.
    Other(FinishReason),
    /// The answer broke off: OpenRouter's `error`, DeepSeek's `insufficient_system_resource`.
    Failed(Error),
}

/// Reads a finish reason.
pub(crate) fn read_finish(word: &str) -> Finish {
    use FinishReason::{ContentFilter, FunctionCall, Length, Stop, ToolCalls};
    match word {
        "stop" => Finish::Known(Stop),
        "length" => Finish::Known(Length),
        "tool_calls" => Finish::Known(ToolCalls),
        "content_filter" => Finish::Known(ContentFilter),
        "function_call" => Finish::Known(FunctionCall),
        // Mistral's `model_length`, and what gateways in between leave untranslated.
        "model_length" | "max_tokens" | "MAX_TOKENS" | "max_length" => Finish::Other(Length),
        "tool_use" | "tool_call" => Finish::Other(ToolCalls),
        // Zhipu's `sensitive`; `refusal` and `SAFETY` through gateways in between.
        "sensitive" | "refusal" | "safety" | "SAFETY" => Finish::Other(ContentFilter),
        "insufficient_system_resource" => Finish::Failed(failed(ErrorKind::Overloaded, word)),
        "error" | "network_error" | "abort" => Finish::Failed(failed(ErrorKind::Upstream, word)),
        _ => Finish::Other(Stop),
    }
}

fn failed(kind: ErrorKind, word: &str) -> Error {
    Error::new(
        kind,
        format!("the provider broke the answer off with `{word}`"),
    )
    .with_code(word)
}

/// OpenAI's word.
pub(crate) const fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::FunctionCall => "function_call",
    }
}
