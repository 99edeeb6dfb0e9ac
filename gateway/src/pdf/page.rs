//! What is drawn on a page: texts, rules and boxes, in points from the upper left corner.

use pdf_writer::{Content, Name, Str};

use super::font::{self, Face};
use super::{INNER, MARGIN, RIGHT, SMALL};

/// A4, in points.
pub(crate) const WIDTH: f32 = 595.28;
pub(crate) const HEIGHT: f32 = 841.89;

pub(crate) const REGULAR: Name<'static> = Name(b"R");
pub(crate) const BOLD: Name<'static> = Name(b"B");

/// Red, green and blue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Color(pub(crate) f32, pub(crate) f32, pub(crate) f32);

pub(crate) const INK: Color = Color(0.11, 0.125, 0.14);
pub(crate) const FAINT: Color = Color(0.40, 0.43, 0.48);
pub(crate) const ACCENT: Color = Color(0.153, 0.341, 0.839);
pub(crate) const SHADE: Color = Color(0.957, 0.961, 0.969);
pub(crate) const WHITE: Color = Color(1.0, 1.0, 1.0);

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) face: Face,
    pub(crate) size: f32,
    pub(crate) color: Color,
}

impl Style {
    pub(crate) const fn new(face: Face, size: f32, color: Color) -> Self {
        Self { face, size, color }
    }
}

/// A page that is being drawn.
pub(crate) struct Page(Content);

impl Page {
    pub(crate) fn new() -> Self {
        Self(Content::new())
    }

    /// A text that begins at `x`, its baseline at `y`.
    pub(crate) fn text(&mut self, x: f32, y: f32, text: &str, style: Style) {
        let Color(r, g, b) = style.color;
        let name = match style.face {
            Face::Regular => REGULAR,
            Face::Bold => BOLD,
        };
        self.0
            .begin_text()
            .set_fill_rgb(r, g, b)
            .set_font(name, style.size)
            .next_line(x, HEIGHT - y)
            .show(Str(&font::encode(text)))
            .end_text();
    }

    /// A text that ends at `x`.
    pub(crate) fn text_to(&mut self, x: f32, y: f32, text: &str, style: Style) {
        let width = font::width(text, style.face, style.size);
        self.text(x - width, y, text, style);
    }

    /// A filled box from its upper left corner.
    pub(crate) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        let Color(r, g, b) = color;
        self.0
            .set_fill_rgb(r, g, b)
            .rect(x, HEIGHT - y - height, width, height)
            .fill_nonzero();
    }

    /// A horizontal rule.
    pub(crate) fn rule(&mut self, x: f32, y: f32, width: f32, color: Color) {
        self.fill(x, y, width, 0.6, color);
    }

    /// The head of a document's first page: what it is, and of which time.
    pub(crate) fn letterhead(&mut self, title: &str, subtitle: &str) {
        self.fill(0.0, 0.0, WIDTH, 6.0, ACCENT);
        let product = Style::new(Face::Bold, 10.0, ACCENT);
        self.text(MARGIN, 52.0, "NoCode AI Builder", product);
        self.text(MARGIN, 92.0, title, Style::new(Face::Bold, 22.0, INK));
        self.text(
            MARGIN,
            114.0,
            subtitle,
            Style::new(Face::Regular, 12.0, FAINT),
        );
    }

    /// Whose document it is. A name in a script that the font has not would be question marks: its slug
    /// stands for it.
    pub(crate) fn organization(&mut self, name: &str, slug: &str, id: &str) {
        let name = if font::covers(name) { name } else { slug };
        let name = font::fit(name, Face::Bold, 10.0, 220.0);
        self.text_to(RIGHT, 52.0, &name, Style::new(Face::Bold, 10.0, INK));
        self.text_to(RIGHT, 66.0, &format!("Organization {id}"), SMALL);
    }

    /// The head of a page after the first.
    pub(crate) fn continued(&mut self, what: &str) {
        self.fill(0.0, 0.0, WIDTH, 6.0, ACCENT);
        self.text(MARGIN, 46.0, &format!("{what}, continued"), SMALL);
    }

    /// Boxes with a label and a figure each, the first twice as wide.
    pub(crate) fn figures(&mut self, y: f32, figures: &[(&str, String); 4]) {
        let gap = 10.0;
        // The total gets twice the room of a count: it has up to nine decimals.
        let unit = (INNER - 3.0 * gap) / 5.0;
        let mut x = MARGIN;
        for (at, (label, value)) in figures.iter().enumerate() {
            let width = if at == 0 { 2.0 * unit } else { unit };
            let (back, ink, faint) = match at {
                0 => (ACCENT, WHITE, WHITE),
                _ => (SHADE, INK, FAINT),
            };
            self.fill(x, y, width, 62.0, back);
            self.text(
                x + 12.0,
                y + 20.0,
                label,
                Style::new(Face::Bold, 7.0, faint),
            );
            let size = fitting(value, width - 24.0);
            self.text(x + 12.0, y + 46.0, value, Style::new(Face::Bold, size, ink));
            x += width + gap;
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.finish().to_vec()
    }
}

/// The largest size up to 16 points at which a figure fits.
fn fitting(text: &str, room: f32) -> f32 {
    let at_one = font::width(text, Face::Bold, 1.0).max(0.1);
    (room / at_one).min(16.0)
}
