//! CSV and TSV: the delimiter is found, the first row is the header.

use super::document::Page;
use super::limits::Budget;
use super::page_builder::PageBuilder;

/// Lines that decide on the delimiter.
const LOOK: usize = 60;
/// Columns of one table.
const MAX_COLUMNS: usize = 2_000;

/// The delimiter, if `head` is a table of values. Without a name that says so, text has to be
/// regular to pass for a table.
pub(super) fn delimiter(head: &str, extension: &str) -> Option<u8> {
    let named = matches!(extension, "csv" | "tsv" | "tab");
    let mut best: Option<(usize, u8)> = None;
    for delimiter in [b'\t', b';', b',', b'|'] {
        let records = records(head, delimiter);
        let Some(width) = records.first().map(csv::StringRecord::len) else {
            continue;
        };
        let same = records
            .iter()
            .filter(|record| record.len() == width)
            .count();
        let (rows, needed) = if named { (1, 8) } else { (3, 10) };
        let is_regular = width >= 2 && records.len() >= rows && same * 10 >= records.len() * needed;
        let is_prose = !named && delimiter == b',' && width < 3;
        if is_regular && !is_prose && best.is_none_or(|(most, _)| width > most) {
            best = Some((width, delimiter));
        }
    }
    match best {
        Some((_, delimiter)) => Some(delimiter),
        // A file of one column is a table only by its name.
        None if named && !head.is_empty() => Some(if extension == "csv" { b',' } else { b'\t' }),
        None => None,
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

fn records(head: &str, delimiter: u8) -> Vec<csv::StringRecord> {
    let mut records: Vec<_> = reader(head, delimiter)
        .into_records()
        .take(LOOK)
        .filter_map(Result::ok)
        .filter(|record| record.iter().any(|field| !field.trim().is_empty()))
        .collect();
    // The last one may be cut.
    if records.len() > 3 {
        records.pop();
    }
    records
}

pub(super) fn parse(text: &str, delimiter: u8, budget: &mut Budget) -> Page {
    let mut builder = PageBuilder::new(1);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for record in reader(text, delimiter)
        .into_records()
        .filter_map(Result::ok)
    {
        if rows.len() % 4096 == 4095 && budget.is_late() {
            budget.cut.get_or_insert("time");
            break;
        }
        if rows.len() as u64 * record.len() as u64 > budget.limits.cells {
            budget.cut.get_or_insert("cells of tables");
            break;
        }
        rows.push(record.iter().take(MAX_COLUMNS).map(str::to_owned).collect());
    }
    builder.add_table(rows, budget);
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_and_quotes_are_understood() {
        assert_eq!(delimiter("a;b;c\n1,5;2;3\n1,5;2;3\n4;5;6", ""), Some(b';'));
        assert_eq!(delimiter("One, two.\nThree, four.\nFive, six.\n", ""), None);
        assert_eq!(delimiter("name,note\nx,\"a, b\nc\"", "csv"), Some(b','));
    }
}
