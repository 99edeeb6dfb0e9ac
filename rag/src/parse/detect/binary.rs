//! Formats that begin with bytes of their own.

use super::super::archive::Archive;
use super::super::limits::Budget;
use super::super::{Format, ParseError};

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// The format and its media type; `None` for what may be text.
pub(super) fn detect(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<Option<(Format, &'static str)>, ParseError> {
    let head = &bytes[..bytes.len().min(1024)];
    if holds(head, b"%PDF-") {
        return Ok(Some((Format::Pdf, "application/pdf")));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return archive(bytes, budget).map(|format| Some((format, "application/zip")));
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return compound(bytes).map(|format| Some((format, "application/vnd.ms-excel")));
    }
    if bytes.starts_with(b"{\\rtf") {
        return Ok(Some((Format::Rtf, "application/rtf")));
    }
    Ok(image(bytes)
        .map(|media_type| (Format::Image, media_type))
        .or_else(|| audio(bytes).map(|media_type| (Format::Audio, media_type))))
}

fn archive(bytes: &[u8], budget: &mut Budget) -> Result<Format, ParseError> {
    let mut archive = Archive::open(bytes, budget)?;
    if let Some(kind) = archive.read_small("mimetype", budget) {
        match String::from_utf8_lossy(&kind).trim() {
            "application/epub+zip" => return Ok(Format::Epub),
            kind if kind.starts_with("application/vnd.oasis.opendocument.") => {
                let kind = kind.rsplit('.').next().unwrap_or_default();
                if kind.starts_with("text") {
                    return Ok(Format::Odt);
                } else if kind.starts_with("spreadsheet") {
                    return Ok(Format::Ods);
                } else if kind.starts_with("presentation") {
                    return Ok(Format::Odp);
                }
            }
            _ => {}
        }
    }
    for (part, format) in [
        ("word/document.xml", Format::Docx),
        ("ppt/presentation.xml", Format::Pptx),
        ("xl/workbook.xml", Format::Xlsx),
        ("META-INF/container.xml", Format::Epub),
    ] {
        if archive.has(part) {
            return Ok(format);
        }
    }
    // Some writers name the main part otherwise; the package says which it is.
    if let Some(types) = archive.read_small("[Content_Types].xml", budget) {
        for (mark, format) in [
            ("wordprocessingml.document.main", Format::Docx),
            ("presentationml.presentation.main", Format::Pptx),
            ("spreadsheetml.sheet.main", Format::Xlsx),
        ] {
            if holds(&types, mark.as_bytes()) {
                return Ok(format);
            }
        }
    }
    Err(ParseError::Unsupported {
        detail: "it is an archive: unpack it and upload the files in it".into(),
    })
}

/// Office files before 2007, and locked ones since.
fn compound(bytes: &[u8]) -> Result<Format, ParseError> {
    let names = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        holds(bytes, &wide)
    };
    if names("EncryptedPackage") {
        return Err(ParseError::Unsupported {
            detail: "it is locked with a password: save it without one and upload it again".into(),
        });
    }
    if names("Workbook") || names("Book") {
        return Ok(Format::Xls);
    }
    let (kind, today) = if names("WordDocument") {
        ("Word document", "DOCX")
    } else if names("PowerPoint Document") {
        ("PowerPoint presentation", "PPTX")
    } else {
        ("file", "a newer format")
    };
    Err(ParseError::Unsupported {
        detail: format!("it is a {kind} from before 2007: save it as {today} and upload that"),
    })
}

fn image(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "image/tiff",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => "image/bmp",
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => "image/jp2",
        _ if bytes
            .get(4..12)
            .is_some_and(|b| b == b"ftypheic" || b == b"ftypmif1") =>
        {
            "image/heic"
        }
        _ => return None,
    })
}

fn audio(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        [0xff, second, third, ..]
            if second & 0xe0 == 0xe0 && second & 0x06 != 0 && third >> 4 != 15 =>
        {
            "audio/mpeg"
        }
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'A',
            b'V',
            b'E',
            ..,
        ] => "audio/wav",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "video/webm",
        _ if bytes.starts_with(b"#!AMR") => "audio/amr",
        _ if bytes.get(4..8) == Some(b"ftyp") => match bytes.get(8..11) {
            Some(b"M4A") => "audio/mp4",
            _ => "video/mp4",
        },
        _ => return None,
    })
}
