//! Gemini's finish and block reasons to OpenAI's five words.

use crate::chat::FinishReason;

/// OpenAI's word for `reason`, and the native word where ours says less.
///
/// A model that called tools ends with `STOP` like any other: `called` tells the two apart. Reasons
/// that name a fault of the model rather than of the content (`MALFORMED_FUNCTION_CALL`, `OTHER`, …)
/// are `stop`: what came is all there is, and no tool is to be run.
pub(super) fn reason(reason: &str, called: bool) -> (FinishReason, Option<String>) {
    match reason {
        "STOP" if called => (FinishReason::ToolCalls, None),
        "STOP" => (FinishReason::Stop, None),
        "MAX_TOKENS" => (FinishReason::Length, None),
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => (FinishReason::ContentFilter, Some(reason.to_owned())),
        _ => (FinishReason::Stop, Some(reason.to_owned())),
    }
}

/// A prompt that was refused as a whole (`promptFeedback.blockReason`).
pub(super) fn blocked(reason: &str) -> (FinishReason, Option<String>) {
    (FinishReason::ContentFilter, Some(reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_becomes_a_legal_word() {
        use FinishReason::{ContentFilter, Length, Stop, ToolCalls};
        for (native, called, word, kept) in [
            ("STOP", false, Stop, false),
            ("STOP", true, ToolCalls, false),
            ("MAX_TOKENS", true, Length, false),
            ("SAFETY", false, ContentFilter, true),
            ("RECITATION", false, ContentFilter, true),
            ("LANGUAGE", false, ContentFilter, true),
            ("BLOCKLIST", false, ContentFilter, true),
            ("PROHIBITED_CONTENT", false, ContentFilter, true),
            ("SPII", false, ContentFilter, true),
            ("IMAGE_SAFETY", false, ContentFilter, true),
            ("MALFORMED_FUNCTION_CALL", false, Stop, true),
            ("MALFORMED_FUNCTION_CALL", true, Stop, true),
            ("UNEXPECTED_TOOL_CALL", false, Stop, true),
            ("TOO_MANY_TOOL_CALLS", true, Stop, true),
            ("OTHER", false, Stop, true),
            ("A_WORD_OF_TOMORROW", false, Stop, true),
        ] {
            let expected = (word, kept.then(|| native.to_owned()));
            assert_eq!(reason(native, called), expected, "{native}");
        }
    }
}
