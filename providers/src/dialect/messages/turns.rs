//! `system` and `messages` of a Messages request to canonical messages.

use serde_json::{Map, Value};

use super::blocks::{self, Piece};
use super::fields::take_string;
use crate::chat::{Message, Part, Role};
use crate::dialect::sealed::{Sealed, restore_calls};
use crate::error::Error;
use crate::notes::Notes;

/// Maps the conversation, `system` first.
///
/// # Errors
/// `InvalidRequest` naming the turn or block that cannot be read.
pub(super) fn decode(
    system: Option<Value>,
    turns: Vec<Value>,
    notes: &mut Notes,
) -> Result<Vec<Message>, Error> {
    let mut out = Vec::with_capacity(turns.len() + 1);
    let mut seals = Vec::new();
    if let Some(system) = system {
        out.extend(decode_system("system", system, notes)?);
    }
    for (at, turn) in turns.into_iter().enumerate() {
        let path = format!("messages.{at}");
        let Value::Object(turn) = turn else {
            return Err(Error::invalid(&path, format!("`{path}` is not an object")));
        };
        decode_turn(&path, turn, notes, &mut out, &mut seals)?;
    }
    restore_calls(&mut out, seals);
    Ok(out)
}

fn decode_turn(
    path: &str,
    mut turn: Map<String, Value>,
    notes: &mut Notes,
    out: &mut Vec<Message>,
    seals: &mut Vec<Sealed>,
) -> Result<(), Error> {
    let role = take_string(&mut turn, "role").unwrap_or_default();
    let path_of_content = format!("{path}.content");
    let Some(content) = turn.shift_remove("content") else {
        return Err(Error::invalid(
            &path_of_content,
            format!("`{path_of_content}` is required"),
        ));
    };
    for (name, _) in turn.iter().filter(|(_, value)| !value.is_null()) {
        notes.dropped(format!("messages.{name}"));
    }
    match role.as_str() {
        "user" => {
            let pieces = blocks::decode(&path_of_content, content, notes)?;
            decode_user(&path_of_content, pieces, out)
        }
        "assistant" => {
            let pieces = blocks::decode(&path_of_content, content, notes)?;
            decode_assistant(&path_of_content, pieces, out, seals)
        }
        // Newer models take instructions in the middle of a conversation.
        "system" => {
            out.extend(decode_system(&path_of_content, content, notes)?);
            Ok(())
        }
        _ => Err(Error::invalid(
            &format!("{path}.role"),
            format!("`{path}.role` must be user, assistant or system"),
        )),
    }
}

fn decode_system(path: &str, system: Value, notes: &mut Notes) -> Result<Option<Message>, Error> {
    let mut parts = Vec::new();
    for piece in blocks::decode(path, system, notes)? {
        match piece {
            Piece::Part(part) if part.as_text() == Some("") => {}
            Piece::Part(part) if part.as_text().is_some() => parts.push(part),
            _ => return Err(Error::invalid(path, format!("`{path}` holds text only"))),
        }
    }
    Ok(blocks::content(parts).map(|content| Message {
        content: Some(content),
        ..Message::empty(Role::System)
    }))
}

/// Tool results come first, each a message of its own.
fn decode_user(path: &str, pieces: Vec<Piece>, out: &mut Vec<Message>) -> Result<(), Error> {
    let mut parts: Vec<Part> = Vec::new();
    let before = out.len();
    for piece in pieces {
        match piece {
            Piece::Part(part) => parts.push(part),
            Piece::Result(message) => out.push(message),
            Piece::Call(_) | Piece::Thinking(_) | Piece::Seal(_) => {
                return Err(Error::invalid(
                    path,
                    "tool_use and thinking blocks belong to the assistant",
                ));
            }
        }
    }
    if !parts.is_empty() || out.len() == before {
        out.push(Message {
            content: blocks::content(parts),
            ..Message::empty(Role::User)
        });
    }
    Ok(())
}

/// A canonical turn is thinking, then content, then calls. Thinking between content (server tools do
/// that) starts a new turn, which Anthropic's map joins again in the same order; after a call it may
/// not, because OpenAI wants the results right behind it.
fn decode_assistant(
    path: &str,
    pieces: Vec<Piece>,
    out: &mut Vec<Message>,
    seals: &mut Vec<Sealed>,
) -> Result<(), Error> {
    let mut message = Message::empty(Role::Assistant);
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Part(part) => parts.push(part),
            Piece::Call(call) => message.tool_calls.get_or_insert_default().push(call),
            Piece::Seal(seal) => seals.push(seal),
            Piece::Thinking(block) => {
                if !parts.is_empty() && message.tool_calls.is_none() {
                    message.content = blocks::content(std::mem::take(&mut parts));
                    let next = Message::empty(Role::Assistant);
                    out.push(std::mem::replace(&mut message, next));
                }
                message.thinking_blocks.get_or_insert_default().push(block);
            }
            Piece::Result(_) => {
                return Err(Error::invalid(
                    path,
                    "tool_result blocks belong to the user",
                ));
            }
        }
    }
    message.content = blocks::content(parts);
    out.push(message);
    Ok(())
}
