//! Fields of records by path: `customer.address[0].city`.

use serde_json::Value;

use crate::expression::{Path, Step};

/// The value at a path in a record; `null` where it leads nowhere. The empty path is the record.
pub(in crate::nodes) fn lookup<'v>(record: &'v Value, path: &str) -> &'v Value {
    static NULL: Value = Value::Null;
    // A key that is written like a path counts first: CSV heads are such.
    if let Some(value) = record.get(path) {
        return value;
    }
    if path.is_empty() {
        return record;
    }
    let Some(path) = Path::parse(path) else {
        return &NULL;
    };
    let first = Step::Key(path.root);
    let mut at = record;
    for step in std::iter::once(&first).chain(&path.steps) {
        let next = match step {
            Step::Key(key) => at.get(key),
            Step::Index(index) => at.as_array().and_then(|items| {
                let length = i64::try_from(items.len()).ok()?;
                let place = if *index < 0 { length + index } else { *index };
                items.get(usize::try_from(place).ok()?)
            }),
        };
        match next {
            Some(value) => at = value,
            None => return &NULL,
        }
    }
    at
}

/// Sorts numbers before texts, numbers by size, texts by their letters, `null` last.
pub(in crate::nodes) fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    let rank = |value: &Value| match value {
        Value::Bool(_) => 0,
        Value::Number(_) => 1,
        Value::String(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    };
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => match (x.as_i64(), y.as_i64()) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => x
                .as_f64()
                .partial_cmp(&y.as_f64())
                .unwrap_or(Ordering::Equal),
        },
        (Value::String(x), Value::String(y)) => x.cmp(y),
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        _ => rank(a).cmp(&rank(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_into_records() {
        let record = json!({"a": {"b": [1, {"c": "x"}]}, "a.b": "plain"});
        assert_eq!(lookup(&record, "a.b"), &json!("plain"));
        assert_eq!(lookup(&record, "a[\"b\"][1].c"), &json!("x"));
        assert_eq!(lookup(&record, "a[\"b\"][-2]"), &json!(1));
        assert_eq!(lookup(&record, "a.nope.c"), &Value::Null);
        assert_eq!(lookup(&record, ""), &record);
        assert_eq!(lookup(&record, "not a path("), &Value::Null);
    }
}
