//! Changes that people make, with their line in the audit log.

use accounts::{Accounts, Actor, Change};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Json, in_tx};

use super::collection::check_name;
use super::document::{check_attributes, found, no_document};
use super::{
    Collection, CollectionSettings, CreateCollection, Document, Library, Receipt, no_collection,
    raise,
};
use crate::index::Place;
use crate::search::Attributes;
use crate::{CollectionId, DocumentId, Error, Result, sql};

/// What of a collection is edited: its `ETag` is that of this, so that documents coming in make
/// nobody's edit stale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CollectionRecord {
    /// Its id.
    pub id: CollectionId,
    /// Name for people.
    pub name: String,
    /// Name in addresses.
    pub slug: String,
    /// What is in it.
    pub description: String,
    /// Settings.
    pub settings: CollectionSettings,
}

/// What changes of a collection; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"description": "For new colleagues"}))]
pub struct PatchCollection {
    /// Name for people.
    pub name: Option<String>,
    /// What is in it.
    pub description: Option<String>,
    /// Settings to change, at any depth: what is absent stays, `null` takes back to the default.
    #[schema(value_type = Option<CollectionSettings>)]
    pub settings: Option<Value>,
}

/// What changes of a document; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"tags": ["draft"]}))]
pub struct PatchDocument {
    /// Its name.
    pub name: Option<String>,
    /// What filters look at; replaces all of them.
    #[schema(value_type = Option<Object>)]
    pub attributes: Option<Attributes>,
    /// Words to find it by; replaces all of them.
    pub tags: Option<Vec<String>>,
}

/// What of a document is edited.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct DocumentRecord {
    id: DocumentId,
    name: String,
    attributes: Attributes,
    tags: Vec<String>,
}

impl Collection {
    /// What of it is edited.
    pub fn record(&self) -> CollectionRecord {
        CollectionRecord {
            id: self.id,
            name: self.name.clone(),
            slug: self.slug.clone(),
            description: self.description.clone(),
            settings: self.settings.0.clone(),
        }
    }
}

impl Document {
    /// What of it is edited.
    pub(crate) fn record(&self) -> DocumentRecord {
        DocumentRecord {
            id: self.id,
            name: self.name.clone(),
            attributes: self.attributes.0.clone(),
            tags: self.tags.0.clone(),
        }
    }
}

/// Settings with a patch in the form of RFC 7396 applied.
fn patched(settings: &CollectionSettings, patch: Value) -> Result<CollectionSettings> {
    let mut value = serde_json::to_value(settings)
        .map_err(|error| Error::internal(format!("settings cannot be written: {error}")))?;
    merge(&mut value, patch);
    serde_json::from_value(value).map_err(|error| Error::invalid(format!("`settings`: {error}")))
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        match value {
            Value::Null => {
                fields.remove(&name);
            }
            value => merge(fields.entry(name).or_insert(Value::Null), value),
        }
    }
}

impl Library {
    /// Makes a collection on somebody's behalf.
    ///
    /// # Errors
    /// As [`create_collection`](Self::create_collection).
    pub async fn create_collection_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        wanted: CreateCollection,
    ) -> Result<Collection> {
        let collection = self.create_collection(actor.org_id(), wanted).await?;
        let record = collection.record();
        let change = Change {
            action: "collection.create",
            target: collection.id.to_string(),
            before: None,
            after: Some(&record),
        };
        self.note(accounts, actor, change).await?;
        Ok(collection)
    }

    /// Changes a collection on somebody's behalf. Gives it as it was and as it is.
    ///
    /// # Errors
    /// `Stale` when it is not what the actor expects; as
    /// [`update_collection`](Self::update_collection).
    pub async fn update_collection_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        id: CollectionId,
        wanted: PatchCollection,
    ) -> Result<(Collection, Collection)> {
        let place = Place {
            org: actor.org_id(),
            collection: id,
        };
        if let Some(name) = &wanted.name {
            check_name(name)?;
        }
        in_tx!(self.db, tx: Error => {
            raise(tx, place, self.now()).await?;
            let now = sql::collections::get_in(tx, place.org, place.collection).await?;
            let before = now.ok_or_else(|| no_collection(place))?;
            let mut after = before.clone();
            after.name = wanted.name.unwrap_or(after.name);
            after.description = wanted.description.unwrap_or(after.description);
            if let Some(patch) = wanted.settings {
                after.settings = Json(patched(&after.settings, patch)?);
                after.settings.check()?;
            }
            accounts.audit(tx, actor, Change {
                action: "collection.update",
                target: id.to_string(),
                before: Some(&before.record()),
                after: Some(&after.record()),
            }).await?;
            sql::collections::update(
                tx, place.org, place.collection, &after.name, &after.description, &after.settings,
            ).await?;
            Ok((before, after))
        })
    }

    /// Notes that a collection is deleted on somebody's behalf, and deletes it.
    ///
    /// # Errors
    /// `Stale`, and as [`delete_collection`](Self::delete_collection).
    pub async fn delete_collection_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        place: Place,
    ) -> Result<Receipt> {
        let record = self.get_collection(place).await?.record();
        let change = Change {
            action: "collection.delete",
            target: place.collection.to_string(),
            before: Some(&record),
            after: None,
        };
        self.note(accounts, actor, change).await?;
        self.delete_collection(place).await
    }

    /// Changes a document's name, attributes and tags on somebody's behalf; what is `None` stays.
    ///
    /// # Errors
    /// `Stale`, `NotFound`, `Invalid`.
    pub async fn update_document_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        place: Place,
        id: DocumentId,
        wanted: PatchDocument,
    ) -> Result<Document> {
        if let Some(name) = &wanted.name {
            check_name(name)?;
        }
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, now).await?;
            let before = sql::documents::get_in(tx, place, id).await?;
            let before = before.ok_or_else(|| no_document(id))?;
            let mut after = before.clone();
            after.name = wanted.name.unwrap_or(after.name);
            after.attributes = wanted.attributes.map_or(after.attributes, Json);
            after.tags = wanted.tags.map_or(after.tags, Json);
            check_attributes(&after.attributes, &after.tags)?;
            accounts.audit(tx, actor, Change {
                action: "document.update",
                target: id.to_string(),
                before: Some(&before.record()),
                after: Some(&after.record()),
            }).await?;
            let changed = sql::documents::set_attributes(
                tx, place, id, &after.attributes, &after.tags, generation, now,
            ).await?;
            found(changed, id)?;
            sql::documents::set_name(tx, place, id, &after.name).await?;
            self.changed(tx, place, id, generation).await
        })?;
        self.after_commit(place).await;
        self.get_document(place, id).await
    }

    /// Notes that a document is deleted on somebody's behalf, and deletes it.
    ///
    /// # Errors
    /// `Stale`, and as [`delete_document`](Self::delete_document).
    pub async fn delete_document_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        place: Place,
        id: DocumentId,
    ) -> Result<Receipt> {
        let record = self.get_document(place, id).await?.record();
        let change = Change {
            action: "document.delete",
            target: id.to_string(),
            before: Some(&record),
            after: None,
        };
        self.note(accounts, actor, change).await?;
        self.delete_document(place, id).await
    }

    /// Writes a change to the audit log.
    pub(crate) async fn note<T: Serialize>(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        change: Change<'_, T>,
    ) -> Result<()> {
        in_tx!(self.db, tx: Error => Ok(accounts.audit(tx, actor, change).await?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_of_settings_leaves_the_rest_as_it_is() {
        let before = CollectionSettings {
            embedding: Some(super::super::EmbeddingSettings {
                model: "m/x".to_owned(),
                dimensions: None,
            }),
            ..CollectionSettings::default()
        };
        let after = patched(&before, json!({"chunking": {"max_tokens": 300}})).expect("fits");
        assert_eq!(after.embedding, before.embedding);
        assert_eq!(after.chunking.max_tokens, 300);
        assert_eq!(
            after.chunking.overlap_tokens,
            before.chunking.overlap_tokens
        );
        let none = patched(&before, json!({"embedding": null})).expect("fits");
        assert_eq!(none.embedding, None);
        let error = patched(&before, json!({"chunking": {"size": 3}})).expect_err("is unknown");
        assert!(error.message.contains("size"), "{error}");
    }
}
