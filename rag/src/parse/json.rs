//! JSON: a list of records becomes a table where they are alike, else lines of `path: value`.

use serde_json::Value;

use super::document::{BlockKind, Page, Warning};
use super::limits::Budget;
use super::page_builder::PageBuilder;

/// Larger files are text: a parsed value takes many times its length.
const MAX_BYTES: usize = 48 << 20;
/// Columns of a table of records.
const MAX_COLUMNS: usize = 64;

pub(super) fn parse(text: &str, budget: &mut Budget) -> (Vec<Page>, Vec<Warning>) {
    if text.len() > MAX_BYTES {
        return (super::text::pages(text, budget), Vec::new());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => (vec![page(vec![value], budget)], Vec::new()),
        Err(error) => {
            let detail = format!("it is no valid JSON and was read as text: {error}");
            (
                super::text::pages(text, budget),
                vec![Warning::Damaged { detail }],
            )
        }
    }
}

pub(super) fn parse_lines(text: &str, budget: &mut Budget) -> (Vec<Page>, Vec<Warning>) {
    if text.len() > MAX_BYTES {
        return (super::text::pages(text, budget), Vec::new());
    }
    let mut broken = 0;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let values = lines.filter_map(|line| {
        let value = serde_json::from_str(line).ok();
        broken += u32::from(value.is_none());
        value
    });
    let values: Vec<Value> = values.collect();
    let warnings = (broken > 0).then(|| Warning::Damaged {
        detail: format!("{broken} lines are no valid JSON and were left out"),
    });
    let page = page(vec![Value::Array(values)], budget);
    (vec![page], warnings.into_iter().collect())
}

fn page(values: Vec<Value>, budget: &mut Budget) -> Page {
    let mut builder = PageBuilder::new(1);
    for value in values {
        match value {
            Value::Array(items) => match table(&items) {
                Some(rows) => builder.add_table(rows, budget),
                None => {
                    for item in &items {
                        builder.add(BlockKind::Paragraph, &lines(item), budget);
                    }
                }
            },
            Value::Object(entries) => {
                for (key, value) in &entries {
                    let records = value.as_array().and_then(|items| table(items));
                    if let Some(rows) = records {
                        builder.add(BlockKind::Heading { level: 2 }, key, budget);
                        builder.add_table(rows, budget);
                        continue;
                    }
                    let mut out = String::new();
                    flatten(key, value, &mut out);
                    builder.add(BlockKind::Paragraph, &out, budget);
                }
            }
            other => builder.add(BlockKind::Paragraph, &lines(&other), budget),
        }
    }
    builder.finish()
}

/// Records with plain values and mostly the same keys, as rows below a header.
fn table(items: &[Value]) -> Option<Vec<Vec<String>>> {
    if items.len() < 2 {
        return None;
    }
    let mut header: Vec<String> = Vec::new();
    let mut filled = 0;
    for item in items {
        for (key, value) in item.as_object()? {
            if value.is_object() || value.is_array() {
                return None;
            }
            filled += 1;
            if !header.contains(key) {
                header.push(key.clone());
            }
            if header.len() > MAX_COLUMNS {
                return None;
            }
        }
    }
    if header.len() < 2 || filled * 2 < header.len() * items.len() {
        return None;
    }
    let cell = |item: &Value, key: &String| item.get(key).map(plain).unwrap_or_default();
    let row = |item| header.iter().map(|key| cell(item, key)).collect();
    let mut rows: Vec<Vec<String>> = vec![header.clone()];
    rows.extend(items.iter().map(row));
    Some(rows)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn lines(value: &Value) -> String {
    let mut out = String::new();
    flatten("", value, &mut out);
    out
}

/// serde_json bounds the depth of what it reads, so this recursion is bounded too.
fn flatten(path: &str, value: &Value, out: &mut String) {
    let inner = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                flatten(&inner(key), value, out);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (at, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{at}]"), item, out);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            push_line(path, &items.join(", "), out);
        }
        other => push_line(path, &plain(other), out),
    }
}

fn push_line(path: &str, value: &str, out: &mut String) {
    if value.trim().is_empty() {
        return;
    }
    if !path.is_empty() {
        out.push_str(path);
        out.push_str(": ");
    }
    out.push_str(value);
    out.push('\n');
}
