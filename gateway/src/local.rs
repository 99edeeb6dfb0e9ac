//! Models that run inside this program: keyed, limited, metered and cached like any other.
//!
//! The built-in models come through this door, and so do the local embedder, collections
//! (`rag/<slug>`) and published flows (`flow/<slug>`): crates above register a [`LocalModels`] and
//! the gateway never learns their names.

use std::pin::Pin;
use std::sync::Arc;

use accounts::Principal;
use futures_util::Stream;
use futures_util::future::BoxFuture;
// Crates above implement these traits and do not depend on `providers`.
pub use providers::chat::{ChatChunk, ChatRequest, ChunkChoice, Delta, FinishReason, Role};
pub use providers::provider::ModelFacts;
pub use providers::{DialectId, Error, ErrorKind, Operation, Usage};

use crate::call::CallContext;

/// A streamed answer of a local model.
pub type ChunkStream = Pin<Box<dyn Stream<Item = Result<ChatChunk, Error>> + Send>>;

/// One local model.
pub trait LocalModel: Send + Sync {
    /// Name behind the prefix (`extract` in `builtin/extract`).
    fn id(&self) -> &str;

    /// What it can be asked.
    fn serves(&self, operation: Operation) -> bool;

    /// Context window and other facts.
    fn facts(&self) -> ModelFacts;

    /// Whether it answers by calls of its own through the gateway. Those are metered and take their
    /// tokens and money from the limits; the call to it then counts as a request and no more, and is
    /// not answered from the cache.
    fn delegates(&self) -> bool {
        false
    }

    /// Answers a conversation. Always a stream; the gateway collects it for calls without `stream`.
    fn chat<'a>(
        &'a self,
        who: &'a Arc<Principal>,
        context: &'a CallContext,
        request: ChatRequest,
    ) -> BoxFuture<'a, Result<ChunkStream, Error>>;

    /// Embeds texts, in order.
    fn embed<'a>(
        &'a self,
        _who: &'a Arc<Principal>,
        _texts: Vec<String>,
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, Error>> {
        let error = Error::not_supported("model", "this model has no embeddings endpoint");
        Box::pin(std::future::ready(Err(error)))
    }
}

/// A family of local models under one prefix.
pub trait LocalModels: Send + Sync {
    /// The word before the slash.
    fn prefix(&self) -> &str;

    /// The model `id` of this family, as this caller may see it.
    fn find(&self, who: &Principal, id: &str) -> Option<Arc<dyn LocalModel>>;

    /// Ids of the models this caller may see.
    fn list<'a>(&'a self, who: &'a Principal) -> BoxFuture<'a, Vec<String>>;
}
