//! Asking a person.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::graph::{DataType, Port, Ports, is_key};
use crate::node::{
    About, Approval, Button, Capability, Category, Cause, Channel, Example, Node, NodeContext,
    NodeError, NodeErrorKind, NodeResult, Outcome, Output, RawSettings, Resume, Suspend, Wait,
};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct ApprovalNode;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What is asked, in Markdown.
    #[schemars(length(min = 1), extend("x-widget" = "markdown"))]
    message: String,
    /// Ways to answer; each is an output.
    #[serde(default = "yes_or_no")]
    #[schemars(length(min = 1, max = 10))]
    buttons: Vec<Button>,
    /// Fields to fill in, as the JSON Schema of an object; none: only buttons.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json-schema"))]
    form: Option<Map<String, Value>>,
    /// E-mail addresses of those who may answer; none: every member who may run flows.
    #[serde(default)]
    assignees: Vec<String>,
    /// By which ways people are asked; none: in the app.
    #[serde(default)]
    channels: Vec<Channel>,
    /// Hours until *No answer* is live; 0: it waits for a year.
    #[serde(default = "three_days")]
    #[schemars(range(min = 0, max = 8784))]
    timeout_hours: f64,
}

fn yes_or_no() -> Vec<Button> {
    use crate::node::ButtonLook;
    [
        ("approve", "Approve", ButtonLook::Primary),
        ("reject", "Reject", ButtonLook::Danger),
    ]
    .into_iter()
    .map(|(id, label, look)| Button {
        id: id.to_owned(),
        label: label.to_owned(),
        look,
    })
    .collect()
}

fn three_days() -> f64 {
    72.0
}

const TIMEOUT: &str = "timeout";
const YEAR_HOURS: f64 = 8_784.0;

impl Node for ApprovalNode {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "user-check",
        keywords: &["human", "approve", "review", "confirm", "form", "wait"],
        docs: "The run waits, for days if need be, without holding memory. The question is shown in the \
               app; a mail or a request with one-time links can be sent along. The first answer counts: \
               a second click, or another link, changes nothing.\n\nEach button is a branch; *No answer* \
               is live when the time is over.",
        ..About::step(
            "logic.approval",
            Category::Logic,
            "Ask a person",
            "Waits for a person's answer and goes on by it.",
        )
    };

    fn ports(settings: &RawSettings) -> Ports {
        let raw = settings.get("buttons").cloned();
        let buttons: Vec<Button> = raw
            .and_then(|raw| serde_json::from_value(raw).ok())
            .unwrap_or_else(yes_or_no);
        let mut seen = std::collections::BTreeSet::from(OWN.map(str::to_owned));
        let mut outputs: Vec<Port> = buttons
            .into_iter()
            .filter(|button| is_key(&button.id) && seen.insert(button.id.clone()))
            .map(|button| Port::control(button.id, button.label))
            .collect();
        outputs.extend([
            Port::control(TIMEOUT, "No answer"),
            Port::new("answer", DataType::Object, "Answer"),
            Port::new("value", DataType::Any, "Value"),
        ]);
        Ports::branches([Port::new("value", DataType::Any, "Value")], outputs)
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let hours = if settings.timeout_hours > 0.0 {
            settings.timeout_hours.min(YEAR_HOURS)
        } else {
            YEAR_HOURS
        };
        let until = context.now().plus(Duration::from_secs_f64(hours * 3_600.0));
        let channels = if settings.channels.is_empty() {
            vec![Channel::App]
        } else {
            settings.channels
        };
        Ok(Outcome::Suspend(Suspend {
            wait: Wait::Approval(Box::new(Approval {
                message: settings.message,
                form: settings.form,
                buttons: settings.buttons,
                assignees: settings.assignees,
                channels,
                until: Some(until),
            })),
            state: take(&mut input, "value"),
        }))
    }

    async fn resume(_: &NodeContext, settings: Settings, resume: Resume) -> NodeResult {
        let answer = match resume.cause {
            Cause::Answered(answer) => answer,
            Cause::TimedOut | Cause::Elapsed => {
                return Ok(Output::one("value", resume.state)
                    .only([TIMEOUT, "value"])
                    .into());
            }
            Cause::Event { .. } | Cause::Returned { .. } | Cause::Failed { .. } => {
                let message = "the node waits for a person, and something else came";
                return Err(NodeError::new(NodeErrorKind::Internal, message));
            }
        };
        if !settings
            .buttons
            .iter()
            .any(|button| button.id == answer.button)
        {
            let message = format!("the question has no answer `{:.80}`", answer.button);
            return Err(NodeError::input(message));
        }
        let button = answer.button.clone();
        let answer = json!({
            "button": answer.button, "fields": answer.fields, "by": answer.by, "at": answer.at,
        });
        Ok(Output::one("answer", answer)
            .and("value", resume.state)
            .only([button.as_str(), "answer", "value"])
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let channels = settings.get("channels").and_then(Value::as_array);
        let mut found = Vec::new();
        for channel in channels.into_iter().flatten() {
            let text = |name: &str| channel.get(name).and_then(Value::as_str);
            match text("by") {
                Some("email") => {
                    found.push(Capability::Notify {
                        channel: "email".to_owned(),
                    });
                    found.extend(text("credential").map(|name| Capability::Credential {
                        name: name.to_owned(),
                    }));
                }
                Some("webhook") => found.push(Capability::Host {
                    host: host_of(text("url").unwrap_or_default()),
                }),
                _ => {}
            }
        }
        found
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let buttons = settings.get("buttons").and_then(Value::as_array);
        let mut seen = std::collections::BTreeSet::new();
        let mut problems = Vec::new();
        for (position, button) in buttons.into_iter().flatten().enumerate() {
            let id = button.get("id").and_then(Value::as_str).unwrap_or_default();
            let why = if !is_key(id) {
                "use a-z first, then up to 63 of a-z, 0-9 and _".to_owned()
            } else if OWN.contains(&id) {
                format!("`{id}` is an output of its own")
            } else if !seen.insert(id) {
                format!("two buttons have the key `{id}`")
            } else {
                continue;
            };
            problems.push((format!("buttons[{position}].id"), why));
        }
        problems
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

/// Outputs that no button may be called.
const OWN: [&str; 4] = [TIMEOUT, "answer", "value", crate::graph::ERROR];

/// The host of an address, `*` when an expression decides it.
fn host_of(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host);
    host.map_or_else(|| "*".to_owned(), str::to_owned)
}
