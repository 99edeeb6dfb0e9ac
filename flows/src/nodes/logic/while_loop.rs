//! A loop while a condition holds.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Contained, Example, Node, NodeContext, NodeResult, OnMax, Outcome, Output,
    Plan, RawSettings, Role,
};
use crate::value::PortValues;

pub(in crate::nodes) struct WhileLoop;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// Asked before each round; `index` counts the rounds, and `nodes.<this node>.output.last` is the
    /// result of the round before.
    #[schemars(length(min = 1), extend("x-expression" = "deferred", "x-placeholder" = "vars.page != none"))]
    condition: String,
    /// The first round runs without asking.
    #[serde(default)]
    at_least_once: bool,
    /// Rounds at most.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 10000))]
    max: u32,
    /// What reaching the maximum leads to.
    #[serde(default)]
    on_max: OnMax,
    /// Between rounds, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0, max = 3600))]
    pause_seconds: f64,
}

fn hundred() -> u32 {
    100
}

impl Node for WhileLoop {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Container,
        icon: "refresh",
        keywords: &["until", "poll", "repeat", "do"],
        docs: "Use it for pages of a list, or to ask until something is ready. Change a variable inside \
               with \"Set variable\" and ask for it in the condition. The maximum is a must: a mistake \
               in the condition would run for ever.",
        ..About::step(
            "logic.while",
            Category::Logic,
            "Repeat while",
            "Runs its inside as long as a condition holds.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [],
            [
                Port::new("last", DataType::Any, "Last result"),
                Port::new("results", DataType::array(DataType::Any), "Results"),
                Port::new("count", DataType::Number, "Rounds"),
            ],
        )
        .with_inside(
            [
                Port::control("round", "Each round"),
                Port::new("index", DataType::Number, "Index"),
                Port::new("last", DataType::Any, "Result before"),
            ],
            [Port::new("result", DataType::Any, "Result")],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, _: PortValues) -> NodeResult {
        Ok(Outcome::Contain(Plan::While {
            condition: settings.condition,
            at_least_once: settings.at_least_once,
            max: settings.max,
            on_max: settings.on_max,
            // Negative or endless pauses saturate.
            pause_ms: (settings.pause_seconds * 1_000.0) as u64,
        }))
    }

    async fn finish(_: &NodeContext, _: Settings, contained: Contained) -> NodeResult {
        let results: Vec<serde_json::Value> = contained
            .iterations
            .into_iter()
            .map(|mut iteration| iteration.values.remove("result").unwrap_or_default())
            .collect();
        Ok(
            Output::one("last", results.last().cloned().unwrap_or_default())
                .and("count", results.len())
                .and("results", results)
                .into(),
        )
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}
