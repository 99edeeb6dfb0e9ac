//! Text made of a template.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::graph::{DataType, Port, Ports};
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings};
use crate::value::PortValues;

pub(in crate::nodes) struct Template;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The text; `{{ … }}` are filled in, `{% for … %}` and `{% if … %}` work too.
    #[schemars(extend("x-widget" = "template"))]
    template: String,
    /// Remove space at both ends.
    #[serde(default)]
    trim: bool,
}

impl Node for Template {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "template",
        keywords: &["text", "jinja", "format", "write", "html", "markdown"],
        docs: "Write `{{ nodes.search.output.title }}` where a value shall stand, and loops as in \
               `{% for item in input.items %}- {{ item.name }}\n{% endfor %}`. Filters such as `upper`, \
               `join(', ')`, `default('none')`, `length`, `tojson` and `round(2)` change a value. What \
               arrives at *Value* is `{{ incoming.value }}`.",
        ..About::step(
            "data.template",
            Category::Data,
            "Template text",
            "Makes a text of a template.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("value", DataType::Any, "Value")],
            [Port::new("text", DataType::String, "Text")],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, _: PortValues) -> NodeResult {
        let text = if settings.trim {
            settings.template.trim().to_owned()
        } else {
            settings.template
        };
        Ok(Output::one("text", text).into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A greeting",
            json!({"template": "  Hello {{ incoming.value.name }}! ", "trim": true}),
            json!({"value": {"name": "Ada"}}),
            json!({"text": "Hello Ada!"}),
        )]
    }
}
