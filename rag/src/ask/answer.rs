//! What an answer is made of, piece by piece and as a whole.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use serde::Serialize;
use serde_json::Value;

use super::sources::Source;
use crate::{ChunkId, CollectionId, DocumentId, Result};

/// Where a quote stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, utoipa::ToSchema)]
pub struct Position {
    /// Page, from 1, for what has pages.
    pub page: Option<i64>,
    /// First character in the page's text.
    pub page_start: Option<u32>,
    /// Character behind the last.
    pub page_end: Option<u32>,
    /// First character in the document's text.
    pub offset_start: Option<i64>,
    /// Character behind the last.
    pub offset_end: Option<i64>,
    /// Boxes of its lines in points from the upper left corner of the page: left, top, right, bottom.
    #[schema(value_type = Vec<Vec<f32>>)]
    pub boxes: Vec<[f32; 4]>,
}

/// A checked citation.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Citation {
    /// The source's number, as in the text.
    pub number: u32,
    /// Begin of the sentence that it stands for in the answer, in characters.
    pub start: usize,
    /// Where the mark ends in the answer, in characters.
    pub end: usize,
    /// The passage that supports it, verbatim from the document.
    pub quote: String,
    /// Whether the passage was found to support the sentence. False where words cannot tell: a sentence
    /// in another language than its source, or in quite other words.
    pub verified: bool,
    /// The collection.
    pub collection_id: CollectionId,
    /// The document.
    pub document_id: DocumentId,
    /// Its id under `/v1/files`.
    pub file_id: String,
    /// Its name.
    pub document_name: String,
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Where the quote stands.
    #[serde(flatten)]
    pub position: Position,
    /// How much the source has to do with the question, 0 to 1.
    pub score: f32,
}

/// What is wrong with a part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// A mark named no source; it was taken out.
    UnknownSource,
    /// A quoted passage does not stand in the source; the mark was taken out.
    QuoteNotFound,
    /// The source does not say this; the mark was taken out.
    NotSupported,
    /// A sentence without a citation.
    Uncited,
}

/// Something to know about a part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Flag {
    /// What is wrong.
    pub kind: FlagKind,
    /// The number that was cited.
    pub number: Option<u32>,
    /// Begin of the sentence in the answer, in characters.
    pub start: usize,
    /// Its end.
    pub end: usize,
    /// The sentence.
    pub sentence: String,
}

/// What an answer took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct AskUsage {
    /// Tokens given to the chat model.
    pub input_tokens: u64,
    /// Tokens that it answered with.
    pub output_tokens: u64,
    /// What all model calls cost: search, condensing and answer, in nano-dollars.
    pub cost_nano_usd: i64,
}

/// A piece of an answer, in the order in which they come: `Sources` first, `Done` last.
#[derive(Debug, Clone, PartialEq)]
pub enum AskEvent {
    /// What was found.
    Sources {
        /// What was searched for.
        queries: Vec<String>,
        /// The model that answers; `None` when no model is asked.
        model: Option<String>,
        /// What to tell the caller about the search.
        notes: Vec<String>,
        /// The sources, from number 1 on.
        sources: Vec<Source>,
    },
    /// Text to append.
    Text(String),
    /// A citation of what was said last.
    Citation(Box<Citation>),
    /// Something is wrong with what was said last.
    Flag(Flag),
    /// Pieces of tool calls in OpenAI's shape, where tools were offered.
    ToolCalls(Value),
    /// The end.
    Done {
        /// Whether the documents have an answer.
        found: bool,
        /// Why the model ended: `stop`, `length`, `tool_calls`, `content_filter`.
        finish_reason: String,
        /// What it took.
        usage: AskUsage,
    },
}

/// A streamed answer.
pub type AskStream = Pin<Box<dyn Stream<Item = Result<AskEvent>> + Send>>;

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, utoipa::ToSchema)]
pub struct Answer {
    /// The text, with its marks `[1]`.
    pub answer: String,
    /// Whether the documents have an answer.
    pub found: bool,
    /// Checked citations, in the order of the text.
    pub citations: Vec<Citation>,
    /// What is wrong with the answer.
    pub flags: Vec<Flag>,
    /// What the model was given.
    pub sources: Vec<Source>,
    /// What was searched for.
    pub queries: Vec<String>,
    /// The model that answered; `null` when nothing was found and no model was asked.
    pub model: Option<String>,
    /// What to tell the caller about the search.
    pub notes: Vec<String>,
    /// Why the model ended: `stop`, `length`, `content_filter`.
    pub finish_reason: String,
    /// What it took.
    pub usage: AskUsage,
}

impl Answer {
    /// Reads a stream to its end.
    ///
    /// # Errors
    /// Those of the stream.
    pub async fn collect(mut stream: AskStream) -> Result<Self> {
        let mut answer = Self::default();
        while let Some(event) = stream.next().await {
            answer.push(event?);
        }
        Ok(answer)
    }

    fn push(&mut self, event: AskEvent) {
        match event {
            AskEvent::Sources {
                queries,
                model,
                notes,
                sources,
            } => {
                (self.queries, self.model) = (queries, model);
                (self.notes, self.sources) = (notes, sources);
            }
            AskEvent::Text(text) => self.answer.push_str(&text),
            AskEvent::Citation(citation) => self.citations.push(*citation),
            AskEvent::Flag(flag) => self.flags.push(flag),
            AskEvent::ToolCalls(_) => {}
            AskEvent::Done {
                found,
                finish_reason,
                usage,
            } => {
                (self.found, self.finish_reason, self.usage) = (found, finish_reason, usage);
            }
        }
    }
}
