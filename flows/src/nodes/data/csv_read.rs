//! Tables of text into records.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{File, PortValues, text_of};

pub(in crate::nodes) struct CsvRead;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The text or file, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    csv: Value,
    /// What stands between cells: one character; empty: found out of comma, semicolon, tab and bar.
    #[serde(default)]
    delimiter: String,
    /// The first row names the columns.
    #[serde(default = "yes")]
    header: bool,
    /// Cells that read as numbers, `true` or `false` become such; numbers with leading zeros stay text.
    #[serde(default)]
    types: bool,
    /// Rows at most; more are an error.
    #[serde(default = "many")]
    #[schemars(range(min = 1, max = 1_000_000), extend("x-advanced" = true))]
    max_rows: usize,
}

fn yes() -> bool {
    true
}

fn many() -> usize {
    100_000
}

impl Node for CsvRead {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "table-import",
        keywords: &["table", "spreadsheet", "import", "parse", "tsv"],
        docs: "Takes text or a stored file in UTF-8 (with or without a mark at its beginning). Each row \
               becomes an object with the columns' names; without names in the first row they are \
               `column_1`, `column_2` and so on. A column without a name, or with a name that stood \
               before, gets such a name too.",
        ..About::step(
            "data.csv_read",
            Category::Data,
            "CSV read",
            "Makes records of a table in text form.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("csv", DataType::Any, "CSV").required()],
            [
                Port::new("rows", DataType::array(DataType::Object), "Rows"),
                Port::new("columns", DataType::array(DataType::String), "Columns"),
                Port::new("count", DataType::Number, "Count"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let value = take(&mut input, "csv");
        let text = match File::from_value(&value) {
            Some(file) => {
                let bytes = context.get_file(&file).await?;
                String::from_utf8(bytes.to_vec()).map_err(|_| {
                    NodeError::input(format!(
                        "`{}` is not text in UTF-8: save it as \"CSV UTF-8\"",
                        file.name
                    ))
                })?
            }
            None => text_of(&value),
        };
        let (rows, columns) = read(text.trim_start_matches('\u{feff}'), &settings)?;
        Ok(Output::one("count", rows.len())
            .and("rows", rows)
            .and("columns", columns)
            .into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let delimiter = settings
            .get("delimiter")
            .and_then(Value::as_str)
            .unwrap_or_default();
        super::csv_write::check_delimiter(delimiter)
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Semicolons and quotes",
            json!({"types": true}),
            json!({"csv": "name;age;zip\n\"Ada; L.\";36;01067\nBo;;5\n"}),
            json!({
                "rows": [{"name": "Ada; L.", "age": 36, "zip": "01067"}, {"name": "Bo", "age": "", "zip": 5}],
                "columns": ["name", "age", "zip"],
                "count": 2,
            }),
        )]
    }
}

fn read(text: &str, settings: &Settings) -> Result<(Vec<Value>, Vec<String>), NodeError> {
    let delimiter = settings
        .delimiter
        .bytes()
        .next()
        .unwrap_or_else(|| guess(text));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record
            .map_err(|error| NodeError::input(format!("the table cannot be read: {error}")))?;
        if number == 0 && settings.header {
            for name in &record {
                add_column(&mut columns, name.trim());
            }
            continue;
        }
        if rows.len() == settings.max_rows {
            let message = format!(
                "the table has more than {} rows: raise the maximum",
                settings.max_rows
            );
            return Err(NodeError::input(message).at("max_rows"));
        }
        while columns.len() < record.len() {
            add_column(&mut columns, "");
        }
        let cell = |text: &str| {
            if settings.types {
                typed(text)
            } else {
                text.into()
            }
        };
        let row: Map<String, Value> = columns
            .iter()
            .cloned()
            .zip(record.iter().map(cell))
            .collect();
        rows.push(Value::Object(row));
    }
    Ok((rows, columns))
}

fn add_column(columns: &mut Vec<String>, name: &str) {
    let is_free = !name.is_empty() && !columns.iter().any(|column| column == name);
    let number = columns.len() + 1;
    columns.push(if is_free {
        name.to_owned()
    } else {
        format!("column_{number}")
    });
}

/// The character that stands most often in the first line, outside of quotes.
fn guess(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| *sign == byte) {
                    *count += 1;
                }
            }
        }
    }
    // The first of equals: a comma.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, count)| count)
        .map_or(b',', |(sign, _)| *sign)
}

fn typed(text: &str) -> Value {
    match text {
        "true" => return true.into(),
        "false" => return false.into(),
        _ => {}
    }
    let digits = text.trim_start_matches('-');
    let is_code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if digits.is_empty() || is_code || !is_plain {
        return text.into();
    }
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    // A number that floats cannot hold exactly, such as a long card number, stays text.
    let float = text.parse::<f64>().ok().filter(|_| digits.len() <= 16);
    float
        .and_then(Number::from_f64)
        .map_or_else(|| text.into(), Value::Number)
}
