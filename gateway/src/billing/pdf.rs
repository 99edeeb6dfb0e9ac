//! A statement as a PDF.

use super::{Month, Statement, StatementLine};
use crate::pdf::font::{self, Face};
use crate::pdf::page::{ACCENT, INK, Page, SHADE, Style};
use crate::pdf::{self, BODY, BOTTOM, HEAD, INNER, MARGIN, RIGHT, ROW, SMALL, STRONG};
use crate::pdf::{exact, grouped};
use crate::stages::admit::dollars;

/// Where the table begins on the first page, and on those after it.
const FIRST_TABLE: f32 = 268.0;
const NEXT_TABLE: f32 = 72.0;

/// Right edges of the columns with numbers.
const REQUESTS: f32 = MARGIN + 268.0;
const INPUT: f32 = MARGIN + 342.0;
const OUTPUT: f32 = MARGIN + 414.0;
/// Room of a model's name.
const NAME_ROOM: f32 = 210.0;

/// Draws a statement.
pub fn render(statement: &Statement) -> Vec<u8> {
    let title = format!(
        "Statement of usage {} {}",
        statement.month, statement.organization.name
    );
    pdf::finish(draw(statement), &title)
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
    let of = &statement.organization;
    page.letterhead("Statement of usage", &title(statement));
    page.organization(&of.name, &of.slug, &of.id.to_string());
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
    page.figures(144.0, &boxes);
    page.text(
        MARGIN,
        240.0,
        "Usage by model",
        Style::new(Face::Bold, 12.0, INK),
    );
}

fn title(statement: &Statement) -> String {
    let month = statement.month.parse::<Month>();
    month.map_or_else(
        |_| statement.month.clone(),
        |month| format!("{} ({}, UTC)", month.title(), month.days()),
    )
}

fn continued(page: &mut Page, statement: &Statement) {
    page.continued(&format!("Statement of usage, {}", statement.month));
}

fn table_head(page: &mut Page, y: f32) -> f32 {
    page.text(MARGIN + 8.0, y, "MODEL", HEAD);
    page.text_to(REQUESTS, y, "REQUESTS", HEAD);
    page.text_to(INPUT, y, "INPUT TOKENS", HEAD);
    page.text_to(OUTPUT, y, "OUTPUT TOKENS", HEAD);
    page.text_to(RIGHT - 8.0, y, "COST IN US$", HEAD);
    page.rule(MARGIN, y + 7.0, INNER, pdf::page::FAINT);
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

#[cfg(test)]
mod tests;
