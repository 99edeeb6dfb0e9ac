//! Keeps some entries of a list.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::expression::evaluate_condition;
use crate::graph::{DataType, Port, Ports};
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings};
use crate::nodes::shared::take_list;
use crate::value::PortValues;

pub(in crate::nodes) struct Filter;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The list, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    items: Value,
    /// Asked for each entry, which is `item`.
    #[schemars(length(min = 1), extend("x-expression" = "deferred", "x-placeholder" = "item.price > 10"))]
    condition: String,
    /// Entries that are kept at most.
    #[serde(default)]
    #[schemars(range(min = 1))]
    limit: Option<usize>,
}

impl Node for Filter {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "filter",
        keywords: &["where", "keep", "remove", "list"],
        docs: "Each entry is `item`, its place `index`. Entries for which the expression says yes come \
               out at *Kept*, the others at *Rejected*, both in their order.",
        ..About::step(
            "logic.filter",
            Category::Logic,
            "Filter",
            "Keeps the entries of a list for which a condition holds.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        let list = || DataType::array(DataType::Any);
        Ports::step(
            [Port::new("items", list(), "Items").required()],
            [
                Port::new("kept", list(), "Kept"),
                Port::new("rejected", list(), "Rejected"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let (mut kept, mut rejected) = (Vec::new(), Vec::new());
        let most = settings.limit.unwrap_or(usize::MAX);
        for (index, item) in take_list(&mut input, "items").into_iter().enumerate() {
            let scope = context.scope.with_item(item.clone(), index);
            let holds = evaluate_condition(&settings.condition, &scope)
                .map_err(|error| error.in_field("condition"))?;
            if holds && kept.len() < most {
                kept.push(item);
            } else {
                rejected.push(item);
            }
        }
        Ok(Output::one("kept", kept).and("rejected", rejected).into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Cheap ones",
            json!({"condition": "item.price < 10"}),
            json!({"items": [{"price": 3}, {"price": 30}, {"price": 9}]}),
            json!({"kept": [{"price": 3}, {"price": 9}], "rejected": [{"price": 30}]}),
        )]
    }
}
