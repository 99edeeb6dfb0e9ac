//! Running titles and page numbers: rows at the edge of the pages that repeat.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::line::Line;

/// Rows at either edge that are looked at.
const ROWS: usize = 2;
/// Part of the page's height that is its edge.
const EDGE: f32 = 0.12;

/// A row at an edge of a page.
struct Row {
    page: usize,
    lines: Vec<usize>,
    /// Distance from the upper edge, in steps of four points.
    band: i32,
    text: String,
    numbers: Vec<i64>,
}

/// For each page, the indices of the lines that are furniture. Pages are given with their height
/// and number.
pub(crate) fn find(pages: &[(&[Line], f32, u32)]) -> Vec<HashSet<usize>> {
    let mut found = vec![HashSet::new(); pages.len()];
    let mut rows = Vec::new();
    for (at, (lines, height, _)) in pages.iter().enumerate() {
        let artifacts = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.artifact && is_edge(line.baseline, *height));
        found[at].extend(artifacts.map(|(index, _)| index));
        rows.extend(edge_rows(at, lines, *height));
    }
    if pages.len() < 2 {
        return found;
    }
    let least = if pages.len() < 4 {
        pages.len()
    } else {
        (pages.len() / 8).max(3)
    };
    let mut repeated: HashMap<(i32, String), HashSet<usize>> = HashMap::new();
    for row in &rows {
        for band in row.band - 1..=row.band + 1 {
            let key = (band, mask(&row.text));
            repeated.entry(key).or_default().insert(row.page);
        }
    }
    let numbered = numbered_bands(&rows, pages);
    for row in &rows {
        let key = (row.band, mask(&row.text));
        // A heading may stand at the edge of two or three pages; a page number changes.
        let is_repeated = repeated.get(&key).is_some_and(|on| on.len() >= least);
        let is_numbered = numbered.iter().any(|(band, offset)| {
            let number = i64::from(pages[row.page].2) + offset;
            (row.band - band).abs() <= 1 && row.numbers.contains(&number)
        });
        if is_repeated || is_numbered {
            found[row.page].extend(&row.lines);
        }
    }
    found
}

fn is_edge(baseline: f32, height: f32) -> bool {
    baseline < EDGE * height || baseline > (1.0 - EDGE) * height
}

fn edge_rows(page: usize, lines: &[Line], height: f32) -> Vec<Row> {
    let mut order: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].is_upright())
        .collect();
    order.sort_by(|a, b| lines[*a].baseline.total_cmp(&lines[*b].baseline));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for at in order {
        let same = rows
            .last()
            .and_then(|row| row.first())
            .is_some_and(|first| (lines[at].baseline - lines[*first].baseline).abs() < 3.0);
        match rows.last_mut() {
            Some(row) if same => row.push(at),
            _ => rows.push(vec![at]),
        }
    }
    let count = rows.len();
    let at_edge = |(n, _): &(usize, Vec<usize>)| *n < ROWS || n + ROWS >= count;
    let rows = rows.into_iter().enumerate().filter(at_edge);
    rows.filter_map(|(_, mut row)| {
        row.sort_by(|a, b| lines[*a].rect.x0.total_cmp(&lines[*b].rect.x0));
        let baseline = lines[*row.first()?].baseline;
        let texts: Vec<String> = row.iter().map(|at| lines[*at].text()).collect();
        let text = texts.join(" ");
        (is_edge(baseline, height) && text.chars().count() <= 160).then(|| Row {
            page,
            numbers: numbers(&text),
            lines: row,
            band: (baseline / 4.0).round() as i32,
            text,
        })
    })
    .collect()
}

/// Bands in which most pages show their number, and how far it is from the page's place.
fn numbered_bands(rows: &[Row], pages: &[(&[Line], f32, u32)]) -> Vec<(i32, i64)> {
    let mut votes: BTreeMap<(i32, i64), HashSet<usize>> = BTreeMap::new();
    for row in rows {
        for number in &row.numbers {
            let offset = number - i64::from(pages[row.page].2);
            votes
                .entry((row.band, offset))
                .or_default()
                .insert(row.page);
        }
    }
    let enough = (pages.len() / 3).max(3);
    let chosen = votes.into_iter().filter(|(_, on)| on.len() >= enough);
    chosen.map(|(key, _)| key).collect()
}

/// Digits and case say nothing about a running title; roman page numbers neither.
fn mask(text: &str) -> String {
    let is_roman = |word: &str| word.len() <= 6 && word.chars().all(|c| "ivxlc".contains(c));
    let words = text.split_whitespace().map(|word| {
        if is_roman(word) {
            return "#".to_owned();
        }
        let digit = |c: char| if c.is_ascii_digit() { '#' } else { c };
        let mut masked: String = word.to_lowercase().chars().map(digit).collect();
        while masked.contains("##") {
            masked = masked.replace("##", "#");
        }
        masked
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Numbers that stand alone.
fn numbers(text: &str) -> Vec<i64> {
    let bare = |word: &str| {
        word.trim_matches(['-', '–', '—', '|', '.', '/', '[', ']'])
            .parse()
            .ok()
    };
    text.split_whitespace().filter_map(bare).collect()
}
