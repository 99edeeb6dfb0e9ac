//! One way or the other.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::graph::{DataType, Port, Ports};
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings};
use crate::nodes::shared::condition::{Combine, Condition, hold};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct IfElse;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What is asked.
    #[schemars(length(min = 1, max = 50))]
    conditions: Vec<Condition>,
    /// Whether all of them must hold or one.
    #[serde(default)]
    combine: Combine,
}

impl Node for IfElse {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "arrows-split-2",
        keywords: &["condition", "branch", "else", "decide"],
        docs: "Nodes behind *Then* run when the conditions hold, nodes behind *Else* when they do not; \
               the other branch is dead. The value that arrives goes out again at `then_value` or \
               `else_value`, whichever is live.\n\nA number typed as text is compared as a number. With \
               \"is true\" the value may be an expression such as `{{ input.n > 3 and input.ok }}`.",
        ..About::step(
            "logic.if",
            Category::Logic,
            "If",
            "Goes one way or the other.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::branches(
            [Port::new("value", DataType::Any, "Value").about("Handed on to the live branch.")],
            [
                Port::control("then", "Then"),
                Port::control("else", "Else"),
                Port::new("then_value", DataType::Any, "Value if so"),
                Port::new("else_value", DataType::Any, "Value if not"),
            ],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let holds = hold(&settings.conditions, settings.combine, "conditions")?;
        let (branch, port) = if holds {
            ("then", "then_value")
        } else {
            ("else", "else_value")
        };
        Ok(Output::one(port, take(&mut input, "value"))
            .only([branch, port])
            .into())
    }

    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A large order",
                json!({"conditions": [{"left": 120, "operator": "greater", "right": "100"}]}),
                json!({"value": {"id": 7}}),
                json!({"then_value": {"id": 7}}),
            ),
            Example::new(
                "Either of two",
                json!({"combine": "any", "conditions": [
                    {"left": "", "operator": "is_not_empty"},
                    {"left": "VIP", "operator": "equals", "right": "vip"},
                ]}),
                json!({"value": 1}),
                json!({"else_value": 1}),
            ),
        ]
    }
}
