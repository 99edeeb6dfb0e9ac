//! RFC 4180, made safe for spreadsheets.

use serde_json::Value;

/// What a spreadsheet takes for the beginning of a formula. Source: OWASP, "CSV Injection", read
/// 2026-11-22.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The header line.
pub fn header<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    line(names.into_iter().map(|name| cell(name, false)))
}

/// One line of a row: `null` is an empty cell, objects and lists are their JSON.
pub fn row<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    line(values.into_iter().map(|value| match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => cell(text, true),
        Value::Array(_) | Value::Object(_) => cell(&value.to_string(), true),
    }))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut line = cells.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// Quoted where commas, quotes or line breaks (and blanks at an end, which readers strip) demand it.
/// Text that a spreadsheet would run as a formula gets a `'` in front; numbers keep their sign.
fn cell(text: &str, guard: bool) -> String {
    let formula = guard && text.starts_with(FORMULA) && text.parse::<f64>().is_err();
    let mark = if formula { "'" } else { "" };
    let quote = text.contains([',', '"', '\r', '\n'])
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace);
    match quote {
        true => format!("\"{mark}{}\"", text.replace('"', "\"\"")),
        false => format!("{mark}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_quoted_as_rfc_4180_says() {
        for (value, wanted) in [
            (json!("plain"), "plain"),
            (json!("a,b"), "\"a,b\""),
            (json!("say \"hi\""), "\"say \"\"hi\"\"\""),
            (json!("two\nlines"), "\"two\nlines\""),
            (json!("two\r\nlines"), "\"two\r\nlines\""),
            (json!(" blank"), "\" blank\""),
            (json!("größe 🙂"), "größe 🙂"),
            (json!(null), ""),
            (json!(true), "true"),
            (json!(-5), "-5"),
            (json!(0.25), "0.25"),
            (json!(["a", "b"]), "\"[\"\"a\"\",\"\"b\"\"]\""),
            (json!({"a": 1}), "\"{\"\"a\"\":1}\""),
        ] {
            assert_eq!(row([&value]), format!("{wanted}\r\n"), "{value}");
        }
    }

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        for (text, wanted) in [
            ("=1+1", "'=1+1"),
            (
                "=HYPERLINK(\"x\",\"y\")",
                "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"",
            ),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("-2.5", "-2.5"),
            ("+3", "+3"),
            ("-1e9", "-1e9"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(row([&json!(text)]), format!("{wanted}\r\n"), "{text}");
        }
    }

    #[test]
    fn a_line_has_as_many_cells_as_values() {
        assert_eq!(header(["a", "b", "c"]), "a,b,c\r\n");
        assert_eq!(row([&json!(null), &json!("x"), &json!(null)]), ",x,\r\n");
    }
}
