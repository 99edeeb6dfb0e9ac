//! JSON as text and as a value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use serde_json_path::JsonPath;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct JsonNode;

/// What is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// Text becomes a value.
    #[default]
    Parse,
    /// A value becomes text.
    Write,
    /// Everything that a JSONPath names.
    Query,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What is done.
    #[serde(default)]
    mode: Mode,
    /// The text or value, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    value: Value,
    /// A JSONPath (RFC 9535), such as `$.orders[?@.total > 100].id`.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["query"]}), "x-placeholder" = "$.items[*].name"))]
    path: String,
    /// Write with line breaks.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["write"]})))]
    pretty: bool,
    /// Look for the first JSON inside of a longer text, as models write it.
    #[serde(default = "yes")]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["parse"]})))]
    search: bool,
}

fn yes() -> bool {
    true
}

impl Node for JsonNode {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "braces",
        keywords: &["parse", "stringify", "jsonpath", "query", "extract"],
        docs: "*Parse* reads text; with *search* it also finds JSON in a model's answer, between other \
               words or in a code block. *Write* makes text. *Query* gives everything that a JSONPath \
               names: all of it at *All*, the first at *Result*.",
        ..About::step(
            "data.json",
            Category::Data,
            "JSON",
            "Reads, writes and queries JSON.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("value", DataType::Any, "Value").required()],
            [
                Port::new("result", DataType::Any, "Result"),
                Port::new("all", DataType::array(DataType::Any), "All"),
            ],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let value = take(&mut input, "value");
        let output = match settings.mode {
            Mode::Parse => Output::one("result", parse(value, settings.search)?),
            Mode::Write => {
                let text = if settings.pretty {
                    serde_json::to_string_pretty(&value)
                } else {
                    serde_json::to_string(&value)
                };
                Output::one("result", text.unwrap_or_default())
            }
            Mode::Query => {
                let path = JsonPath::parse(&settings.path).map_err(|error| {
                    NodeError::settings("path", format!("this is no JSONPath: {error}"))
                })?;
                let all: Vec<Value> = path.query(&value).all().into_iter().cloned().collect();
                Output::one("result", all.first().cloned().unwrap_or_default()).and("all", all)
            }
        };
        Ok(output.into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let text = |name: &str| {
            settings
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        if text("mode") != "query" || crate::expression::has_expression(text("path")) {
            return Vec::new();
        }
        match JsonPath::parse(text("path")) {
            Ok(_) => Vec::new(),
            Err(error) => vec![("path".to_owned(), format!("this is no JSONPath: {error}"))],
        }
    }

    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A model's answer",
                json!({"mode": "parse"}),
                json!({"value": "Sure!\n```json\n{\"city\": \"Oslo\"}\n```"}),
                json!({"result": {"city": "Oslo"}}),
            ),
            Example::new(
                "All names",
                json!({"mode": "query", "path": "$.people[?@.age > 30].name"}),
                json!({"value": {"people": [{"name": "Ada", "age": 36}, {"name": "Bo", "age": 20}]}}),
                json!({"result": "Ada", "all": ["Ada"]}),
            ),
            Example::new(
                "As text",
                json!({"mode": "write"}),
                json!({"value": {"a": [1, null]}}),
                json!({"result": "{\"a\":[1,null]}"}),
            ),
        ]
    }
}

fn parse(value: Value, search: bool) -> Result<Value, NodeError> {
    // What is a value already stays it.
    let Value::String(text) = value else {
        return Ok(value);
    };
    let error = match serde_json::from_str(&text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if search {
        let starts = text.match_indices(['{', '[']).map(|(at, _)| at).take(1_000);
        for start in starts {
            let mut values =
                serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
            if let Some(Ok(found)) = values.next() {
                return Ok(found);
            }
        }
    }
    let beginning: String = text_of(&Value::String(text)).chars().take(80).collect();
    Err(NodeError::input(format!(
        "this is not JSON ({error}): {beginning}"
    )))
}
