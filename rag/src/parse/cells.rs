//! Tables of markup formats, gathered cell by cell.

/// Cells of one table; what lies behind is dropped.
const MAX_CELLS: usize = 2 << 20;
/// Columns that one cell may span, and times that a row or cell may be repeated.
pub(super) const MAX_SPAN: u32 = 64;

/// A table under construction.
#[derive(Debug, Default)]
pub(super) struct Cells {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    cell: Option<String>,
    count: usize,
}

impl Cells {
    pub(super) fn begin_row(&mut self) {
        self.end_row();
    }

    pub(super) fn begin_cell(&mut self) {
        self.end_cell(1);
        self.cell = Some(String::new());
    }

    /// The text of the open cell, if one is open.
    pub(super) fn open_cell(&mut self) -> Option<&mut String> {
        self.cell.as_mut()
    }

    /// Ends the open cell, which spans `columns` columns: its text is in the first.
    pub(super) fn end_cell(&mut self, columns: u32) {
        let Some(text) = self.cell.take() else {
            return;
        };
        if self.count >= MAX_CELLS {
            return;
        }
        self.row.push(text);
        for _ in 1..columns.min(MAX_SPAN) {
            self.row.push(String::new());
        }
        self.count += columns.clamp(1, MAX_SPAN) as usize;
    }

    pub(super) fn end_row(&mut self) {
        self.end_cell(1);
        if !self.row.is_empty() {
            self.rows.push(std::mem::take(&mut self.row));
        }
    }

    pub(super) fn finish(mut self) -> Vec<Vec<String>> {
        self.end_row();
        self.rows
    }
}

/// Adds `text` as a paragraph of a cell.
pub(super) fn add_paragraph(cell: &mut String, text: &str) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if !cell.is_empty() {
        cell.push(' ');
    }
    cell.push_str(text);
}
