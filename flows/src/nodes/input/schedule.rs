//! Begins runs at times of a calendar.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::calendar::wrong_line;
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings, Role,
};
use crate::nodes::shared::zone::check_zone;
use crate::value::PortValues;

pub(in crate::nodes) struct Schedule;

/// What happens to times that came while no server ran.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Missed {
    /// They are left out.
    Skip,
    /// One run makes up for all of them.
    #[default]
    Once,
    /// Each is run, in order.
    All,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// When, in words (`every weekday at 9`, `jeden Werktag um 9 Uhr`) or as cron with five fields (`0 9 * * 1-5`); several lines if needed.
    #[serde(default = "daily")]
    #[schemars(length(min = 1, max = 20), extend("items" = json!({"type": "string", "x-widget": "cron", "x-expression": "never"})))]
    pub(crate) times: Vec<String>,
    /// Where these times are meant, such as `Europe/Berlin`.
    #[serde(default = "utc")]
    #[schemars(extend("x-widget" = "timezone", "x-expression" = "never"))]
    pub(crate) timezone: String,
    /// What happens to times that came while no server ran.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) missed: Missed,
    /// What the run is given as `input`.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    payload: Value,
}

fn daily() -> Vec<String> {
    vec!["0 9 * * *".to_owned()]
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Node for Schedule {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "clock",
        keywords: &["cron", "time", "daily", "weekly", "timer"],
        docs: "Each time begins exactly one run, however many servers there are. The editor shows the \
               next five times.\n\nWhen clocks change, a time that does not exist is run at the next \
               one that does, and a time that comes twice is run once.",
        ..About::step(
            "input.schedule",
            Category::Input,
            "Schedule",
            "Begins runs at times of a calendar.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::trigger([
            Port::new("scheduled_at", DataType::String, "Scheduled for"),
            Port::new("started_at", DataType::String, "Started at"),
            Port::new("input", DataType::Any, "Payload"),
        ])
    }

    async fn run(context: &NodeContext, settings: Settings, mut given: PortValues) -> NodeResult {
        let input = given.remove("input").unwrap_or_default();
        let started = context.run.started_at.to_string();
        let scheduled = input.get("scheduled_at").cloned();
        Ok(Output::one(
            "scheduled_at",
            scheduled.unwrap_or_else(|| started.clone().into()),
        )
        .and("started_at", started)
        .and("input", settings.payload)
        .into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let times = settings.get("times").and_then(Value::as_array);
        let lines = times.into_iter().flatten().filter_map(Value::as_str);
        let wrong = lines.filter_map(wrong_line);
        let mut wrong: Vec<_> = wrong.map(|why| ("times".to_owned(), why)).collect();
        let zone = settings.get("timezone").and_then(Value::as_str);
        wrong.extend(check_zone("timezone", zone));
        wrong
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "On workdays at nine",
            json!({"times": ["0 9 * * 1-5"], "timezone": "Europe/Berlin", "payload": {"list": "news"}}),
            json!({"input": {"scheduled_at": "2026-11-23T08:00:00Z"}}),
            json!({
                "scheduled_at": "2026-11-23T08:00:00Z",
                "started_at": "2026-01-01T00:00:00Z",
                "input": {"list": "news"},
            }),
        )]
    }
}
