//! Documents become text, text becomes chunks, chunks are searched.
//!
//! [`parse`] turns a file into a [`parse::Document`]; [`chunk`] cuts that into pieces. Both are pure:
//! bytes in, values out, no connection, no clock, no database. Files are hostile until proven
//! otherwise, so [`parse::job`] is what runs in the sandboxed worker. [`library`] keeps collections,
//! documents and chunks, [`index`] derives what answers quickly from them, and [`search`] asks it:
//!
//! ```ignore
//! let store = Arc::new(Embedded::new(db.clone(), clock.clone(), EmbeddedConfig::default()));
//! let library = Library::new(db, clock, store);
//! let document = library.add_document(place, new).await?;
//! let revision = library.begin_revision(place, document.id).await?;
//! library.add_chunks(place, document.id, revision, space, chunks).await?;
//! library.publish(place, document.id, revision, &facts).await?;
//! let found = Search::new(library).run(&models, request).await?;
//! ```
//!
//! # Invariants
//!
//! * SQL is the truth: a chunk's text, terms and vector are committed in one transaction. Indexes are
//!   derived, and what they find is checked against SQL.
//! * Every row, statement and vector filter carries the organization.
//! * The analyzer that wrote a text index is stored with it.

pub mod ask;
pub mod blob;
pub mod chunk;
mod config;
pub mod embed;
mod error;
pub mod http;
mod ids;
pub mod index;
pub mod ingest;
pub mod library;
pub mod parse;
mod rag;
pub mod search;
pub mod source;
mod sql;
mod web;
mod word;

pub use config::RagConfig;
pub use error::{Error, ErrorKind, Result};
pub use ids::{
    BatchId, CaseId, ChunkId, CollectionId, DocumentId, FileId, JobId, RunId, SourceFileId,
    SourceId, SpaceId,
};
pub use library::Library;
pub use rag::{NO_MODEL, Parser, Parts, Rag, open_qdrant};
