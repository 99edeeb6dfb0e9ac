//! A tool's call: a run that is waited for.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    CallToolResult, ContentBlock, ErrorData, MetaObject, ProgressNotificationParam, ProgressToken,
};
use rmcp::service::{Peer, RequestContext};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::TRIGGER_WORD;
use super::serve::{McpCaller, broken};
use crate::deploy::model::Unfinished;
use crate::deploy::speaker::answer_of;
use crate::graph::{Graph, NodeId};
use crate::ids::RunId;
use crate::node::NodeErrorKind;
use crate::nodes::check_given;
use crate::run::http::Watch;
use crate::run::{EventKind, Options, Start};
use crate::sql::tools::LiveTool;

/// How a run came to its end, as far as somebody waited.
enum Ended {
    Completed,
    Failed(String),
    /// The time is over, and the run goes on.
    Late,
    /// The client waits no longer.
    Left,
}

impl McpCaller {
    /// Runs the flow and waits for its end. What goes wrong in it is told to the model.
    pub(super) async fn run(
        &self,
        tool: &LiveTool,
        arguments: Value,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let org = self.who.org_id();
        let found = self
            .deployments
            .find(org, &tool.slug, crate::deploy::http::TRIGGER)
            .await;
        let flow = match found {
            Ok(flow) => flow,
            Err(error) if error.kind == crate::ErrorKind::Internal => return Err(broken(&error)),
            Err(error) => return Ok(failed(None, error.message)),
        };
        let Some(trigger) = crate::deploy::http::trigger(&flow.graph) else {
            return Ok(failed(None, "the flow was published anew; list the tools"));
        };
        if let Err(error) = check_given(&trigger.settings, &arguments) {
            return Ok(failed(None, error.to_string()));
        }
        let options = Options {
            trigger_node: Some(trigger.id.clone()),
            ..Options::default()
        };
        let progress = context.meta.get_progress_token().map(|token| Progress {
            token,
            peer: context.peer.clone(),
            begun: 0.0,
        });
        let graph = flow.graph.clone();
        let start = Start {
            flow,
            input: arguments,
            trigger: TRIGGER_WORD.to_owned(),
            options,
            depth: 0,
        };
        let engine = &self.deployments.engine;
        let heard = engine.hub().subscribe();
        let started = match engine.start(&self.who, start).await {
            Ok(started) => started.id,
            Err(error) if error.kind == NodeErrorKind::Internal => return Err(broken(&error)),
            Err(error) => return Ok(failed(None, error.to_string())),
        };
        let mut run = Unfinished::new(engine.clone(), org, started);
        let watch = Watch::of_new(engine.clone(), org, started, heard);
        let most = Duration::from_millis(tool.timeout_ms.unsigned_abs());
        let waited = wait(watch, most, progress, &graph);
        let ended = tokio::select! {
            ended = waited => ended,
            () = context.ct.cancelled() => Ended::Left,
        };
        if !matches!(ended, Ended::Left) {
            run.leave();
        }
        match ended {
            Ended::Completed => {
                let row = engine.row(org, started).await.map_err(|e| broken(&e))?;
                let output = row.and_then(|row| row.output).map(|json| json.0);
                Ok(given(started, output.unwrap_or_default()))
            }
            Ended::Failed(why) => Ok(failed(Some(started), format!("the flow failed: {why}"))),
            Ended::Late => {
                let message = format!(
                    "the flow has not ended within {} seconds; it goes on as execution {started}, \
                     so do not call it again for the same result",
                    most.as_secs(),
                );
                Ok(failed(Some(started), message))
            }
            Ended::Left => Ok(failed(Some(started), "the call was cancelled")),
        }
    }
}

/// Waits for the end of a run, telling of its nodes.
async fn wait(
    mut watch: Watch,
    most: Duration,
    mut progress: Option<Progress>,
    graph: &Graph,
) -> Ended {
    let deadline = Instant::now() + most;
    loop {
        let event = match timeout_at(deadline, watch.next()).await {
            Ok(Some(event)) => event,
            Ok(None) => return Ended::Failed("the run is gone".to_owned()),
            Err(_) => return Ended::Late,
        };
        match &event.kind {
            EventKind::Completed { .. } => return Ended::Completed,
            EventKind::Error { message } => return Ended::Failed(message.clone()),
            EventKind::NodeStarted => {
                if let (Some(progress), Some(node)) = (&mut progress, &event.node) {
                    progress.tell(graph, node).await;
                }
            }
            EventKind::Started
            | EventKind::NodeStreamed { .. }
            | EventKind::Progress { .. }
            | EventKind::Waiting => {}
        }
    }
}

/// Tells the client which node is at work.
struct Progress {
    token: ProgressToken,
    peer: Peer<RoleServer>,
    /// Nodes that have begun. How many there will be is not known beforehand.
    begun: f64,
}

impl Progress {
    async fn tell(&mut self, graph: &Graph, id: &NodeId) {
        self.begun += 1.0;
        let node = graph.nodes.iter().find(|node| node.id == *id);
        let name = node.map(|node| node.name.trim()).unwrap_or_default();
        let name = if name.is_empty() { id.as_str() } else { name };
        let params =
            ProgressNotificationParam::new(self.token.clone(), self.begun).with_message(name);
        // A client that does not listen any more is noticed elsewhere.
        let _ = self.peer.notify_progress(params).await;
    }
}

/// What the flow returned: as text, and as it is where it is an object.
fn given(run: RunId, output: Value) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(answer_of(&output))]);
    result.structured_content = Some(output).filter(Value::is_object);
    named(result, Some(run))
}

/// A failure that the model reads.
fn failed(run: Option<RunId>, why: impl Into<String>) -> CallToolResult {
    let result = CallToolResult::error(vec![ContentBlock::text(why)]);
    named(result, run)
}

fn named(mut result: CallToolResult, run: Option<RunId>) -> CallToolResult {
    if let Some(run) = run {
        let mut meta = MetaObject::default();
        meta.0
            .insert("execution_id".to_owned(), run.to_string().into());
        result.meta = Some(meta);
    }
    result
}
