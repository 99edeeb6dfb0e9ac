//! What flows along edges: JSON, where files and other typed things have an agreed form.

mod convert;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::OrgId;
use utoipa::ToSchema;

pub use convert::{ConvertError, convert, number_of, text_of, truthy, type_of};

/// Values by port. What a node gives, and what it gets.
pub type PortValues = Map<String, Value>;

/// The word that marks an object as a stored file.
pub const FILE_MARK: &str = "$file";

/// A stored file as it stands in a value: `{"$file": "<blob id>", "name", "media_type", "size_bytes"}`.
///
/// The bytes are in the blob store of the organization; a value never holds a path, and an id of
/// another organization finds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    /// Key in the blob store.
    #[serde(rename = "$file")]
    pub blob: String,
    /// Its name for people, without folders.
    pub name: String,
    /// Such as `application/pdf`.
    pub media_type: String,
    /// Length.
    pub size_bytes: u64,
}

impl File {
    /// The file that a value is.
    pub fn from_value(value: &Value) -> Option<Self> {
        value.get(FILE_MARK)?.as_str()?;
        serde_json::from_value(value.clone()).ok()
    }

    /// As a value.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether it is a picture.
    pub fn is_image(&self) -> bool {
        self.media_type.starts_with("image/")
    }

    /// Whether it is sound.
    pub fn is_audio(&self) -> bool {
        self.media_type.starts_with("audio/")
    }
}

/// A turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// Text, or OpenAI's list of content parts.
    #[schema(value_type = Object)]
    pub content: Value,
}

/// A text with its origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Document {
    /// The text.
    pub text: String,
    /// What it is called.
    #[serde(default)]
    pub title: String,
    /// Where it is from: an address, a file's name.
    #[serde(default)]
    pub source: String,
    /// More.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// Where the bytes of files are kept.
pub trait Blobs: Send + Sync {
    /// Keeps bytes and names them.
    fn put<'a>(
        &'a self,
        org: OrgId,
        name: &'a str,
        media_type: &'a str,
        bytes: bytes::Bytes,
    ) -> futures_util::future::BoxFuture<'a, Result<File, String>>;

    /// Reads bytes; `None` when this organization has no such blob.
    fn get<'a>(
        &'a self,
        org: OrgId,
        blob: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<bytes::Bytes>, String>>;
}
