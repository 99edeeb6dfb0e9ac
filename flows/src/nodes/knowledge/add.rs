//! Documents into a collection.

use std::time::Duration;

use accounts::Secret;
use rag::ingest::{Accepted, Intake};
use rag::library::{Collection, Document, Status};
use rag::search::Attributes;
use rag::{DocumentId, Rag};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::Micros;

use super::hub::{collection, failed, given, hub};
use crate::expression::has_expression;
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult,
    Outcome, Output, RawSettings, Resume, Suspend, Wait,
};
use crate::nodes::shared::take_list;
use crate::value::{Document as Text, File, PortValues, text_of};

pub(in crate::nodes) struct Add;

/// What a text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TextIs {
    /// The document itself.
    #[default]
    Text,
    /// An address that the document is fetched from.
    Url,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The collection.
    #[schemars(length(min = 1), extend("x-widget" = "collection"))]
    collection: String,
    /// A file, a text, an address, or a list of such, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    content: Value,
    /// What a text is: the document itself, or where it is.
    #[serde(default)]
    text_is: TextIs,
    /// What the document is called. Empty: the file's name, the last part of the address, or "Note".
    /// A text's extension says what it is: `.md`, `.html`, `.csv`.
    #[serde(default)]
    name: String,
    /// What filters look at: an object of texts, numbers and truth values.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    attributes: Map<String, Value>,
    /// Words to find it by.
    #[serde(default)]
    #[schemars(length(max = 16))]
    tags: Vec<String>,
    /// Go on only when the document can be found; otherwise as soon as it lies safe.
    #[serde(default = "yes")]
    wait: bool,
    /// Minutes to wait at most.
    #[serde(default = "half_an_hour")]
    #[schemars(range(min = 1, max = 1440), extend("x-advanced" = true,
        "x-show-if" = {"field": "wait", "is": [true]}))]
    wait_minutes: u32,
    /// A document with the same bytes that is there already is given in place of a second one.
    #[serde(default = "yes")]
    #[schemars(extend("x-advanced" = true))]
    skip_duplicates: bool,
    /// Opens a locked file.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true, "x-placeholder" = "{{ secrets.password }}"))]
    password: String,
}

fn yes() -> bool {
    true
}

fn half_an_hour() -> u32 {
    30
}

/// Documents of one node at most.
const MOST: usize = 1_000;
/// Small texts are read within this time, in which the node just waits for them.
const AT_ONCE: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long it sleeps between two looks after that, holding no memory.
const SLEEP: Duration = Duration::from_secs(3);

/// What is kept while the node sleeps.
#[derive(Debug, Serialize, Deserialize)]
struct Added {
    ids: Vec<DocumentId>,
    /// How many of them were there before.
    known: usize,
    until: Micros,
}

impl Node for Add {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "book-upload",
        keywords: &[
            "rag",
            "ingest",
            "upload",
            "index",
            "documents",
            "knowledge base",
            "remember",
            "memory",
        ],
        docs: "Files of all kinds (PDF, Office, HTML, mail, tables, pictures with text, sound), texts and \
               addresses become documents of the collection: read in the sandbox, cut and made \
               searchable by the collection's own settings. With *Wait* the node goes on when they can \
               be found, and fails with the reason when one cannot be read.\n\n`document_id` is the \
               first one's, `documents` has all with name, status and number of chunks. What the \
               reading costs (vectors, transcription) is paid by who runs the flow, beside the run's \
               budget.",
        is_repeatable: false,
        timeout_ms: 300_000,
        ..About::step(
            "knowledge.add",
            Category::Knowledge,
            "Add to collection",
            "Puts files, texts or web pages into a collection.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("content", DataType::Any, "Content")
                .required()
                .about("A file, a text, an address, a document, or a list of such.")],
            [
                Port::new("document_id", DataType::String, "Document"),
                Port::new("documents", DataType::array(DataType::Object), "Documents"),
                Port::new("is_new", DataType::Boolean, "Is new"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let contents = take_list(&mut input, "content");
        if contents.is_empty() || contents.len() > MOST {
            let message = format!("there must be 1 to {MOST} things to add");
            return Err(NodeError::input(message).at("content"));
        }
        let hub = hub(context)?;
        let into = collection(context, "collection", &settings.collection).await?;
        let mut added = Added {
            ids: Vec::with_capacity(contents.len()),
            known: 0,
            until: context
                .now()
                .plus(Duration::from_secs(u64::from(settings.wait_minutes) * 60)),
        };
        let is_one = contents.len() == 1;
        for content in contents {
            let accepted = add(context, hub, &into, &settings, is_one, content).await?;
            added.known += usize::from(accepted.job.is_none());
            added.ids.push(accepted.document.id);
        }
        let began = tokio::time::Instant::now();
        loop {
            let documents = documents(hub, &into, &added.ids).await?;
            if !settings.wait || are_ready(&documents)? {
                return Ok(done(&documents, &added));
            }
            if began.elapsed() > AT_ONCE {
                return sleep(context, added);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn resume(context: &NodeContext, settings: Settings, resume: Resume) -> NodeResult {
        let added: Added = serde_json::from_value(resume.state).map_err(|error| {
            let message = format!("what was kept cannot be read: {error}");
            NodeError::new(NodeErrorKind::Internal, message)
        })?;
        let into = collection(context, "collection", &settings.collection).await?;
        let documents = documents(hub(context)?, &into, &added.ids).await?;
        if are_ready(&documents)? {
            return Ok(done(&documents, &added));
        }
        sleep(context, added)
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let name = settings.get("collection").and_then(Value::as_str);
        let name = name.filter(|name| !has_expression(name)).unwrap_or("*");
        vec![Capability::CollectionWrite {
            name: name.to_owned(),
        }]
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

async fn add(
    context: &NodeContext,
    hub: &Rag,
    into: &Collection,
    settings: &Settings,
    is_one: bool,
    content: Value,
) -> Result<Accepted, NodeError> {
    let (who, place) = (&context.principal, into.place());
    let mut intake = Intake {
        name: settings.name.trim().to_owned(),
        content_type: String::new(),
        attributes: attributes(&settings.attributes)?,
        tags: settings.tags.clone(),
        password: given(settings.password.clone()).map(Secret::new),
        skip_duplicates: settings.skip_duplicates,
        file: None,
    };
    let named = |intake: &mut Intake, own: &str| {
        if intake.name.is_empty() || !is_one {
            own.clone_into(&mut intake.name);
        }
    };
    let bytes = if let Some(file) = File::from_value(&content) {
        named(&mut intake, &file.name);
        intake.content_type.clone_from(&file.media_type);
        context.get_file(&file).await?
    } else {
        let text = text_of(&content);
        if settings.text_is == TextIs::Url {
            let added = hub.add_url(who, place, intake, text.trim()).await;
            return added.map_err(|error| failed(&error));
        }
        if text.trim().is_empty() {
            return Err(NodeError::input("the text is empty").at("content"));
        }
        let title = serde_json::from_value::<Text>(content).map(|document| document.title);
        let title = title.ok().filter(|title| !title.is_empty());
        named(&mut intake, title.as_deref().unwrap_or("Note.md"));
        "text/plain".clone_into(&mut intake.content_type);
        text.into()
    };
    let one = futures_util::stream::iter([Ok(bytes)]);
    let stored = hub.store_bytes(place.org, one).await;
    let stored = stored.map_err(|error| failed(&error))?;
    let added = hub.add_stored(who, place, intake, stored).await;
    added.map_err(|error| failed(&error))
}

fn attributes(wanted: &Map<String, Value>) -> Result<Attributes, NodeError> {
    let object = wanted.iter().filter(|(_, value)| !value.is_null());
    let object: Map<String, Value> = object
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    serde_json::from_value(Value::Object(object)).map_err(|_| {
        let message = "attributes are texts, numbers and truth values";
        NodeError::settings("attributes", message)
    })
}

async fn documents(
    hub: &Rag,
    into: &Collection,
    ids: &[DocumentId],
) -> Result<Vec<Document>, NodeError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let document = hub.library().get_document(into.place(), *id).await;
        found.push(document.map_err(|error| failed(&error))?);
    }
    Ok(found)
}

/// Whether all can be found.
fn are_ready(documents: &[Document]) -> Result<bool, NodeError> {
    for document in documents {
        let why = match document.status {
            Status::Pending | Status::Processing | Status::Ready => continue,
            Status::Failed => document.error.as_deref().unwrap_or("no reason was kept"),
            Status::Cancelled => "its reading was cancelled",
            Status::Deleting => "it was deleted meanwhile",
        };
        let message = format!("`{}` cannot be found by searches: {why}", document.name);
        return Err(NodeError::input(message).at("content"));
    }
    let is_ready = |document: &Document| document.status == Status::Ready;
    Ok(documents.iter().all(is_ready))
}

fn sleep(context: &NodeContext, added: Added) -> NodeResult {
    let now = context.now();
    if now >= added.until {
        let message = "the documents are still being read: they lie safe in the collection and will \
                       be found later; wait longer, or do not wait";
        return Err(NodeError::new(NodeErrorKind::Timeout, message).permanent());
    }
    Ok(Outcome::Suspend(Suspend {
        wait: Wait::Timer {
            until: now.plus(SLEEP),
        },
        state: json!(added),
    }))
}

fn done(documents: &[Document], added: &Added) -> Outcome {
    let shown: Vec<Value> = documents
        .iter()
        .map(|document| {
            json!({
                "id": document.id, "name": document.name, "status": document.status,
                "chunk_count": document.chunk_count, "page_count": document.page_count,
                "notes": document.notes,
            })
        })
        .collect();
    Output::one("document_id", json!(added.ids.first()))
        .and("is_new", added.known < added.ids.len())
        .and("documents", shown)
        .into()
}
