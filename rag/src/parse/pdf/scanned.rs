//! The picture of a scanned page, in a form that OCR reads.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::super::document::PageImage;
use super::super::limits::Budget;
use super::objects::{content, dict, get, name, number_at};

/// The largest picture that is handed on: an A3 page in colour at 300 dpi, not compressed.
const MAX_BYTES: usize = 64 << 20;

/// The picture `id`; `None` if it is in none of the forms below.
pub(super) fn image(pdf: &Document, id: ObjectId, budget: &mut Budget) -> Option<PageImage> {
    let Object::Stream(stream) = pdf.objects.get(&id)? else {
        return None;
    };
    let filters = stream.filters().unwrap_or_default();
    let (media_type, bytes) = match filters.as_slice() {
        [b"DCTDecode"] => ("image/jpeg", stream.content.clone()),
        [b"JPXDecode"] => ("image/jp2", stream.content.clone()),
        [b"CCITTFaxDecode"] => ("image/tiff", fax(pdf, stream)?),
        [] | [b"FlateDecode"] | [b"LZWDecode"] => {
            ("image/x-portable-anymap", bitmap(pdf, stream, budget)?)
        }
        _ => return None,
    };
    (bytes.len() <= MAX_BYTES).then(|| PageImage {
        media_type: media_type.to_owned(),
        bytes,
    })
}

fn size(pdf: &Document, picture: &Dictionary) -> Option<(u32, u32)> {
    let side = |key: &[u8]| {
        let side = number_at(pdf, picture, key)?;
        (1.0..=65_535.0).contains(&side).then_some(side as u32)
    };
    Some((side(b"Width")?, side(b"Height")?))
}

/// Fax compression is one of TIFF's: the data only needs a header.
fn fax(pdf: &Document, stream: &Stream) -> Option<Vec<u8>> {
    let (width, height) = size(pdf, &stream.dict)?;
    let nothing = Dictionary::new();
    let parameters = dict(pdf, &stream.dict, b"DecodeParms").unwrap_or(&nothing);
    let k = number_at(pdf, parameters, b"K").unwrap_or(0.0);
    let compression = if k < 0.0 { 4 } else { 3 };
    let black_is_one = matches!(
        get(pdf, parameters, b"BlackIs1"),
        Some(Object::Boolean(true))
    );
    let length = u32::try_from(stream.content.len()).ok()?;
    const TAGS: u32 = 9;
    let data_at = 8 + 2 + 12 * TAGS + 4;
    // Tag, type (3 is 16 bits, 4 is 32), value.
    let tags: [(u16, u16, u32); TAGS as usize] = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 1),
        (259, 3, compression),
        (262, 3, u32::from(black_is_one)),
        (273, 4, data_at),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, length),
    ];
    let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
    file.extend((TAGS as u16).to_le_bytes());
    for (tag, kind, value) in tags {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    file.extend(&stream.content);
    Some(file)
}

/// Pixels as a portable anymap.
fn bitmap(pdf: &Document, stream: &Stream, budget: &mut Budget) -> Option<Vec<u8>> {
    let (width, height) = size(pdf, &stream.dict)?;
    let bits = number_at(pdf, &stream.dict, b"BitsPerComponent").unwrap_or(1.0) as u32;
    let is_mask = matches!(
        get(pdf, &stream.dict, b"ImageMask"),
        Some(Object::Boolean(true))
    );
    let space = name(pdf, &stream.dict, b"ColorSpace").unwrap_or_default();
    let (kind, row) = match (bits, space) {
        (1, b"DeviceGray") => ("P4", width.div_ceil(8)),
        (1, _) if is_mask => ("P4", width.div_ceil(8)),
        (8, b"DeviceGray" | b"CalGray") => ("P5", width),
        (8, b"DeviceRGB" | b"CalRGB") => ("P6", 3 * width),
        _ => return None,
    };
    let mut pixels = content(stream, budget)?;
    let length = row as usize * height as usize;
    if pixels.len() < length {
        return None;
    }
    pixels.truncate(length);
    let head = if kind == "P4" {
        // In a portable bitmap one is black; in PDF's grey it is white, in a mask not painted.
        pixels.iter_mut().for_each(|byte| *byte = !*byte);
        format!("P4\n{width} {height}\n")
    } else {
        format!("{kind}\n{width} {height}\n255\n")
    };
    Some([head.into_bytes(), pixels].concat())
}
