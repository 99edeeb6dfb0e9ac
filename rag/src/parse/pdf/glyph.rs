//! What a page's content puts on the page, in the order in which it does.

use std::sync::Arc;

use super::super::boxes::Rect;

/// One shown glyph. Coordinates are points of the displayed page, y goes down.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    /// `None` where the font does not tell what it means.
    pub(super) text: Option<Arc<str>>,
    /// The origin, and where the next glyph would stand.
    pub(super) from: (f32, f32),
    pub(super) to: (f32, f32),
    pub(super) size: f32,
    /// Above and below the baseline, in points.
    pub(super) ascent: f32,
    pub(super) descent: f32,
    pub(super) style: Style,
}

/// How a glyph looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) mono: bool,
    pub(super) vertical: bool,
    /// Marked as an artifact (running title, page number) by a tagged PDF.
    pub(super) artifact: bool,
}

/// Everything of a page that layout looks at.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    pub(super) glyphs: Vec<Glyph>,
    /// Thin horizontal and vertical lines.
    pub(super) rules: Vec<Rect>,
    /// The largest picture: its object and the part of the page that it covers, 0 to 1.
    pub(super) picture: Option<(lopdf::ObjectId, f32)>,
    /// Operators that were run.
    pub(super) operators: u32,
    /// Whether the bound on operators or glyphs was reached.
    pub(super) cut: bool,
}

impl Glyph {
    /// The direction of writing, as a unit vector.
    pub(super) fn direction(&self) -> (f32, f32) {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let length = dx.hypot(dy);
        if length < 1e-4 {
            return if self.style.vertical {
                (0.0, 1.0)
            } else {
                (1.0, 0.0)
            };
        }
        (dx / length, dy / length)
    }

    /// The upright rectangle around the glyph.
    pub(super) fn rect(&self) -> Rect {
        let (dx, dy) = self.direction();
        // A quarter turn to the left of the direction of writing, y going down.
        let up = (dy, -dx);
        let (above, below) = if self.style.vertical {
            (self.size / 2.0, -self.size / 2.0)
        } else {
            (self.ascent, self.descent)
        };
        let corners = [
            (self.from.0 + up.0 * above, self.from.1 + up.1 * above),
            (self.from.0 + up.0 * below, self.from.1 + up.1 * below),
            (self.to.0 + up.0 * above, self.to.1 + up.1 * above),
            (self.to.0 + up.0 * below, self.to.1 + up.1 * below),
        ];
        let start = Rect {
            x0: f32::MAX,
            y0: f32::MAX,
            x1: f32::MIN,
            y1: f32::MIN,
        };
        corners.iter().fold(start, |r, (x, y)| Rect {
            x0: r.x0.min(*x),
            y0: r.y0.min(*y),
            x1: r.x1.max(*x),
            y1: r.y1.max(*y),
        })
    }
}
