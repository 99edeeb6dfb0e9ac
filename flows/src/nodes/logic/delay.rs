//! Waiting for a time.

use std::time::Duration;

use jiff::civil;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Micros;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Outcome, Output,
    RawSettings, Resume, Suspend, Wait,
};
use crate::nodes::shared::take;
use crate::nodes::shared::zone::{check_zone, zone};
use crate::value::PortValues;

pub(in crate::nodes) struct Delay;

/// Units of a wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Unit {
    #[default]
    Seconds,
    Minutes,
    Hours,
    Days,
}

/// What ends the wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// A time from now.
    #[default]
    For,
    /// A point in time.
    Until,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What ends the wait.
    #[serde(default)]
    mode: Mode,
    /// How long.
    #[serde(default)]
    #[schemars(range(min = 0), extend("x-show-if" = json!({"field": "mode", "is": ["for"]})))]
    amount: f64,
    /// In what.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["for"]})))]
    unit: Unit,
    /// When: `2026-12-24T18:00:00Z`, or without a zone `2026-12-24T18:00`.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["until"]})))]
    until: String,
    /// Where a time without a zone is meant.
    #[serde(default)]
    #[schemars(extend("x-widget" = "timezone", "x-show-if" = json!({"field": "mode", "is": ["until"]})))]
    timezone: String,
}

/// The longest wait: a year.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);

impl Node for Delay {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "hourglass",
        keywords: &["wait", "sleep", "pause", "later", "timer"],
        docs: "While it waits, the run holds no memory, and restarts of the server do not matter. A time \
               that has passed already is no wait. The longest wait is a year.",
        ..About::step(
            "logic.delay",
            Category::Logic,
            "Wait",
            "Waits for some time or until a point in time.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("value", DataType::Any, "Value").about("Handed on afterwards.")],
            [
                Port::new("value", DataType::Any, "Value"),
                Port::new("resumed_at", DataType::String, "Resumed at"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let until = end(&settings, context.now())?;
        if until > context.now().plus(LONGEST) {
            return Err(NodeError::input("the longest wait is a year"));
        }
        let value = take(&mut input, "value");
        if until <= context.now() {
            return Ok(done(context, value));
        }
        Ok(Outcome::Suspend(Suspend {
            wait: Wait::Timer { until },
            state: value,
        }))
    }

    async fn resume(context: &NodeContext, _: Settings, resume: Resume) -> NodeResult {
        Ok(done(context, resume.state))
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        check_zone("timezone", settings.get("timezone").and_then(Value::as_str))
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A time that has passed is no wait",
            json!({"mode": "until", "until": "2025-12-31T23:00", "timezone": "Europe/Berlin"}),
            json!({"value": 7}),
            json!({"value": 7, "resumed_at": "2026-01-01T00:00:00Z"}),
        )]
    }
}

fn done(context: &NodeContext, value: Value) -> Outcome {
    Output::one("value", value)
        .and("resumed_at", context.now().to_string())
        .into()
}

fn end(settings: &Settings, now: Micros) -> Result<Micros, NodeError> {
    match settings.mode {
        Mode::For => {
            let unit = match settings.unit {
                Unit::Seconds => 1.0,
                Unit::Minutes => 60.0,
                Unit::Hours => 3_600.0,
                Unit::Days => 86_400.0,
            };
            let wait = Duration::try_from_secs_f64(settings.amount * unit);
            let wait =
                wait.map_err(|_| NodeError::settings("amount", "this is no time to wait"))?;
            Ok(now.plus(wait))
        }
        Mode::Until => {
            let text = settings.until.trim();
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                return Ok(Micros(at.as_microsecond()));
            }
            let wrong = || {
                let message = format!("`{text:.80}` is not a time: write it as 2026-12-24T18:00");
                NodeError::settings("until", message)
            };
            let civil: civil::DateTime = text.parse().map_err(|_| wrong())?;
            let zone = zone("timezone", &settings.timezone)?;
            let at = civil.to_zoned(zone).map_err(|_| wrong())?;
            Ok(Micros(at.timestamp().as_microsecond()))
        }
    }
}
