//! Changing variables of the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports, is_key};
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct SetVariable;

/// One variable.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Assignment {
    /// The variable.
    #[schemars(extend("x-widget" = "variable", "x-expression" = "never"))]
    name: String,
    /// Its new value.
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What is set, from above.
    #[schemars(length(min = 1, max = 100))]
    variables: Vec<Assignment>,
}

impl Node for SetVariable {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "variable",
        keywords: &["assign", "edit", "fields", "state"],
        docs: "From here on `{{ vars.name }}` gives the new value, for the rest of this run; the next \
               run begins with the flow's own values again. Inside of a loop that works on several items \
               at once the last one to finish wins.",
        ..About::step(
            "data.set_variable",
            Category::Data,
            "Set variable",
            "Gives variables of the run new values.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("value", DataType::Any, "Value").about("Handed on.")],
            [
                Port::new("value", DataType::Any, "Value"),
                Port::new("variables", DataType::Object, "Variables"),
            ],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let variables: PortValues = settings
            .variables
            .into_iter()
            .map(|assignment| (assignment.name, assignment.value))
            .collect();
        let mut output =
            Output::one("value", take(&mut input, "value")).and("variables", variables.clone());
        output.variables = variables;
        Ok(output.into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let variables = settings.get("variables").and_then(Value::as_array);
        let names = variables.into_iter().flatten().enumerate();
        names
            .filter(|(_, one)| !one.get("name").and_then(Value::as_str).is_some_and(is_key))
            .map(|(position, _)| {
                let message = "use a-z first, then up to 63 of a-z, 0-9 and _".to_owned();
                (format!("variables[{position}].name"), message)
            })
            .collect()
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Two variables",
            json!({"variables": [{"name": "page", "value": 2}, {"name": "done", "value": false}]}),
            json!({"value": "x"}),
            json!({"value": "x", "variables": {"page": 2, "done": false}}),
        )]
    }
}
