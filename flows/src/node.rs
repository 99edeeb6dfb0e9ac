//! The contract of a node type, and the list of all.
//!
//! # Adding a node type
//!
//! One file in `nodes/` with a unit struct that implements [`Node`], and one line in `nodes.rs`. The
//! settings are a struct that derives `Deserialize` and `JsonSchema`; the editor draws its form from
//! the schema, so every field has a title and a doc comment (its description). Keywords beside those of
//! JSON Schema, by `#[schemars(extend("x-widget" = "…"))]`:
//!
//! | Keyword | Values |
//! | --- | --- |
//! | `x-widget` | `text`, `markdown`, `code` (with `x-language`), `template`, `model` (with `x-operation`), `credential` (with `x-providers`), `collection`, `workflow`, `secret`, `variable`, `data-type`, `json`, `json-schema`, `key`, `cron`, `timezone`, `color` |
//! | `x-expression` | absent: texts may hold `{{ … }}`, evaluated before the node runs; `never`: texts are taken as they are; `deferred`: the text is an expression that node or engine evaluates itself |
//! | `x-show-if` | `{"field": "mode", "is": ["a", "b"]}`: draw the field only then |
//! | `x-advanced` | `true`: draw it folded |
//! | `x-placeholder` | a text for the empty field |
//!
//! An input port that is not connected takes its value from the setting of the same name, if there is
//! one: so a user types a value or draws an edge.

mod about;
mod adapter;
mod context;
mod error;
mod outcome;
mod registry;

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use about::{About, Capability, Category, Example, Role};
pub use adapter::{Adapter, AnyNode, NodeTypeInfo};
pub use context::{Budget, Iteration, Level, NodeContext, Recorder, RunInfo, Services};
pub use error::{NodeError, NodeErrorKind};
pub use outcome::{
    Answer, Approval, Button, ButtonLook, Cause, Channel, Contained, End, ItemError,
    IterationResult, Live, NodeResult, OnMax, Outcome, Output, Plan, Resume, SubFlow, Suspend,
    Wait,
};
pub use registry::Registry;

use crate::graph::Ports;
use crate::value::PortValues;

/// Settings as they stand in a graph, with expressions.
pub type RawSettings = Map<String, Value>;

/// A node type.
pub trait Node: Send + Sync + 'static {
    /// Its settings, after expressions are evaluated. Give every field that may be absent a default.
    type Settings: DeserializeOwned + JsonSchema + Send;

    /// Constant facts.
    const ABOUT: About;

    /// Its ports with these settings. Settings may be unfinished: ports follow what can be understood.
    fn ports(settings: &RawSettings) -> Ports;

    /// Does the work.
    ///
    /// `input` has values by input port, converted to the port's type; ports without edges have the
    /// value of the setting of the same name, or are absent. Settings are evaluated. The future is
    /// dropped when the run is stopped or the time is over, so effects must not be torn: where several
    /// belong together, look at `context.cancel` between them.
    fn run(
        context: &NodeContext,
        settings: Self::Settings,
        input: PortValues,
    ) -> impl Future<Output = NodeResult> + Send;

    /// Goes on after [`Outcome::Suspend`] or [`Outcome::Call`].
    fn resume(
        _context: &NodeContext,
        _settings: Self::Settings,
        _resume: Resume,
    ) -> impl Future<Output = NodeResult> + Send {
        let error = NodeError::new(NodeErrorKind::Internal, "this node type never waits");
        std::future::ready(Err(error))
    }

    /// Makes a container's output of what its inside led to. Iterations that failed under
    /// [`ItemError::Stop`] never come here: the container has failed with their error.
    fn finish(
        _context: &NodeContext,
        _settings: Self::Settings,
        _contained: Contained,
    ) -> impl Future<Output = NodeResult> + Send {
        let error = NodeError::new(NodeErrorKind::Internal, "this node type has no inside");
        std::future::ready(Err(error))
    }

    /// Brings settings of version `from` (below [`About::version`]) to the next version.
    ///
    /// # Errors
    /// What cannot be carried over, for people.
    fn migrate(_from: u32, settings: RawSettings) -> Result<RawSettings, String> {
        Ok(settings)
    }

    /// What it may touch with these settings.
    fn capabilities(_settings: &RawSettings) -> Vec<Capability> {
        Vec::new()
    }

    /// What the schema cannot say about settings: `(field, message)`.
    fn check(_settings: &RawSettings) -> Vec<(String, String)> {
        Vec::new()
    }

    /// At work. Each example is run by a test.
    fn examples() -> Vec<Example>;
}
