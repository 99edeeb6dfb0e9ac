//! Turns of the canonical conversation to what `/v1/chat/completions` takes.

use serde_json::{Map, Value};

use super::request::{Prefill, Replay, Shape};
use crate::chat::{Content, FileRef, KnownPart, Message, Part, Role};
use crate::error::Error;
use crate::notes::Notes;
use crate::portable;

/// Fields of turns that other dialects' clients send.
const FOREIGN_FIELDS: [&str; 5] = [
    "cache_control",
    "citations",
    "extra_content",
    "is_error",
    "reasoning_signature",
];

/// OpenAI's own fields of turns that [`Message`] has no member for. Answers are sent back whole, so
/// OpenAI itself takes annotations too.
const OPENAI_FIELDS: [&str; 2] = ["audio", "function_call"];

/// Fields of parts that Anthropic's clients send.
const FOREIGN_PART_FIELDS: [&str; 3] = ["citations", "context", "title"];

/// Fields of calls that other dialects' clients send.
const FOREIGN_CALL_FIELDS: [&str; 3] = ["cache_control", "caller", "extra_content"];

/// Rewrites all turns.
///
/// Images and files in tool results move into a user turn behind the results: a `tool` turn can only
/// hold text, and results must directly follow the calls.
pub(super) fn adapt_messages(
    messages: Vec<Message>,
    shape: &Shape,
    notes: &mut Notes,
) -> Result<Vec<Message>, Error> {
    let mut out = Vec::with_capacity(messages.len());
    let mut moved = Vec::new();
    for (i, mut message) in messages.into_iter().enumerate() {
        if message.role != Role::Tool {
            flush(&mut moved, &mut out);
        }
        adapt_message(&mut message, i, shape, notes)?;
        if message.role == Role::Tool {
            moved.extend(take_media(&mut message, notes));
        }
        out.push(message);
    }
    flush(&mut moved, &mut out);
    mark_prefill(&mut out, shape, notes);
    Ok(out)
}

fn flush(moved: &mut Vec<Part>, out: &mut Vec<Message>) {
    if moved.is_empty() {
        return;
    }
    out.push(Message {
        content: Some(Content::Parts(std::mem::take(moved))),
        ..Message::empty(Role::User)
    });
}

fn take_media(message: &mut Message, notes: &mut Notes) -> Vec<Part> {
    let Some(Content::Parts(parts)) = &mut message.content else {
        return Vec::new();
    };
    let (text, media): (Vec<_>, Vec<_>) = std::mem::take(parts)
        .into_iter()
        .partition(|part| part.as_text().is_some());
    *parts = text;
    if media.is_empty() {
        return media;
    }
    notes.emulated("messages.tool.content");
    if parts.is_empty() {
        parts.push(Part::text("The result is in the next user message."));
    }
    media
}

/// A last turn of the assistant is one that the model shall go on with.
fn mark_prefill(out: &mut [Message], shape: &Shape, notes: &mut Notes) {
    let Some(last) = out.last_mut() else { return };
    if last.role != Role::Assistant || last.tool_calls.is_some() {
        return;
    }
    match shape.prefill {
        Prefill::Unknown => notes.changed("messages.prefill"),
        Prefill::Plain => {}
        Prefill::Marked(field) => {
            last.extra.insert(field.to_owned(), Value::Bool(true));
        }
    }
}

fn adapt_message(
    message: &mut Message,
    at: usize,
    shape: &Shape,
    notes: &mut Notes,
) -> Result<(), Error> {
    if message.role == Role::Developer && !shape.developer_role {
        message.role = Role::System;
    }
    if !shape.openai_models {
        say_refusal(message);
    }
    if let Some(Content::Parts(parts)) = &mut message.content {
        let mut adapted = Vec::with_capacity(parts.len());
        for (j, part) in std::mem::take(parts).into_iter().enumerate() {
            adapted.extend(adapt_part(part, (at, j), shape, notes)?);
        }
        *parts = adapted;
    }
    if shape.cache_control {
        mark_cache(message);
    }
    let takes = |name: &str| match shape.strict {
        true => OPENAI_FIELDS.contains(&name) || (shape.openai_models && name == "annotations"),
        false => !FOREIGN_FIELDS.contains(&name),
    };
    portable::keep_only(&mut message.extra, takes, "messages", notes);
    adapt_replay(message, shape, notes);
    adapt_calls(message, shape, notes);
    let empty = match &message.content {
        None => message.tool_calls.is_none() && !message.extra.contains_key("audio"),
        Some(Content::Parts(parts)) => parts.is_empty(),
        Some(Content::Text(_)) => false,
    };
    if empty && message.refusal.is_none() {
        // Content is required unless tools are called.
        message.content = Some(Content::Text(String::new()));
    }
    Ok(())
}

/// Only OpenAI has a place for refusals; elsewhere they are what the assistant said.
fn say_refusal(message: &mut Message) {
    let Some(refusal) = message.refusal.take() else {
        return;
    };
    message.content = Some(match message.content.take() {
        None => Content::Text(refusal),
        Some(Content::Text(text)) if text.is_empty() => Content::Text(refusal),
        Some(Content::Text(text)) => Content::Parts(vec![Part::text(text), Part::text(refusal)]),
        Some(Content::Parts(mut parts)) => {
            parts.push(Part::text(refusal));
            Content::Parts(parts)
        }
    });
}

/// A turn's own cache breakpoint stands on its last part, the only place these vendors look at.
fn mark_cache(message: &mut Message) {
    let Some(cache) = message.extra.get("cache_control").cloned() else {
        return;
    };
    if let Some(Content::Text(text)) = &mut message.content {
        let text = std::mem::take(text);
        message.content = Some(Content::Parts(vec![Part::text(text)]));
    }
    let Some(Content::Parts(parts)) = &mut message.content else {
        return;
    };
    if let Some(Part::Known(part)) = parts.last_mut()
        && let Some(extra) = part.extra_mut()
    {
        extra.insert("cache_control".to_owned(), cache);
        message.extra.shift_remove("cache_control");
    }
}

/// Earlier reasoning: left out, or under the vendor's name for it.
fn adapt_replay(message: &mut Message, shape: &Shape, notes: &mut Notes) {
    let field = match shape.replay {
        Replay::Always(field) => Some(field),
        Replay::ToolTurns(field) => Some(field).filter(|_| message.tool_calls.is_some()),
        Replay::Drop => None,
    };
    let text = match field {
        Some(_) => portable::reasoning_text(message, notes),
        None => {
            portable::note_reasoning(message, notes);
            None
        }
    };
    message.thinking_blocks = None;
    message.reasoning_content = None;
    let (Some(field), Some(text)) = (field, text) else {
        return;
    };
    if field == "reasoning_content" {
        message.reasoning_content = Some(text);
    } else {
        message.extra.insert(field.to_owned(), text.into());
    }
}

fn adapt_calls(message: &mut Message, shape: &Shape, notes: &mut Notes) {
    if message.tool_calls.as_ref().is_some_and(Vec::is_empty) {
        message.tool_calls = None;
    }
    for call in message.tool_calls.iter_mut().flatten() {
        let takes = |name: &str| match shape.strict {
            true => name == "custom",
            false => !FOREIGN_CALL_FIELDS.contains(&name),
        };
        portable::keep_only(&mut call.extra, takes, "messages.tool_calls", notes);
        if shape.short_call_ids {
            call.id = short_id(&call.id);
        }
        if let Some(function) = &mut call.function
            && function.arguments.trim().is_empty()
        {
            function.arguments = "{}".to_owned();
        }
    }
    if let Some(id) = message
        .tool_call_id
        .as_mut()
        .filter(|_| shape.short_call_ids)
    {
        *id = short_id(id);
    }
}

/// Nine letters and digits for any id, the same for the same id.
fn short_id(id: &str) -> String {
    if id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // FNV-1a, 64 bits: spreads well and is the same on every machine.
    let mut hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let letters = (0..9).map(|_| {
        let letter = ALPHABET[(hash % 62) as usize];
        hash /= 62;
        char::from(letter)
    });
    letters.collect()
}

/// `None` for a part that is left out.
fn adapt_part(
    part: Part,
    at: (usize, usize),
    shape: &Shape,
    notes: &mut Notes,
) -> Result<Option<Part>, Error> {
    let mut known = match part {
        Part::Known(known) => known,
        // What comes back is text.
        Part::Other(block) => return portable::block(&block, "this model", notes),
    };
    if let Some(extra) = known.extra_mut() {
        adapt_part_extra(extra, shape, notes);
    }
    match &mut known {
        KnownPart::Refusal { refusal } if !shape.openai_models => {
            return Ok(Some(Part::text(std::mem::take(refusal))));
        }
        KnownPart::File { file, .. } => {
            if let Some(text) = portable::text_of(file) {
                // Only PDFs are taken as files; a text file is sent as the text that it is.
                notes.emulated("file");
                return Ok(Some(Part::text(text)));
            }
            adapt_file(file, at)?;
        }
        _ => {}
    }
    Ok(Some(Part::Known(known)))
}

fn adapt_part_extra(extra: &mut Map<String, Value>, shape: &Shape, notes: &mut Notes) {
    let takes = |name: &str| match name {
        "cache_control" => shape.cache_control,
        _ => !shape.strict && !FOREIGN_PART_FIELDS.contains(&name),
    };
    portable::keep_only(extra, takes, "messages.content", notes);
}

fn adapt_file(file: &mut FileRef, (i, j): (usize, usize)) -> Result<(), Error> {
    if file.file_url.is_some() && file.file_data.is_none() && file.file_id.is_none() {
        return Err(Error::not_supported(
            &format!("messages[{i}].content[{j}].file"),
            "this model takes files inline or by id, not by URL",
        ));
    }
    file.file_url = None;
    let Some(data) = file.file_data.as_mut() else {
        return Ok(());
    };
    if !data.starts_with("data:") {
        *data = format!("data:application/pdf;base64,{data}");
    }
    file.filename
        .get_or_insert_with(|| "document.pdf".to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_are_stable_and_legal() {
        let a = short_id("call_iMGPsr4Xx1u0G5sOzFsTCbQU");
        assert_eq!(a, short_id("call_iMGPsr4Xx1u0G5sOzFsTCbQU"));
        assert_ne!(a, short_id("call_iMGPsr4Xx1u0G5sOzFsTCbQV"));
        assert!(a.len() == 9 && a.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(short_id("AbCdEf123"), "AbCdEf123");
    }
}
