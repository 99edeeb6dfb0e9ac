//! The RAG hub's part of `/api/v1`.

mod ask;
mod chunks;
mod collections;
mod content;
mod documents;
mod error;
mod evaluation;
mod events;
mod form;
mod jobs;
mod openai;
mod path;
mod search;
mod sources;

pub(crate) use openai::FileSearchTool;

use accounts::Accounts;
use accounts::http::Routes;
use accounts::http::with_request_id;
use accounts::routes;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::from_fn;

use crate::rag::Rag;

/// Largest JSON body: a text that is added as a document. Uploads are bounded by
/// `rag.max_file_bytes`.
const MAX_BODY_BYTES: usize = 32 << 20;

impl FromRef<Rag> for Accounts {
    fn from_ref(rag: &Rag) -> Self {
        rag.accounts().clone()
    }
}

/// Collections, documents, chunks, jobs and search. The paths are complete: merge the router, do not
/// nest it.
pub fn router(rag: Rag) -> Routes {
    Routes::new()
        .routes(routes!(collections::list, collections::create))
        .routes(routes!(
            collections::get,
            collections::update,
            collections::delete
        ))
        .routes(routes!(documents::list, documents::upload))
        .routes(routes!(documents::add_text))
        .routes(routes!(documents::add_url))
        .routes(routes!(
            documents::get,
            documents::update,
            documents::delete
        ))
        .routes(routes!(documents::reprocess))
        .routes(routes!(content::download, content::replace))
        .routes(routes!(content::page))
        .routes(routes!(chunks::list, chunks::add))
        .routes(routes!(chunks::update))
        .routes(routes!(ask::ask))
        .routes(routes!(search::search))
        .routes(routes!(search::preview))
        .routes(routes!(evaluation::list_cases, evaluation::create_case))
        .routes(routes!(evaluation::update_case, evaluation::delete_case))
        .routes(routes!(evaluation::list_runs, evaluation::create_run))
        .routes(routes!(evaluation::get_run, evaluation::delete_run))
        .routes(routes!(sources::list, sources::create))
        .routes(routes!(sources::test))
        .routes(routes!(sources::get, sources::update, sources::delete))
        .routes(routes!(sources::sync))
        .routes(routes!(sources::files))
        .routes(routes!(jobs::list, jobs::create))
        .routes(routes!(jobs::get))
        .routes(routes!(jobs::cancel))
        .routes(routes!(events::events))
        .with_state(rag.clone())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(with_request_id))
        .merge(openai::router(rag))
}
