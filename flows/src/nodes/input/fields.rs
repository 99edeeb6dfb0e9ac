//! What a flow is given: fields with types, which become the trigger's outputs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::graph::{DataType, OUT, Port, Ports, is_key};
use crate::node::{NodeError, NodeResult, Output, RawSettings};
use crate::value::{PortValues, convert};

/// One thing that a flow is given.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    /// Key of the input and of the output port.
    #[schemars(extend("x-widget" = "key", "x-expression" = "never"))]
    pub(crate) name: String,
    /// For people.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) title: String,
    /// What it holds.
    #[serde(rename = "type", default = "string")]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) kind: DataType,
    /// The run is refused without it.
    #[serde(default)]
    pub(crate) required: bool,
    /// What it is when it is not given.
    #[serde(default)]
    pub(crate) default: Value,
    /// A help for who fills it in.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) description: String,
    /// The only values it may have; none: any.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) options: Vec<String>,
}

fn string() -> DataType {
    DataType::String
}

/// Ports of a trigger with fields: `input` holds all of them, and each has a port of its own.
pub(super) fn ports(settings: &RawSettings) -> Ports {
    let whole =
        Port::new("input", DataType::Object, "Input").about("Everything the run was given.");
    Ports::trigger(std::iter::once(whole).chain(fields(settings).map(|field| {
        let title = if field.title.is_empty() {
            field.name.clone()
        } else {
            field.title
        };
        Port::new(field.name, field.kind, title).about(field.description)
    })))
}

/// The fields that can be read; unfinished ones have no port yet.
fn fields(settings: &RawSettings) -> impl Iterator<Item = Field> {
    let raw = settings
        .get("fields")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut seen = std::collections::BTreeSet::from(["input".to_owned(), OUT.to_owned()]);
    raw.into_iter().filter_map(move |field| {
        let field: Field = serde_json::from_value(field).ok()?;
        (is_key(&field.name) && seen.insert(field.name.clone())).then_some(field)
    })
}

/// Names that are no keys, taken, or the trigger's own.
pub(super) fn check(settings: &RawSettings) -> Vec<(String, String)> {
    let raw = settings.get("fields").and_then(Value::as_array);
    let mut seen = std::collections::BTreeSet::new();
    let mut problems = Vec::new();
    for (position, field) in raw.into_iter().flatten().enumerate() {
        let path = |part: &str| format!("fields[{position}].{part}");
        let name = field
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !is_key(name) {
            let message = "use a-z first, then up to 63 of a-z, 0-9 and _".to_owned();
            problems.push((path("name"), message));
        } else if name == "input" || name == OUT {
            problems.push((path("name"), format!("`{name}` is a port of every trigger")));
        } else if !seen.insert(name) {
            problems.push((path("name"), format!("two fields have the name `{name}`")));
        }
        if let Some(Err(message)) = field
            .get("type")
            .and_then(Value::as_str)
            .map(str::parse::<DataType>)
        {
            problems.push((path("type"), message));
        }
    }
    problems
}

/// Reads what the run was given: defaults are filled in, types converted, and more than the fields
/// stays in `input`.
pub(super) fn read(fields: &[Field], mut given: PortValues) -> NodeResult {
    let mut input = match given.remove("input") {
        Some(Value::Object(input)) => input,
        None | Some(Value::Null) => Map::new(),
        Some(_) => {
            return Err(NodeError::input(
                "the flow's input must be an object, as in {\"question\": \"…\"}",
            ));
        }
    };
    let mut output = Output::default();
    for field in fields {
        let value = input.get(&field.name).filter(|value| !value.is_null());
        let value = value.cloned().unwrap_or_else(|| field.default.clone());
        let is_absent = value.is_null() || value == "";
        if field.required && is_absent {
            let message = format!("the input `{}` is missing", field.name);
            return Err(NodeError::input(message));
        }
        let value = convert(value, &field.kind)
            .map_err(|error| NodeError::input(format!("the input `{}`: {error}", field.name)))?;
        let is_known = |text: &str| field.options.iter().any(|option| option == text);
        if !field.options.is_empty() && !is_absent && !value.as_str().is_some_and(is_known) {
            let message = format!(
                "the input `{}` must be one of {}",
                field.name,
                field.options.join(", ")
            );
            return Err(NodeError::input(message));
        }
        input.insert(field.name.clone(), value.clone());
        output = output.and(&field.name, value);
    }
    Ok(output.and("input", input).into())
}

/// Whether a run could begin with this input: what [`read`] says of it, before anything runs.
///
/// # Errors
/// What is missing or of the wrong type.
pub(crate) fn check_given(settings: &RawSettings, input: &Value) -> Result<(), NodeError> {
    let all: Vec<Field> = fields(settings).collect();
    let given = PortValues::from_iter([("input".to_owned(), input.clone())]);
    read(&all, given).map(drop)
}

/// The fields of a trigger.
pub(crate) fn given_fields(settings: &RawSettings) -> Vec<Field> {
    fields(settings).collect()
}

/// JSON Schema of the input of a trigger with fields.
pub(crate) fn given_schema(settings: &RawSettings) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields(settings) {
        let mut schema = schema_of(&field.kind);
        let mut note = |key: &str, value: Value| schema.insert(key.to_owned(), value);
        if !field.title.is_empty() {
            note("title", field.title.into());
        }
        if !field.description.is_empty() {
            note("description", field.description.into());
        }
        if !field.options.is_empty() {
            note("enum", field.options.into());
        }
        if field.required && field.default.is_null() {
            required.push(field.name.clone());
        }
        if !field.default.is_null() {
            note("default", field.default);
        }
        properties.insert(field.name, schema.into());
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn schema_of(kind: &DataType) -> Map<String, Value> {
    let schema = match kind {
        DataType::String => json!({"type": "string"}),
        DataType::Number => json!({"type": "number"}),
        DataType::Boolean => json!({"type": "boolean"}),
        DataType::Array(of) => json!({"type": "array", "items": schema_of(of)}),
        DataType::Vector => json!({"type": "array", "items": {"type": "number"}}),
        DataType::Any | DataType::Control => json!({}),
        DataType::Object
        | DataType::File
        | DataType::Image
        | DataType::Audio
        | DataType::Message
        | DataType::Document => json!({"type": "object"}),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
