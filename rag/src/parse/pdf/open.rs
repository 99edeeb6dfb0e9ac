//! Opening: damage, encryption, what the file says about itself.

use std::collections::HashSet;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use super::super::document::{Metadata, Warning};
use super::super::limits::Budget;
use super::super::{Hints, ParseError};
use super::objects::{array, dict, get, resolve, text};

/// An open file.
pub(super) struct Opened {
    pub(super) pdf: Document,
    pub(super) warnings: Vec<Warning>,
}

pub(super) fn open(bytes: &[u8], hints: &Hints, budget: &Budget) -> Result<Opened, ParseError> {
    let options = LoadOptions {
        password: hints.password.clone(),
        max_decompressed_size: Some(budget.part_limit(bytes.len() as u64) as usize),
        ..LoadOptions::default()
    };
    let mut pdf = match Document::load_mem_with_options(bytes, options.clone()) {
        Ok(pdf) => pdf,
        Err(error @ (lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_))) => {
            return Err(refuse(&error, hints));
        }
        // A file that lost its end has no trailer; one is put there.
        Err(error) => match Document::load_mem_with_options(&with_trailer(bytes), options) {
            Ok(pdf) if !page_ids(&pdf).is_empty() => pdf,
            _ => return Err(refuse(&error, hints)),
        },
    };
    let mut warnings = Vec::new();
    if pdf.is_encrypted() {
        // Many files are encrypted with an empty password, only to forbid printing.
        let password = hints.password.as_deref().unwrap_or_default();
        pdf.decrypt(password)
            .map_err(|error| refuse(&error, hints))?;
    }
    if pdf.was_encrypted() {
        warnings.push(Warning::Encrypted);
    }
    if pdf.xref_recovery.is_some() {
        warnings.push(Warning::Damaged {
            detail: "the table of its objects is broken and was made anew".into(),
        });
    }
    Ok(Opened { pdf, warnings })
}

/// The file with a catalog and a trailer behind it, from which its objects are found by a scan.
fn with_trailer(bytes: &[u8]) -> Vec<u8> {
    const ADDED: u32 = 8_388_000;
    let tail = format!(
        "\nendstream\nendobj\n{ADDED} 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n\
         {} 0 obj\n<</Type/Catalog/Pages {ADDED} 0 R>>\nendobj\n\
         trailer\n<</Root {} 0 R/Size {}>>\nstartxref\n0\n%%EOF\n",
        ADDED + 1,
        ADDED + 1,
        ADDED + 2,
    );
    [bytes, tail.as_bytes()].concat()
}

fn refuse(error: &lopdf::Error, hints: &Hints) -> ParseError {
    match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => match hints.password {
            None => ParseError::PasswordNeeded,
            Some(_) => ParseError::WrongPassword,
        },
        lopdf::Error::UnsupportedSecurityHandler(handler) => ParseError::Unsupported {
            detail: format!(
                "it is encrypted by `{}`, which needs a key that is not a password",
                String::from_utf8_lossy(handler)
            ),
        },
        other => ParseError::Broken {
            detail: other.to_string(),
        },
    }
}

/// Pages in order. lopdf's iterator stops at a broken node; then whatever says that it is a page
/// is one.
pub(super) fn page_ids(pdf: &Document) -> Vec<ObjectId> {
    let mut seen = HashSet::new();
    let listed: Vec<ObjectId> = pdf.page_iter().filter(|id| seen.insert(*id)).collect();
    if !listed.is_empty() {
        return listed;
    }
    let is_page = |object: &Object| object.as_dict().is_ok_and(|dict| dict.has_type(b"Page"));
    let pages = pdf.objects.iter().filter(|(_, object)| is_page(object));
    pages.map(|(id, _)| *id).collect()
}

pub(super) fn metadata(pdf: &Document) -> Metadata {
    let nothing = Dictionary::new();
    let info = dict(pdf, &pdf.trailer, b"Info").unwrap_or(&nothing);
    let mut metadata = Metadata {
        title: text(pdf, info, b"Title"),
        author: text(pdf, info, b"Author"),
        ..Metadata::default()
    };
    for key in ["Subject", "Keywords", "Creator", "Producer", "CreationDate"] {
        if let Some(value) = text(pdf, info, key.as_bytes()) {
            metadata.extra.push((key.to_owned(), value));
        }
    }
    if let Some(language) = pdf.catalog().ok().and_then(|c| text(pdf, c, b"Lang")) {
        metadata.extra.push(("Lang".to_owned(), language));
    }
    metadata
}

/// An attribute of a page that it may inherit.
pub(super) fn inherited<'a>(
    pdf: &'a Document,
    page: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Object> {
    let mut node = page;
    for _ in 0..64 {
        if let Some(value) = get(pdf, node, key) {
            return Some(value);
        }
        node = dict(pdf, node, b"Parent")?;
    }
    None
}

/// A page's content streams, one after the other.
pub(super) fn content(pdf: &Document, page: &Dictionary, budget: &mut Budget) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut add = |object: &Object| {
        if let Some(Object::Stream(stream)) = resolve(pdf, object)
            && let Some(part) = super::objects::content(stream, budget)
        {
            bytes.extend(part);
            // A token never goes over the end of a stream.
            bytes.push(b'\n');
        }
    };
    match array(pdf, page, b"Contents") {
        Some(parts) => parts.iter().take(10_000).for_each(add),
        None => {
            if let Ok(object) = page.get(b"Contents") {
                add(object);
            }
        }
    }
    bytes
}
