//! An object of named fields.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct Object;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The fields by name; each may be an expression and keeps its type.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    fields: Map<String, Value>,
    /// An object whose other fields are kept, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    base: Value,
}

impl Node for Object {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "braces",
        keywords: &["edit fields", "set", "json", "record", "assign", "compose"],
        docs: "The result of a loop's round, the body of a request, a row of a table: values of several \
               nodes under names of your own. With `base`, its fields are kept and those named here are \
               added or replaced.",
        ..About::step(
            "data.object",
            Category::Data,
            "Make object",
            "Puts values under names into one object.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("base", DataType::Object, "Base")],
            [Port::new("object", DataType::Object, "Object")],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let mut object = match take(&mut input, "base") {
            Value::Object(base) => base,
            _ => Map::new(),
        };
        object.extend(settings.fields);
        Ok(Output::one("object", object).into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A field more",
            json!({"fields": {"total": "{{ incoming.base.price * 2 }}", "price": 3}}),
            json!({"base": {"name": "Tea", "price": 2}}),
            json!({"object": {"name": "Tea", "price": 3, "total": 4}}),
        )]
    }
}
