//! OpenAI's `/v1/files` and `/v1/vector_stores`: collections in the words of its clients.
//!
//! Source: OpenAI's OpenAPI document (`OpenAIFile`, `VectorStoreObject` and what belongs to them), read
//! 2026-11-22.

mod batches;
mod chunking;
mod files;
mod ids;
mod lists;
mod search;
mod store_files;
mod stores;
mod tool;
mod upload;

use accounts::http::Routes;
use accounts::{Permission, Principal, routes};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway::{Code, Error};
use std::sync::Arc;

pub(crate) use tool::FileSearchTool;

use crate::ErrorKind;
use crate::library::{Collection, StoreRecord};
use crate::rag::Rag;

/// The path that keys' patterns name for files.
const FILES: &str = "/v1/files";
/// The path that keys' patterns name for vector stores.
const STORES: &str = "/v1/vector_stores";

/// Files and vector stores.
pub(super) fn router(rag: Rag) -> Routes {
    Routes::new()
        .routes(routes!(files::list_files, files::create_file))
        .routes(routes!(files::get_file, files::delete_file))
        .routes(routes!(files::get_file_content))
        .routes(routes!(
            stores::list_vector_stores,
            stores::create_vector_store
        ))
        .routes(routes!(
            stores::get_vector_store,
            stores::modify_vector_store,
            stores::delete_vector_store
        ))
        .routes(routes!(search::search_vector_store))
        .routes(routes!(
            store_files::list_vector_store_files,
            store_files::create_vector_store_file
        ))
        .routes(routes!(
            store_files::get_vector_store_file,
            store_files::update_vector_store_file,
            store_files::delete_vector_store_file
        ))
        .routes(routes!(store_files::get_vector_store_file_content))
        .routes(routes!(batches::create_file_batch))
        .routes(routes!(batches::get_file_batch))
        .routes(routes!(batches::cancel_file_batch))
        .routes(routes!(batches::list_file_batch_files))
        .with_state(rag)
}

/// A collection as its caller may use it.
struct Store {
    collection: Collection,
    record: StoreRecord,
}

impl Store {
    /// The store that `id` names, for reading.
    async fn open(rag: &Rag, who: &Principal, id: &str) -> Result<Self, Error> {
        may_read(who)?;
        let missing = || ids::missing("Vector store", id);
        let collection = ids::store(id).ok_or_else(missing)?;
        let place = crate::index::Place {
            org: who.org_id(),
            collection,
        };
        let collection = match rag.library().get_collection(place).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Err(missing()),
            found => found.map_err(refused)?,
        };
        let record = rag.library().store_record(&collection).await;
        Ok(Self {
            record: record.map_err(refused)?,
            collection,
        })
    }

    /// The same, for changing.
    async fn open_to_change(rag: &Rag, who: &Principal, id: &str) -> Result<Self, Error> {
        let store = Self::open(rag, who, id).await?;
        may_change(who, store.record.made_here)?;
        Ok(store)
    }

    /// Goes on only while the store has not expired, and notes that it is used.
    async fn used(self, rag: &Rag) -> Result<Self, Error> {
        let library = rag.library();
        if self.record.is_expired(library.now()) {
            let id = ids::of_store(self.collection.id);
            return Err(Error::new(
                Code::InvalidRequest,
                format!("Vector store {id} has expired: its files are gone. Make a new one."),
            ));
        }
        let touched = library.touch_store(self.collection.place()).await;
        touched.map_err(refused)?;
        Ok(self)
    }
}

/// Answers a request to `endpoint`.
async fn answer(
    rag: &Rag,
    headers: &HeaderMap,
    endpoint: &str,
    work: impl AsyncFnOnce(Arc<Principal>) -> Result<Response, Error>,
) -> Response {
    gateway::http::v1::answer(rag.gateway(), headers, endpoint, work).await
}

/// Keys may read all that their organization has; people as their role says.
fn may_read(who: &Principal) -> Result<(), Error> {
    match who.role().is_none() || who.may(Permission::CollectionsRead) {
        true => Ok(()),
        false => Err(denied(Permission::CollectionsRead)),
    }
}

/// Keys without admin scope may change what was made by such keys, and nothing of the hub's.
fn may_change(who: &Principal, made_here: bool) -> Result<(), Error> {
    match (who.role(), made_here) {
        (Some(_), _) if who.may(Permission::CollectionsWrite) => Ok(()),
        (Some(_), _) => Err(denied(Permission::CollectionsWrite)),
        (None, true) => Ok(()),
        (None, false) => Err(Error::new(
            Code::PermissionDenied,
            "This collection was made in the RAG hub, not as a vector store: changing it needs a key \
             with admin scope.",
        )),
    }
}

fn denied(permission: Permission) -> Error {
    Error::new(
        Code::PermissionDenied,
        format!("This needs the permission `{permission}`, which your role does not have."),
    )
}

/// This crate's errors as clients of `/v1` see them.
fn refused(error: crate::Error) -> Error {
    let code = match error.kind {
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::Stale | ErrorKind::NotConfigured => {
            Code::InvalidRequest
        }
        ErrorKind::TooLarge => Code::PayloadTooLarge,
        ErrorKind::Model(code) => code,
        ErrorKind::Unavailable => {
            tracing::warn!(%error, "a request cannot be served at the moment");
            Code::UpstreamOverloaded
        }
        ErrorKind::Internal => {
            tracing::error!(%error, "a request failed");
            return Error::new(Code::Internal, "The server failed; its log says why.");
        }
    };
    let mut answer = Error::new(code, error.message);
    answer.retry_after = error.retry_after;
    answer
}
