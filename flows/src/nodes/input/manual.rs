//! Begins a run when somebody presses "Run".

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::fields::{self, Field};
use crate::graph::Ports;
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, RawSettings, Role};
use crate::value::PortValues;

pub(in crate::nodes) struct Manual;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What the flow is given; each field is an output.
    #[serde(default)]
    fields: Vec<Field>,
}

impl Node for Manual {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "player-play",
        keywords: &["start", "run", "test"],
        docs: "Name what the flow needs under *Fields*; \"Run\" then asks for it.\n\nEach field is an output of its own, and `input` holds all of them. In every node of the flow, `{{{{ input.topic }}}}` gives the same value.",
        ..About::step(
            "input.manual",
            Category::Input,
            "Manual",
            "Begins a run when somebody presses \"Run\".",
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
            "A default is filled in",
            json!({"fields": [{"name": "topic", "required": true}, {"name": "words", "type": "number", "default": 300}]}),
            json!({"input": {"topic": "tea"}}),
            json!({"input": {"topic": "tea", "words": 300}, "topic": "tea", "words": 300}),
        )]
    }
}
