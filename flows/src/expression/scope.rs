//! What expressions can name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use accounts::{MASK, Secret};
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde, Value as Engine};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::graph::NodeId;
use crate::mask::Masker;
use crate::node::NodeError;
use crate::value::PortValues;

/// The names that expressions begin with.
pub const ROOTS: [&str; 9] = [
    "input", "incoming", "nodes", "vars", "secrets", "item", "index", "run", "now",
];

/// A value that is made ready for expressions when the first of them asks for it.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<Lazy>);

#[derive(Debug, Default)]
struct Lazy {
    json: Value,
    engine: OnceLock<Engine>,
}

impl Shared {
    /// The JSON value.
    pub fn json(&self) -> &Value {
        &self.0.json
    }

    pub(crate) fn engine(&self) -> Engine {
        let make = || Engine::from(Serde(&self.0.json));
        self.0.engine.get_or_init(make).clone()
    }
}

impl From<Value> for Shared {
    fn from(json: Value) -> Self {
        Self(Arc::new(Lazy {
            json,
            engine: OnceLock::new(),
        }))
    }
}

impl From<PortValues> for Shared {
    fn from(values: PortValues) -> Self {
        Self::from(Value::Object(values))
    }
}

/// How far a node has come.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    /// It gave its output.
    Done,
    /// It was passed over: all that leads to it was dead.
    Skipped,
    /// It failed, and the flow went on (error branch, default output).
    Failed,
}

impl NodeStatus {
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// A finished node as expressions see it: `nodes.<id>.output`, `.error`, `.status`.
#[derive(Debug, Clone)]
pub struct NodeRecord {
    /// How far it has come.
    pub status: NodeStatus,
    /// Values by port.
    pub output: Shared,
    /// Why it failed.
    pub error: Option<Arc<NodeError>>,
    /// Why it was passed over, for "why is this empty?".
    pub why: Option<Arc<str>>,
}

impl NodeRecord {
    /// A node that gave this.
    pub fn done(output: PortValues) -> Self {
        Self {
            status: NodeStatus::Done,
            output: output.into(),
            error: None,
            why: None,
        }
    }

    /// A node that was passed over.
    pub fn skipped(why: impl Into<Arc<str>>) -> Self {
        Self {
            status: NodeStatus::Skipped,
            output: PortValues::new().into(),
            error: None,
            why: Some(why.into()),
        }
    }

    /// A node that failed; `output` is the default its policy names.
    pub fn failed(error: NodeError, output: PortValues) -> Self {
        Self {
            status: NodeStatus::Failed,
            output: output.into(),
            error: Some(Arc::new(error)),
            why: None,
        }
    }

    /// The error as JSON, `null` without one.
    pub fn error_json(&self) -> Value {
        let error = self.error.as_deref();
        error.map_or(Value::Null, |error| {
            serde_json::to_value(error).unwrap_or_default()
        })
    }
}

/// The project's secrets, handed out one by one and masked from then on.
#[derive(Debug, Default)]
pub struct Secrets {
    values: BTreeMap<String, Secret>,
    masker: Arc<Masker>,
}

impl Secrets {
    /// Secrets by name; each one that is read becomes known to `masker`.
    pub fn new(values: BTreeMap<String, Secret>, masker: Arc<Masker>) -> Self {
        Self { values, masker }
    }

    /// The names.
    pub fn names(&self) -> BTreeSet<String> {
        self.values.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Option<&Secret> {
        let secret = self.values.get(name)?;
        self.masker.add(secret);
        Some(secret)
    }
}

/// Everything an expression can name at one place of a run. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Scope {
    /// `input`: what the run was started with.
    pub input: Shared,
    /// `incoming`: values at the node's own input ports.
    pub incoming: Shared,
    /// `vars`: of project and flow, as "set variable" left them.
    pub vars: BTreeMap<String, Shared>,
    /// `secrets`.
    pub secrets: Arc<Secrets>,
    /// `item`: of the innermost loop.
    pub item: Option<Shared>,
    /// `index`: of the innermost loop, from 0.
    pub index: Option<u32>,
    /// `run`: `id`, `started_at`, `trigger`, …
    pub run: Shared,
    /// `now`: RFC 3339.
    pub now: String,
    /// Finished nodes of this level.
    pub nodes: BTreeMap<NodeId, NodeRecord>,
    /// The scope around a loop's inside.
    pub outside: Option<Arc<Self>>,
}

impl Scope {
    /// Notes a finished node of this level.
    pub fn set_node(&mut self, id: NodeId, record: NodeRecord) {
        self.nodes.insert(id, record);
    }

    /// The record of a node, of this level or of one further out.
    pub fn node(&self, id: &str) -> Option<&NodeRecord> {
        let outside = || self.outside.as_ref().and_then(|scope| scope.node(id));
        self.nodes.get(id).or_else(outside)
    }

    /// Ids of all nodes that are finished.
    pub fn node_ids(&self) -> BTreeSet<&str> {
        let mut ids = self
            .outside
            .as_ref()
            .map_or_else(BTreeSet::new, |s| s.node_ids());
        ids.extend(self.nodes.keys().map(NodeId::as_str));
        ids
    }

    /// The scope of one iteration of `container`: sees everything here, and `item` and `index`, also as
    /// `nodes.<container>.output.item` and `.index`. `last` is the result of the iteration before.
    #[must_use]
    pub fn inside(
        self: &Arc<Self>,
        container: NodeId,
        item: Value,
        index: u32,
        last: Value,
    ) -> Self {
        let mut output = PortValues::new();
        output.insert("item".to_owned(), item.clone());
        output.insert("index".to_owned(), json!(index));
        output.insert("last".to_owned(), last);
        Self {
            input: self.input.clone(),
            incoming: Shared::default(),
            vars: self.vars.clone(),
            secrets: Arc::clone(&self.secrets),
            item: Some(item.into()),
            index: Some(index),
            run: self.run.clone(),
            now: self.now.clone(),
            nodes: BTreeMap::from([(container, NodeRecord::done(output))]),
            outside: Some(Arc::clone(self)),
        }
    }

    /// The same scope with `item` and `index` of a list that a node itself goes through.
    #[must_use]
    pub fn with_item(&self, item: Value, index: usize) -> Self {
        Self {
            item: Some(item.into()),
            index: u32::try_from(index).ok(),
            ..self.clone()
        }
    }

    /// A scope made of sample data, for previews: `{input, incoming, vars, item, index, run, nodes:
    /// {id: {output, error, status}}}`. Secrets show as `***`.
    pub fn sample(data: &Map<String, Value>) -> Self {
        let part = |name: &str| data.get(name).cloned().unwrap_or_default();
        let mut scope = Self {
            input: part("input").into(),
            incoming: part("incoming").into(),
            item: data.get("item").cloned().map(Shared::from),
            index: data
                .get("index")
                .and_then(Value::as_u64)
                .and_then(|n| u32::try_from(n).ok()),
            run: part("run").into(),
            now: part("now").as_str().unwrap_or_default().to_owned(),
            ..Self::default()
        };
        if let Value::Object(vars) = part("vars") {
            scope.vars = vars.into_iter().map(|(name, v)| (name, v.into())).collect();
        }
        if let Value::Object(nodes) = part("nodes") {
            for (id, node) in nodes {
                scope.set_node(id.into(), sample_node(&node));
            }
        }
        scope
    }

    pub(crate) fn context(&self, secrets: Reveal) -> Engine {
        Engine::from_object(Context {
            scope: self.clone(),
            secrets,
        })
    }

    /// The JSON behind a root other than `nodes` and `secrets`.
    pub(crate) fn root(&self, name: &str) -> Option<&Value> {
        match name {
            "input" => Some(self.input.json()),
            "incoming" => Some(self.incoming.json()),
            "run" => Some(self.run.json()),
            "item" => self.item.as_ref().map(Shared::json),
            _ => None,
        }
    }
}

fn sample_node(node: &Value) -> NodeRecord {
    let output = node.get("output").and_then(Value::as_object).cloned();
    let output = output.unwrap_or_default();
    let error = node.get("error").cloned().unwrap_or_default();
    match node.get("status").and_then(Value::as_str) {
        Some("skipped") => NodeRecord::skipped("it was passed over in the run this sample is of"),
        Some("failed") => {
            let error = serde_json::from_value(error).unwrap_or_else(|_| {
                NodeError::new(
                    crate::node::NodeErrorKind::Internal,
                    "it failed in this sample",
                )
            });
            NodeRecord::failed(error, output)
        }
        _ => NodeRecord::done(output),
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("nodes", &self.node_ids())
            .finish_non_exhaustive()
    }
}

/// Whether secrets are their text or `***`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reveal {
    Text,
    Mask,
}

#[derive(Debug)]
struct Context {
    scope: Scope,
    secrets: Reveal,
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Engine) -> Option<Engine> {
        let scope = &self.scope;
        match key.as_str()? {
            "input" => Some(scope.input.engine()),
            "incoming" => Some(scope.incoming.engine()),
            "run" => Some(scope.run.engine()),
            "item" => scope.item.as_ref().map(Shared::engine),
            "index" => scope.index.map(Engine::from),
            "now" => Some(Engine::from(scope.now.as_str())),
            "nodes" => Some(Engine::from_object(Nodes(scope.clone()))),
            "vars" => Some(Engine::from_object(Vars(scope.clone()))),
            "secrets" => Some(Engine::from_object(SecretNames {
                secrets: Arc::clone(&scope.secrets),
                reveal: self.secrets,
            })),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&ROOTS)
    }
}

#[derive(Debug)]
struct Nodes(Scope);

impl Object for Nodes {
    fn get_value(self: &Arc<Self>, key: &Engine) -> Option<Engine> {
        let record = self.0.node(key.as_str()?)?;
        Some(Engine::from_object(NodeFields(record.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let ids = self.0.node_ids().into_iter().map(Engine::from);
        Enumerator::Values(ids.collect())
    }
}

#[derive(Debug)]
struct NodeFields(NodeRecord);

impl Object for NodeFields {
    fn get_value(self: &Arc<Self>, key: &Engine) -> Option<Engine> {
        match key.as_str()? {
            "output" => Some(self.0.output.engine()),
            "status" => Some(Engine::from(self.0.status.word())),
            "error" => Some(Engine::from(Serde(&self.0.error_json()))),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["output", "error", "status"])
    }
}

#[derive(Debug)]
struct Vars(Scope);

impl Object for Vars {
    fn get_value(self: &Arc<Self>, key: &Engine) -> Option<Engine> {
        self.0.vars.get(key.as_str()?).map(Shared::engine)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.0.vars.keys().map(|name| Engine::from(name.as_str()));
        Enumerator::Values(names.collect())
    }
}

#[derive(Debug)]
struct SecretNames {
    secrets: Arc<Secrets>,
    reveal: Reveal,
}

impl Object for SecretNames {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        // Cannot be iterated, listed or written as a whole: each use names its secret.
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Engine) -> Option<Engine> {
        let name = key.as_str()?;
        match self.reveal {
            Reveal::Mask => Some(Engine::from(MASK)),
            Reveal::Text => self.secrets.read(name).map(|s| Engine::from(s.expose())),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result
    where
        Self: Sized + 'static,
    {
        f.write_str(MASK)
    }
}
