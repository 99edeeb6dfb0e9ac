//! A statement as a PDF: A4, Helvetica, as many pages as it needs.
//!
//! Drawn with `pdf-writer`, which knows the file format and nothing of layout; the two fonts are those
//! that every reader has, so nothing is embedded and a statement has a few kilobytes.

mod font;
mod page;

use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, TextStr};

use self::font::Face;
use self::page::{ACCENT, BOLD, FAINT, HEIGHT, INK, Page, REGULAR, SHADE, Style, WHITE, WIDTH};
use super::{Month, Statement, StatementLine};
use crate::stages::admit::dollars;

const MARGIN: f32 = 48.0;
const RIGHT: f32 = WIDTH - MARGIN;
const INNER: f32 = WIDTH - 2.0 * MARGIN;
const ROW: f32 = 19.0;
/// Where the table begins on the first page, and on those after it.
const FIRST_TABLE: f32 = 268.0;
const NEXT_TABLE: f32 = 72.0;
/// Where it must end.
const BOTTOM: f32 = HEIGHT - 78.0;

const BODY: Style = Style::new(Face::Regular, 9.0, INK);
const STRONG: Style = Style::new(Face::Bold, 9.0, INK);
const HEAD: Style = Style::new(Face::Bold, 8.0, FAINT);
const SMALL: Style = Style::new(Face::Regular, 8.0, FAINT);

/// Right edges of the columns with numbers.
const REQUESTS: f32 = MARGIN + 268.0;
const INPUT: f32 = MARGIN + 342.0;
const OUTPUT: f32 = MARGIN + 414.0;
/// Room of a model's name.
const NAME_ROOM: f32 = 210.0;

/// Draws a statement.
pub fn render(statement: &Statement) -> Vec<u8> {
    let pages = draw(statement);
    let count = pages.len();
    let finished = pages.into_iter().enumerate().map(|(at, mut page)| {
        footer(&mut page, at + 1, count);
        page.finish()
    });
    write(statement, &finished.collect::<Vec<_>>())
}

fn draw(statement: &Statement) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut page = Page::new();
    letterhead(&mut page, statement);
    let mut y = table_head(&mut page, FIRST_TABLE);
    for (at, line) in statement.lines.iter().enumerate() {
        if y + ROW > BOTTOM {
            pages.push(std::mem::replace(&mut page, Page::new()));
            continued(&mut page, statement);
            y = table_head(&mut page, NEXT_TABLE);
        }
        row(&mut page, y, line, at % 2 == 1);
        y += ROW;
    }
    if statement.lines.is_empty() {
        page.text(
            MARGIN + 8.0,
            y + 13.0,
            "Nothing was used in this month.",
            BODY,
        );
        y += ROW;
    }
    if y + 3.0 * ROW > BOTTOM {
        pages.push(std::mem::replace(&mut page, Page::new()));
        continued(&mut page, statement);
        y = NEXT_TABLE;
    }
    total(&mut page, y + 6.0, statement);
    pages.push(page);
    pages
}

fn letterhead(page: &mut Page, statement: &Statement) {
    page.fill(0.0, 0.0, WIDTH, 6.0, ACCENT);
    let product = Style::new(Face::Bold, 10.0, ACCENT);
    page.text(MARGIN, 52.0, "NoCode AI Builder", product);
    page.text(
        MARGIN,
        92.0,
        "Statement of usage",
        Style::new(Face::Bold, 22.0, INK),
    );
    page.text(
        MARGIN,
        114.0,
        &title(statement),
        Style::new(Face::Regular, 12.0, FAINT),
    );
    let of = &statement.organization;
    // A name in a script that the font has not would be question marks.
    let name = if font::covers(&of.name) {
        &of.name
    } else {
        &of.slug
    };
    let name = font::fit(name, Face::Bold, 10.0, 220.0);
    page.text_to(RIGHT, 52.0, &name, Style::new(Face::Bold, 10.0, INK));
    page.text_to(RIGHT, 66.0, &format!("Organization {}", of.id), SMALL);
    page.text_to(RIGHT, 78.0, &format!("Plan: {}", of.plan), SMALL);
    if !statement.is_final {
        let note = Style::new(Face::Bold, 9.0, ACCENT);
        page.text_to(RIGHT, 114.0, "The month is not over: preliminary", note);
    }
    let boxes = [
        ("TOTAL", format!("US$ {}", dollars(statement.cost_nano_usd))),
        ("REQUESTS", grouped(statement.requests)),
        ("INPUT TOKENS", grouped(statement.input_tokens)),
        ("OUTPUT TOKENS", grouped(statement.output_tokens)),
    ];
    let gap = 10.0;
    // The total gets twice the room of a count: it has up to nine decimals.
    let unit = (INNER - 3.0 * gap) / 5.0;
    let mut x = MARGIN;
    for (at, (label, value)) in boxes.iter().enumerate() {
        let width = if at == 0 { 2.0 * unit } else { unit };
        let (back, ink, faint) = match at {
            0 => (ACCENT, WHITE, WHITE),
            _ => (SHADE, INK, FAINT),
        };
        page.fill(x, 144.0, width, 62.0, back);
        page.text(x + 12.0, 164.0, label, Style::new(Face::Bold, 7.0, faint));
        let size = fitting(value, width - 24.0);
        page.text(x + 12.0, 190.0, value, Style::new(Face::Bold, size, ink));
        x += width + gap;
    }
    page.text(
        MARGIN,
        240.0,
        "Usage by model",
        Style::new(Face::Bold, 12.0, INK),
    );
}

/// The largest size up to 16 points at which a figure fits.
fn fitting(text: &str, room: f32) -> f32 {
    let at_one = font::width(text, Face::Bold, 1.0).max(0.1);
    (room / at_one).min(16.0)
}

fn title(statement: &Statement) -> String {
    let month = statement.month.parse::<Month>();
    month.map_or_else(
        |_| statement.month.clone(),
        |month| format!("{} ({}, UTC)", month.title(), month.days()),
    )
}

fn continued(page: &mut Page, statement: &Statement) {
    page.fill(0.0, 0.0, WIDTH, 6.0, ACCENT);
    let what = format!("Statement of usage, {}, continued", statement.month);
    page.text(MARGIN, 46.0, &what, SMALL);
}

fn table_head(page: &mut Page, y: f32) -> f32 {
    page.text(MARGIN + 8.0, y, "MODEL", HEAD);
    page.text_to(REQUESTS, y, "REQUESTS", HEAD);
    page.text_to(INPUT, y, "INPUT TOKENS", HEAD);
    page.text_to(OUTPUT, y, "OUTPUT TOKENS", HEAD);
    page.text_to(RIGHT - 8.0, y, "COST IN US$", HEAD);
    page.rule(MARGIN, y + 7.0, INNER, FAINT);
    y + 10.0
}

fn row(page: &mut Page, y: f32, line: &StatementLine, shaded: bool) {
    if shaded {
        page.fill(MARGIN, y, INNER, ROW, SHADE);
    }
    let base = y + 13.0;
    let name = match (line.provider.as_str(), line.model.as_str()) {
        // Attempts that reached no vendor: a refusal, or an answer from the cache of one.
        ("", "") => "(no model)".to_owned(),
        (provider, model) => format!("{provider}/{model}"),
    };
    let name = font::fit(&name, Face::Regular, BODY.size, NAME_ROOM);
    page.text(MARGIN + 8.0, base, &name, BODY);
    page.text_to(REQUESTS, base, &grouped(line.requests), BODY);
    page.text_to(INPUT, base, &grouped(line.input_tokens), BODY);
    page.text_to(OUTPUT, base, &grouped(line.output_tokens), BODY);
    page.text_to(RIGHT - 8.0, base, &exact(line.cost_nano_usd), BODY);
}

fn total(page: &mut Page, y: f32, statement: &Statement) {
    page.rule(MARGIN, y, INNER, INK);
    let base = y + 16.0;
    page.text(MARGIN + 8.0, base, "Total", STRONG);
    page.text_to(REQUESTS, base, &grouped(statement.requests), STRONG);
    page.text_to(INPUT, base, &grouped(statement.input_tokens), STRONG);
    page.text_to(OUTPUT, base, &grouped(statement.output_tokens), STRONG);
    page.text_to(RIGHT - 8.0, base, &exact(statement.cost_nano_usd), STRONG);
    let unpriced: i64 = statement.lines.iter().map(|l| l.unpriced_requests).sum();
    if unpriced > 0 {
        let note = format!(
            "{} requests went to models without a known price and count as 0.",
            grouped(unpriced)
        );
        page.text(MARGIN + 8.0, base + 16.0, &note, SMALL);
    }
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
fn grouped(number: i64) -> String {
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
fn exact(nano: i64) -> String {
    format!(
        "{}.{:09}",
        grouped(nano / 1_000_000_000),
        (nano % 1_000_000_000).unsigned_abs()
    )
}

fn write(statement: &Statement, contents: &[Vec<u8>]) -> Vec<u8> {
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
    let title = format!(
        "Statement of usage {} {}",
        statement.month, statement.organization.name
    );
    pdf.document_info(info)
        .title(TextStr(&title))
        .producer(TextStr("NoCode AI Builder"));
    pdf.finish()
}

#[cfg(test)]
mod tests;
