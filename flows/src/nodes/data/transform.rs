//! Steps over a list of records.

mod steps;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings};
use crate::nodes::shared::take_list;
use crate::value::PortValues;

use steps::Step;

pub(in crate::nodes) struct Transform;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The list, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    items: Value,
    /// What is done, from above.
    #[schemars(length(min = 1, max = 50))]
    steps: Vec<Step>,
}

impl Node for Transform {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "transform",
        keywords: &[
            "map",
            "pick",
            "rename",
            "sort",
            "group",
            "sum",
            "dedupe",
            "aggregate",
            "flatten",
        ],
        docs: "Each step takes the list that the step before gives. Fields are named by paths such as \
               `customer.city` or `lines[0].price`. In *Map* and *Keep*, each entry is `item` and its \
               place `index`.",
        ..About::step(
            "data.transform",
            Category::Data,
            "Transform",
            "Maps, picks, renames, sorts, groups and dedupes the entries of a list.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("items", DataType::array(DataType::Any), "Items").required()],
            [
                Port::new("items", DataType::array(DataType::Any), "Items"),
                Port::new("first", DataType::Any, "First"),
                Port::new("count", DataType::Number, "Count"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let mut items = take_list(&mut input, "items");
        for (position, step) in settings.steps.iter().enumerate() {
            items = step.apply(items, &context.scope, &format!("steps[{position}]"))?;
        }
        Ok(
            Output::one("first", items.first().cloned().unwrap_or_default())
                .and("count", items.len())
                .and("items", items)
                .into(),
        )
    }

    fn examples() -> Vec<Example> {
        let orders = json!({"items": [
            {"id": 1, "city": "Oslo", "total": 5}, {"id": 2, "city": "Bonn", "total": 7},
            {"id": 3, "city": "Oslo", "total": 10}, {"id": 1, "city": "Oslo", "total": 5},
        ]});
        vec![
            Example::new(
                "Sales by city",
                json!({"steps": [
                    {"do": "dedupe", "by": "id"},
                    {"do": "aggregate", "group_by": ["city"], "values": [
                        {"name": "sum", "of": "total", "how": "sum"},
                        {"name": "orders", "how": "count"},
                    ]},
                    {"do": "sort", "by": "sum", "descending": true},
                ]}),
                orders.clone(),
                json!({
                    "items": [{"city": "Oslo", "sum": 15, "orders": 2}, {"city": "Bonn", "sum": 7, "orders": 1}],
                    "first": {"city": "Oslo", "sum": 15, "orders": 2},
                    "count": 2,
                }),
            ),
            Example::new(
                "Other fields",
                json!({"steps": [
                    {"do": "keep", "condition": "item.total > 6"},
                    {"do": "map", "fields": {"label": "{{ item.city | upper }}", "n": "{{ index }}"}},
                    {"do": "limit", "count": 1},
                ]}),
                orders.clone(),
                json!({"items": [{"label": "BONN", "n": 0}], "first": {"label": "BONN", "n": 0}, "count": 1}),
            ),
            Example::new(
                "Picked and renamed",
                json!({"steps": [
                    {"do": "pick", "fields": ["id", "city"]},
                    {"do": "rename", "fields": {"city": "town"}},
                    {"do": "limit", "count": 1},
                ]}),
                orders,
                json!({"items": [{"id": 1, "town": "Oslo"}], "first": {"id": 1, "town": "Oslo"}, "count": 1}),
            ),
        ]
    }
}
