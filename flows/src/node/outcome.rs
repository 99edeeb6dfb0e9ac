//! What a node's run leads to.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Micros;
use utoipa::ToSchema;

use super::NodeError;
use crate::value::PortValues;

/// What [`run`](super::Node::run), `resume` and `finish` give.
pub type NodeResult = Result<Outcome, NodeError>;

/// What the engine does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The node is done.
    Done(Output),
    /// It waits, for seconds or for days, holding no memory; then `resume` is called.
    Suspend(Suspend),
    /// Another flow runs; with `wait` its result comes to `resume`, else the node is done.
    Call(SubFlow),
    /// A container's inside runs as planned; then `finish` is called.
    Contain(Plan),
}

/// What a node gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Values by data port. A live port without a value gives `null`.
    pub values: PortValues,
    /// Which ports are live.
    pub live: Live,
    /// New values of `vars`, for the rest of the run.
    #[serde(default)]
    pub variables: PortValues,
    /// Ends the run as soon as this node is done; nodes under way are stopped.
    #[serde(default)]
    pub end: Option<End>,
}

/// Which output ports are live. Edges that begin at others are dead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    /// All but `error`.
    #[default]
    All,
    /// These, data ports and control ports alike.
    Only(Vec<String>),
}

/// How a node ends the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The run is completed with this value.
    Return(Value),
    /// The run has failed with this message, which is shown to the caller.
    Fail(String),
}

impl Output {
    /// Values with all ports live.
    pub fn new(values: PortValues) -> Self {
        Self {
            values,
            ..Self::default()
        }
    }

    /// One value with all ports live.
    pub fn one(port: &str, value: impl Into<Value>) -> Self {
        Self::default().and(port, value)
    }

    /// The same output with another value.
    #[must_use]
    pub fn and(mut self, port: &str, value: impl Into<Value>) -> Self {
        self.values.insert(port.to_owned(), value.into());
        self
    }

    /// The same output with only these ports live.
    #[must_use]
    pub fn only<T: Into<String>>(mut self, ports: impl IntoIterator<Item = T>) -> Self {
        self.live = Live::Only(ports.into_iter().map(Into::into).collect());
        self
    }

    /// The same output, ending the run.
    #[must_use]
    pub fn ending(mut self, end: End) -> Self {
        self.end = Some(end);
        self
    }

    /// Whether this port is live.
    pub fn is_live(&self, port: &str) -> bool {
        match &self.live {
            Live::All => port != crate::graph::ERROR,
            Live::Only(ports) => ports.iter().any(|live| live == port),
        }
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self::Done(output)
    }
}

/// A node that waits. Everything it needs afterwards is in `state`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspend {
    /// For what.
    pub wait: Wait,
    /// Given back to `resume`; a few kilobytes at most.
    pub state: Value,
}

/// What ends a wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "for")]
pub enum Wait {
    /// A time.
    Timer {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        until: Micros,
    },
    /// A person's answer.
    Approval(Box<Approval>),
    /// An outside event: a request to the run's resume address with this key.
    Event {
        /// Which one.
        key: String,
        /// When waiting ends with `TimedOut`.
        #[schema(value_type = Option<String>, format = DateTime)]
        until: Option<Micros>,
    },
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Markdown.
    pub message: String,
    /// Fields to fill in, a JSON Schema of an object; none: only buttons.
    #[schema(value_type = Option<Object>)]
    pub form: Option<Map<String, Value>>,
    /// Ways to answer; each is an output port of the node.
    pub buttons: Vec<Button>,
    /// Who may answer: e-mail addresses; empty: every member who may run flows.
    pub assignees: Vec<String>,
    /// Who gets a link: `app`, `email`, `webhook`.
    pub channels: Vec<Channel>,
    /// When waiting ends with `TimedOut`.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Micros>,
}

/// One way to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// Key, and the name of the output port that becomes live.
    #[schemars(title = "Key", extend("x-expression" = "never", "x-widget" = "key"))]
    pub id: String,
    /// What it says.
    #[schemars(title = "Label")]
    pub label: String,
    /// `primary`, `danger` or `default`.
    #[serde(default)]
    #[schemars(title = "Look")]
    pub look: ButtonLook,
}

/// How a button looks.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ButtonLook {
    /// Plain.
    #[default]
    Default,
    /// The likely one.
    Primary,
    /// One that destroys or refuses.
    Danger,
}

/// By which way a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Channel {
    /// In the web app.
    App,
    /// A mail with one-time links.
    Email {
        /// Addresses.
        to: Vec<String>,
        /// The SMTP credential, `smtp/<name>`.
        #[schemars(extend("x-widget" = "credential", "x-providers" = ["smtp"]))]
        credential: String,
    },
    /// A POST with one-time links.
    Webhook {
        /// Where to.
        url: String,
    },
}

/// Why a waiting node goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Cause {
    /// The time has come.
    Elapsed,
    /// The time to answer is over.
    TimedOut,
    /// A person has answered.
    Answered(Answer),
    /// The event came, with this body.
    Event {
        /// What it carried.
        payload: Value,
    },
    /// The called flow is completed with this value.
    Returned {
        /// What it returned.
        value: Value,
    },
    /// The called flow has failed.
    Failed {
        /// Why.
        error: NodeError,
    },
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The button's id.
    pub button: String,
    /// Fields of the form.
    pub fields: Map<String, Value>,
    /// Who: an e-mail address, or the way the link went.
    pub by: String,
    /// When.
    pub at: Micros,
}

/// What comes back to a node that waited.
#[derive(Debug, Clone, PartialEq)]
pub struct Resume {
    /// What it left.
    pub state: Value,
    /// Why it goes on.
    pub cause: Cause,
}

/// A call of another flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubFlow {
    /// Its slug, in the same organization.
    pub workflow: String,
    /// A published version; the latest when absent.
    pub version: Option<u32>,
    /// The run's input.
    pub input: Value,
    /// Whether the caller waits for the result.
    pub wait: bool,
    /// Given back to `resume`.
    pub state: Value,
}

/// What a container does with its inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "plan")]
pub enum Plan {
    /// Once for each item; results come in the order of the items, however many run at once.
    ForEach {
        /// `item` of each iteration.
        items: Vec<Value>,
        /// Iterations under way at once, 1 to 100.
        parallel: u32,
        /// What a failed iteration leads to.
        on_item_error: ItemError,
    },
    /// While a condition holds.
    While {
        /// The expression, evaluated before each iteration in the inside's scope (`index`, and
        /// `nodes.<container>.output.last`, the result of the iteration before).
        condition: String,
        /// The first iteration runs without asking.
        at_least_once: bool,
        /// Iterations at most.
        max: u32,
        /// What reaching `max` leads to.
        on_max: OnMax,
        /// Between iterations, in milliseconds.
        pause_ms: u64,
    },
    /// Once; a failure inside does not end the run but goes to `finish`.
    Try,
}

/// What a failed iteration leads to.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ItemError {
    /// The loop fails; iterations under way are stopped.
    #[default]
    Stop,
    /// Its result is `null`.
    Null,
    /// It is left out of the results.
    Drop,
}

/// What too many iterations lead to.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OnMax {
    /// The loop fails.
    #[default]
    Fail,
    /// It ends as if the condition no longer held.
    Stop,
}

/// What a container's inside led to, in order of the iterations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Contained {
    /// One for each iteration that began.
    pub iterations: Vec<IterationResult>,
    /// A `while` that reached its maximum.
    pub reached_max: bool,
}

/// What one iteration led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IterationResult {
    /// Values at the container's inner inputs; without an edge to `result`, the output of the one node
    /// inside that no edge leaves, `null` when there are several.
    pub values: PortValues,
    /// Why it failed.
    pub error: Option<NodeError>,
}
