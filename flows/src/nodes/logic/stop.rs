//! Ending a run as failed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, End, Example, Node, NodeContext, NodeResult, Output, RawSettings,
};
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Stop;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What the caller is told.
    #[serde(default)]
    message: String,
}

impl Node for Stop {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "circle-x",
        keywords: &["error", "fail", "abort", "throw"],
        docs: "Everything else of the run is stopped, and the run counts as failed with this message.",
        ..About::step(
            "logic.stop",
            Category::Logic,
            "Stop with error",
            "Ends the run as failed.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::branches(
            [Port::new("message", DataType::String, "Message").required()],
            [],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, input: PortValues) -> NodeResult {
        let message = input.get("message").map_or(settings.message, text_of);
        Ok(Output::default().ending(End::Fail(message)).into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A missing order",
            json!({"message": "there is no order 17"}),
            json!({}),
            json!({}),
        )]
    }
}
