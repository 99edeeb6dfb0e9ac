//! OpenAI's complete chat answer to a canonical one.

use super::error::read_event;
use super::wire::WireAnswer;
use crate::chat::{ChatResponse, Choice, FinishReason};
use crate::error::Error;

/// Reads a 2xx body.
///
/// # Errors
/// `Malformed` when the body is not a chat completion with at least one choice; the carried error
/// when a 2xx body holds one (OpenRouter).
pub fn decode_chat(body: &[u8]) -> Result<ChatResponse, Error> {
    let mut wire: WireAnswer<'_> = serde_json::from_slice(body)
        .map_err(|e| Error::malformed(format!("cannot decode the chat completion: {e}")))?;
    if let Some(error) = wire.failure() {
        return Err(error);
    }
    if wire.is_error() {
        return Err(read_event(&String::from_utf8_lossy(body)));
    }
    let created = wire.created();
    let usage = wire.usage();
    let id = wire.id.take().unwrap_or_default();
    let mut choices = Vec::new();
    let wire_choices = wire.choices.take().unwrap_or_default();
    for (position, mut choice) in wire_choices.into_iter().enumerate() {
        let index = choice.index.unwrap_or(position as u32);
        let ending = choice.ending()?;
        let message = choice.take_turn().into_message(&id, index);
        let (reason, native, stop_sequence) = match ending {
            Some(end) => (end.reason, end.native, end.stop_sequence),
            None => (FinishReason::Stop, None, None),
        };
        choices.push(Choice {
            index,
            message,
            finish_reason: reason,
            native_finish_reason: native,
            stop_sequence,
            logprobs: choice.logprobs.filter(|l| !l.is_null()),
        });
    }
    if choices.is_empty() {
        return Err(Error::malformed("the chat completion has no choices"));
    }
    Ok(ChatResponse {
        id,
        created,
        model: wire.model.unwrap_or_default(),
        choices,
        usage,
        extra: wire.extra,
    })
}
