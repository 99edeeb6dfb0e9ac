//! Node types behind one pointer.

use std::fmt;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    About, Capability, Category, Contained, Example, Node, NodeContext, NodeError, NodeErrorKind,
    NodeResult, RawSettings, Resume, Role,
};
use crate::graph::Ports;
use crate::value::PortValues;

/// A node type whose settings are not known at compile time; see [`Node`] for what each does.
pub trait AnyNode: Send + Sync {
    /// Constant facts.
    fn about(&self) -> &'static About;
    /// JSON Schema of the settings.
    fn schema(&self) -> Value;
    /// Ports with these settings.
    fn ports(&self, settings: &RawSettings) -> Ports;
    /// Runs it; `settings` are evaluated.
    fn run<'a>(
        &'a self,
        context: &'a NodeContext,
        settings: RawSettings,
        input: PortValues,
    ) -> BoxFuture<'a, NodeResult>;
    /// Goes on after a wait.
    fn resume<'a>(
        &'a self,
        context: &'a NodeContext,
        settings: RawSettings,
        resume: Resume,
    ) -> BoxFuture<'a, NodeResult>;
    /// Ends a container.
    fn finish<'a>(
        &'a self,
        context: &'a NodeContext,
        settings: RawSettings,
        contained: Contained,
    ) -> BoxFuture<'a, NodeResult>;
    /// Settings of the next version.
    ///
    /// # Errors
    /// What cannot be carried over.
    fn migrate(&self, from: u32, settings: RawSettings) -> Result<RawSettings, String>;
    /// What it may touch.
    fn capabilities(&self, settings: &RawSettings) -> Vec<Capability>;
    /// What the schema cannot say.
    fn check(&self, settings: &RawSettings) -> Vec<(String, String)>;
    /// At work.
    fn examples(&self) -> Vec<Example>;
}

/// Puts a [`Node`] behind [`AnyNode`].
pub struct Adapter<N>(PhantomData<fn() -> N>);

impl<N> Adapter<N> {
    /// The adapter; it holds nothing.
    pub const NEW: Self = Self(PhantomData);
}

impl<N> fmt::Debug for Adapter<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<N>())
    }
}

/// Gives each property without a title one made of its key: `max_items` is "Max items".
fn add_titles(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(add_titles),
        Value::Object(object) => {
            for (key, part) in object.iter_mut() {
                let properties = part.as_object_mut().filter(|_| key == "properties");
                for (name, property) in properties.into_iter().flatten() {
                    if let Value::Object(property) = property
                        && !property.contains_key("title")
                    {
                        property.insert("title".to_owned(), title(name).into());
                    }
                }
                add_titles(part);
            }
        }
        _ => {}
    }
}

fn title(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// Reads evaluated settings. A value that does not fit is the expression's fault or the author's.
fn read<N: Node>(settings: RawSettings) -> Result<N::Settings, NodeError> {
    serde_path_to_error::deserialize(Value::Object(settings)).map_err(|error| {
        let path = error.path().to_string();
        let problem = NodeError::new(NodeErrorKind::Settings, error.into_inner().to_string());
        if path == "." {
            problem
        } else {
            problem.at(path)
        }
    })
}

impl<N: Node> AnyNode for Adapter<N> {
    fn about(&self) -> &'static About {
        &N::ABOUT
    }

    fn schema(&self) -> Value {
        let mut schema = schemars::schema_for!(N::Settings).to_value();
        add_titles(&mut schema);
        schema
    }

    fn ports(&self, settings: &RawSettings) -> Ports {
        N::ports(settings)
    }

    fn run<'a>(
        &'a self,
        context: &'a NodeContext,
        settings: RawSettings,
        input: PortValues,
    ) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move { N::run(context, read::<N>(settings)?, input).await })
    }

    fn resume<'a>(
        &'a self,
        context: &'a NodeContext,
        settings: RawSettings,
        resume: Resume,
    ) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move { N::resume(context, read::<N>(settings)?, resume).await })
    }

    fn finish<'a>(
        &'a self,
        context: &'a NodeContext,
        settings: RawSettings,
        contained: Contained,
    ) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move { N::finish(context, read::<N>(settings)?, contained).await })
    }

    fn migrate(&self, from: u32, settings: RawSettings) -> Result<RawSettings, String> {
        N::migrate(from, settings)
    }

    fn capabilities(&self, settings: &RawSettings) -> Vec<Capability> {
        N::capabilities(settings)
    }

    fn check(&self, settings: &RawSettings) -> Vec<(String, String)> {
        N::check(settings)
    }

    fn examples(&self) -> Vec<Example> {
        N::examples()
    }
}

/// A node type as the API shows it: all that the editor needs to list it, draw it and make its form.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NodeTypeInfo {
    /// Its name in graphs.
    #[serde(rename = "type")]
    pub kind: String,
    /// Version of its settings.
    pub version: u32,
    /// What role it has.
    pub role: Role,
    /// Where it is listed.
    pub category: Category,
    /// For people.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// A name of the icon set.
    pub icon: String,
    /// More words it is found by.
    pub keywords: Vec<String>,
    /// How to use it, in Markdown.
    pub docs: String,
    /// Time of one attempt in milliseconds, unless the node says otherwise.
    pub timeout_ms: u64,
    /// JSON Schema of the settings.
    #[schema(value_type = Object)]
    pub settings_schema: Value,
    /// Ports with default settings.
    pub ports: Ports,
    /// Whether ports follow the settings: ask `POST /api/v1/node-types/{type}/ports` after a change.
    pub has_dynamic_ports: bool,
    /// At work.
    pub examples: Vec<Example>,
}

impl NodeTypeInfo {
    /// What `node` says of itself.
    pub fn of(node: &dyn AnyNode) -> Self {
        let about = node.about();
        let ports = node.ports(&Map::new());
        let examples = node.examples();
        let has_dynamic_ports = examples.iter().any(|e| node.ports(&e.settings) != ports);
        Self {
            kind: about.id.to_owned(),
            version: about.version,
            role: about.role,
            category: about.category,
            title: about.title.to_owned(),
            summary: about.summary.to_owned(),
            icon: about.icon.to_owned(),
            keywords: about.keywords.iter().map(ToString::to_string).collect(),
            docs: about.docs.trim().to_owned(),
            timeout_ms: about.timeout_ms,
            settings_schema: node.schema(),
            ports,
            has_dynamic_ports,
            examples,
        }
    }
}
