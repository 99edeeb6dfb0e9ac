//! Reading order where the content's own order contradicts itself: cuts along white space.

use super::line::Line;

/// Cuts inside each other.
const MAX_DEPTH: u8 = 48;

/// Whether lines jump about so much that the content's order cannot be the order of reading.
pub(crate) fn is_disordered(lines: &[Line]) -> bool {
    let upright: Vec<&Line> = lines.iter().filter(|line| line.is_upright()).collect();
    if upright.len() < 6 {
        return false;
    }
    let pairs = upright.windows(2);
    let upwards = pairs.filter(|pair| {
        let (a, b) = (&pair[0].rect, &pair[1].rect);
        let overlap = a.x1.min(b.x1) - a.x0.max(b.x0);
        let narrow = (a.x1 - a.x0).min(b.x1 - b.x0).max(1.0);
        let size = pair[0].size.max(pair[1].size);
        let up = pair[0].baseline - pair[1].baseline;
        overlap > 0.5 * narrow && up > 0.9 * size
    });
    let upwards = upwards.count();
    upwards >= 3 && upwards * 6 > upright.len()
}

/// Whether lines of two columns come by turns: left, right, left, right.
pub(crate) fn is_interleaved(lines: &[Line], page_width: f32) -> bool {
    let upright: Vec<&Line> = lines.iter().filter(|line| line.is_upright()).collect();
    let long = upright.iter().filter(|l| l.width() > 0.25 * page_width);
    if upright.len() < 12 || 10 * long.count() < 7 * upright.len() {
        return false;
    }
    let across = upright.windows(2).filter(|pair| {
        let (a, b) = (&pair[0], &pair[1]);
        (a.baseline - b.baseline).abs() < 0.4 * a.size && b.rect.x0 > a.rect.x1
    });
    3 * across.count() > upright.len()
}

/// Sorts lines by cutting the page at the widest gaps, columns before rows.
pub(crate) fn sort(lines: Vec<Line>) -> Vec<Line> {
    let mut sorted = Vec::with_capacity(lines.len());
    cut(lines, &mut sorted, 0);
    sorted
}

fn cut(mut lines: Vec<Line>, sorted: &mut Vec<Line>, depth: u8) {
    let size = median(lines.iter().map(|line| line.size));
    let columns = |line: &Line| (line.rect.x0, line.rect.x1);
    let rows = |line: &Line| (line.rect.y0, line.rect.y1);
    let place = if lines.len() < 2 || depth >= MAX_DEPTH {
        None
    } else {
        let column = widest_gap(&lines, columns, 1.0 * size).filter(|at| {
            let left = lines.iter().filter(|line| line.rect.x1 <= *at).count();
            left >= 2 && lines.len() - left >= 2
        });
        column
            .map(|at| (true, at))
            .or_else(|| widest_gap(&lines, rows, 0.0).map(|at| (false, at)))
    };
    let Some((by_column, at)) = place else {
        by_rows(&mut lines);
        sorted.append(&mut lines);
        return;
    };
    let (first, second): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| {
        let end = if by_column {
            line.rect.x1
        } else {
            line.rect.y1
        };
        end <= at
    });
    cut(first, sorted, depth + 1);
    cut(second, sorted, depth + 1);
}

/// Rows from the top, each from the left.
fn by_rows(lines: &mut [Line]) {
    lines.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut from = 0;
    while from < lines.len() {
        let (base, size) = (lines[from].baseline, lines[from].size);
        let in_row = |line: &&Line| line.baseline - base < 0.4 * size;
        let count = lines[from..].iter().take_while(in_row).count().max(1);
        lines[from..from + count].sort_by(|a, b| a.rect.x0.total_cmp(&b.rect.x0));
        from += count;
    }
}

/// Where the widest gap between the lines' extents begins, if it is wider than `least`.
fn widest_gap(lines: &[Line], extent: impl Fn(&Line) -> (f32, f32), least: f32) -> Option<f32> {
    let mut extents: Vec<(f32, f32)> = lines.iter().map(extent).collect();
    extents.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut end = extents.first()?.1;
    let mut best: Option<(f32, f32)> = None;
    for (from, to) in extents {
        let gap = from - end;
        if gap > least && best.is_none_or(|(widest, _)| gap > widest) {
            best = Some((gap, end));
        }
        end = end.max(to);
    }
    best.map(|(_, at)| at + 1e-3)
}

pub(crate) fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
