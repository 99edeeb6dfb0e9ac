//! Failures that a flow expects.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Contained, Example, Node, NodeContext, NodeResult, Outcome, Output, Plan,
    RawSettings, Role,
};
use crate::value::PortValues;

pub(in crate::nodes) struct TryCatch;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {}

impl Node for TryCatch {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Container,
        icon: "shield-check",
        keywords: &["catch", "error", "exception", "fallback", "safe"],
        docs: "The nodes inside run once. When one of them fails for good, the others are stopped and \
               *Failed* is live, with the failure at *Error*; otherwise *Succeeded* is. The run goes on \
               in both cases.",
        ..About::step(
            "logic.try",
            Category::Logic,
            "Try",
            "Runs its inside and goes another way when it fails.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::branches(
            [],
            [
                Port::control("succeeded", "Succeeded"),
                Port::control("failed", "Failed"),
                Port::new("result", DataType::Any, "Result"),
                Port::new("error", DataType::Object, "Error"),
            ],
        )
        .with_inside(
            [Port::control("try", "Try")],
            [Port::new("result", DataType::Any, "Result")],
        )
    }

    async fn run(_: &NodeContext, _: Settings, _: PortValues) -> NodeResult {
        Ok(Outcome::Contain(Plan::Try))
    }

    async fn finish(_: &NodeContext, _: Settings, contained: Contained) -> NodeResult {
        let once = contained.iterations.into_iter().next();
        let Some(iteration) = once else {
            return Ok(Output::one("result", serde_json::Value::Null)
                .only(["succeeded", "result"])
                .into());
        };
        if let Some(error) = iteration.error {
            let error = serde_json::to_value(error).unwrap_or_default();
            return Ok(Output::one("error", error).only(["failed", "error"]).into());
        }
        let mut values = iteration.values;
        let result = values.remove("result").unwrap_or_default();
        Ok(Output::one("result", result)
            .only(["succeeded", "result"])
            .into())
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}
