//! `builtin/echo`: repeats the last user message.

use super::answer::Answer;
use crate::chat::{ChatRequest, Message, Role};

/// The text of the last user message; of the last message at all where no user speaks.
pub(super) fn respond(request: &ChatRequest) -> Answer {
    let by_user = request.messages.iter().rfind(|m| m.role == Role::User);
    let last = by_user.or(request.messages.last());
    Answer::Text(last.map(Message::plain_text).unwrap_or_default())
}
