//! From the lines of some pages to [`Page`]s: what is furniture, what is a heading.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::boxes::Rect;
use super::super::document::{BlockKind, Page};
use super::super::limits::Budget;
use super::super::page_builder::{Boxed, PageBuilder};
use super::layout::blocks::{list_mark, row_text};
use super::layout::line::{Line, Mark};
use super::layout::table::{self, Grid};
use super::layout::{Piece, furniture, order, pieces};
use super::page::Content;

/// A heading is at least this much larger than the text.
const LARGER: f32 = 1.12;
/// Characters and rows of the longest heading.
const HEADING_CHARS: usize = 180;
const HEADING_ROWS: usize = 3;

/// Lays out `contents`. With `keep_furniture`, running titles and page numbers stay in the text.
pub(super) fn pages(
    contents: Vec<Content>,
    keep_furniture: bool,
    budget: &mut Budget,
) -> Vec<Page> {
    let looked_at: Vec<(&[Line], f32, u32)> = contents
        .iter()
        .map(|content| (content.lines.as_slice(), content.size.1, content.number))
        .collect();
    let repeated = if keep_furniture {
        vec![HashSet::new(); contents.len()]
    } else {
        furniture::find(&looked_at)
    };
    let sizes = Sizes::of(contents.iter().flat_map(|content| &content.lines));
    let laid_out = contents.into_iter().zip(repeated);
    laid_out
        .map(|(content, repeated)| page(content, &repeated, &sizes, budget))
        .collect()
}

fn page(content: Content, repeated: &HashSet<usize>, sizes: &Sizes, budget: &mut Budget) -> Page {
    let mut builder = PageBuilder::new(content.number);
    builder.page_mut().size = Some(content.size);
    let mut lines = Vec::with_capacity(content.lines.len());
    for (at, line) in content.lines.into_iter().enumerate() {
        if repeated.contains(&at) {
            builder.page_mut().furniture.push(line.text());
        } else {
            lines.push(line);
        }
    }
    if order::is_disordered(&lines) || order::is_interleaved(&lines, content.size.0) {
        lines = order::sort(lines);
    }
    let grids = table::take_ruled(&mut lines, &content.rules);
    for piece in pieces(lines, grids) {
        match piece {
            Piece::Table(grid) => add_table(&mut builder, &grid, budget),
            Piece::Text(rows) => add_text(&mut builder, &rows, sizes, budget),
        }
    }
    builder.finish()
}

/// Sizes of the text: what is usual, and what is larger.
struct Sizes {
    body: f32,
    /// Sizes of headings, the largest first.
    larger: Vec<f32>,
}

fn rounded(size: f32) -> f32 {
    (size * 2.0).round() / 2.0
}

impl Sizes {
    fn of<'a>(lines: impl Iterator<Item = &'a Line>) -> Self {
        let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
        let mut headed: BTreeSet<i32> = BTreeSet::new();
        for line in lines {
            let size = (line.size * 2.0).round() as i32;
            *counts.entry(size).or_default() += u64::from(line.glyphs);
            // Large signs of formulas are no level of headings.
            let text = line.text();
            if text.chars().filter(|c| c.is_alphabetic()).count() >= 3 {
                headed.insert(size);
            }
        }
        let most = counts.iter().max_by_key(|(_, count)| **count);
        let body = most.map_or(10.0, |(size, _)| *size as f32 / 2.0);
        let mut larger: Vec<f32> = headed.iter().map(|size| *size as f32 / 2.0).collect();
        larger.retain(|size| *size >= LARGER * body);
        larger.reverse();
        // Sizes that differ by half a point are one level.
        larger.dedup_by(|b, a| *a - *b <= 0.75);
        Self { body, larger }
    }

    /// The level of a heading of this look; `None` if it is no heading.
    fn level(&self, rows: &[Vec<Line>], text: &str) -> Option<u8> {
        let size = rows
            .iter()
            .flatten()
            .map(|line| line.size)
            .fold(0.0, f32::max);
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        if rows.len() > HEADING_ROWS || text.chars().count() > HEADING_CHARS || letters < 2 {
            return None;
        }
        if rounded(size) >= LARGER * self.body {
            let at = self.larger.iter().position(|larger| size >= larger - 0.8);
            return Some((at.unwrap_or(self.larger.len()) as u8 + 1).min(6));
        }
        let is_bold = rows.iter().flatten().all(|line| line.bold);
        let is_sentence = text.ends_with(['.', ',', ';', '。']);
        let stands_out = is_bold && rows.len() <= 2 && !is_sentence && letters >= 3;
        (stands_out && rounded(size) >= self.body - 0.5)
            .then(|| (self.larger.len() as u8 + 1).min(6))
    }
}

fn add_text(builder: &mut PageBuilder, rows: &[Vec<Line>], sizes: &Sizes, budget: &mut Budget) {
    let is_code = rows.len() >= 2 && rows.iter().flatten().all(|line| line.mono);
    if is_code {
        builder.add_boxed(BlockKind::Code { language: None }, &code(rows), budget);
        return;
    }
    let boxed = running_text(rows);
    let kind = match sizes.level(rows, &boxed.text) {
        Some(level) => BlockKind::Heading { level },
        None if list_mark(&boxed.text).is_some() => BlockKind::ListItem { depth: 0 },
        None => BlockKind::Paragraph,
    };
    builder.add_boxed(kind, &boxed, budget);
}

fn push_marks(to: &mut Boxed, marks: &[Mark]) {
    for mark in marks {
        for char in mark.text.chars() {
            to.push(char, Some(mark.rect));
        }
    }
}

/// Rows as one paragraph: words cut at the end of a row are put together.
fn running_text(rows: &[Vec<Line>]) -> Boxed {
    let mut boxed = Boxed::default();
    for row in rows {
        let next = row_text(row).chars().next();
        join(&mut boxed, next);
        for (at, line) in row.iter().enumerate() {
            if at > 0 {
                boxed.push(' ', None);
            }
            push_marks(&mut boxed, &line.marks);
        }
    }
    boxed
}

/// Prepares the end of `boxed` for a row that begins with `next`.
fn join(boxed: &mut Boxed, next: Option<char>) {
    let mut end = boxed.text.chars().rev();
    let (Some(last), Some(next)) = (end.next(), next) else {
        return;
    };
    let before = end.next();
    let is_hyphen = matches!(last, '-' | '\u{2010}' | '\u{ad}');
    if is_hyphen && before.is_some_and(char::is_alphabetic) {
        if next.is_lowercase() || last == '\u{ad}' {
            boxed.text.pop();
            boxed.boxes.pop();
            return;
        }
        if next.is_alphanumeric() {
            return;
        }
    }
    if !(is_ideograph(last) && is_ideograph(next)) {
        boxed.push(' ', None);
    }
}

/// Scripts that are written without spaces.
fn is_ideograph(char: char) -> bool {
    matches!(u32::from(char), 0x2e80..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x20000..=0x3ffff)
}

/// Rows of code: line breaks and indentation kept.
fn code(rows: &[Vec<Line>]) -> Boxed {
    let mut boxed = Boxed::default();
    let lines = || rows.iter().flatten();
    let left = lines().map(|line| line.rect.x0).fold(f32::MAX, f32::min);
    let width = |line: &Line| line.width() / line.marks.len().max(1) as f32;
    for row in rows {
        if !boxed.text.is_empty() {
            boxed.push('\n', None);
        }
        let mut at = left;
        for line in row {
            let blanks = ((line.rect.x0 - at) / width(line).max(0.5)).round();
            for _ in 0..(blanks.clamp(0.0, 200.0) as u32) {
                boxed.push(' ', None);
            }
            push_marks(&mut boxed, &line.marks);
            at = line.rect.x1;
        }
    }
    boxed
}

/// A grid as a table whose Markdown has the boxes of its marks.
fn add_table(builder: &mut PageBuilder, grid: &Grid, budget: &mut Budget) {
    let cell_text = |cell: &Vec<Mark>| {
        let text: String = cell.iter().map(|mark| &*mark.text).collect();
        text.trim().to_owned()
    };
    let mut rows: Vec<Vec<String>> = grid
        .rows
        .iter()
        .map(|row| row.iter().map(cell_text).collect())
        .collect();
    if rows.is_empty() || !budget.take_cells((rows.len() * rows[0].len()) as u64) {
        return;
    }
    let mut boxed = Boxed::default();
    for (at, row) in grid.rows.iter().enumerate() {
        if at > 0 {
            boxed.push('\n', None);
        }
        add_row(&mut boxed, row);
        if at == 0 {
            let separator = format!("\n|{}", " --- |".repeat(row.len()));
            separator.chars().for_each(|char| boxed.push(char, None));
        }
    }
    let header = rows.remove(0);
    let table = super::super::document::Table { header, rows };
    builder.add_boxed(BlockKind::Table(table), &boxed, budget);
}

fn add_row(boxed: &mut Boxed, row: &[Vec<Mark>]) {
    boxed.push('|', None);
    for cell in row {
        boxed.push(' ', None);
        let end = cell
            .iter()
            .rposition(|mark| &*mark.text != " ")
            .map_or(0, |n| n + 1);
        for mark in &cell[..end] {
            for char in mark.text.chars() {
                if char == '|' {
                    boxed.push('\\', None);
                }
                boxed.push(char, Some(mark.rect) as Option<Rect>);
            }
        }
        boxed.push(' ', None);
        boxed.push('|', None);
    }
}
