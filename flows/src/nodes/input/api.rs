//! Begins a run by a call of the published REST endpoint.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::fields::{self, Field};
use crate::graph::Ports;
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, RawSettings, Role};
use crate::value::PortValues;

pub(in crate::nodes) struct Api;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What the flow is given; each field is an output.
    #[serde(default)]
    fields: Vec<Field>,
}

impl Node for Api {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "api",
        keywords: &["rest", "http", "endpoint", "deploy"],
        docs: "After publishing, programs call the flow with an API key: at once, in the background with polling, or as a stream of events. The fields become the endpoint's schema; a call without a required field, or with a wrong type, is refused before anything runs.",
        ..About::step(
            "input.api",
            Category::Input,
            "API endpoint",
            "Begins a run by a call of the published REST endpoint.",
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
            "Types are converted",
            json!({"fields": [{"name": "ids", "type": "array<number>"}]}),
            json!({"input": {"ids": ["1", 2], "more": true}}),
            json!({"input": {"ids": [1, 2], "more": true}, "ids": [1, 2]}),
        )]
    }
}
