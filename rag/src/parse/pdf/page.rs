//! One page: its geometry, its content and its form fields, as lines.

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::boxes::Rect;
use super::super::limits::Budget;
use super::interpreter::{Fonts, Interpreter};
use super::layout::{Line, lines};
use super::matrix::Matrix;
use super::objects::{array, dict, get, name, number_at, numbers, resolve, text};
use super::open;

/// Form fields of one page.
const MAX_FIELDS: usize = 5_000;

/// What a page shows.
pub(super) struct Content {
    pub(super) number: u32,
    /// As displayed, in points.
    pub(super) size: (f32, f32),
    pub(super) lines: Vec<Line>,
    pub(super) rules: Vec<Rect>,
    pub(super) picture: Option<(ObjectId, f32)>,
    pub(super) operators: u32,
    pub(super) cut: bool,
}

pub(super) fn read(
    pdf: &Document,
    id: ObjectId,
    number: u32,
    fonts: &mut Fonts,
    budget: &mut Budget,
) -> Content {
    let nothing = Dictionary::new();
    let page = pdf.get_dictionary(id).unwrap_or(&nothing);
    let (base, size) = geometry(pdf, page);
    let content = open::content(pdf, page, budget);
    let resources = open::inherited(pdf, page, b"Resources").and_then(|o| o.as_dict().ok());
    let mut interpreter = Interpreter::new(pdf, fonts, budget, base, size);
    interpreter.run_page(&content, resources);
    run_fields(&mut interpreter, pdf, page, base);
    let shapes = interpreter.finish();
    Content {
        number,
        size,
        lines: lines(&shapes.glyphs, size),
        rules: shapes.rules,
        picture: shapes.picture,
        operators: shapes.operators,
        cut: shapes.cut,
    }
}

/// The map from the page's own coordinates to what is displayed, and the displayed size.
fn geometry(pdf: &Document, page: &Dictionary) -> (Matrix, (f32, f32)) {
    let area = |key: &[u8]| {
        let object = open::inherited(pdf, page, key)?;
        let numbers = object.as_array().ok()?.iter();
        let numbers: Vec<f32> = numbers
            .filter_map(|object| resolve(pdf, object)?.as_float().ok())
            .collect();
        let [a, b, c, d] = numbers.try_into().ok()?;
        let rect = [
            f32::min(a, c),
            f32::min(b, d),
            f32::max(a, c),
            f32::max(b, d),
        ];
        (rect[2] - rect[0] > 1.0 && rect[3] - rect[1] > 1.0).then_some(rect)
    };
    let letter = [0.0, 0.0, 612.0, 792.0];
    let media = area(b"MediaBox").unwrap_or(letter);
    let crop = area(b"CropBox").unwrap_or(media);
    let mut shown = [
        crop[0].max(media[0]),
        crop[1].max(media[1]),
        crop[2].min(media[2]),
        crop[3].min(media[3]),
    ];
    if shown[2] <= shown[0] || shown[3] <= shown[1] {
        shown = media;
    }
    let [x0, y0, x1, y1] = shown;
    let (width, height) = (x1 - x0, y1 - y0);
    let turn = open::inherited(pdf, page, b"Rotate").and_then(|o| o.as_float().ok());
    let turn = (turn.unwrap_or(0.0) as i32).rem_euclid(360);
    match turn {
        90 => (Matrix([0.0, 1.0, 1.0, 0.0, -y0, -x0]), (height, width)),
        180 => (Matrix([-1.0, 0.0, 0.0, 1.0, x1, -y0]), (width, height)),
        270 => (Matrix([0.0, -1.0, -1.0, 0.0, y1, x1]), (height, width)),
        _ => (Matrix([1.0, 0.0, 0.0, -1.0, -x0, y1]), (width, height)),
    }
}

/// Runs what form fields and free text show.
fn run_fields<'a>(
    interpreter: &mut Interpreter<'a>,
    pdf: &'a Document,
    page: &'a Dictionary,
    base: Matrix,
) {
    for object in array(pdf, page, b"Annots")
        .unwrap_or_default()
        .iter()
        .take(MAX_FIELDS)
    {
        let Some(Object::Dictionary(field)) = resolve(pdf, object) else {
            continue;
        };
        let shows_text = matches!(name(pdf, field, b"Subtype"), Some(b"Widget" | b"FreeText"));
        let flags = number_at(pdf, field, b"F").unwrap_or(0.0) as u32;
        let is_hidden = flags & 0b10_0010 != 0;
        if !shows_text || is_hidden {
            continue;
        }
        let rect = numbers(pdf, field, b"Rect").and_then(|n| <[f32; 4]>::try_from(n).ok());
        let Some(rect) = rect else { continue };
        let shown =
            appearance(pdf, field).is_some_and(|form| interpreter.run_appearance(form, rect, base));
        if !shown && let Some(value) = value(pdf, field) {
            interpreter.show_value(&value, rect, base);
        }
    }
}

/// The normal appearance, in the state that the field is in.
fn appearance<'a>(pdf: &'a Document, field: &'a Dictionary) -> Option<&'a lopdf::Stream> {
    let normal = get(pdf, dict(pdf, field, b"AP")?, b"N")?;
    match normal {
        Object::Stream(stream) => Some(stream),
        Object::Dictionary(states) => {
            let state = name(pdf, field, b"AS")?;
            get(pdf, states, state)?.as_stream().ok()
        }
        _ => None,
    }
}

/// What is written in a text field or chosen in a list: viewers draw it where the file does not.
fn value(pdf: &Document, field: &Dictionary) -> Option<String> {
    let has_value = |dict: &&Dictionary| dict.has(b"V");
    let parent = dict(pdf, field, b"Parent");
    let kind = name(pdf, field, b"FT").or_else(|| name(pdf, parent?, b"FT"))?;
    let holder = [Some(field), parent]
        .into_iter()
        .flatten()
        .find(has_value)?;
    matches!(kind, b"Tx" | b"Ch").then(|| text(pdf, holder, b"V"))?
}
