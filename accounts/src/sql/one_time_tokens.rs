use serde_json::{Map, Value};
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};

use crate::api_key::Hash;
use crate::one_time_token::TokenPurpose;

row! {
    /// What a link that works once is for. The token itself is not stored.
    #[derive(Debug, Clone, PartialEq)]
    pub struct OneTimeToken {
        /// What it is for.
        pub purpose: TokenPurpose,
        /// The person it is for, when there is an account.
        pub user_id: Option<UserId>,
        /// The organization it is about.
        pub org_id: Option<OrgId>,
        /// The address it was sent to.
        pub email: Option<String>,
        /// What else the purpose needs; no secrets.
        pub data: Json<Map<String, Value>>,
        /// When it was made.
        pub created_at: Micros,
        /// From when on it is refused.
        pub expires_at: Micros,
    }
}

pub(crate) async fn insert(tx: &mut Tx, hash: &Hash, token: &OneTimeToken) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO one_time_tokens (token_hash, purpose, user_id, org_id, email, data,
             created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(hash.as_slice())
    .bind(token.purpose)
    .bind(token.user_id)
    .bind(token.org_id)
    .bind(&token.email)
    .bind(&token.data)
    .bind(token.created_at)
    .bind(token.expires_at))?;
    Ok(())
}

pub(crate) async fn get(
    db: &Db,
    purpose: TokenPurpose,
    hash: &Hash,
    now: Micros,
) -> Result<Option<OneTimeToken>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT purpose, user_id, org_id, email, data, created_at, expires_at
         FROM one_time_tokens
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3",
    ).bind(hash.as_slice()).bind(purpose).bind(now).fetch_optional(c).await)
}

/// Uses a token up and returns it; `None` when it is unknown, old or used already.
pub(crate) async fn take(
    tx: &mut Tx,
    purpose: TokenPurpose,
    hash: &Hash,
    now: Micros,
) -> Result<Option<OneTimeToken>> {
    on_tx!(tx, c => sqlx::query_as(
        "UPDATE one_time_tokens SET used_at = $3
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
         RETURNING purpose, user_id, org_id, email, data, created_at, expires_at",
    ).bind(hash.as_slice()).bind(purpose).bind(now).fetch_optional(c).await)
}

/// Makes all unused tokens of a person for a purpose useless.
pub(crate) async fn withdraw(
    tx: &mut Tx,
    purpose: TokenPurpose,
    user: UserId,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE one_time_tokens SET used_at = $3
         WHERE purpose = $1 AND user_id = $2 AND used_at IS NULL",
    ).bind(purpose).bind(user).bind(now))
}

/// Makes all unused tokens for a purpose useless, whoever they are for.
pub(crate) async fn withdraw_all(tx: &mut Tx, purpose: TokenPurpose, now: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE one_time_tokens SET used_at = $2 WHERE purpose = $1 AND used_at IS NULL",
    ).bind(purpose).bind(now))
}

pub(crate) async fn delete_old(tx: &mut Tx, before: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM one_time_tokens WHERE expires_at < $1")
        .bind(before))
}

/// Makes all unused tokens of an address for a purpose in an organization useless.
pub(crate) async fn withdraw_of_address(
    tx: &mut Tx,
    purpose: TokenPurpose,
    org: OrgId,
    email: &str,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE one_time_tokens SET used_at = $4
         WHERE org_id = $1 AND purpose = $2 AND email = $3 AND used_at IS NULL",
    )
    .bind(org)
    .bind(purpose)
    .bind(email)
    .bind(now))
}
