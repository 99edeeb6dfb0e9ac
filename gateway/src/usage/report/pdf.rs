//! A report as a PDF: its total, and a table of its groups.

use accounts::Organization;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use store::Micros;

use super::{Figures, Summary, SummaryRow};
use crate::pdf::font::{self, Face};
use crate::pdf::page::{FAINT, INK, Page, SHADE, Style};
use crate::pdf::{self, BODY, BOTTOM, HEAD, INNER, MARGIN, RIGHT, ROW, SMALL, STRONG};
use crate::pdf::{exact, grouped};
use crate::stages::admit::dollars;

/// Where the table begins on the first page, and on those after it.
const FIRST_TABLE: f32 = 268.0;
const NEXT_TABLE: f32 = 72.0;

/// Right edges of the columns with numbers.
const REQUESTS: f32 = MARGIN + 238.0;
const ERRORS: f32 = MARGIN + 282.0;
const INPUT: f32 = MARGIN + 352.0;
const OUTPUT: f32 = MARGIN + 420.0;
/// Room of a group's name.
const NAME_ROOM: f32 = 180.0;

/// Draws a report of an organization.
pub(crate) fn render(organization: &Organization, summary: &Summary) -> Vec<u8> {
    let mut pages = Vec::new();
    let mut page = Page::new();
    head(&mut page, organization, summary);
    let mut y = table_head(&mut page, FIRST_TABLE, summary);
    for (at, row) in summary.data.iter().enumerate() {
        if y + ROW > BOTTOM {
            pages.push(std::mem::replace(&mut page, Page::new()));
            page.continued("Usage report");
            y = table_head(&mut page, NEXT_TABLE, summary);
        }
        if at % 2 == 1 {
            page.fill(MARGIN, y, INNER, ROW, SHADE);
        }
        line(&mut page, y + 13.0, &name(row, summary), &row.figures, BODY);
        y += ROW;
    }
    if y + 3.0 * ROW > BOTTOM {
        pages.push(std::mem::replace(&mut page, Page::new()));
        page.continued("Usage report");
        y = NEXT_TABLE;
    }
    page.rule(MARGIN, y + 6.0, INNER, INK);
    line(&mut page, y + 22.0, "Total", &summary.total, STRONG);
    if let Some(note) = note(summary) {
        page.text(MARGIN + 8.0, y + 38.0, &note, SMALL);
    }
    pages.push(page);
    pdf::finish(pages, &format!("Usage report {}", organization.name))
}

fn head(page: &mut Page, organization: &Organization, summary: &Summary) {
    let last = Micros(summary.to.0.saturating_sub(1));
    let days = format!("{} to {} (UTC)", day(summary.from), day(last));
    page.letterhead("Usage report", &days);
    page.organization(
        &organization.name,
        &organization.slug,
        &organization.id.to_string(),
    );
    let total = &summary.total;
    let boxes = [
        ("TOTAL", format!("US$ {}", dollars(total.cost_nano_usd))),
        ("REQUESTS", grouped(total.requests)),
        ("INPUT TOKENS", grouped(total.input_tokens)),
        ("OUTPUT TOKENS", grouped(total.output_tokens)),
    ];
    page.figures(144.0, &boxes);
    let by = match summary.group_by.as_slice() {
        [] => "Usage".to_owned(),
        words => format!("Usage by {}", words.join(" and ").replace('_', " ")),
    };
    page.text(MARGIN, 240.0, &by, Style::new(Face::Bold, 12.0, INK));
}

fn table_head(page: &mut Page, y: f32, summary: &Summary) -> f32 {
    let what = summary.group_by.join(", ").replace('_', " ");
    page.text(MARGIN + 8.0, y, &what.to_uppercase(), HEAD);
    page.text_to(REQUESTS, y, "REQUESTS", HEAD);
    page.text_to(ERRORS, y, "ERRORS", HEAD);
    page.text_to(INPUT, y, "INPUT TOKENS", HEAD);
    page.text_to(OUTPUT, y, "OUTPUT TOKENS", HEAD);
    page.text_to(RIGHT - 8.0, y, "COST IN US$", HEAD);
    page.rule(MARGIN, y + 7.0, INNER, FAINT);
    y + 10.0
}

fn line(page: &mut Page, y: f32, name: &str, figures: &Figures, style: Style) {
    let name = font::fit(name, style.face, style.size, NAME_ROOM);
    page.text(MARGIN + 8.0, y, &name, style);
    page.text_to(REQUESTS, y, &grouped(figures.requests), style);
    page.text_to(ERRORS, y, &grouped(figures.errors), style);
    page.text_to(INPUT, y, &grouped(figures.input_tokens), style);
    page.text_to(OUTPUT, y, &grouped(figures.output_tokens), style);
    page.text_to(RIGHT - 8.0, y, &exact(figures.cost_nano_usd), style);
}

/// What the attempts of a group have in common, in the order of `group_by`.
fn name(row: &SummaryRow, summary: &Summary) -> String {
    let parts = summary
        .group_by
        .iter()
        .map(|word| match row.group.get(*word) {
            Some(Value::String(text)) => text.trim_end_matches("T00:00:00Z").to_owned(),
            _ => format!("(no {})", word.replace('_', " ")),
        });
    parts.collect::<Vec<_>>().join(", ")
}

fn note(summary: &Summary) -> Option<String> {
    if summary.truncated {
        return Some("There are more groups than asked for; the total counts all.".to_owned());
    }
    let unpriced = summary.total.unpriced_requests;
    (unpriced > 0).then(|| {
        let count = grouped(unpriced);
        format!("{count} requests went to models without a known price and count as 0.")
    })
}

fn day(at: Micros) -> String {
    Timestamp::from_microsecond(at.0).map_or_else(
        |_| at.0.to_string(),
        |time| time.to_zoned(TimeZone::UTC).date().to_string(),
    )
}
