//! Where characters stand on a page, kept compactly: a book has millions of them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Steps of a coordinate in a point: a quarter of a point is finer than any highlight.
const STEPS: f32 = 4.0;

/// A rectangle in points, as the page is displayed: the origin is the upper left corner, y goes down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Left.
    pub x0: f32,
    /// Top.
    pub y0: f32,
    /// Right.
    pub x1: f32,
    /// Bottom.
    pub y1: f32,
}

impl Rect {
    /// The smallest rectangle around both.
    pub fn union(self, other: Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }
}

/// Boxes of a page's characters. Characters that stand nowhere (spaces between lines, the bars of
/// a table) have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlyphBoxes {
    runs: Vec<Run>,
}

/// Consecutive characters of the same height on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    /// Index of the first character in the page's text.
    start: u32,
    y0: u16,
    y1: u16,
    /// Left and right of each character.
    x: Vec<(u16, u16)>,
}

fn quantise(value: f32) -> u16 {
    // `as` saturates, which is right for what lies outside the page.
    (value * STEPS).round() as u16
}

fn points(value: u16) -> f32 {
    f32::from(value) / STEPS
}

impl GlyphBoxes {
    /// Whether no character has a box.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Adds the box of character `index`; indices only grow.
    pub fn push(&mut self, index: u32, rect: Rect) {
        let (y0, y1) = (quantise(rect.y0), quantise(rect.y1));
        let x = (quantise(rect.x0), quantise(rect.x1));
        if let Some(run) = self.runs.last_mut() {
            let next = run.start + run.x.len() as u32;
            if next == index && run.y0 == y0 && run.y1 == y1 {
                run.x.push(x);
                return;
            }
        }
        self.runs.push(Run {
            start: index,
            y0,
            y1,
            x: vec![x],
        });
    }

    /// The box of character `index`, if it has one.
    pub fn of_char(&self, index: u32) -> Option<Rect> {
        let at = self.runs.partition_point(|run| run.start <= index);
        let run = self.runs.get(at.checked_sub(1)?)?;
        let (x0, x1) = *run.x.get((index - run.start) as usize)?;
        Some(Rect {
            x0: points(x0),
            y0: points(run.y0),
            x1: points(x1),
            y1: points(run.y1),
        })
    }

    /// Rectangles that cover `chars`, one a line: what a citation highlights.
    pub fn of_range(&self, chars: Range<u32>) -> Vec<Rect> {
        let mut lines: Vec<Rect> = Vec::new();
        for rect in chars.filter_map(|index| self.of_char(index)) {
            match lines.last_mut() {
                Some(line) if on_one_line(line, &rect) => *line = line.union(rect),
                _ => lines.push(rect),
            }
        }
        lines
    }
}

fn on_one_line(line: &Rect, rect: &Rect) -> bool {
    let overlap = line.y1.min(rect.y1) - line.y0.max(rect.y0);
    let height = (line.y1 - line.y0).min(rect.y1 - rect.y0).max(0.1);
    let near = (rect.x0 - line.x1).max(line.x0 - rect.x1) < 4.0 * height;
    overlap > 0.4 * height && near
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f32, y: f32) -> Rect {
        Rect {
            x0: x,
            y0: y,
            x1: x + 5.0,
            y1: y + 10.0,
        }
    }

    #[test]
    fn a_range_over_two_lines_has_two_rectangles() {
        let mut boxes = GlyphBoxes::default();
        boxes.push(0, rect(10.0, 10.0));
        boxes.push(1, rect(15.0, 10.0));
        boxes.push(3, rect(10.0, 22.0));
        assert_eq!(boxes.of_char(2), None);
        let lines = boxes.of_range(0..4);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!((lines[0].x0, lines[0].x1), (10.0, 20.0));
        assert_eq!(lines[1].y0, 22.0);
    }
}
