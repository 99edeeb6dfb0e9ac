//! The RAG hub as nodes see it: collections by their slugs, failures as nodes' failures.

use rag::library::{Collection, CollectionState};
use rag::search::Filter;
use rag::{ErrorKind, Rag};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::expression::has_expression;
use crate::node::{Capability, NodeContext, NodeError, NodeErrorKind, RawSettings};
use crate::nodes::ai::model::of_code;

/// A collection's slug.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-widget" = "collection"))]
pub(super) struct Slug(pub(super) String);

/// The hub.
pub(super) fn hub(context: &NodeContext) -> Result<&Rag, NodeError> {
    context.handle::<Rag>("documents")
}

/// The collection of this slug in the run's organization.
pub(super) async fn collection(
    context: &NodeContext,
    field: &str,
    slug: &str,
) -> Result<Collection, NodeError> {
    let library = hub(context)?.library();
    let found = library
        .get_collection_by_slug(context.run.org_id, slug.trim())
        .await;
    let gone = || {
        let message = format!(
            "there is no collection `{slug:.80}`: make it under Documents, or choose another"
        );
        NodeError::new(NodeErrorKind::Missing, message).at(field)
    };
    match found {
        Ok(collection) if collection.state == CollectionState::Deleting => Err(gone()),
        Ok(collection) => Ok(collection),
        Err(error) if error.kind == ErrorKind::NotFound => Err(gone()),
        Err(error) => Err(failed(&error)),
    }
}

/// The collections of these slugs, each once.
pub(super) async fn collections(
    context: &NodeContext,
    slugs: &[Slug],
) -> Result<Vec<Collection>, NodeError> {
    let mut found: Vec<Collection> = Vec::with_capacity(slugs.len());
    for (number, Slug(slug)) in slugs.iter().enumerate() {
        let one = collection(context, &format!("collections[{number}]"), slug).await?;
        if !found.iter().any(|known| known.id == one.id) {
            found.push(one);
        }
    }
    Ok(found)
}

/// A failure of the hub as the node's.
pub(super) fn failed(error: &rag::Error) -> NodeError {
    let kind = match error.kind {
        ErrorKind::NotFound => NodeErrorKind::Missing,
        ErrorKind::Invalid | ErrorKind::TooLarge | ErrorKind::Conflict | ErrorKind::Stale => {
            NodeErrorKind::Input
        }
        ErrorKind::NotConfigured => NodeErrorKind::Missing,
        ErrorKind::Unavailable => NodeErrorKind::Upstream,
        ErrorKind::Model(code) => of_code(code).0,
        ErrorKind::Internal => NodeErrorKind::Internal,
    };
    let mut failure = NodeError::new(kind, error.message.clone());
    failure.retryable = error.kind.is_retryable();
    match error.retry_after.filter(|_| failure.retryable) {
        Some(wait) => failure.retry_after(wait),
        None => failure,
    }
}

/// The condition on attributes that a setting holds; nothing and an empty object are none.
pub(super) fn filter(value: Value) -> Result<Option<Filter>, NodeError> {
    let is_empty = match &value {
        Value::Null => true,
        Value::Object(object) => object.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    if is_empty {
        return Ok(None);
    }
    let read = serde_json::from_value(value);
    read.map(Some).map_err(|error| {
        let message = format!(
            "this is no condition: {error}; write {{\"type\": \"eq\", \"key\": \"region\", \
             \"value\": \"eu\"}}"
        );
        NodeError::settings("filter", message)
    })
}

/// What a setting that is not always there says.
pub(super) fn given(text: String) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The collections that settings read, and the models that they ask.
pub(super) fn reads(settings: &RawSettings, models: &[&str]) -> Vec<Capability> {
    let slugs = settings.get("collections").and_then(Value::as_array);
    let name = |text: &str| if has_expression(text) { "*" } else { text }.to_owned();
    let mut found: Vec<Capability> = slugs
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|slug| Capability::CollectionRead { name: name(slug) })
        .collect();
    let models = models
        .iter()
        .filter_map(|field| settings.get(*field)?.as_str());
    found.extend(
        models
            .filter(|text| !text.is_empty())
            .map(|text| Capability::Model { name: name(text) }),
    );
    if found.is_empty() {
        found.push(Capability::CollectionRead {
            name: "*".to_owned(),
        });
    }
    found
}

/// Attributes as a document's metadata.
pub(super) fn metadata(attributes: &rag::search::Attributes) -> Map<String, Value> {
    match serde_json::to_value(attributes) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
