//! Questions to answers: what is found is given to a chat model as numbered sources, and each citation
//! of its answer is checked against the text that it names.
//!
//! # Steps
//! 1. A question that follows others is made to stand alone (`condense.rs`).
//! 2. The collections are searched. What has too little to do with the question is left out; when
//!    nothing is left, the answer is "not in the documents" and no model is asked (`relevance.rs`).
//! 3. The best passages become sources `[1]`, `[2]`, ... within a budget of tokens (`sources.rs`), and
//!    go to the model as data, fenced off from instructions (`prompt.rs`).
//! 4. While the answer streams, each mark is held back until it is judged (`marks.rs`,
//!    `checker.rs`): it has to name a source, and the sentence before it has to be supported by that
//!    source's text, quotes in it verbatim (`support.rs`). Other marks are taken out and reported.
//!
//! # Invariants
//! * All model calls go through the gateway in the name of who asks.
//! * A citation's `quote` stands in the text of its chunk, character by character, and where it is said
//!   to be on a page it stands on that page.

mod answer;
mod checker;
mod condense;
mod converse;
mod engine;
mod marks;
mod model;
mod phrases;
mod prompt;
mod relevance;
mod request;
mod sources;
mod support;

pub use answer::{Answer, AskEvent, AskStream, AskUsage, Citation, Flag, FlagKind, Position};
pub use engine::Ask;
pub use model::{CollectionModels, chunks_of};
pub(crate) use model::{chunk_of, conversation};
pub use request::{AskOptions, AskOrder, AskRequest, Message};
pub(crate) use sources::FILE_PREFIX;
pub use sources::{Source, file_id_of};
