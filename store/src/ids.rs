//! Identifiers: one type per kind of row over UUIDv7, so that an organization's id cannot be passed
//! where a key's is wanted. Version 7 begins with the time: new rows land at the end of the index,
//! and ordering by id is ordering by creation.

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id: expected a UUID such as 0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11")]
pub struct ParseIdError {
    /// What was given, at most 64 characters.
    pub text: String,
}

impl ParseIdError {
    /// An error that quotes at most the first 64 characters of `text`.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.chars().take(64).collect(),
        }
    }
}

/// Defines id types: `id! { /// Docs. pub struct ThingId }`.
///
/// Stored as `BLOB` (16 bytes) in SQLite and `uuid` in PostgreSQL; JSON and text are the hyphenated
/// form; `new()` makes a UUIDv7 of the current time.
#[macro_export]
macro_rules! id {
    ($($(#[$meta:meta])* $visibility:vis struct $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility struct $name($crate::reexport::uuid::Uuid);

        impl $name {
            /// A new id (UUIDv7 of the current time).
            #[expect(clippy::new_without_default, reason = "each call makes another id")]
            pub fn new() -> Self {
                Self($crate::reexport::uuid::Uuid::now_v7())
            }

            /// The id with this UUID.
            pub const fn from_uuid(uuid: $crate::reexport::uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> $crate::reexport::uuid::Uuid {
                self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self.0.as_hyphenated(), f)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::write!(f, "{}({})", ::std::stringify!($name), self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::ParseIdError;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                $crate::reexport::uuid::Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| $crate::ParseIdError::new(text))
            }
        }

        impl $crate::reexport::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error>
            where
                S: $crate::reexport::serde::Serializer,
            {
                serializer.collect_str(self)
            }
        }

        impl<'de> $crate::reexport::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
            where
                D: $crate::reexport::serde::Deserializer<'de>,
            {
                let text = <::std::borrow::Cow<'de, str> as
                    $crate::reexport::serde::Deserialize<'de>>::deserialize(deserializer)?;
                text.parse().map_err($crate::reexport::serde::de::Error::custom)
            }
        }

        $crate::transparent_sql!($name: $crate::reexport::uuid::Uuid);

        impl $crate::reexport::utoipa::PartialSchema for $name {
            fn schema() -> $crate::reexport::utoipa::openapi::RefOr<
                $crate::reexport::utoipa::openapi::schema::Schema,
            > {
                $crate::string_schema("uuid")
            }
        }

        impl $crate::reexport::utoipa::ToSchema for $name {}
    )+};
}

/// Implements sqlx's `Type`, `Encode` and `Decode` for a one-field struct through the field, for
/// every driver that knows the field's type.
#[doc(hidden)]
#[macro_export]
macro_rules! transparent_sql {
    ($name:ident: $inner:ty) => {
        impl<DB> $crate::reexport::sqlx::Type<DB> for $name
        where
            DB: $crate::reexport::sqlx::Database,
            $inner: $crate::reexport::sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$inner as $crate::reexport::sqlx::Type<DB>>::type_info()
            }

            fn compatible(info: &DB::TypeInfo) -> bool {
                <$inner as $crate::reexport::sqlx::Type<DB>>::compatible(info)
            }
        }

        impl<'q, DB> $crate::reexport::sqlx::Encode<'q, DB> for $name
        where
            DB: $crate::reexport::sqlx::Database,
            $inner: $crate::reexport::sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(
                &self,
                buffer: &mut DB::ArgumentBuffer,
            ) -> ::std::result::Result<
                $crate::reexport::sqlx::encode::IsNull,
                $crate::reexport::sqlx::error::BoxDynError,
            > {
                <$inner as $crate::reexport::sqlx::Encode<'q, DB>>::encode_by_ref(&self.0, buffer)
            }
        }

        impl<'r, DB> $crate::reexport::sqlx::Decode<'r, DB> for $name
        where
            DB: $crate::reexport::sqlx::Database,
            $inner: $crate::reexport::sqlx::Decode<'r, DB>,
        {
            fn decode(
                value: DB::ValueRef<'r>,
            ) -> ::std::result::Result<Self, $crate::reexport::sqlx::error::BoxDynError> {
                <$inner as $crate::reexport::sqlx::Decode<'r, DB>>::decode(value).map(Self)
            }
        }
    };
}

/// An OpenAPI string with a format.
#[doc(hidden)]
pub fn string_schema(format: &str) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom(format.to_owned())))
        .into()
}

id! {
    /// An organization: the tenant that owns keys, credentials, usage and everything else.
    pub struct OrgId;
    /// A person.
    pub struct UserId;
    /// A group of people inside an organization.
    pub struct TeamId;
    /// An API key.
    pub struct KeyId;
    /// A limit on requests, tokens or concurrency.
    pub struct LimitId;
    /// A budget in money or tokens.
    pub struct BudgetId;
    /// A stored provider secret.
    pub struct CredentialId;
    /// A row of the audit log.
    pub struct AuditId;
    /// A passkey.
    pub struct PasskeyId;
    /// A person's account at another provider.
    pub struct IdentityId;
    /// A person's session.
    pub struct SessionId;
    /// A mail.
    pub struct EmailId;
    /// An invitation into an organization.
    pub struct InvitationId;
    /// A threshold of a budget that was passed.
    pub struct AlertId;
    /// A message to an organization's webhook.
    pub struct DeliveryId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_through_text_and_json() {
        let id = OrgId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        let json = serde_json::to_string(&id).expect("ids serialize");
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<OrgId>(&json).expect("ids parse"), id);
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids: Vec<KeyId> = (0..1000).map(|_| KeyId::new()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn other_text_is_refused_with_an_example() {
        let error = "key_17".parse::<KeyId>().expect_err("not a UUID");
        assert!(error.to_string().starts_with("`key_17` is not an id"));
    }
}
