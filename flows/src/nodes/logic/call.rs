//! Calling another flow.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Cause, Example, Node, NodeContext, NodeError, NodeErrorKind,
    NodeResult, Outcome, Output, RawSettings, Resume, SubFlow,
};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct CallFlow;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The flow's slug.
    #[schemars(length(min = 1), extend("x-widget" = "workflow"))]
    workflow: String,
    /// A published version; the latest when empty.
    #[serde(default)]
    #[schemars(range(min = 1))]
    version: Option<u32>,
    /// What it is given, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    input: Value,
    /// Wait for what it returns; otherwise it runs beside this one.
    #[serde(default = "yes")]
    wait: bool,
}

fn yes() -> bool {
    true
}

/// Flows that call each other, at most.
const MAX_DEPTH: u32 = 10;

impl Node for CallFlow {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "external-link",
        keywords: &["sub-flow", "workflow", "function", "reuse"],
        docs: "The other flow begins at its trigger \"Called by a flow\" and gives what its \"Return \
               value\" gives. Pin a version to be safe from changes to it; otherwise its latest \
               published version runs. Its costs count into this run's budget. Flows call each other up \
               to ten levels deep.",
        ..About::step(
            "logic.call_flow",
            Category::Logic,
            "Call a flow",
            "Runs another flow and waits for what it returns.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("input", DataType::Object, "Input")],
            [
                Port::new("result", DataType::Any, "Result"),
                Port::new("run_id", DataType::String, "Run"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        if context.run.depth >= MAX_DEPTH {
            let message = format!("flows call each other more than {MAX_DEPTH} levels deep");
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
        let given = take(&mut input, "input");
        Ok(Outcome::Call(SubFlow {
            workflow: settings.workflow,
            version: settings.version,
            input: if given.is_null() { json!({}) } else { given },
            wait: settings.wait,
            state: Value::Null,
        }))
    }

    async fn resume(_: &NodeContext, _: Settings, resume: Resume) -> NodeResult {
        // The engine puts the other run's id into the state.
        let run = resume.state.get("run_id").cloned().unwrap_or_default();
        match resume.cause {
            Cause::Returned { value } => Ok(Output::one("result", value).and("run_id", run).into()),
            Cause::Failed { error } => {
                let message = format!("the called flow failed: {}", error.message);
                Err(NodeError { message, ..error })
            }
            Cause::Elapsed | Cause::TimedOut | Cause::Answered(_) | Cause::Event { .. } => {
                let message = "the node waits for a flow, and something else came";
                Err(NodeError::new(NodeErrorKind::Internal, message))
            }
        }
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let name = settings
            .get("workflow")
            .and_then(Value::as_str)
            .unwrap_or("*");
        let is_open = crate::expression::has_expression(name);
        vec![Capability::Workflow {
            name: if is_open { "*" } else { name }.to_owned(),
        }]
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}
