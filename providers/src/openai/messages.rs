//! Turns of the canonical conversation to what `/v1/chat/completions` takes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::request::{Replay, Shape};
use crate::chat::{Content, KnownPart, Message, Part, Role, parse_data_url};
use crate::error::Error;
use crate::notes::Notes;

/// Fields of turns that belong to other dialects.
const FOREIGN_FIELDS: [&str; 4] = [
    "is_error",
    "reasoning_signature",
    "citations",
    "extra_content",
];

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
    notes.emulated("tool_result.media");
    if parts.is_empty() {
        parts.push(Part::text("The result is in the next user message."));
    }
    media
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
    for field in FOREIGN_FIELDS {
        drop_field(&mut message.extra, field, notes);
    }
    if !shape.cache_control {
        drop_field(&mut message.extra, "cache_control", notes);
    }
    adapt_replay(message, shape, notes);
    adapt_calls(message, shape, notes);
    if let Some(Content::Parts(parts)) = &mut message.content {
        for (j, part) in parts.iter_mut().enumerate() {
            adapt_part(part, (at, j), shape, notes)?;
        }
    }
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

fn drop_field(
    extra: &mut serde_json::Map<String, serde_json::Value>,
    field: &str,
    notes: &mut Notes,
) {
    if extra.shift_remove(field).is_some() {
        notes.dropped(field);
    }
}

/// Earlier reasoning: left out, or under the vendor's name for it.
fn adapt_replay(message: &mut Message, shape: &Shape, notes: &mut Notes) {
    let has_calls = message.tool_calls.is_some();
    if message.thinking_blocks.take().is_some() {
        notes.dropped("thinking_blocks");
    }
    let Some(reasoning) = message.reasoning_content.take() else {
        return;
    };
    let field = match shape.replay {
        Replay::Always(field) => Some(field),
        Replay::ToolTurns(field) => Some(field).filter(|_| has_calls),
        Replay::Drop => None,
    };
    match field {
        None => notes.dropped("reasoning_content"),
        Some("reasoning_content") => message.reasoning_content = Some(reasoning),
        Some(field) => {
            message.extra.insert(field.to_owned(), reasoning.into());
        }
    }
}

fn adapt_calls(message: &mut Message, shape: &Shape, notes: &mut Notes) {
    if message.tool_calls.as_ref().is_some_and(Vec::is_empty) {
        message.tool_calls = None;
    }
    for call in message.tool_calls.iter_mut().flatten() {
        drop_field(&mut call.extra, "extra_content", notes);
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

fn adapt_part(
    part: &mut Part,
    at: (usize, usize),
    shape: &Shape,
    notes: &mut Notes,
) -> Result<(), Error> {
    let Part::Known(known) = part else {
        return Ok(());
    };
    let extra = match known {
        KnownPart::Text { extra, .. }
        | KnownPart::ImageUrl { extra, .. }
        | KnownPart::InputAudio { extra, .. }
        | KnownPart::File { extra, .. } => Some(extra),
        KnownPart::Refusal { .. } => None,
    };
    if let Some(extra) = extra {
        drop_field(extra, "citations", notes);
        if !shape.cache_control {
            drop_field(extra, "cache_control", notes);
        }
    }
    let KnownPart::File { file, .. } = known else {
        return Ok(());
    };
    if file.file_url.is_some() && file.file_data.is_none() && file.file_id.is_none() {
        let (i, j) = at;
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
    if let Some(text) = plain_text(data) {
        // Only PDFs are taken as files; a text file is sent as the text that it is.
        notes.emulated("file");
        let title = file
            .filename
            .take()
            .map(|name| format!("{name}\n\n"))
            .unwrap_or_default();
        *part = Part::text(format!("{title}{text}"));
        return Ok(());
    }
    file.filename
        .get_or_insert_with(|| "document.pdf".to_owned());
    Ok(())
}

fn plain_text(data_url: &str) -> Option<String> {
    let (media_type, data) = parse_data_url(data_url)?;
    if !media_type.starts_with("text/") {
        return None;
    }
    String::from_utf8(STANDARD.decode(data).ok()?).ok()
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
