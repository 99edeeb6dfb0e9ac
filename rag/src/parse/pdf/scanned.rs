//! The picture of a scanned page, if the file holds it in a form that OCR reads as it is.

use lopdf::{Document, Object, ObjectId};

use super::super::document::PageImage;

/// The largest picture that is handed on: an A3 page in colour at 600 dpi, well compressed.
const MAX_BYTES: usize = 40 << 20;

/// The picture `id`, where its only filter is a picture format of its own.
pub(super) fn image(pdf: &Document, id: ObjectId) -> Option<PageImage> {
    let Object::Stream(stream) = pdf.objects.get(&id)? else {
        return None;
    };
    let filters = stream.filters().ok()?;
    let media_type = match filters.as_slice() {
        [b"DCTDecode"] => "image/jpeg",
        [b"JPXDecode"] => "image/jp2",
        _ => return None,
    };
    (stream.content.len() <= MAX_BYTES).then(|| PageImage {
        media_type: media_type.to_owned(),
        bytes: stream.content.clone(),
    })
}
