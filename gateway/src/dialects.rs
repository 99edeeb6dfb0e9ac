//! The dialects our clients speak, by operation.

use providers::dialect::chat::Chat;
use providers::dialect::completions::Completions;
use providers::dialect::messages::Messages;
use providers::dialect::responses::Responses;
use providers::{Dialect, DialectId, Operation};

/// The dialect with this id. `Native` is nobody's ingress and reads as OpenAI chat.
pub fn get(id: DialectId) -> &'static dyn Dialect {
    match id {
        DialectId::Chat | DialectId::Native => &Chat,
        DialectId::Completions => &Completions,
        DialectId::Responses => &Responses,
        DialectId::Messages => &Messages,
    }
}

/// The dialect of an operation that is a conversation in some form; `None` for the others.
pub fn of(operation: Operation) -> Option<&'static dyn Dialect> {
    match operation {
        Operation::Chat(id) => Some(get(id)),
        Operation::Completions => Some(&Completions),
        Operation::Embeddings
        | Operation::Images
        | Operation::Transcription
        | Operation::Translation
        | Operation::Speech
        | Operation::Moderation
        | Operation::CountTokens => None,
    }
}
