//! Begins a run when somebody fills in the published form.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::fields::{self, Field};
use crate::graph::Ports;
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, RawSettings, Role};
use crate::value::PortValues;

pub(in crate::nodes) struct Form;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// Heading of the page.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    #[expect(dead_code, reason = "the page reads it, not the node")]
    title: String,
    /// Text above the fields, in Markdown.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never", "x-widget" = "markdown"))]
    #[expect(dead_code, reason = "the page reads it, not the node")]
    description: String,
    /// What the button says.
    #[serde(default = "send")]
    #[schemars(extend("x-expression" = "never"))]
    #[expect(dead_code, reason = "the page reads it, not the node")]
    button: String,
    /// What is shown afterwards, when the flow itself returns nothing.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never", "x-widget" = "markdown"))]
    #[expect(dead_code, reason = "the page reads it, not the node")]
    thanks: String,
    /// What the flow is given; each field is an output.
    #[serde(default)]
    fields: Vec<Field>,
}

fn send() -> String {
    "Send".to_owned()
}

impl Node for Form {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "forms",
        keywords: &["survey", "page", "questions"],
        docs: "The form has one field for each entry under *Fields*: a text box, a number, a switch, a list of options, an upload. What the flow returns is shown when it is done.",
        ..About::step(
            "input.form",
            Category::Input,
            "Form",
            "Begins a run when somebody fills in the published form.",
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
            "A choice",
            json!({"title": "Lunch", "fields": [{"name": "dish", "options": ["soup", "salad"]}]}),
            json!({"input": {"dish": "soup"}}),
            json!({"input": {"dish": "soup"}, "dish": "soup"}),
        )]
    }
}
