//! Paths, as far as they can be the lines of a table.

use super::super::super::boxes::Rect;
use super::super::matrix::Matrix;
use super::is_rule;

/// Lines of one page.
const MAX_RULES: usize = 20_000;
/// Pieces of one path: drawings have more, tables do not.
const MAX_PIECES: usize = 4_000;

/// The path under construction, in coordinates of the displayed page.
#[derive(Debug, Default)]
pub(super) struct Path {
    at: (f32, f32),
    begin: (f32, f32),
    segments: Vec<Rect>,
    rects: Vec<Rect>,
}

fn around(a: (f32, f32), b: (f32, f32)) -> Rect {
    Rect {
        x0: a.0.min(b.0),
        y0: a.1.min(b.1),
        x1: a.0.max(b.0),
        y1: a.1.max(b.1),
    }
}

impl Path {
    pub(super) fn operate(
        &mut self,
        operator: &[u8],
        numbers: &[f32],
        matrix: Matrix,
        rules: &mut Vec<Rect>,
    ) {
        match (operator, numbers) {
            (b"m", [x, y, ..]) => {
                self.at = matrix.point(*x, *y);
                self.begin = self.at;
            }
            (b"l", [x, y, ..]) => self.line_to(matrix.point(*x, *y)),
            (b"c", [.., x, y]) | (b"v" | b"y", [.., x, y]) => self.at = matrix.point(*x, *y),
            (b"h", _) => self.line_to(self.begin),
            (b"re", [x, y, w, h]) => {
                let rect = around(matrix.point(*x, *y), matrix.point(x + w, y + h));
                if self.rects.len() < MAX_PIECES {
                    self.rects.push(rect);
                }
            }
            (b"S" | b"s", _) => self.paint(true, false, rules),
            (b"f" | b"F" | b"f*", _) => self.paint(false, true, rules),
            (b"B" | b"B*" | b"b" | b"b*", _) => self.paint(true, true, rules),
            (b"n", _) => self.clear(),
            _ => {}
        }
    }

    fn line_to(&mut self, to: (f32, f32)) {
        if self.segments.len() < MAX_PIECES {
            self.segments.push(around(self.at, to));
        }
        self.at = to;
    }

    fn paint(&mut self, stroke: bool, fill: bool, rules: &mut Vec<Rect>) {
        let room = MAX_RULES.saturating_sub(rules.len());
        let mut found: Vec<Rect> = Vec::new();
        if stroke {
            found.extend(self.segments.iter().copied());
            for r in self.rects.iter().filter(|r| !is_rule(r)) {
                found.push(Rect { y1: r.y0, ..*r });
                found.push(Rect { y0: r.y1, ..*r });
                found.push(Rect { x1: r.x0, ..*r });
                found.push(Rect { x0: r.x1, ..*r });
            }
        }
        if stroke || fill {
            found.extend(self.rects.iter().copied());
        }
        rules.extend(found.into_iter().filter(is_rule).take(room));
        self.clear();
    }

    fn clear(&mut self) {
        self.segments.clear();
        self.rects.clear();
    }
}
