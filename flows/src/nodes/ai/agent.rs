//! A model that acts: it calls tools until it can answer.

mod servers;
mod state;
mod tools;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use servers::{McpServer, Servers};
use state::State;
use tools::{Called, Tool};

use super::model::{capability, chat, conversation, request};
use super::text::messages;
use crate::graph::{DataType, Port, Ports, is_key};
use crate::node::{
    About, Capability, Category, Cause, Example, Node, NodeContext, NodeError, NodeErrorKind,
    NodeResult, Outcome, Output, RawSettings, Resume, SubFlow,
};
use crate::nodes::shared::{take, take_list};
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Agent;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The model, or an alias of one; it must be able to call tools.
    #[schemars(length(min = 1), extend("x-widget" = "model", "x-operation" = "chat"))]
    model: String,
    /// Who the agent is, what it must and must not do.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    system: String,
    /// The task, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    prompt: Value,
    /// What it can do.
    #[serde(default)]
    #[schemars(length(max = 64))]
    tools: Vec<Tool>,
    /// MCP servers whose tools it can use as well.
    #[serde(default)]
    #[schemars(length(max = 8))]
    mcp_servers: Vec<McpServer>,
    /// Times that the model is asked, at most; the last time it must answer.
    #[serde(default = "iterations")]
    #[schemars(range(min = 1, max = 100))]
    max_iterations: u32,
    /// What all its model calls together may cost, in US dollars. Empty: what the run may cost.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    max_cost_usd: Option<f64>,
    /// How varied answers are: 0 hardly, 2 wildly. Empty: the model's own.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 2.0), extend("x-advanced" = true))]
    temperature: Option<f64>,
    /// Tokens of one answer at most.
    #[serde(default)]
    #[schemars(range(min = 1), extend("x-advanced" = true))]
    max_tokens: Option<u64>,
}

fn iterations() -> u32 {
    10
}

impl Node for Agent {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "robot",
        keywords: &[
            "tools",
            "function calling",
            "assistant",
            "autonomous",
            "react",
            "llm",
            "mcp",
        ],
        docs: "The model is asked, calls tools, sees their results and is asked again, until it answers \
               without calling one. Tools are flows (by their slug, with the arguments as input), web \
               services, and code in the sandbox; a tool's parameters are a JSON Schema, and what they \
               mean belongs into its description. A tool that fails does not end the agent: the model \
               is told why.\n\n`steps` is what it did, in order: tool, arguments, result or error. The \
               steps appear in the run while it works. MCP servers lend their tools as `server_tool`; they are \
               listed when the node begins, and a server that cannot be reached then fails the node. An agent that calls a flow waits for it without \
               holding memory, and goes on after a restart of the server.",
        timeout_ms: 1_800_000,
        is_repeatable: false,
        ..About::step(
            "ai.agent",
            Category::Ai,
            "Agent",
            "Lets a model use tools until it can answer.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [
                Port::new("prompt", DataType::String, "Task"),
                Port::new(
                    "messages",
                    DataType::array(DataType::Message),
                    "Conversation",
                ),
            ],
            [
                Port::new("text", DataType::String, "Answer"),
                Port::new("steps", DataType::array(DataType::Object), "Steps"),
                Port::new("message", DataType::Message, "Message"),
                Port::new("iterations", DataType::Number, "Iterations"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let prompt = text_of(&take(&mut input, "prompt"));
        let history = messages(take_list(&mut input, "messages"))?;
        let messages = conversation(&settings.system, &history, Value::String(prompt));
        if messages.iter().all(|message| message["role"] == "system") {
            return Err(NodeError::settings("prompt", "there is no task"));
        }
        work(context, &settings, State::new(messages)).await
    }

    async fn resume(context: &NodeContext, settings: Settings, resume: Resume) -> NodeResult {
        let mut state = State::read(resume.state)?;
        let result = match resume.cause {
            Cause::Returned { value } => Ok(value),
            Cause::Failed { error } => Err(error.message),
            Cause::Elapsed | Cause::TimedOut | Cause::Answered(_) | Cause::Event { .. } => {
                let message = "the agent waits for a flow, and something else came";
                return Err(NodeError::new(NodeErrorKind::Internal, message));
            }
        };
        state.called(context, result);
        work(context, &settings, state).await
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let tools = settings.get("tools").and_then(Value::as_array);
        let mut seen = std::collections::BTreeSet::new();
        let mut problems = Vec::new();
        for (position, tool) in tools.into_iter().flatten().enumerate() {
            let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
            let why = if !is_key(name) {
                "use a-z first, then up to 63 of a-z, 0-9 and _".to_owned()
            } else if !seen.insert(name) {
                format!("two tools are named `{name}`")
            } else {
                continue;
            };
            problems.push((format!("tools[{position}].name"), why));
        }
        problems.extend(servers::check(settings.get("mcp_servers")));
        problems
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let mut all = capability(settings);
        let tools = settings.get("tools").and_then(Value::as_array);
        all.extend(tools.into_iter().flatten().flat_map(tools::capabilities));
        let servers = settings.get("mcp_servers").and_then(Value::as_array);
        let servers = servers.into_iter().flatten();
        all.extend(servers.flat_map(servers::capabilities));
        all
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

/// Goes on from a state until the model answers or a flow must be waited for.
async fn work(context: &NodeContext, settings: &Settings, state: State) -> NodeResult {
    let own = settings.tools.iter().map(|tool| tool.name.as_str());
    let servers = Servers::open(context, &settings.mcp_servers, own).await?;
    let result = go_on(context, settings, &servers, state).await;
    servers.close().await;
    result
}

async fn go_on(
    context: &NodeContext,
    settings: &Settings,
    servers: &Servers,
    mut state: State,
) -> NodeResult {
    loop {
        while let Some((name, arguments)) = state.next_call() {
            let result = match arguments {
                Ok(arguments) => call(context, settings, servers, &name, arguments).await?,
                Err(why) => Called::Failed(why),
            };
            match result {
                Called::Gave(value) => state.called(context, Ok(value)),
                Called::Failed(why) => state.called(context, Err(why)),
                Called::Flow {
                    workflow,
                    version,
                    input,
                } => {
                    return Ok(Outcome::Call(SubFlow {
                        workflow,
                        version,
                        input,
                        wait: true,
                        state: state.write()?,
                    }));
                }
            }
        }
        if let Some(output) = ask(context, settings, servers, &mut state).await? {
            return Ok(output.into());
        }
    }
}

async fn call(
    context: &NodeContext,
    settings: &Settings,
    servers: &Servers,
    name: &str,
    arguments: Value,
) -> Result<Called, NodeError> {
    if let Some(tool) = settings.tools.iter().find(|tool| tool.name == name) {
        return tool.call(context, arguments).await;
    }
    let called = servers.call(name, arguments).await;
    Ok(called.unwrap_or_else(|| Called::Failed(format!("there is no tool `{name}`"))))
}

/// Whether a budget in US dollars is used up.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to nine million dollars"
)]
fn is_spent(nano_usd: i64, max_usd: f64) -> bool {
    nano_usd as f64 >= max_usd * 1e9
}

/// Asks the model once; gives the output when it has answered.
async fn ask(
    context: &NodeContext,
    settings: &Settings,
    servers: &Servers,
    state: &mut State,
) -> Result<Option<Output>, NodeError> {
    let max = settings.max_iterations.max(1);
    if state.iterations >= max {
        let message = format!("the agent has not answered within {max} iterations");
        let details = json!({"steps": state.steps});
        let error = NodeError::new(NodeErrorKind::Limit, message).with_details(details);
        return Err(error.permanent());
    }
    if let Some(most) = settings.max_cost_usd
        && is_spent(state.nano_usd, most)
    {
        let message = format!("the agent has used up its budget of {most} US dollars");
        let details = json!({"steps": state.steps});
        let error = NodeError::new(NodeErrorKind::Limit, message).with_details(details);
        return Err(error.permanent());
    }
    let mut body = request(
        &settings.model,
        state.messages.clone(),
        settings.temperature,
        settings.max_tokens,
    );
    let own = settings.tools.iter().map(Tool::describe);
    let tools: Vec<Value> = own.chain(servers.describe()).collect();
    if !tools.is_empty() {
        body.insert("tools".to_owned(), tools.into());
        if state.iterations + 1 == max {
            body.insert("tool_choice".to_owned(), "none".into());
        }
    }
    let answer = chat(context, body, Some("text")).await?;
    state.iterations += 1;
    state.nano_usd += answer.nano_usd;
    let message = answer.message();
    state.messages.push(message.clone());
    if answer.tool_calls.is_empty() {
        let steps = std::mem::take(&mut state.steps);
        let output = Output::one("text", answer.text)
            .and("steps", steps)
            .and(
                "message",
                json!({"role": "assistant", "content": message["content"]}),
            )
            .and("iterations", state.iterations);
        return Ok(Some(output));
    }
    state.pending = answer.tool_calls;
    Ok(None)
}
