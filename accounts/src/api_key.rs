//! API keys: how they are made, what is stored of them, what is said about them.

use rand::RngExt as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use store::{Json, KeyId, Micros, OrgId, TeamId, UserId};
use utoipa::ToSchema;

use crate::Secret;

/// What every key begins with, so that people and secret scanners recognise one.
pub const PREFIX: &str = "nab-";
/// Random characters after the prefix. 43 of 62 kinds hold 256 bits.
const RANDOM_LENGTH: usize = 43;
/// Characters of a key that may be shown: the prefix and four random ones.
const SHOWN_LENGTH: usize = 8;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// SHA-256 of a key.
///
/// A plain fast hash is right here, unlike for passwords: a key holds 256 random bits, so trying
/// candidates is hopeless at any speed, and the hash stands in front of every call. Looking the hash
/// up leaks nothing by its time: who does not know a key cannot steer its hash.
pub(crate) type Hash = [u8; 32];

/// A fresh key from the operating system's randomness: `nab-` and 43 characters.
pub(crate) fn generate() -> Secret {
    let mut rng = rand::rng();
    let mut text = String::with_capacity(PREFIX.len() + RANDOM_LENGTH);
    text.push_str(PREFIX);
    for _ in 0..RANDOM_LENGTH {
        text.push(char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
    }
    Secret::new(text)
}

/// The hash that is stored.
pub(crate) fn hash(key: &str) -> Hash {
    Sha256::digest(key.as_bytes()).into()
}

/// Whether the text could be a key of ours; others are refused without looking anything up.
pub(crate) fn is_well_formed(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|random| {
        random.len() == RANDOM_LENGTH && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The shown beginning of a key.
pub(crate) fn shown_prefix(key: &str) -> &str {
    &key[..SHOWN_LENGTH]
}

/// The shown end of a key.
pub(crate) fn last_four(key: &str) -> &str {
    &key[key.len() - 4..]
}

store::row! {
    /// A key as it is listed: everything but the key itself.
    #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
    pub struct ApiKey {
        /// Id.
        pub id: KeyId,
        /// The organization that owns it.
        pub org_id: OrgId,
        /// The user it belongs to.
        pub user_id: Option<UserId>,
        /// The team it belongs to.
        pub team_id: Option<TeamId>,
        /// For people.
        pub name: String,
        /// The first 8 characters.
        pub prefix: String,
        /// The last 4 characters.
        pub last_four: String,
        /// Whether it opens `/api/v1`.
        pub admin: bool,
        /// Patterns of the models it may use, `*` for any part; empty: all.
        #[schema(value_type = Vec<String>)]
        pub models: Json<Vec<String>>,
        /// Patterns of the endpoint paths it may use, such as `/v1/chat/*`; empty: all.
        #[schema(value_type = Vec<String>)]
        pub endpoints: Json<Vec<String>>,
        /// Free for the owner's use.
        #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
        pub metadata: Json<Map<String, Value>>,
        /// Words that usage is reported by.
        #[schema(value_type = Vec<String>)]
        pub tags: Json<Vec<String>>,
        /// From when on it is refused.
        pub expires_at: Option<Micros>,
        /// Since when it is refused.
        pub revoked_at: Option<Micros>,
        /// When it was last presented, up to half a minute late.
        pub last_used_at: Option<Micros>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

/// A key just made: the only time the key itself is seen.
#[derive(Debug)]
pub struct NewKey {
    /// The key.
    pub key: Secret,
    /// What is stored about it.
    pub record: ApiKey,
}

/// What a new key shall be.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Web shop", "models": ["openai/*"], "tags": ["shop"]}))]
pub struct CreateKey {
    /// For people; 1 to 200 characters.
    #[schema(required = true)]
    pub name: String,
    /// The user it belongs to; a member of the organization.
    pub user_id: Option<UserId>,
    /// The team it belongs to.
    pub team_id: Option<TeamId>,
    /// Whether it opens `/api/v1`.
    pub admin: bool,
    /// Patterns of the models it may use, `*` for any part; empty: all.
    pub models: Vec<String>,
    /// Patterns of the endpoint paths it may use, such as `/v1/chat/*`; empty: all.
    pub endpoints: Vec<String>,
    /// Free for the owner's use; at most 16 KB as JSON.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    pub metadata: Map<String, Value>,
    /// Words that usage is reported by.
    pub tags: Vec<String>,
    /// From when on it is refused; must lie in the future.
    pub expires_at: Option<Micros>,
}

/// What shall change about a key; absent fields stay. `null` clears a field that may be empty.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Web shop 2"}))]
pub struct UpdateKey {
    /// See [`CreateKey::name`].
    pub name: Option<String>,
    /// See [`CreateKey::user_id`].
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    pub user_id: Option<Option<UserId>>,
    /// See [`CreateKey::team_id`].
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<TeamId>)]
    pub team_id: Option<Option<TeamId>>,
    /// See [`CreateKey::admin`].
    pub admin: Option<bool>,
    /// See [`CreateKey::models`].
    pub models: Option<Vec<String>>,
    /// See [`CreateKey::endpoints`].
    pub endpoints: Option<Vec<String>>,
    /// Replaces all metadata.
    #[schema(value_type = Option<std::collections::HashMap<String, serde_json::Value>>)]
    pub metadata: Option<Map<String, Value>>,
    /// Replaces all tags.
    pub tags: Option<Vec<String>>,
    /// See [`CreateKey::expires_at`]; a past time is allowed here and ends the key at once.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Micros>)]
    pub expires_at: Option<Option<Micros>>,
    /// `true` revokes the key for good; `false` is refused for a revoked key.
    pub revoked: Option<bool>,
}

/// Tells `null` (`Some(None)`) from an absent field (`None`).
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_are_well_formed_and_differ() {
        let keys: Vec<Secret> = (0..1000).map(|_| generate()).collect();
        let distinct: HashSet<&str> = keys.iter().map(Secret::expose).collect();
        assert_eq!(distinct.len(), keys.len());
        assert!(distinct.iter().all(|key| is_well_formed(key)));
    }

    #[test]
    fn all_characters_of_the_alphabet_are_used_evenly() {
        let mut counts = [0_u32; 128];
        for _ in 0..2_000 {
            for byte in generate().expose().bytes().skip(PREFIX.len()) {
                counts[usize::from(byte)] += 1;
            }
        }
        // 86,000 characters: 1,387 of each are expected; 6 standard deviations are 223.
        for byte in ALPHABET {
            assert!(
                (1_164..1_610).contains(&counts[usize::from(*byte)]),
                "{}",
                *byte as char
            );
        }
    }

    #[test]
    fn texts_of_another_form_are_not_looked_up() {
        let key = generate();
        let key = key.expose();
        for other in [
            "",
            "nab-",
            "sk-abc",
            &key[1..],
            &key[..46],
            &format!("{key}x"),
        ] {
            assert!(!is_well_formed(other), "{other}");
        }
        assert!(!is_well_formed(&key.replace(&key[46..], "ä")));
    }

    #[test]
    fn an_update_tells_null_from_absent() {
        let update: UpdateKey = serde_json::from_str(r#"{"team_id":null}"#).expect("valid");
        assert_eq!(update.team_id, Some(None));
        assert_eq!(update.expires_at, None);
    }
}
