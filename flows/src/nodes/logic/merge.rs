//! Branches come together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::lookup::lookup;
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Merge;

/// How the values of the live branches become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// A list with the value of each live branch.
    #[default]
    List,
    /// One list with all entries of the branches' lists.
    Append,
    /// The value of the first live branch.
    First,
    /// One object with the fields of all; later branches win.
    Combine,
    /// Entries of the branches' lists that agree in a field become one object.
    ByKey,
    /// First entry with first entry, second with second; as long as the longest list.
    Zip,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// How the values of the live branches become one.
    #[serde(default)]
    mode: Mode,
    /// The field in which entries agree.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["by_key"]})))]
    key: String,
}

impl Node for Merge {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "git-merge",
        keywords: &["join", "combine", "zip", "union", "wait"],
        docs: "It waits for every branch that leads to it and runs once. Branches that were not taken \
               are dead: they are not waited for and give nothing. When all are dead, the node is passed \
               over.\n\nValues come in the order of the edges. Connect branches that give no value to \
               *In*: the node then only waits for them.",
        ..About::step(
            "logic.merge",
            Category::Logic,
            "Merge",
            "Waits for all live branches and makes one value of theirs.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("values", DataType::Any, "Branches").many()],
            [Port::new("result", DataType::Any, "Result")],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let values = match take(&mut input, "values") {
            Value::Array(values) => values,
            Value::Null => Vec::new(),
            other => vec![other],
        };
        let result = match settings.mode {
            Mode::List => Value::Array(values),
            Mode::Append => values.into_iter().flat_map(entries).collect(),
            Mode::First => values
                .into_iter()
                .find(|v| !v.is_null())
                .unwrap_or_default(),
            Mode::Combine => combine(values)?,
            Mode::ByKey => by_key(values, &settings.key)?,
            Mode::Zip => zip(values),
        };
        Ok(Output::one("result", result).into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let text = |name: &str| {
            settings
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        if text("mode") == "by_key" && text("key").is_empty() {
            return vec![(
                "key".to_owned(),
                "name the field in which entries agree".to_owned(),
            )];
        }
        Vec::new()
    }

    fn examples() -> Vec<Example> {
        let values = json!({"values": [[{"id": 1, "a": "x"}, {"id": 2}], [{"id": 2, "b": "y"}]]});
        vec![
            Example::new(
                "By a common field",
                json!({"mode": "by_key", "key": "id"}),
                values.clone(),
                json!({"result": [{"id": 1, "a": "x"}, {"id": 2, "b": "y"}]}),
            ),
            Example::new(
                "All entries",
                json!({"mode": "append"}),
                values,
                json!({"result": [{"id": 1, "a": "x"}, {"id": 2}, {"id": 2, "b": "y"}]}),
            ),
            Example::new(
                "Pairs",
                json!({"mode": "zip"}),
                json!({"values": [[1, 2, 3], ["a", "b"]]}),
                json!({"result": [[1, "a"], [2, "b"], [3, null]]}),
            ),
            Example::new(
                "Whichever came",
                json!({"mode": "first"}),
                json!({"values": [null, "b"]}),
                json!({"result": "b"}),
            ),
            Example::new(
                "One object",
                json!({"mode": "combine"}),
                json!({"values": [{"a": 1, "b": 1}, {"b": 2}]}),
                json!({"result": {"a": 1, "b": 2}}),
            ),
        ]
    }
}

fn entries(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

fn combine(values: Vec<Value>) -> Result<Value, NodeError> {
    let mut all = Map::new();
    for value in values {
        match value {
            Value::Object(object) => all.extend(object),
            Value::Null => {}
            other => {
                let kind = crate::value::type_of(&other);
                let message =
                    format!("to combine fields each branch must give an object, not {kind}");
                return Err(NodeError::input(message));
            }
        }
    }
    Ok(Value::Object(all))
}

fn by_key(values: Vec<Value>, key: &str) -> Result<Value, NodeError> {
    let mut order: Vec<(String, Map<String, Value>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for entry in values.into_iter().flat_map(entries) {
        let name = text_of(lookup(&entry, key));
        let Value::Object(object) = entry else {
            return Err(NodeError::input(
                "to merge by a field each entry must be an object",
            ));
        };
        let place = *places.entry(name.clone()).or_insert_with(|| {
            order.push((name, Map::new()));
            order.len() - 1
        });
        order[place].1.extend(object);
    }
    Ok(order
        .into_iter()
        .map(|(_, object)| Value::Object(object))
        .collect())
}

fn zip(values: Vec<Value>) -> Value {
    let lists: Vec<Vec<Value>> = values.into_iter().map(entries).collect();
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .map(|at| {
            lists
                .iter()
                .map(|list| list.get(at).cloned().unwrap_or_default())
                .collect()
        })
        .collect::<Vec<Value>>()
        .into()
}
