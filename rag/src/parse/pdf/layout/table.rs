//! Tables: by their drawn lines, or by text that stands in columns.

use super::super::super::boxes::Rect;
use super::line::{Line, Mark};

/// Coordinates nearer than this are one line of the grid, in points.
const SNAP: f32 = 3.0;
/// Rows and columns of one table on one page.
const MAX_LINES: usize = 400;

/// A table with the marks of its cells.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) rows: Vec<Vec<Vec<Mark>>>,
}

/// Takes the text of ruled tables out of `lines`: each grid comes with the index of the remaining
/// line before which it stands.
pub(crate) fn take_ruled(lines: &mut Vec<Line>, rules: &[Rect]) -> Vec<(usize, Grid)> {
    let mut grids = Vec::new();
    for frame in frames(rules) {
        let inside = |line: &Line| line.is_upright() && frame.holds(line.rect);
        if lines.iter().filter(|line| inside(line)).count() < 4 {
            continue;
        }
        let before = lines.iter().position(&inside).unwrap_or(0);
        let Some(grid) = frame.grid(lines.iter().filter(|line| inside(line))) else {
            continue;
        };
        lines.retain(|line| !inside(line));
        for (place, _) in &mut grids {
            let place: &mut usize = place;
            // Lines taken out now stood before or behind the earlier grids.
            *place = (*place).min(lines.len());
        }
        grids.push((before, grid));
    }
    grids.sort_by_key(|(before, _)| *before);
    grids
}

/// The lines of one drawn grid.
struct Frame {
    xs: Vec<f32>,
    ys: Vec<f32>,
    /// The upright lines: where one is missing, cells are merged.
    walls: Vec<Rect>,
}

fn snap(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    values.dedup_by(|b, a| *b - *a < SNAP);
    values
}

/// Groups lines that touch; a group with two columns and two rows or more is a grid.
fn frames(rules: &[Rect]) -> Vec<Frame> {
    if rules.len() < 4 || rules.len() > 3000 {
        return Vec::new();
    }
    let mut order: Vec<Rect> = rules.to_vec();
    order.sort_by(|a, b| a.y0.total_cmp(&b.y0));
    let mut group: Vec<usize> = (0..order.len()).collect();
    for a in 0..order.len() {
        for b in a + 1..order.len() {
            if order[b].y0 > order[a].y1 + SNAP {
                break;
            }
            let apart = (order[b].x0 - order[a].x1).max(order[a].x0 - order[b].x1);
            if apart <= SNAP {
                let (from, to) = (root(&group, b), root(&group, a));
                group[from] = to;
            }
        }
    }
    let mut groups: std::collections::BTreeMap<usize, Vec<Rect>> =
        std::collections::BTreeMap::new();
    for (at, rect) in order.iter().enumerate() {
        groups.entry(root(&group, at)).or_default().push(*rect);
    }
    groups
        .into_values()
        .filter_map(|rects| Frame::of(&rects))
        .collect()
}

fn root(group: &[usize], mut at: usize) -> usize {
    while group[at] != at {
        at = group[at];
    }
    at
}

impl Frame {
    fn of(rects: &[Rect]) -> Option<Self> {
        let is_flat = |r: &&Rect| r.x1 - r.x0 >= r.y1 - r.y0;
        let ys = rects.iter().filter(is_flat).map(|r| (r.y0 + r.y1) / 2.0);
        let xs = rects
            .iter()
            .filter(|r| !is_flat(r))
            .map(|r| (r.x0 + r.x1) / 2.0);
        let frame = Self {
            xs: snap(xs.collect()),
            ys: snap(ys.collect()),
            walls: rects.iter().filter(|r| !is_flat(r)).copied().collect(),
        };
        let fits = |n: usize| (3..=MAX_LINES).contains(&n);
        (fits(frame.xs.len()) && fits(frame.ys.len())).then_some(frame)
    }

    fn holds(&self, rect: Rect) -> bool {
        let (x, y) = ((rect.x0 + rect.x1) / 2.0, (rect.y0 + rect.y1) / 2.0);
        let within = |values: &[f32], at: f32| {
            values.first().is_some_and(|v| at > *v) && values.last().is_some_and(|v| at < *v)
        };
        within(&self.xs, x) && within(&self.ys, y)
    }

    /// For each column, the first one of the merged cell that it belongs to at height `y`.
    fn first_columns(&self, y: f32) -> Vec<usize> {
        let has_wall = |x: f32| {
            let stands = |r: &Rect| (r.x0 - SNAP..r.x1 + SNAP).contains(&x);
            self.walls
                .iter()
                .any(|r| stands(r) && (r.y0 - SNAP..r.y1 + SNAP).contains(&y))
        };
        let mut first = vec![0; self.xs.len() - 1];
        for column in 1..first.len() {
            let walled = has_wall(self.xs[column]);
            first[column] = if walled { column } else { first[column - 1] };
        }
        first
    }

    /// Puts each mark into its cell; `None` if too few cells are filled to be a table.
    fn grid<'a>(&self, lines: impl Iterator<Item = &'a Line>) -> Option<Grid> {
        let (columns, count) = (self.xs.len() - 1, self.ys.len() - 1);
        let mut rows = vec![vec![Vec::new(); columns]; count];
        let place = |values: &[f32], at: f32| {
            let n = values.partition_point(|v| *v <= at);
            n.saturating_sub(1).min(values.len().saturating_sub(2))
        };
        for line in lines {
            let middle = (line.rect.y0 + line.rect.y1) / 2.0;
            let row = place(&self.ys, middle);
            let first = self.first_columns(middle);
            let mut last = None;
            for mark in &line.marks {
                let column = first[place(&self.xs, (mark.rect.x0 + mark.rect.x1) / 2.0)];
                let cell: &mut Vec<Mark> = &mut rows[row][column];
                if last != Some(column) {
                    add_space(cell);
                    last = Some(column);
                }
                cell.push(mark.clone());
            }
        }
        let is_filled = |cell: &&Vec<Mark>| cell.iter().any(|mark| &*mark.text != " ");
        rows.retain(|row| row.iter().any(|cell| is_filled(&cell)));
        let filled = rows.iter().flatten().filter(is_filled).count();
        let wide = rows
            .iter()
            .filter(|row| row.iter().filter(is_filled).count() >= 2);
        let is_table =
            rows.len() >= 2 && wide.count() >= 2 && 10 * filled >= 4 * rows.len() * columns;
        is_table.then_some(Grid { rows })
    }
}

fn add_space(cell: &mut Vec<Mark>) {
    let Some(last) = cell.last().filter(|mark| &*mark.text != " ") else {
        return;
    };
    let rect = last.rect;
    cell.push(Mark {
        text: " ".into(),
        rect,
    });
}

/// Rows of text, or a table found among them.
pub(super) enum Part {
    Rows(Vec<Vec<Line>>),
    Grid(Grid),
}

/// Cuts runs of rows whose parts stand in three columns or more out of a block.
pub(super) fn split_aligned(rows: Vec<Vec<Line>>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain: Vec<Vec<Line>> = Vec::new();
    let mut run: Vec<Vec<Line>> = Vec::new();
    for row in rows {
        if row.len() >= 3 && row.len() <= 30 && !has_leader(&row) {
            run.push(row);
            continue;
        }
        end_run(&mut run, &mut plain, &mut parts);
        plain.push(row);
    }
    end_run(&mut run, &mut plain, &mut parts);
    if !plain.is_empty() {
        parts.push(Part::Rows(plain));
    }
    parts
}

/// Dots that lead to a page number.
fn has_leader(row: &[Line]) -> bool {
    row.iter().any(|line| {
        let text = line.text();
        text.contains(". . .") || text.contains("....")
    })
}

fn end_run(run: &mut Vec<Vec<Line>>, plain: &mut Vec<Vec<Line>>, parts: &mut Vec<Part>) {
    let rows = std::mem::take(run);
    match aligned(&rows) {
        Some(grid) => {
            if !plain.is_empty() {
                parts.push(Part::Rows(std::mem::take(plain)));
            }
            parts.push(Part::Grid(grid));
        }
        None => plain.extend(rows),
    }
}

fn aligned(rows: &[Vec<Line>]) -> Option<Grid> {
    if rows.len() < 3 {
        return None;
    }
    let mut columns: Vec<(f32, f32)> = Vec::new();
    let mut extents: Vec<(f32, f32)> = rows
        .iter()
        .flatten()
        .map(|line| (line.rect.x0, line.rect.x1))
        .collect();
    extents.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (from, to) in extents {
        match columns.last_mut() {
            Some(column) if from <= column.1 => column.1 = column.1.max(to),
            _ => columns.push((from, to)),
        }
    }
    let width = rows.iter().map(Vec::len).max()?;
    if columns.len() < 3 || columns.len() > 2 * width {
        return None;
    }
    let mut table = Vec::new();
    let mut filled = 0;
    for row in rows {
        let mut cells = vec![Vec::new(); columns.len()];
        for line in row {
            let column = columns.iter().position(|c| line.rect.x0 <= c.1)?;
            let cell: &mut Vec<Mark> = &mut cells[column];
            add_space(cell);
            cell.extend(line.marks.iter().cloned());
        }
        filled += cells.iter().filter(|cell| !cell.is_empty()).count();
        table.push(cells);
    }
    let is_dense = 10 * filled >= 7 * columns.len() * rows.len();
    (is_dense && !is_contents(&table)).then_some(Grid { rows: table })
}

/// A table of contents: the last column counts pages.
fn is_contents(rows: &[Vec<Vec<Mark>>]) -> bool {
    let page = |row: &Vec<Vec<Mark>>| -> Option<u32> {
        let text: String = row.last()?.iter().map(|mark| &*mark.text).collect();
        text.trim().parse().ok()
    };
    let pages: Option<Vec<u32>> = rows.iter().map(page).collect();
    pages.is_some_and(|pages| pages.is_sorted())
}
