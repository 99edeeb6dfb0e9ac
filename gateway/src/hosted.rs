//! Tools that this program runs itself for `/v1/responses`. The gateway knows when one is asked for and
//! how its answer is written; what it does is the affair of a crate above, which registers it.

use std::sync::Arc;

use accounts::Principal;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::call::CallContext;
use crate::error::Error;
use crate::local::{ChatRequest, ChunkStream};

/// A request with the tool `file_search`.
#[derive(Debug)]
pub struct FileSearchRequest {
    /// The endpoint that usage rows name.
    pub endpoint: &'static str,
    /// The tool as the client sent it.
    pub tool: Value,
    /// Whether the client wants to see what was found (`include`).
    pub shows_results: bool,
    /// The conversation and everything else, without the tool.
    pub chat: ChatRequest,
}

/// The tool `file_search`.
pub trait FileSearch: Send + Sync {
    /// Whether the tool names vector stores of this program. Others are their vendor's affair.
    fn is_ours(&self, tool: &Value) -> bool;

    /// Searches, and lets the model answer. The first chunk's delta has the extra field
    /// `file_search_call` with `queries` and `results` (`null` when they are not wanted).
    fn answer<'a>(
        &'a self,
        who: &'a Arc<Principal>,
        context: &'a CallContext,
        request: FileSearchRequest,
    ) -> BoxFuture<'a, Result<ChunkStream, Error>>;
}
