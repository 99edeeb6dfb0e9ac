//! Content parts of input items to canonical parts.

use serde_json::{Map, Value, json};

use super::at::At;
use super::fields::{need_text, object, take, take_text, typed};
use crate::chat::{Content, FileRef, ImageUrl, InputAudio, KnownPart, Part};
use crate::error::Error;
use crate::notes::Notes;

/// What an item's content says.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// Text, images, audio, files.
    pub(super) parts: Vec<Part>,
    /// Refusal parts, joined.
    pub(super) refusal: Option<String>,
}

impl Decoded {
    /// The parts as content: a lone plain text as a string, so that the common case stays common.
    pub(super) fn into_content(self) -> Option<Content> {
        content_of(self.parts)
    }
}

/// Parts as content; `None` when there are none.
pub(super) fn content_of(mut parts: Vec<Part>) -> Option<Content> {
    if let [Part::Known(KnownPart::Text { text, extra })] = parts.as_mut_slice()
        && extra.is_empty()
    {
        return Some(Content::Text(std::mem::take(text)));
    }
    (!parts.is_empty()).then_some(Content::Parts(parts))
}

/// A string or a list of parts. `list` is the field's name.
///
/// # Errors
/// `InvalidRequest` for wrong shapes, `NotSupported` for parts that no chat format has.
pub(super) fn decode(
    value: Value,
    at: At,
    list: &'static str,
    notes: &mut Notes,
) -> Result<Decoded, Error> {
    let mut decoded = Decoded::default();
    match value {
        Value::String(text) => decoded.parts.push(Part::text(text)),
        Value::Array(parts) => {
            for (index, part) in parts.into_iter().enumerate() {
                decode_part(part, at.part(list, index), &mut decoded, notes)?;
            }
        }
        _ => {
            let param = format!("{at}.{list}");
            let message = format!("`{param}` must be a string or a list of content parts");
            return Err(Error::invalid(&param, message));
        }
    }
    Ok(decoded)
}

fn decode_part(
    value: Value,
    at: At,
    decoded: &mut Decoded,
    notes: &mut Notes,
) -> Result<(), Error> {
    let mut part = object(value, at)?;
    let kind = need_text(&mut part, "type", at)?;
    mark_cache(&mut part, notes);
    let known = match kind.as_str() {
        "input_text" | "output_text" | "text" => text(part, at)?,
        "input_image" => image(part, at, notes)?,
        "input_file" => file(part, at, notes)?,
        "input_audio" => audio(part, at)?,
        "refusal" => {
            let refusal = match take_text(&mut part, "refusal", at)? {
                Some(refusal) => refusal,
                None => need_text(&mut part, "text", at)?,
            };
            decoded.refusal.get_or_insert_default().push_str(&refusal);
            return Ok(());
        }
        other => {
            let param = at.to_string();
            let message = format!("content part `{other}` cannot be translated for this model");
            return Err(Error::not_supported(&param, message));
        }
    };
    decoded.parts.push(Part::Known(known));
    Ok(())
}

/// OpenAI's explicit cache breakpoint becomes `cache_control`, the word of the canonical form.
fn mark_cache(part: &mut Map<String, Value>, notes: &mut Notes) {
    if take(part, "prompt_cache_breakpoint").is_some() {
        notes.emulated("prompt_cache_breakpoint");
        part.entry("cache_control")
            .or_insert_with(|| json!({"type": "ephemeral"}));
    }
}

fn text(mut part: Map<String, Value>, at: At) -> Result<KnownPart, Error> {
    let text = need_text(&mut part, "text", at)?;
    // What a model once attached to its own text has no place in a prompt.
    part.shift_remove("annotations");
    part.shift_remove("logprobs");
    Ok(KnownPart::Text { text, extra: part })
}

fn image(mut part: Map<String, Value>, at: At, notes: &mut Notes) -> Result<KnownPart, Error> {
    let url = match take(&mut part, "image_url") {
        // The chat form, which clients mix up with this one.
        Some(Value::Object(mut nested)) => Some(need_text(&mut nested, "url", at)?),
        Some(url) => Some(typed(url, format_args!("{at}.image_url"))?),
        None => None,
    };
    let Some(url) = url else {
        let param = format!("{at}.image_url");
        return Err(if part.contains_key("file_id") {
            Error::not_supported(
                &format!("{at}.file_id"),
                "an image by `file_id` cannot be translated for this model; send it as `image_url`",
            )
        } else {
            Error::invalid(&param, format!("`{param}` is required"))
        });
    };
    part.shift_remove("file_id");
    let mut detail = take_text(&mut part, "detail", at)?;
    if detail.as_deref() == Some("original") {
        notes.changed("input_image.detail");
        detail = Some("high".to_owned());
    }
    Ok(KnownPart::ImageUrl {
        image_url: ImageUrl { url, detail },
        extra: part,
    })
}

fn file(mut part: Map<String, Value>, at: At, notes: &mut Notes) -> Result<KnownPart, Error> {
    let file = FileRef {
        file_data: take_text(&mut part, "file_data", at)?,
        filename: take_text(&mut part, "filename", at)?,
        file_id: take_text(&mut part, "file_id", at)?,
        file_url: take_text(&mut part, "file_url", at)?,
    };
    if file.file_data.is_none() && file.file_id.is_none() && file.file_url.is_none() {
        let param = at.to_string();
        let message = format!("`{param}` needs one of `file_data`, `file_url` and `file_id`");
        return Err(Error::invalid(&param, message));
    }
    if take(&mut part, "detail").is_some() {
        notes.dropped("input_file.detail");
    }
    Ok(KnownPart::File { file, extra: part })
}

fn audio(mut part: Map<String, Value>, at: At) -> Result<KnownPart, Error> {
    let param = format!("{at}.input_audio");
    let input_audio: InputAudio =
        typed(part.shift_remove("input_audio").unwrap_or_default(), param)?;
    Ok(KnownPart::InputAudio {
        input_audio,
        extra: part,
    })
}
