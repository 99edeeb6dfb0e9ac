//! XLSX and XLS, through calamine. Cells are streamed, so that two of them at the corners of a
//! sheet do not cost the sheet's area.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xls, Xlsx};

use super::super::ParseError;
use super::super::archive::Archive;
use super::super::document::{Metadata, Page};
use super::super::limits::Budget;
use super::super::sheet_page::{Sheet, page};
use super::{core_properties, part};

fn broken(error: &dyn std::fmt::Display) -> ParseError {
    ParseError::Broken {
        detail: format!("its workbook cannot be read: {error}"),
    }
}

pub(in super::super) fn parse_xlsx(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(Vec<Page>, Metadata), ParseError> {
    let mut archive = Archive::open(bytes, budget)?;
    archive.check(budget)?;
    let metadata = part(&mut archive, "docProps/core.xml", budget)?
        .map(|xml| core_properties(&xml, budget))
        .unwrap_or_default();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut pages = Vec::new();
    for (at, name) in book.sheet_names().into_iter().enumerate() {
        if !budget.take_page(at as u32 + 1) {
            break;
        }
        // A sheet that is a chart has no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else {
            pages.push(page(at as u32 + 1, &name, Sheet::new(), budget));
            continue;
        };
        let mut sheet: Sheet = BTreeMap::new();
        while let Ok(Some(cell)) = cells.next_cell() {
            let (row, column) = cell.get_position();
            let text = from_ref(cell.get_value());
            if text.trim().is_empty() {
                continue;
            }
            if !budget.take_cells(1) {
                break;
            }
            sheet.entry(row).or_default().push((column, text));
        }
        pages.push(page(at as u32 + 1, &name, sheet, budget));
    }
    Ok((pages, metadata))
}

pub(in super::super) fn parse_xls(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<Vec<Page>, ParseError> {
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut pages = Vec::new();
    for (at, name) in book.sheet_names().into_iter().enumerate() {
        if !budget.take_page(at as u32 + 1) {
            break;
        }
        let mut sheet: Sheet = BTreeMap::new();
        if let Ok(range) = book.worksheet_range(&name) {
            let start = range.start().unwrap_or((0, 0));
            for (row, column, value) in range.used_cells() {
                let text = from_data(value);
                if !text.trim().is_empty() && budget.take_cells(1) {
                    let place = (start.0 + row as u32, start.1 + column as u32);
                    sheet.entry(place.0).or_default().push((place.1, text));
                }
            }
        }
        pages.push(page(at as u32 + 1, &name, sheet, budget));
    }
    Ok(pages)
}

fn from_ref(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(time) => date(time),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn from_data(value: &Data) -> String {
    match value {
        Data::DateTime(time) => date(time),
        other => other.to_string(),
    }
}

/// ISO 8601; the time only where there is one.
fn date(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        let seconds = (time.as_f64() * 86_400.0).round() as i64;
        return format!(
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let day = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return day;
    }
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if year < 1900 || (time_only(year, month, day.as_str())) {
        return time;
    }
    format!("{day} {time}")
}

/// A time without a day is a fraction of the day that Excel counts from.
fn time_only(year: u16, month: u8, day: &str) -> bool {
    year == 1899 && month == 12 && day.ends_with("31")
}
