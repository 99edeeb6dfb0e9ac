//! One of several ways.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports, is_key};
use crate::node::{About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings};
use crate::nodes::shared::condition::{Combine, Condition, hold};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct Switch;

/// One way.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Case {
    /// Key of the output.
    #[schemars(extend("x-widget" = "key", "x-expression" = "never"))]
    id: String,
    /// What the output says.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    label: String,
    /// When it goes this way.
    #[serde(default)]
    conditions: Vec<Condition>,
    /// Whether all of them must hold or one.
    #[serde(default)]
    combine: Combine,
}

/// How many ways may be gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// The first that fits.
    #[default]
    First,
    /// All that fit.
    All,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The ways, asked from above.
    #[schemars(length(min = 1, max = 50))]
    cases: Vec<Case>,
    /// How many ways may be gone.
    #[serde(default)]
    mode: Mode,
}

/// The way for what fits no case.
const OTHERWISE: &str = "otherwise";

impl Node for Switch {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "arrows-split",
        keywords: &["case", "route", "branch", "choose"],
        docs: "Each case has an output; when none fits, *Otherwise* is live. With *All that fit*, \
               several branches run side by side. The value that arrives goes out again at `value`.",
        ..About::step(
            "logic.switch",
            Category::Logic,
            "Switch",
            "Goes one of several ways.",
        )
    };

    fn ports(settings: &RawSettings) -> Ports {
        let cases = settings.get("cases").and_then(Value::as_array);
        let mut seen = std::collections::BTreeSet::from([OTHERWISE, "value"]);
        let mut outputs: Vec<Port> = cases
            .into_iter()
            .flatten()
            .filter_map(|case| {
                let id = case.get("id")?.as_str()?;
                let label = case
                    .get("label")
                    .and_then(Value::as_str)
                    .filter(|l| !l.is_empty());
                (is_key(id) && seen.insert(id)).then(|| Port::control(id, label.unwrap_or(id)))
            })
            .collect();
        outputs.push(Port::control(OTHERWISE, "Otherwise"));
        outputs.push(Port::new("value", DataType::Any, "Value"));
        Ports::branches([Port::new("value", DataType::Any, "Value")], outputs)
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let mut live = Vec::new();
        for (position, case) in settings.cases.iter().enumerate() {
            let field = format!("cases[{position}].conditions");
            if hold(&case.conditions, case.combine, &field)? {
                live.push(case.id.clone());
                if settings.mode == Mode::First {
                    break;
                }
            }
        }
        if live.is_empty() {
            live.push(OTHERWISE.to_owned());
        }
        live.push("value".to_owned());
        Ok(Output::one("value", take(&mut input, "value"))
            .only(live)
            .into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let cases = settings.get("cases").and_then(Value::as_array);
        let mut seen = std::collections::BTreeSet::new();
        let mut problems = Vec::new();
        for (position, case) in cases.into_iter().flatten().enumerate() {
            let id = case.get("id").and_then(Value::as_str).unwrap_or_default();
            let why = if !is_key(id) {
                "use a-z first, then up to 63 of a-z, 0-9 and _".to_owned()
            } else if id == OTHERWISE || id == "value" || id == crate::graph::ERROR {
                format!("`{id}` is an output of its own")
            } else if !seen.insert(id) {
                format!("two cases have the key `{id}`")
            } else {
                continue;
            };
            problems.push((format!("cases[{position}].id"), why));
        }
        problems
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "By country",
            json!({"cases": [
                {"id": "home", "conditions": [{"left": "DE", "operator": "equals", "right": "DE"}]},
                {"id": "abroad", "conditions": [{"left": "DE", "operator": "is_not_empty"}]},
            ]}),
            json!({"value": "DE"}),
            json!({"value": "DE"}),
        )]
    }
}
