use accounts::{Actor, Principal};
use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway::http::v1;
use gateway::{Code, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use store::Json;

use super::chunking::{self, Strategy};
use super::files::{open as open_file, seconds};
use super::lists::{ListQuery, USUAL, cursor};
use super::{STORES, Store, answer, ids, may_change, may_read, refused};
use crate::http::collections::slug_of;
use crate::library::{
    CollectionSettings, Counts, CreateCollection, EmbeddingSettings, FileLink, Metadata,
    PatchCollection,
};
use crate::rag::Rag;
use crate::{CollectionId, ErrorKind};

/// The name of a store that its maker did not name: a collection needs one.
const UNNAMED: &str = "Vector store";
/// Files that a store can be made with.
const MOST_FILES: usize = 500;

/// `expires_after`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expiry {
    anchor: String,
    days: i64,
}

/// OpenAI's `CreateVectorStoreRequest`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Create {
    name: Option<String>,
    description: Option<String>,
    file_ids: Option<Vec<String>>,
    expires_after: Option<Expiry>,
    chunking_strategy: Option<Strategy>,
    metadata: Option<Metadata>,
}

/// OpenAI's `UpdateVectorStoreRequest`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Modify {
    name: Option<String>,
    /// `null` means: for ever.
    #[serde(deserialize_with = "present")]
    expires_after: Option<Option<Expiry>>,
    metadata: Option<Metadata>,
}

/// Tells `null` from a field that is not there.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Expiry>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// OpenAI's `VectorStoreObject`.
async fn show(rag: &Rag, store: &Store) -> Result<Value, Error> {
    let Store { collection, record } = store;
    let counts = rag.library().count_files(collection.place(), None).await;
    let counts = counts.map_err(refused)?;
    let status = match (record.is_expired(rag.library().now()), counts.in_progress) {
        (true, _) => "expired",
        (false, 0) => "completed",
        (false, _) => "in_progress",
    };
    let mut shown = json!({
        "id": ids::of_store(collection.id),
        "object": "vector_store",
        "created_at": seconds(collection.created_at),
        "name": collection.name,
        "description": collection.description,
        "usage_bytes": counts.usage_bytes,
        "file_counts": show_counts(&counts),
        "status": status,
        "expires_at": record.expires_at.map(seconds),
        "last_active_at": seconds(record.last_active_at),
        "metadata": record.metadata,
    });
    if let Some(days) = record.expires_days {
        shown["expires_after"] = json!({"anchor": "last_active_at", "days": days});
    }
    Ok(shown)
}

/// `file_counts`.
pub(super) fn show_counts(counts: &Counts) -> Value {
    json!({
        "in_progress": counts.in_progress,
        "completed": counts.completed,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
        "total": counts.total(),
    })
}

fn days(expiry: Option<&Expiry>) -> Result<Option<i64>, Error> {
    let Some(expiry) = expiry else {
        return Ok(None);
    };
    if expiry.anchor != "last_active_at" {
        return Err(Error::invalid(
            "expires_after.anchor",
            "`expires_after.anchor` must be `last_active_at`.",
        ));
    }
    if !(1..=365).contains(&expiry.days) {
        return Err(Error::invalid(
            "expires_after.days",
            "`expires_after.days` must be between 1 and 365.",
        ));
    }
    Ok(Some(expiry.days))
}

fn check_metadata(metadata: &Metadata) -> Result<(), Error> {
    let fits = |(key, value): (&String, &String)| {
        (1..=64).contains(&key.chars().count()) && value.chars().count() <= 512
    };
    match metadata.len() <= 16 && metadata.iter().all(fits) {
        true => Ok(()),
        false => Err(Error::invalid(
            "metadata",
            "`metadata` may have 16 pairs, keys of 1 to 64 and values of up to 512 letters.",
        )),
    }
}

/// List vector stores
///
/// Collections of the RAG hub are among them.
#[utoipa::path(
    get, path = "/v1/vector_stores", operation_id = "list_vector_stores", tag = "Vector stores",
    params(ListQuery),
    responses((status = 200, description = "OpenAI's `ListVectorStoresResponse`", body = Value)),
    security(("api_key" = []))
)]
pub(super) async fn list_vector_stores(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        may_read(&who)?;
        let id = |text: &str| ids::store(text).map(CollectionId::uuid);
        let after = cursor("after", query.after.as_deref(), id)?;
        let before = cursor("before", query.before.as_deref(), id)?;
        let window = query.window(&USUAL, after, before)?;
        let found = rag.library().list_stores(who.org_id(), &window).await;
        let found = found.map_err(refused)?;
        let mut data = Vec::with_capacity(found.rows.len());
        for collection in found.rows {
            let record = rag.library().store_record(&collection).await;
            let record = record.map_err(refused)?;
            data.push(show(&rag, &Store { collection, record }).await?);
        }
        let id = |object: Option<&Value>| object.map_or(Value::Null, |object| object["id"].clone());
        v1::json(&json!({
            "object": "list",
            "first_id": id(data.first()),
            "last_id": id(data.last()),
            "data": data,
            "has_more": found.has_more,
        }))
    })
    .await
}

/// Create a vector store
///
/// It is a collection of the RAG hub too, with the hub's embedding model.
#[utoipa::path(
    post, path = "/v1/vector_stores", operation_id = "create_vector_store", tag = "Vector stores",
    request_body(content = Value, description = "OpenAI's `CreateVectorStoreRequest`",
        example = json!({"name": "Handbook"})),
    responses((status = 200, description = "OpenAI's `VectorStoreObject`", body = Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_vector_store(
    State(rag): State<Rag>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        may_change(&who, true)?;
        let wanted: Create = v1::read(rag.gateway(), request.into_body()).await?;
        let store = create(&rag, &who, wanted).await?;
        v1::json(&show(&rag, &store).await?)
    })
    .await
}

async fn create(rag: &Rag, who: &Principal, wanted: Create) -> Result<Store, Error> {
    let expires_days = days(wanted.expires_after.as_ref())?;
    let metadata = wanted.metadata.unwrap_or_default();
    check_metadata(&metadata)?;
    let cutting = chunking::settings(wanted.chunking_strategy)?;
    let file_ids = wanted.file_ids.unwrap_or_default();
    if file_ids.len() > MOST_FILES {
        let message = format!("`file_ids` may have {MOST_FILES} ids at most.");
        return Err(Error::invalid("file_ids", message));
    }
    let mut files = Vec::with_capacity(file_ids.len());
    for id in &file_ids {
        files.push(open_file(rag, who.org_id(), id).await?);
    }
    let name = wanted.name.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| UNNAMED.to_owned());
    let description = wanted.description.unwrap_or_default();
    let collection = collect(rag, who, name, description).await?;
    let place = collection.place();
    let mut record = rag.library().store_record(&collection).await;
    if let Ok(record) = &mut record {
        record.made_here = true;
        record.metadata = Json(metadata);
        record.expires_days = expires_days;
    }
    let record = record.map_err(refused)?.used(rag.library().now());
    let put = rag.library().put_store_record(place, &record).await;
    put.map_err(refused)?;
    for file in &files {
        let link = FileLink {
            file: file.id,
            chunking: cutting.clone(),
            batch: None,
        };
        let attached = rag.attach(who, place, file, None, link).await;
        attached.map_err(refused)?;
    }
    Ok(Store { collection, record })
}

/// Makes the collection. Names of stores need not be unique; the words in model names must be.
async fn collect(
    rag: &Rag,
    who: &Principal,
    name: String,
    description: String,
) -> Result<crate::library::Collection, Error> {
    let model = rag.config().default_model();
    let settings = CollectionSettings {
        embedding: model.map(|model| EmbeddingSettings {
            model,
            dimensions: None,
        }),
        ..CollectionSettings::default()
    };
    let slug = slug_of(&name);
    let random = CollectionId::new().uuid().simple().to_string();
    let actor = Actor::from(who);
    for slug in [slug.clone(), format!("{slug}-{}", &random[20..])] {
        let new = CreateCollection {
            name: name.clone(),
            slug,
            description: description.clone(),
            settings: settings.clone(),
        };
        let library = rag.library();
        match library
            .create_collection_as(rag.accounts(), &actor, new)
            .await
        {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            made => return made.map_err(refused),
        }
    }
    Err(Error::new(
        Code::InvalidRequest,
        "A vector store of this name was made at the same instant; try again.",
    ))
}

/// Get a vector store
#[utoipa::path(
    get, path = "/v1/vector_stores/{vector_store_id}", operation_id = "get_vector_store",
    tag = "Vector stores", params(("vector_store_id" = String, Path, description = "`vs_…`")),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreObject`", body = Value),
        (status = 404, description = "Deleted, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_vector_store(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open(&rag, &who, &id).await?;
        v1::json(&show(&rag, &store).await?)
    })
    .await
}

/// Modify a vector store
#[utoipa::path(
    post, path = "/v1/vector_stores/{vector_store_id}", operation_id = "modify_vector_store",
    tag = "Vector stores", params(("vector_store_id" = String, Path, description = "`vs_…`")),
    request_body(content = Value, description = "OpenAI's `UpdateVectorStoreRequest`",
        example = json!({"name": "Handbook of 2026"})),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreObject`", body = Value),
        (status = 404, description = "Deleted, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn modify_vector_store(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let mut store = Store::open_to_change(&rag, &who, &id).await?;
        let wanted: Modify = v1::read(rag.gateway(), request.into_body()).await?;
        let now = rag.library().now();
        let record = &mut store.record;
        if let Some(metadata) = wanted.metadata {
            check_metadata(&metadata)?;
            record.metadata = Json(metadata);
        }
        if let Some(expiry) = &wanted.expires_after {
            record.expires_days = days(expiry.as_ref())?;
        }
        if !record.is_expired(now) {
            store.record = store.record.used(now);
        }
        if let Some(name) = wanted.name {
            let patch = PatchCollection {
                name: Some(name),
                ..PatchCollection::default()
            };
            let actor = Actor::from(who.as_ref());
            let (library, id) = (rag.library(), store.collection.id);
            let changed = library.update_collection_as(rag.accounts(), &actor, id, patch);
            store.collection = changed.await.map_err(refused)?.1;
        }
        let place = store.collection.place();
        let put = rag.library().put_store_record(place, &store.record).await;
        put.map_err(refused)?;
        v1::json(&show(&rag, &store).await?)
    })
    .await
}

/// Delete a vector store
///
/// The files that it was filled with stay.
#[utoipa::path(
    delete, path = "/v1/vector_stores/{vector_store_id}", operation_id = "delete_vector_store",
    tag = "Vector stores", params(("vector_store_id" = String, Path, description = "`vs_…`")),
    responses(
        (status = 200, description = "OpenAI's `DeleteVectorStoreResponse`", body = Value),
        (status = 404, description = "Deleted, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn delete_vector_store(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open_to_change(&rag, &who, &id).await?;
        let actor = Actor::from(who.as_ref());
        let deleted = rag.delete_collection_as(&actor, store.collection.place());
        deleted.await.map_err(refused)?;
        let id = ids::of_store(store.collection.id);
        v1::json(&json!({"id": id, "object": "vector_store.deleted", "deleted": true}))
    })
    .await
}
