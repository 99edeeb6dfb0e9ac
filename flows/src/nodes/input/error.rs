//! Begins a run when another flow of the project fails.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings, Role,
};
use crate::value::PortValues;

pub(in crate::nodes) struct ErrorTrigger;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// Slugs of the flows it listens to; none: all of the project.
    #[serde(default)]
    #[schemars(extend("items" = json!({"type": "string", "x-widget": "workflow", "x-expression": "never"})))]
    #[expect(dead_code, reason = "the engine reads it, not the node")]
    workflows: Vec<String>,
}

impl Node for ErrorTrigger {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "alert-triangle",
        keywords: &["failure", "alert", "monitor"],
        docs: "Use it to tell somebody: when a published flow of the project fails, a run of this one \
               begins with what is known of the failure. A failure of this flow itself begins none.",
        ..About::step(
            "input.error",
            Category::Input,
            "When a flow fails",
            "Begins a run when another flow of the project fails.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::trigger([
            Port::new("message", DataType::String, "Message"),
            Port::new("error", DataType::Object, "Error"),
            Port::new("workflow", DataType::String, "Flow"),
            Port::new("run_id", DataType::String, "Run"),
            Port::new("node", DataType::String, "Node"),
        ])
    }

    async fn run(_: &NodeContext, _: Settings, mut given: PortValues) -> NodeResult {
        let input = given.remove("input").unwrap_or_default();
        let part = |name: &str| input.get(name).cloned().unwrap_or_default();
        let error = part("error");
        let message = error.get("message").cloned().unwrap_or_default();
        Ok(Output::one("message", message)
            .and("error", error)
            .and("workflow", part("workflow"))
            .and("run_id", part("run_id"))
            .and("node", part("node"))
            .into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A model did not answer",
            json!({}),
            json!({"input": {
                "workflow": "news", "run_id": "r1", "node": "summarise",
                "error": {"kind": "upstream", "message": "the model does not answer", "retryable": true},
            }}),
            json!({
                "message": "the model does not answer",
                "error": {"kind": "upstream", "message": "the model does not answer", "retryable": true},
                "workflow": "news", "run_id": "r1", "node": "summarise",
            }),
        )]
    }
}
