//! What a run gives to who began it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, End, Example, Node, NodeContext, NodeResult, Output, RawSettings,
};
use crate::value::PortValues;

pub(in crate::nodes) struct ReturnValue;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The value, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    value: Value,
}

impl Node for ReturnValue {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "corner-down-left",
        keywords: &["result", "answer", "output", "end"],
        docs: "The run is completed with this value, and nodes that are still running are stopped. A \
               flow without it returns the outputs of the nodes that no edge leaves.",
        ..About::step(
            "output.return",
            Category::Output,
            "Return value",
            "Completes the run with a value.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::branches(
            [Port::new("value", DataType::Any, "Value")],
            [Port::new("value", DataType::Any, "Value")],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let value = input.remove("value").unwrap_or(settings.value);
        Ok(Output::one("value", value.clone())
            .ending(End::Return(value))
            .into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A typed-in value",
            json!({"value": {"ok": true}}),
            json!({}),
            json!({"value": {"ok": true}}),
        )]
    }
}
