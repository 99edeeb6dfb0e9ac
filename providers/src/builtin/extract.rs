//! `builtin/extract`: answers by quoting.
//!
//! 1. [`conversation`] finds the question (in the last user message) and the passages (everything
//!    else), each with the citation mark it starts with.
//! 2. [`sentences`] and [`terms`] cut the passages into sentences and words (pairs of characters for
//!    Chinese, Japanese and Korean).
//! 3. [`rank`] scores sentences against the question, [`quote`] picks one to three and writes them
//!    down in their original order with their marks.
//!
//! A JSON schema or a forced tool is filled from the same text ([`schema`]). What it can do is
//! limited on purpose: it invents nothing, so that each of its claims can be checked against a
//! passage. Work is linear in the text, of which the first [`READ_BYTES`] are read.

mod choices;
mod conversation;
mod find;
mod language;
mod quote;
mod rank;
mod schema;
mod sentences;
mod skeleton;
mod source;
mod summary;
mod terms;
mod tools;
mod values;
mod wants;

use crate::chat::{ChatRequest, ResponseFormat};

use super::answer::Answer;
use conversation::Conversation;
use language::Language;

/// Bytes of passages that are read.
const READ_BYTES: usize = 512 * 1024;

/// The answer to `request`.
pub(super) fn respond(request: &ChatRequest) -> Answer {
    let talk = Conversation::read(request);
    if let Some(tool) = tools::forced(request, &talk) {
        let arguments = schema::fill(tool.parameters.as_ref(), &talk).to_string();
        return Answer::Call {
            name: tool.name.clone(),
            arguments,
        };
    }
    Answer::Text(match &request.response_format {
        None | Some(ResponseFormat::Text) => text(&talk),
        Some(ResponseFormat::JsonObject) => schema::fill(None, &talk).to_string(),
        Some(ResponseFormat::JsonSchema { json_schema }) => {
            schema::fill(json_schema.schema.as_ref(), &talk).to_string()
        }
    })
}

/// The answer in words.
fn text(talk: &Conversation) -> String {
    let language = Language::of(&talk.question);
    let wants_summary = language::asks_for_summary(&talk.question);
    if !wants_summary {
        if let Some(quote) = quote::answer(talk) {
            return quote.text;
        }
        if language::is_question(&talk.question) {
            return if talk.has_text() {
                language.not_found()
            } else {
                language.needs_context()
            }
            .to_owned();
        }
        if language::is_greeting(&talk.question) {
            return language.introduction().to_owned();
        }
    }
    match quote::summary(talk) {
        Some(quote) => quote.text,
        None => language.introduction().to_owned(),
    }
}

#[cfg(test)]
mod tests;
