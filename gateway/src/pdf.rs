//! Documents as PDF: A4, Helvetica, as many pages as they need.
//!
//! Drawn with `pdf-writer`, which knows the file format and nothing of layout; the two fonts are those
//! that every reader has, so nothing is embedded and a document has a few kilobytes.

pub(crate) mod font;
pub(crate) mod page;

use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, TextStr};

use self::font::Face;
use self::page::{BOLD, FAINT, HEIGHT, INK, Page, REGULAR, SHADE, Style, WIDTH};

pub(crate) const MARGIN: f32 = 48.0;
pub(crate) const RIGHT: f32 = WIDTH - MARGIN;
pub(crate) const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// Height of a table's row.
pub(crate) const ROW: f32 = 19.0;
/// Where a page's table must end.
pub(crate) const BOTTOM: f32 = HEIGHT - 78.0;

pub(crate) const BODY: Style = Style::new(Face::Regular, 9.0, INK);
pub(crate) const STRONG: Style = Style::new(Face::Bold, 9.0, INK);
pub(crate) const HEAD: Style = Style::new(Face::Bold, 8.0, FAINT);
pub(crate) const SMALL: Style = Style::new(Face::Regular, 8.0, FAINT);

/// The file of some pages, which get their numbers.
pub(crate) fn finish(pages: Vec<Page>, title: &str) -> Vec<u8> {
    let count = pages.len();
    let finished = pages.into_iter().enumerate().map(|(at, mut page)| {
        footer(&mut page, at + 1, count);
        page.finish()
    });
    write(title, &finished.collect::<Vec<_>>())
}

fn footer(page: &mut Page, number: usize, of: usize) {
    let y = HEIGHT - 40.0;
    page.rule(MARGIN, y - 14.0, INNER, SHADE);
    let note =
        "Made from metered usage; amounts are exact to the nano-dollar. This is not an invoice.";
    page.text(MARGIN, y, note, SMALL);
    page.text_to(RIGHT, y, &format!("Page {number} of {of}"), SMALL);
}

/// With commas between thousands.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// Dollars with all nine decimals, so that a column of them can be added up by eye.
pub(crate) fn exact(nano: i64) -> String {
    format!(
        "{}.{:09}",
        grouped(nano / 1_000_000_000),
        (nano % 1_000_000_000).unsigned_abs()
    )
}

fn write(title: &str, contents: &[Vec<u8>]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let mut next = 0;
    let mut id = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, regular, bold, info) = (id(), id(), id(), id(), id());
    let ids: Vec<(Ref, Ref)> = contents.iter().map(|_| (id(), id())).collect();
    pdf.catalog(catalog).pages(tree).lang(TextStr("en"));
    let count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree)
        .kids(ids.iter().map(|(page, _)| *page))
        .count(count);
    for ((page_id, content_id), content) in ids.iter().zip(contents) {
        let mut page = pdf.page(*page_id);
        page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT))
            .parent(tree)
            .contents(*content_id);
        page.resources()
            .fonts()
            .pair(REGULAR, regular)
            .pair(BOLD, bold);
        page.finish();
        pdf.stream(*content_id, content);
    }
    for (font, name) in [(regular, &b"Helvetica"[..]), (bold, b"Helvetica-Bold")] {
        pdf.type1_font(font)
            .base_font(Name(name))
            .encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.document_info(info)
        .title(TextStr(title))
        .producer(TextStr("NoCode AI Builder"));
    pdf.finish()
}
