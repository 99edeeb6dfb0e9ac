//! Search: questions to chunks, by text, by vector, or by both fused.

mod analyzer;
mod engine;
mod filter;
mod fuse;
mod gateway_models;
mod models;
mod refine;
mod request;

pub use analyzer::{Analyzer, Language};
pub use engine::Search;
pub(crate) use engine::asked_dimensions;
pub use filter::{AttributeValue, Attributes, Comparison, Compound, Filter, Membership};
pub use gateway_models::GatewayModels;
pub use models::{Completed, EmbedRequest, Embedded, Models, Prompt, Reranked, TextKind};
pub use request::{
    Decay, Mode, Rerank, Rewrite, RewriteKind, SearchAnswer, SearchHit, SearchRequest,
};
