//! Looking things up in a PDF's objects, with every loop and every stream bounded.

use lopdf::{Dictionary, Document, Object, Stream};

use super::super::limits::Budget;

/// References to references.
const MAX_HOPS: u8 = 16;

/// `object`, or what it refers to; `None` for references that lead nowhere.
pub(super) fn resolve<'a>(pdf: &'a Document, mut object: &'a Object) -> Option<&'a Object> {
    for _ in 0..MAX_HOPS {
        match object {
            Object::Reference(id) => object = pdf.objects.get(id)?,
            Object::Null => return None,
            _ => return Some(object),
        }
    }
    None
}

pub(super) fn get<'a>(pdf: &'a Document, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    resolve(pdf, dict.get(key).ok()?)
}

/// A dictionary, or a stream's dictionary.
pub(super) fn dict<'a>(
    pdf: &'a Document,
    from: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Dictionary> {
    match get(pdf, from, key)? {
        Object::Dictionary(dict) => Some(dict),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

pub(super) fn stream<'a>(
    pdf: &'a Document,
    from: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Stream> {
    get(pdf, from, key)?.as_stream().ok()
}

pub(super) fn array<'a>(
    pdf: &'a Document,
    from: &'a Dictionary,
    key: &[u8],
) -> Option<&'a [Object]> {
    let array = get(pdf, from, key)?.as_array().ok()?;
    Some(array)
}

pub(super) fn name<'a>(pdf: &'a Document, from: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
    get(pdf, from, key)?.as_name().ok()
}

pub(super) fn number(pdf: &Document, object: &Object) -> Option<f32> {
    resolve(pdf, object)?.as_float().ok()
}

pub(super) fn number_at(pdf: &Document, from: &Dictionary, key: &[u8]) -> Option<f32> {
    number(pdf, from.get(key).ok()?)
}

/// All numbers of an array.
pub(super) fn numbers(pdf: &Document, from: &Dictionary, key: &[u8]) -> Option<Vec<f32>> {
    let array = array(pdf, from, key)?;
    array.iter().map(|object| number(pdf, object)).collect()
}

/// The bytes of `stream` without its filters; `None` if they cannot be had within the budget.
pub(super) fn content(stream: &Stream, budget: &mut Budget) -> Option<Vec<u8>> {
    let limit = budget.part_limit(stream.content.len() as u64);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let bytes = stream.get_plain_content_with_limit(limit).ok()?;
    budget.take_bytes(bytes.len() as u64).ok()?;
    Some(bytes)
}

/// A text string of the document's own (titles, names of fields), in either of its encodings.
pub(super) fn text(pdf: &Document, from: &Dictionary, key: &[u8]) -> Option<String> {
    let object = get(pdf, from, key)?;
    let text = lopdf::decode_text_string(object).ok()?;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}
