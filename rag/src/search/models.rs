//! The model calls that a search or an ingestion makes.

use futures_util::future::BoxFuture;

use crate::Result;

/// What a text is, for embedding models that treat questions and passages differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// Something that is asked.
    Question,
    /// Something that is found.
    Passage,
}

/// Texts to be embedded.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbedRequest<'a> {
    /// Model, as the gateway names it.
    pub model: &'a str,
    /// Wanted length of the vectors, where the model can be asked for it.
    pub dimensions: Option<u32>,
    /// What the texts are.
    pub kind: TextKind,
    /// The texts.
    pub texts: &'a [String],
}

/// Vectors, one per text, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Embedded {
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens that were embedded.
    pub tokens: u64,
    /// What it cost.
    pub cost_nano_usd: i64,
}

/// A question to a chat model.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt<'a> {
    /// Model, as the gateway names it.
    pub model: &'a str,
    /// What it is told to do.
    pub system: &'a str,
    /// What it is asked.
    pub user: &'a str,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
}

/// A chat model's answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Completed {
    /// The text.
    pub text: String,
    /// What it cost.
    pub cost_nano_usd: i64,
}

/// Passages judged by a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reranked {
    /// One score per passage, in order; 0 to 1.
    pub scores: Vec<f32>,
    /// What it cost.
    pub cost_nano_usd: i64,
}

/// The models as one caller may use them: each call is made in that caller's name, within its limits
/// and budgets. [`GatewayModels`](super::GatewayModels) is the real one.
pub trait Models: Send + Sync {
    /// Embeds texts.
    ///
    /// # Errors
    /// `Model` with the gateway's code.
    fn embed<'a>(&'a self, request: EmbedRequest<'a>) -> BoxFuture<'a, Result<Embedded>>;

    /// Asks a chat model.
    ///
    /// # Errors
    /// `Model` with the gateway's code.
    fn complete<'a>(&'a self, prompt: Prompt<'a>) -> BoxFuture<'a, Result<Completed>>;

    /// Judges how well each passage answers the question.
    ///
    /// # Errors
    /// `Model` with the gateway's code.
    fn rerank<'a>(
        &'a self,
        model: &'a str,
        question: &'a str,
        passages: &'a [String],
    ) -> BoxFuture<'a, Result<Reranked>>;
}
