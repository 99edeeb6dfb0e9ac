//! Graphics and text state.

use std::rc::Rc;

use super::super::font::{Font, Shown};
use super::super::glyph::{Glyph, Style};
use super::super::matrix::Matrix;

/// What `q` saves, as far as text needs it.
#[derive(Debug, Clone)]
pub(super) struct Graphics {
    pub(super) matrix: Matrix,
    pub(super) font: Option<Rc<Font>>,
    pub(super) size: f32,
    pub(super) char_spacing: f32,
    pub(super) word_spacing: f32,
    /// Horizontal scaling, 1 for 100 %.
    pub(super) scale: f32,
    pub(super) leading: f32,
    pub(super) rise: f32,
}

/// The matrices of a text object.
#[derive(Debug, Clone)]
pub(super) struct Text {
    matrix: Matrix,
    line: Matrix,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            matrix: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
        }
    }
}

impl Graphics {
    pub(super) fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            font: None,
            size: 0.0,
            char_spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }

    /// The glyph that `shown` puts on the page now; `None` if it cannot be seen or placed.
    pub(super) fn place(
        &self,
        text: &Text,
        shown: &Shown,
        style: Style,
        font: &Font,
    ) -> Option<Glyph> {
        let map = text.matrix.then(self.matrix);
        let from = map.point(0.0, self.rise);
        let advance = shown.width * self.size;
        let (dx, dy) = if style.vertical {
            map.vector(0.0, advance)
        } else {
            map.vector(advance * self.scale, 0.0)
        };
        let (ux, uy) = map.vector(0.0, self.size);
        let size = ux.hypot(uy);
        let values = [from.0, from.1, dx, dy, size];
        if !values.iter().all(|v| v.is_finite() && v.abs() < 1e6) || size < 0.05 {
            return None;
        }
        Some(Glyph {
            text: shown.text.clone(),
            from,
            to: (from.0 + dx, from.1 + dy),
            size,
            ascent: font.ascent * size,
            descent: font.descent * size,
            style,
        })
    }
}

impl Text {
    pub(super) fn next_line(&mut self, leading: f32) {
        self.move_line(0.0, -leading);
    }

    fn move_line(&mut self, x: f32, y: f32) {
        self.line = Matrix::translate(x, y).then(self.line);
        self.matrix = self.line;
    }

    pub(super) fn advance(&mut self, x: f32, y: f32) {
        self.matrix = Matrix::translate(x, y).then(self.matrix);
    }
}

/// Operators that change only these states; `false` if `operator` is none of them.
pub(super) fn operate(
    graphics: &mut Graphics,
    text: &mut Text,
    operator: &[u8],
    numbers: &[f32],
) -> bool {
    let first = numbers.first().copied().unwrap_or(0.0);
    match (operator, numbers) {
        (b"Td", [x, y, ..]) => text.move_line(*x, *y),
        (b"TD", [x, y, ..]) => {
            graphics.leading = -y;
            text.move_line(*x, *y);
        }
        (b"Tm", _) => {
            if let Some(matrix) = Matrix::from_slice(numbers) {
                (text.matrix, text.line) = (matrix, matrix);
            }
        }
        (b"T*", _) => text.next_line(graphics.leading),
        (b"Tc", _) => graphics.char_spacing = first,
        (b"Tw", _) => graphics.word_spacing = first,
        (b"Tz", _) => graphics.scale = first / 100.0,
        (b"TL", _) => graphics.leading = first,
        (b"Ts", _) => graphics.rise = first,
        _ => return false,
    }
    true
}
