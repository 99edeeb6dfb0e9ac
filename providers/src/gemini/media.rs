//! Images, audio and files to `inlineData` and `fileData`.

use serde_json::{Value, json};

use crate::chat::{FileRef, ImageUrl, InputAudio, KnownPart, Part, parse_data_url};
use crate::error::Error;
use crate::notes::Notes;
use crate::portable;

/// Fields beside a part's content that [`super::content`] reads.
const KNOWN_FIELDS: &[&str] = &["extra_content"];

/// One content part as a Gemini part; `None` for empty text, which Gemini refuses, and for traces of
/// another vendor's tools.
pub(super) fn part(part: &Part, notes: &mut Notes) -> Result<Option<Value>, Error> {
    if let Part::Known(known) = part {
        // Caching needs no word: Gemini caches by itself, explicit caches are separate objects.
        portable::note_part(known, KNOWN_FIELDS, notes);
    }
    Ok(Some(match part {
        Part::Known(KnownPart::Text { text, .. }) => {
            if text.is_empty() {
                return Ok(None);
            }
            json!({"text": text})
        }
        Part::Known(KnownPart::ImageUrl { image_url, .. }) => image(image_url, notes)?,
        Part::Known(KnownPart::InputAudio { input_audio, .. }) => audio(input_audio)?,
        Part::Known(KnownPart::File { file, .. }) => self::file(file)?,
        Part::Known(KnownPart::Refusal { refusal }) => json!({"text": refusal}),
        Part::Other(other) => return self::other(other, notes),
    }))
}

fn image(image: &ImageUrl, notes: &mut Notes) -> Result<Value, Error> {
    if matches!(image.detail.as_deref(), Some(detail) if detail != "auto") {
        notes.dropped("image_url.detail");
    }
    by_url(&image.url, "image_url")
}

fn audio(audio: &InputAudio) -> Result<Value, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
    if audio.format.is_empty() || !audio.format.chars().all(plain) {
        return Err(Error::invalid(
            "input_audio.format",
            "input_audio.format must be a short word such as wav or mp3",
        ));
    }
    Ok(inline(&format!("audio/{}", audio.format), &audio.data))
}

fn file(file: &FileRef) -> Result<Value, Error> {
    if let Some(data) = &file.file_data {
        if data.starts_with("data:") {
            return by_url(data, "file.file_data");
        }
        let named = file.filename.as_deref().and_then(media_type);
        return Ok(inline(named.unwrap_or("application/pdf"), data));
    }
    if let Some(url) = &file.file_url {
        return by_url(url, "file.file_url");
    }
    match file.file_id.as_deref() {
        // Ids of Google's own Files API are addresses.
        Some(id) if id.starts_with("https://") => Ok(json!({"fileData": {"fileUri": id}})),
        Some(_) => Err(Error::not_supported(
            "file.file_id",
            "gemini cannot read an uploaded file by id; send file_data or file_url",
        )),
        None => Err(Error::invalid(
            "file",
            "a file part needs file_data, file_url or file_id",
        )),
    }
}

/// `video_url` is what several vendors call a video part; it has `image_url`'s shape.
fn other(other: &Value, notes: &mut Notes) -> Result<Option<Value>, Error> {
    let video = other.get("video_url").and_then(|v| v.get("url"));
    if let Some(url) = video.and_then(Value::as_str) {
        return by_url(url, "video_url").map(Some);
    }
    match portable::block(other, "gemini", notes)? {
        Some(known) => part(&known, notes),
        None => Ok(None),
    }
}

fn by_url(url: &str, param: &str) -> Result<Value, Error> {
    if url.starts_with("data:") {
        let (media_type, data) = parse_data_url(url)
            .ok_or_else(|| Error::invalid(param, "a data URL must be base64-encoded"))?;
        // `image/jpg` is common, wrong, and refused by Gemini.
        let media_type = match media_type {
            "image/jpg" => "image/jpeg",
            other => other,
        };
        return Ok(inline(media_type, data));
    }
    Ok(match media_type(url) {
        Some(media_type) => json!({"fileData": {"fileUri": url, "mimeType": media_type}}),
        None => json!({"fileData": {"fileUri": url}}),
    })
}

fn inline(media_type: &str, data: &str) -> Value {
    json!({"inlineData": {"mimeType": media_type, "data": data}})
}

/// The media type that a name or address suggests by its extension.
fn media_type(name: &str) -> Option<&'static str> {
    let path = name.split(['?', '#']).next().unwrap_or(name);
    let last = path.rsplit('/').next().unwrap_or(path);
    let (_, extension) = last.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "xml" => "text/xml",
        "json" => "application/json",
        "wav" => "audio/wav",
        "mp3" => "audio/mp3",
        "aac" => "audio/aac",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "aiff" => "audio/aiff",
        "mp4" => "video/mp4",
        "mov" => "video/mov",
        "webm" => "video/webm",
        "mpg" | "mpeg" => "video/mpeg",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: Value, expected: Value) {
        let given: Part = serde_json::from_value(given).expect("is a part");
        let sent = part(&given, &mut Notes::default()).expect("is valid");
        assert_eq!(sent, Some(expected));
    }

    fn refused(given: Value, param: &str) {
        let given: Part = serde_json::from_value(given).expect("is a part");
        let error = part(&given, &mut Notes::default()).expect_err("is refused");
        assert_eq!(error.param.as_deref(), Some(param));
    }

    #[test]
    fn images_by_data_url_and_by_address() {
        check(
            json!({"type": "image_url", "image_url": {"url": "data:image/jpg;base64,QUJD"}}),
            json!({"inlineData": {"mimeType": "image/jpeg", "data": "QUJD"}}),
        );
        check(
            json!({"type": "image_url", "image_url": {"url": "https://a.example/x.PNG?v=1#f"}}),
            json!({"fileData": {"fileUri": "https://a.example/x.PNG?v=1#f", "mimeType": "image/png"}}),
        );
        check(
            json!({"type": "image_url", "image_url": {"url": "https://a.example/image"}}),
            json!({"fileData": {"fileUri": "https://a.example/image"}}),
        );
    }

    #[test]
    fn audio_and_files() {
        check(
            json!({"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}}),
            json!({"inlineData": {"mimeType": "audio/mp3", "data": "QUJD"}}),
        );
        check(
            json!({"type": "file", "file": {"file_data": "QUJD", "filename": "a.csv"}}),
            json!({"inlineData": {"mimeType": "text/csv", "data": "QUJD"}}),
        );
        check(
            json!({"type": "file", "file": {"file_url": "https://a.example/b.pdf"}}),
            json!({"fileData": {"fileUri": "https://a.example/b.pdf", "mimeType": "application/pdf"}}),
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_name() {
        refused(
            json!({"type": "file", "file": {"file_id": "file-1"}}),
            "file.file_id",
        );
        refused(json!({"type": "hologram"}), "messages.content");
        refused(
            json!({"type": "image_url", "image_url": {"url": "data:image/svg+xml,%3Csvg"}}),
            "image_url",
        );
        refused(
            json!({"type": "input_audio", "input_audio": {"data": "", "format": "a/b"}}),
            "input_audio.format",
        );
    }
}
