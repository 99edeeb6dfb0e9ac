//! Names inside a graph: they are keys in expressions (`nodes.extract.output`) and stay when a flow is
//! copied, so they are words, not UUIDs.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Characters a node id or port name has at most.
pub const MAX_KEY: usize = 64;

/// Whether `text` is usable as a node id, port or variable name: `a-z`, then up to 63 of `a-z 0-9 _`.
pub fn is_key(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= MAX_KEY
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

macro_rules! key {
    ($($(#[$meta:meta])* $name:ident)+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name with this text; [`validate`](crate::validate) judges its form.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                <String as utoipa::PartialSchema>::schema()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

key! {
    /// A node's key, unique in its graph, as in `nodes.extract.output`.
    NodeId
    /// An edge's key, unique in its graph.
    EdgeId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_expressions_can_name() {
        for good in ["a", "extract", "extract_2", "a0"] {
            assert!(is_key(good), "{good}");
        }
        let long = "a".repeat(MAX_KEY + 1);
        for bad in ["", "2a", "_a", "A", "a-b", "a b", "ä", &long] {
            assert!(!is_key(bad), "{bad}");
        }
    }
}
