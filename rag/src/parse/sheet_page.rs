//! A sheet as a page: blank rows part it into tables; a row with one cell is a title or a note.

use std::collections::BTreeMap;

use super::document::{BlockKind, Page};
use super::limits::Budget;
use super::page_builder::PageBuilder;

/// Filled cells: for each row, column and text.
pub(super) type Sheet = BTreeMap<u32, Vec<(u32, String)>>;

/// Columns of one table; a sheet may have 16,384.
const MAX_COLUMNS: usize = 512;

pub(super) fn page(number: u32, name: &str, sheet: Sheet, budget: &mut Budget) -> Page {
    let mut builder = PageBuilder::labelled(number, Some(name.to_owned()));
    let mut block: Vec<Vec<(u32, String)>> = Vec::new();
    let mut last: Option<u32> = None;
    for (row, mut cells) in sheet {
        cells.sort_by_key(|(column, _)| *column);
        if last.is_some_and(|last| row > last + 1) {
            close(&mut builder, std::mem::take(&mut block), budget);
        }
        block.push(cells);
        last = Some(row);
    }
    close(&mut builder, block, budget);
    builder.finish()
}

/// Writes rows without a blank one between them.
fn close(builder: &mut PageBuilder, mut rows: Vec<Vec<(u32, String)>>, budget: &mut Budget) {
    let lead = rows.iter().take_while(|row| row.len() == 1).count();
    // Above a table, single cells are its title; a column of single cells is a list.
    let titles = if lead < rows.len() || lead == 1 {
        lead
    } else {
        0
    };
    for row in rows.drain(..titles) {
        for (_, text) in row {
            let short = builder.is_empty() && text.chars().count() < 120;
            let kind = if short {
                BlockKind::Heading { level: 1 }
            } else {
                BlockKind::Paragraph
            };
            builder.add(kind, &text, budget);
        }
    }
    if rows.is_empty() {
        return;
    }
    let mut columns: Vec<u32> = rows.iter().flatten().map(|(column, _)| *column).collect();
    columns.sort_unstable();
    columns.dedup();
    columns.truncate(MAX_COLUMNS);
    let dense = rows.into_iter().map(|row| {
        let mut cells = vec![String::new(); columns.len()];
        for (column, text) in row {
            if let Ok(at) = columns.binary_search(&column) {
                cells[at] = text;
            }
        }
        cells
    });
    let dense: Vec<Vec<String>> = dense.collect();
    builder.add_table(dense, budget);
}
