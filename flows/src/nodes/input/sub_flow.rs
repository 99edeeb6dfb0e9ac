//! Begins a run when another flow calls this one.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::fields::{self, Field};
use crate::graph::Ports;
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, RawSettings, Role};
use crate::value::PortValues;

pub(in crate::nodes) struct SubFlowInput;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What the flow is given; each field is an output.
    #[serde(default)]
    fields: Vec<Field>,
}

impl Node for SubFlowInput {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "corner-right-down",
        keywords: &["called", "function", "workflow"],
        docs: "Another flow calls this one by its slug with the node \"Call a flow\", and gets what \"Return value\" gives. The fields are the call's parameters.",
        ..About::step(
            "input.sub_flow",
            Category::Input,
            "Called by a flow",
            "Begins a run when another flow calls this one.",
        )
    };

    fn ports(settings: &RawSettings) -> Ports {
        fields::ports(settings)
    }

    async fn run(_: &NodeContext, settings: Settings, input: PortValues) -> NodeResult {
        fields::read(&settings.fields, input)
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        fields::check(settings)
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Parameters",
            json!({"fields": [{"name": "topic", "required": true}, {"name": "words", "type": "number", "default": 300}]}),
            json!({"input": {"topic": "tea"}}),
            json!({"input": {"topic": "tea", "words": 300}, "topic": "tea", "words": 300}),
        )]
    }
}
