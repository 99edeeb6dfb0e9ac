//! Ids as OpenAI's clients see them: a word for what it is and 32 hexadecimal digits.

use gateway::{Code, Error};
use uuid::Uuid;

use crate::{BatchId, CollectionId};

const STORE: &str = "vs_";
const BATCH: &str = "vsfb_";

/// A vector store's id, which is its collection's.
pub(crate) fn of_store(id: CollectionId) -> String {
    format!("{STORE}{}", id.uuid().simple())
}

/// The collection that an id names; `None` for what is none of ours.
pub(crate) fn store(text: &str) -> Option<CollectionId> {
    uuid(text, STORE).map(CollectionId::from_uuid)
}

/// A batch's id.
pub(super) fn of_batch(id: BatchId) -> String {
    format!("{BATCH}{}", id.uuid().simple())
}

/// The batch that an id names.
pub(super) fn batch(text: &str) -> Option<BatchId> {
    uuid(text, BATCH).map(BatchId::from_uuid)
}

fn uuid(text: &str, prefix: &str) -> Option<Uuid> {
    let hex = text.strip_prefix(prefix)?;
    let uuid = Uuid::try_parse(hex).ok()?;
    (hex.len() == 32).then_some(uuid)
}

/// Nothing of that name is there, for this organization.
pub(crate) fn missing(what: &str, id: &str) -> Error {
    let id: String = id.chars().take(100).collect();
    Error::new(Code::NotFound, format!("{what} with id '{id}' not found."))
}
