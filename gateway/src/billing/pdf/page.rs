//! What is drawn on a page: texts, rules and boxes, in points from the upper left corner.

use pdf_writer::{Content, Name, Str};

use super::font::{self, Face};

/// A4, in points.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;

pub(super) const REGULAR: Name<'static> = Name(b"R");
pub(super) const BOLD: Name<'static> = Name(b"B");

/// Red, green and blue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Color(pub(super) f32, pub(super) f32, pub(super) f32);

pub(super) const INK: Color = Color(0.11, 0.125, 0.14);
pub(super) const FAINT: Color = Color(0.40, 0.43, 0.48);
pub(super) const ACCENT: Color = Color(0.153, 0.341, 0.839);
pub(super) const SHADE: Color = Color(0.957, 0.961, 0.969);
pub(super) const WHITE: Color = Color(1.0, 1.0, 1.0);

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) color: Color,
}

impl Style {
    pub(super) const fn new(face: Face, size: f32, color: Color) -> Self {
        Self { face, size, color }
    }
}

/// A page that is being drawn.
pub(super) struct Page(Content);

impl Page {
    pub(super) fn new() -> Self {
        Self(Content::new())
    }

    /// A text that begins at `x`, its baseline at `y`.
    pub(super) fn text(&mut self, x: f32, y: f32, text: &str, style: Style) {
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
    pub(super) fn text_to(&mut self, x: f32, y: f32, text: &str, style: Style) {
        let width = font::width(text, style.face, style.size);
        self.text(x - width, y, text, style);
    }

    /// A filled box from its upper left corner.
    pub(super) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        let Color(r, g, b) = color;
        self.0
            .set_fill_rgb(r, g, b)
            .rect(x, HEIGHT - y - height, width, height)
            .fill_nonzero();
    }

    /// A horizontal rule.
    pub(super) fn rule(&mut self, x: f32, y: f32, width: f32, color: Color) {
        self.fill(x, y, width, 0.6, color);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0.finish().to_vec()
    }
}
