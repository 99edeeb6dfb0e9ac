//! Records into tables of text.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::lookup::lookup;
use crate::nodes::shared::take_list;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct CsvWrite;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The records, where no edge brings them.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    rows: Value,
    /// The columns, as paths, in order; none: all fields in the order in which they first come.
    #[serde(default)]
    columns: Vec<String>,
    /// What stands between cells.
    #[serde(default = "comma")]
    delimiter: String,
    /// The first row names the columns.
    #[serde(default = "yes")]
    header: bool,
    /// Cells that begin with = + - @ get a ' before them, so that a spreadsheet does not take them for
    /// formulas.
    #[serde(default = "yes")]
    #[schemars(extend("x-advanced" = true))]
    escape_formulas: bool,
    /// Make a file of this name as well.
    #[serde(default)]
    file_name: String,
}

fn comma() -> String {
    ",".to_owned()
}

fn yes() -> bool {
    true
}

impl Node for CsvWrite {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "table-export",
        keywords: &["table", "spreadsheet", "export", "tsv", "file"],
        docs: "Cells with the delimiter, quotes or line breaks are quoted. Lists and objects in cells are \
               written as JSON. With a file name the text is also stored as a file, to be mailed or \
               downloaded.",
        ..About::step(
            "data.csv_write",
            Category::Data,
            "CSV write",
            "Makes a table in text form of records.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("rows", DataType::array(DataType::Object), "Rows").required()],
            [
                Port::new("csv", DataType::String, "CSV"),
                Port::new("file", DataType::File, "File"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let rows = take_list(&mut input, "rows");
        let text = write(&rows, &settings)
            .map_err(|error| NodeError::new(NodeErrorKind::Internal, error.to_string()))?;
        let file = if settings.file_name.is_empty() {
            Value::Null
        } else {
            let bytes = text.clone().into();
            context
                .put_file(&settings.file_name, "text/csv", bytes)
                .await?
                .to_value()
        };
        Ok(Output::one("csv", text).and("file", file).into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let delimiter = settings
            .get("delimiter")
            .and_then(Value::as_str)
            .unwrap_or(",");
        check_delimiter(delimiter)
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Two records",
            json!({"columns": ["name", "address.city", "tags"]}),
            json!({"rows": [
                {"name": "Ada, L.", "address": {"city": "London"}, "tags": ["a"]},
                {"name": "=1+1"},
            ]}),
            json!({
                "csv": "name,address.city,tags\n\"Ada, L.\",London,\"[\"\"a\"\"]\"\n'=1+1,,\n",
                "file": null,
            }),
        )]
    }
}

pub(super) fn check_delimiter(delimiter: &str) -> Vec<(String, String)> {
    let is_one = delimiter.len() <= 1 && !["\"", "\n", "\r"].contains(&delimiter);
    if is_one || crate::expression::has_expression(delimiter) {
        return Vec::new();
    }
    vec![(
        "delimiter".to_owned(),
        "this must be one character of ASCII, and no quote".to_owned(),
    )]
}

fn write(rows: &[Value], settings: &Settings) -> Result<String, csv::Error> {
    let mut columns = settings.columns.clone();
    if columns.is_empty() {
        let mut seen = std::collections::HashSet::new();
        let keys = rows
            .iter()
            .filter_map(Value::as_object)
            .flat_map(|row| row.keys());
        columns.extend(keys.filter(|key| seen.insert(key.as_str())).cloned());
    }
    let mut writer = csv::WriterBuilder::new()
        .delimiter(settings.delimiter.bytes().next().unwrap_or(b','))
        .from_writer(Vec::new());
    if settings.header && !columns.is_empty() {
        writer.write_record(
            columns
                .iter()
                .map(|c| cell(c.clone(), settings.escape_formulas)),
        )?;
    }
    for row in rows {
        let cells = columns.iter().map(|path| {
            let value = lookup(row, path);
            // Numbers are no formulas.
            cell(
                text_of(value),
                settings.escape_formulas && !value.is_number(),
            )
        });
        writer.write_record(cells)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cell(text: String, escape: bool) -> String {
    if escape && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text
}
