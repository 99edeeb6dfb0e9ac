//! A loop over a list.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Contained, Example, ItemError, Node, NodeContext, NodeError, NodeResult,
    Outcome, Output, Plan, RawSettings, Role,
};
use crate::nodes::shared::take_list;
use crate::value::PortValues;

pub(in crate::nodes) struct ForEach;

/// Items of one loop at most.
const MAX_ITEMS: usize = 100_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The list, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    items: Value,
    /// How many items are worked on at once; the results keep the items' order all the same.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    parallel: u32,
    /// What a failed item leads to.
    #[serde(default)]
    on_item_error: ItemError,
    /// Items at most; more are an error, so that a mistake does not cost a fortune.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 100000), extend("x-advanced" = true))]
    max_items: usize,
    /// Items handed in together, as a list; 1: one by one.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000), extend("x-advanced" = true))]
    batch: u32,
}

fn one() -> u32 {
    1
}

fn thousand() -> usize {
    1_000
}

impl Node for ForEach {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Container,
        icon: "repeat",
        keywords: &["for", "each", "iterate", "map", "list", "parallel"],
        docs: "The nodes inside run once for each item: `{{ item }}` and `{{ index }}` in their fields, \
               or an edge from *Item*. Draw an edge from inside to *Result* to say what each item gives; \
               without one it is the output of the last node inside. *Results* has them in the order of \
               the items.\n\nA failed item stops the loop, or counts as `null`, or is left out; its \
               error is in *Errors* with its index.",
        ..About::step(
            "logic.loop",
            Category::Logic,
            "Loop over items",
            "Runs its inside once for each item of a list.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        let list = || DataType::array(DataType::Any);
        Ports::step(
            [Port::new("items", list(), "Items").required()],
            [
                Port::new("results", list(), "Results"),
                Port::new("errors", DataType::array(DataType::Object), "Errors"),
                Port::new("count", DataType::Number, "Count"),
            ],
        )
        .with_inside(
            [
                Port::control("each", "For each"),
                Port::new("item", DataType::Any, "Item"),
                Port::new("index", DataType::Number, "Index"),
            ],
            [Port::new("result", DataType::Any, "Result")],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let items = take_list(&mut input, "items");
        let most = settings.max_items.min(MAX_ITEMS);
        if items.len() > most {
            let message = format!(
                "the list has {} items and the loop takes {most}: raise its maximum",
                items.len()
            );
            return Err(NodeError::input(message).at("max_items"));
        }
        let batch = usize::try_from(settings.batch).unwrap_or(1).max(1);
        let items = if batch == 1 {
            items
        } else {
            items
                .chunks(batch)
                .map(|chunk| Value::Array(chunk.to_vec()))
                .collect()
        };
        Ok(Outcome::Contain(Plan::ForEach {
            items,
            parallel: settings.parallel.clamp(1, 100),
            on_item_error: settings.on_item_error,
        }))
    }

    async fn finish(_: &NodeContext, settings: Settings, contained: Contained) -> NodeResult {
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        let count = contained.iterations.len();
        for (index, iteration) in contained.iterations.into_iter().enumerate() {
            let mut values = iteration.values;
            match iteration.error {
                None => results.push(values.remove("result").unwrap_or_default()),
                Some(error) => {
                    errors.push(json!({"index": index, "error": error}));
                    if settings.on_item_error == ItemError::Null {
                        results.push(Value::Null);
                    }
                }
            }
        }
        Ok(Output::one("results", results)
            .and("errors", errors)
            .and("count", count)
            .into())
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}
