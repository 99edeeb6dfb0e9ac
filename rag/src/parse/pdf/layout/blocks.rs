//! Lines become paragraphs, items, code and tables.

use super::super::super::boxes::Rect;
use super::line::Line;
use super::order::median;
use super::table::{self, Grid};

/// A part of a page: lines that belong together, or a table.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Rows of a paragraph; a row is one line, or several parts of one with gaps between them.
    Text(Vec<Vec<Line>>),
    Table(Grid),
}

/// Pieces of a page in reading order. `lines` are in that order already.
pub(crate) fn pieces(lines: Vec<Line>, grids: Vec<(usize, Grid)>) -> Vec<Piece> {
    let leading = usual_leading(&lines);
    let mut grids = grids.into_iter().peekable();
    let mut pieces = Vec::new();
    let mut open: Vec<Line> = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        while let Some((_, grid)) = grids.next_if(|(before, _)| *before <= at) {
            close(&mut open, &mut pieces);
            pieces.push(Piece::Table(grid));
        }
        if !open.is_empty() && !continues(&open, &line, leading) {
            close(&mut open, &mut pieces);
        }
        open.push(line);
    }
    close(&mut open, &mut pieces);
    pieces.extend(grids.map(|(_, grid)| Piece::Table(grid)));
    pieces
}

/// Distance of baselines in parts of the size, as it mostly is on the page.
fn usual_leading(lines: &[Line]) -> f32 {
    let steps = lines.windows(2).filter_map(|pair| {
        let step = (pair[1].baseline - pair[0].baseline) / pair[0].size.max(0.1);
        (pair[0].is_upright() && (0.9..2.6).contains(&step)).then_some(step)
    });
    let steps: Vec<f32> = steps.collect();
    if steps.len() < 3 {
        return 1.25;
    }
    median(steps.into_iter()).clamp(1.0, 2.4)
}

fn extent(lines: &[Line]) -> Option<Rect> {
    lines.iter().map(|line| line.rect).reduce(Rect::union)
}

/// Whether `line` belongs to the lines before it.
fn continues(open: &[Line], line: &Line, leading: f32) -> bool {
    let (Some(last), Some(whole)) = (open.last(), extent(open)) else {
        return false;
    };
    let turned = last.direction.0 * line.direction.0 + last.direction.1 * line.direction.1;
    if turned < 0.97 || last.artifact != line.artifact {
        return false;
    }
    let size = last.size.max(line.size);
    if !line.is_upright() {
        let apart = (line.rect.x0 - last.rect.x1).max(last.rect.x0 - line.rect.x1);
        let above = (line.rect.y0 - last.rect.y1).max(last.rect.y0 - line.rect.y1);
        return apart.max(above) < 0.8 * size;
    }
    let down = line.baseline - last.baseline;
    if is_same_row(last, line) {
        // In a right-to-left row, the next part stands to the left.
        let gap = (line.rect.x0 - last.rect.x1).max(last.rect.x0 - line.rect.x1);
        return gap > -0.6 * size && (line.rect.x0 >= last.rect.x0 || gap < 3.0 * size);
    }
    let base = row_size(open);
    let is_script = line.size < 0.8 * base;
    let ratio = line.size / base.max(0.1);
    let overlap = line.rect.x1.min(whole.x1) - line.rect.x0.max(whole.x0);
    if is_script && down.abs() < size {
        return overlap > -size;
    }
    let is_next = down > 0.0 && down < 1.3 * leading * base.min(line.size).max(1.0);
    let is_heading_end = open.iter().all(|l| l.bold) && !line.bold && open.len() < 4;
    // A row all in bold below one that is not begins something, however close it stands.
    let is_heading_begin = line.bold && !last.bold && letters(line) > 3;
    let same_size = (0.84..1.19).contains(&ratio);
    is_next && overlap > 0.0 && same_size && !is_heading_end && !is_heading_begin
}

/// Whether two parts stand on one baseline; a script beside its base may be off it.
fn is_same_row(a: &Line, b: &Line) -> bool {
    let (small, large) = (a.size.min(b.size), a.size.max(b.size));
    let apart = (a.baseline - b.baseline).abs();
    let gap = (b.rect.x0 - a.rect.x1).max(a.rect.x0 - b.rect.x1);
    let is_beside = small < 0.8 * large && (-0.3 * large..0.8 * large).contains(&gap);
    apart < 0.55 * small || (is_beside && apart < 0.55 * large)
}

fn letters(line: &Line) -> usize {
    let chars = line.marks.iter().flat_map(|mark| mark.text.chars());
    chars.filter(|c| c.is_alphabetic()).count()
}

/// Size of the last row: its parts may be scripts.
fn row_size(open: &[Line]) -> f32 {
    let Some(last) = open.last() else {
        return 0.0;
    };
    let row = open.iter().rev().take(12);
    let row = row.take_while(|line| (line.baseline - last.baseline).abs() < last.size.max(6.0));
    row.map(|line| line.size).fold(0.0, f32::max)
}

/// Ends a run of lines: cuts tables out of it, and the rest into paragraphs.
fn close(open: &mut Vec<Line>, pieces: &mut Vec<Piece>) {
    let rows = rows(std::mem::take(open));
    for part in table::split_aligned(rows) {
        match part {
            table::Part::Grid(grid) => pieces.push(Piece::Table(grid)),
            table::Part::Rows(rows) => {
                pieces.extend(paragraphs(rows).into_iter().map(Piece::Text));
            }
        }
    }
}

/// Puts parts of one row together.
fn rows(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        let joins = rows
            .last()
            .and_then(|row| row.last())
            .is_some_and(|last| line.is_upright() && is_same_row(last, &line));
        match rows.last_mut() {
            Some(row) if joins => row.push(line),
            _ => rows.push(vec![line]),
        }
    }
    rows
}

pub(crate) fn row_text(row: &[Line]) -> String {
    let parts: Vec<String> = row.iter().map(Line::text).collect();
    parts.join(" ")
}

fn row_extent(row: &[Line]) -> (f32, f32) {
    let x0 = row.iter().map(|line| line.rect.x0).fold(f32::MAX, f32::min);
    let x1 = row.iter().map(|line| line.rect.x1).fold(f32::MIN, f32::max);
    (x0, x1)
}

/// Cuts rows where a paragraph or an item of a list begins.
fn paragraphs(rows: Vec<Vec<Line>>) -> Vec<Vec<Vec<Line>>> {
    let extents: Vec<(f32, f32)> = rows.iter().map(|row| row_extent(row)).collect();
    let left = extents.iter().map(|e| e.0).fold(f32::MAX, f32::min);
    let right = extents.iter().map(|e| e.1).fold(f32::MIN, f32::max);
    let mut paragraphs: Vec<Vec<Vec<Line>>> = Vec::new();
    let mut last_end: Option<String> = None;
    for (at, row) in rows.into_iter().enumerate() {
        let text = row_text(&row);
        let size = row.iter().map(|line| line.size).fold(0.0, f32::max);
        let begins = at > 0 && {
            let (before, here) = (extents[at - 1], extents[at]);
            let ends_short = before.1 < right - 0.12 * (right - left);
            let is_indented = here.0 - left > 0.8 * size
                && (before.0 - left) < 0.3 * size
                && extents
                    .get(at + 1)
                    .is_none_or(|next| next.0 - left < 0.3 * size);
            let ends = last_end
                .as_deref()
                .is_some_and(|text| text.ends_with(['.', '!', '?', ':', '。', '؟', '”', '“']));
            list_mark(&text).is_some() || is_indented || (ends_short && ends)
        };
        last_end = Some(text);
        match paragraphs.last_mut() {
            Some(paragraph) if !begins => paragraph.push(row),
            _ => paragraphs.push(vec![row]),
        }
    }
    paragraphs
}

/// Length of the mark of a list's item at the beginning of `text`: a bullet, `3.`, `(b)`, `iv)`.
pub(crate) fn list_mark(text: &str) -> Option<usize> {
    let (mark, rest) = text.split_once(' ')?;
    if rest.trim().is_empty() {
        return None;
    }
    let bullets = [
        "•", "◦", "▪", "■", "‣", "–", "—", "-", "*", "·", "●", "○", "➢", "✓", "", "o",
    ];
    if bullets.contains(&mark) {
        return Some(mark.len());
    }
    let closed = mark.strip_suffix([')', '.'])?;
    let inner = closed.strip_prefix('(').unwrap_or(closed);
    if inner.is_empty() || (mark.starts_with('(') && !mark.ends_with(')')) {
        return None;
    }
    let is_number = inner.len() <= 3 && inner.chars().all(|c| c.is_ascii_digit());
    let is_roman = inner.len() <= 4 && inner.chars().all(|c| "ivx".contains(c));
    let is_letter =
        inner.len() == 1 && mark.ends_with(')') && inner.chars().all(|c| c.is_ascii_alphabetic());
    (is_number || is_roman || is_letter).then_some(mark.len())
}

#[cfg(test)]
mod tests {
    use super::list_mark;

    #[test]
    fn marks_of_lists_are_known_from_words() {
        for text in ["• a", "1. a", "(iv) a", "b) a", "12) a", "- a"] {
            assert!(list_mark(text).is_some(), "{text}");
        }
        for text in ["a b", "2019. a", "A. Smith", "1.5 m", "end. Next", "•"] {
            assert!(list_mark(text).is_none(), "{text}");
        }
    }
}
