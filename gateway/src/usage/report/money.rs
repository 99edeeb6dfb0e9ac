//! Money for people.

use serde::{Serialize, Serializer};

/// Nano-dollars that are written as dollars, exactly: `"0.00125"`. A string, because readers of JSON
/// turn decimals into binary fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usd(pub i64);

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::stages::admit::dollars(self.0))
    }
}

store::transparent_sql!(Usd: i64);

impl utoipa::PartialSchema for Usd {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        store::string_schema("decimal")
    }
}

impl utoipa::ToSchema for Usd {}
