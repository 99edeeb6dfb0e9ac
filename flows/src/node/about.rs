//! What a node type says of itself.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::value::PortValues;

/// Where the editor lists a node type.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Begins a run.
    Input,
    /// Asks a model.
    Ai,
    /// Works with collections of documents.
    Knowledge,
    /// Decides what runs, how often and when.
    Logic,
    /// Changes values.
    Data,
    /// Acts on the world.
    Output,
}

impl Category {
    /// All, in the order in which the editor lists them.
    pub const ALL: [Self; 6] = [
        Self::Input,
        Self::Ai,
        Self::Knowledge,
        Self::Logic,
        Self::Data,
        Self::Output,
    ];

    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Ai => "ai",
            Self::Knowledge => "knowledge",
            Self::Logic => "logic",
            Self::Data => "data",
            Self::Output => "output",
        }
    }
}

/// What role a node type has in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NodeRole)]
pub enum Role {
    /// It takes values and gives values.
    #[default]
    Step,
    /// A run begins at it.
    Trigger,
    /// It has an inside that it runs some times.
    Container,
}

/// The constant facts of a node type.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its name in graphs, `category.name`, such as `logic.if`. Never changes.
    pub id: &'static str,
    /// Version of its settings; rises when old settings need [`migrate`](super::Node::migrate).
    pub version: u32,
    /// What role it has.
    pub role: Role,
    /// Where it is listed.
    pub category: Category,
    /// For people.
    pub title: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// A name of the editor's icon set (Tabler).
    pub icon: &'static str,
    /// More words it is found by.
    pub keywords: &'static [&'static str],
    /// How to use it, in Markdown, for `docs/nodes.md` and the editor.
    pub docs: &'static str,
    /// Time of one attempt when neither node nor flow says otherwise, in milliseconds.
    pub timeout_ms: u64,
    /// Running it twice with the same input does no more than once, so that the engine may repeat
    /// it after a crash without a word. Others see the same idempotency key.
    pub is_repeatable: bool,
}

impl About {
    /// Facts of a step with the usual timeout (a minute) that may be repeated.
    pub const fn step(
        id: &'static str,
        category: Category,
        title: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            id,
            version: 1,
            role: Role::Step,
            category,
            title,
            summary,
            icon: "box",
            keywords: &[],
            docs: "",
            timeout_ms: 60_000,
            is_repeatable: true,
        }
    }
}

/// A node at work: shown in the documentation, and run by a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Example {
    /// What it shows.
    pub title: String,
    /// The node's settings.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// What arrives, by port.
    #[schema(value_type = Object)]
    pub input: PortValues,
    /// What it gives, by port.
    #[schema(value_type = Object)]
    pub output: PortValues,
}

impl Example {
    /// An example of JSON objects.
    pub fn new(title: &str, settings: Value, input: Value, output: Value) -> Self {
        let object = |value: Value| match value {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        Self {
            title: title.to_owned(),
            settings: object(settings),
            input: object(input),
            output: object(output),
        }
    }
}

/// Something a node may touch; a flow's permission sheet is the union of its nodes'.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Capability {
    /// Connects to this host; `*` when an expression decides.
    Host {
        /// Name and, where it is not the usual one, port.
        host: String,
    },
    /// Reads a secret of the project.
    Secret {
        /// Its name.
        name: String,
    },
    /// Uses a stored credential.
    Credential {
        /// `provider/name`.
        name: String,
    },
    /// Asks this model; `*` when an expression decides.
    Model {
        /// Name or alias.
        name: String,
    },
    /// Reads a collection.
    CollectionRead {
        /// Its slug.
        name: String,
    },
    /// Writes into a collection.
    CollectionWrite {
        /// Its slug.
        name: String,
    },
    /// Runs the user's code in the sandbox.
    Code {
        /// `javascript` or `python`.
        language: String,
    },
    /// Runs another flow.
    Workflow {
        /// Its slug.
        name: String,
    },
    /// Sends something to people: mail, chat.
    Notify {
        /// `email`, `slack`, …
        channel: String,
    },
}

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, name) = match self {
            Self::Host { host } => ("host", host),
            Self::Secret { name } => ("secret", name),
            Self::Credential { name } => ("credential", name),
            Self::Model { name } => ("model", name),
            Self::CollectionRead { name } => ("reading collection", name),
            Self::CollectionWrite { name } => ("writing collection", name),
            Self::Code { language } => ("code in", language),
            Self::Workflow { name } => ("flow", name),
            Self::Notify { channel } => ("messages by", channel),
        };
        write!(f, "{what} {name}")
    }
}
