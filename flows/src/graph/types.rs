//! The types of ports, and what may flow into what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a port gives or takes. In JSON a word: `"string"`, `"array<number>"`, `"control"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataType {
    /// Text.
    String,
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A JSON object.
    Object,
    /// A list whose entries are of one type.
    Array(Box<DataType>),
    /// A stored file ([`File`](crate::value::File)) of any kind.
    File,
    /// A file that is a picture.
    Image,
    /// A file that is sound.
    Audio,
    /// A turn of a conversation: `{"role", "content"}`.
    Message,
    /// A text with a title and where it comes from: `{"text", "title", "source", "metadata"}`.
    Document,
    /// An embedding: numbers.
    Vector,
    /// Anything; what arrives is looked at when the node runs.
    Any,
    /// No value: it only says that it is this branch's turn.
    Control,
}

/// Nesting of `array<…>` that is understood.
const MAX_DEPTH: usize = 8;

/// What happens to a value on an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// Nothing: the types agree.
    Same,
    /// It is changed as [`convert`](crate::value::convert) says, which always succeeds.
    Always,
    /// It is changed or checked when it arrives, which may fail (text that is no number).
    Checked,
    /// The edge is an error.
    Refused,
}

impl DataType {
    /// `array<item>`.
    pub fn array(item: Self) -> Self {
        Self::Array(Box::new(item))
    }

    /// Whether it carries no value.
    pub fn is_control(&self) -> bool {
        *self == Self::Control
    }

    /// What happens on an edge from `self` to a port of type `to`. This is the table of `docs/flows.md`.
    pub fn into_type(&self, to: &Self) -> Conversion {
        use Conversion::{Always, Checked, Refused, Same};
        match (self, to) {
            (from, to) if from == to => Same,
            (Self::Control, _) => Refused,
            // Any value may also be a signal.
            (_, Self::Control | Self::Any) => Always,
            (Self::Any, _) => Checked,
            (Self::Array(from), Self::Array(to)) => from.into_type(to),
            (Self::Vector, Self::Array(to)) => Self::Number.into_type(to),
            (Self::Array(from), Self::Vector) => match from.into_type(&Self::Number) {
                Same => Checked,
                other => other,
            },
            (Self::Image | Self::Audio, Self::File) => Same,
            (Self::File, Self::Image | Self::Audio) => Checked,
            (
                Self::Number
                | Self::Boolean
                | Self::Object
                | Self::Array(_)
                | Self::Message
                | Self::Document
                | Self::Vector,
                Self::String,
            )
            | (Self::String, Self::Message | Self::Document)
            | (
                Self::Message | Self::Document | Self::File | Self::Image | Self::Audio,
                Self::Object,
            ) => Always,
            (
                Self::String,
                Self::Number | Self::Boolean | Self::Object | Self::Array(_) | Self::Vector,
            )
            | (Self::Object, Self::Message | Self::Document | Self::File)
            | (Self::Boolean, Self::Number) => Checked,
            // One value where a list is wanted becomes a list of one.
            (from, Self::Array(to)) => from.into_type(to),
            _ => Refused,
        }
    }

    fn parse(text: &str, depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(item) = text
            .strip_prefix("array<")
            .and_then(|t| t.strip_suffix('>'))
        {
            return Self::parse(item, depth + 1).map(Self::array);
        }
        Self::SIMPLE
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, kind)| kind.clone())
    }

    /// All types without parameters, with their words.
    pub const SIMPLE: [(&'static str, Self); 12] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("object", Self::Object),
        ("file", Self::File),
        ("image", Self::Image),
        ("audio", Self::Audio),
        ("message", Self::Message),
        ("document", Self::Document),
        ("vector", Self::Vector),
        ("any", Self::Any),
        ("control", Self::Control),
    ];
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Array(item) = self {
            return write!(f, "array<{item}>");
        }
        let word = Self::SIMPLE.iter().find(|(_, kind)| kind == self);
        f.write_str(word.map_or("any", |(word, _)| word))
    }
}

impl FromStr for DataType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text, 0).ok_or_else(|| {
            let words: Vec<&str> = Self::SIMPLE.iter().map(|(word, _)| *word).collect();
            format!(
                "`{}` is not a type: use {} or array<…>",
                text.chars().take(64).collect::<String>(),
                words.join(", ")
            )
        })
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for DataType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DataType".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "x-widget": "data-type"})
    }
}

impl utoipa::PartialSchema for DataType {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <String as utoipa::PartialSchema>::schema()
    }
}

impl utoipa::ToSchema for DataType {}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> DataType {
        text.parse().expect("a type")
    }

    #[test]
    fn types_round_trip_through_their_words() {
        for (word, kind) in DataType::SIMPLE {
            assert_eq!(word.parse(), Ok(kind.clone()));
            assert_eq!(kind.to_string(), word);
        }
        let nested = "array<array<number>>";
        assert_eq!(kind(nested).to_string(), nested);
        let deep = format!("{}number{}", "array<".repeat(200), ">".repeat(200));
        for wrong in ["", "text", "array<>", "array<string", &deep] {
            assert!(wrong.parse::<DataType>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn conversions_follow_the_table() {
        use Conversion::{Always, Checked, Refused, Same};
        for (from, to, wanted) in [
            ("string", "string", Same),
            ("number", "string", Always),
            ("string", "number", Checked),
            ("any", "image", Checked),
            ("image", "any", Always),
            ("image", "file", Same),
            ("file", "audio", Checked),
            ("audio", "image", Refused),
            ("number", "array<string>", Always),
            ("array<number>", "array<string>", Always),
            ("array<number>", "number", Refused),
            ("vector", "array<number>", Same),
            ("array<number>", "vector", Checked),
            ("control", "string", Refused),
            ("string", "control", Always),
            ("object", "number", Refused),
            ("string", "document", Always),
            ("file", "string", Refused),
        ] {
            assert_eq!(kind(from).into_type(&kind(to)), wanted, "{from} -> {to}");
        }
    }
}
