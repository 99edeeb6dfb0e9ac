//! Answers of `/v1/responses` that clients asked to keep, per organization.

mod sql;

use serde_json::Value;
use store::{Db, KeyId, OrgId};

/// How long a response is kept: OpenAI's 30 days, in microseconds.
pub(crate) const KEPT_US: i64 = 30 * 86_400_000_000;

/// A response to keep.
pub(crate) struct NewResponse<'a> {
    pub(crate) org: OrgId,
    pub(crate) key: Option<KeyId>,
    pub(crate) id: &'a str,
    /// The items of the (expanded) request.
    pub(crate) input_items: &'a [Value],
    pub(crate) response: &'a Value,
    pub(crate) now_us: i64,
}

/// A kept response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredResponse {
    pub(crate) input_items: Vec<Value>,
    pub(crate) response: Value,
    pub(crate) expires_at: i64,
}

/// Keeps a response; one with the same id is replaced.
pub(crate) async fn put(db: &Db, new: NewResponse<'_>) -> store::Result<()> {
    let items = Value::Array(new.input_items.to_vec()).to_string();
    sql::put(db, &new, &items, &new.response.to_string()).await
}

/// A kept response of this organization.
pub(crate) async fn get(db: &Db, org: OrgId, id: &str) -> store::Result<Option<StoredResponse>> {
    let row = sql::get(db, org, id).await?;
    Ok(row.map(|row| StoredResponse {
        input_items: serde_json::from_str(&row.input_items).unwrap_or_default(),
        response: serde_json::from_str(&row.response).unwrap_or_default(),
        expires_at: row.expires_at,
    }))
}

/// Forgets a response. False when there was none.
pub(crate) async fn delete(db: &Db, org: OrgId, id: &str) -> store::Result<bool> {
    sql::delete(db, org, id).await
}

/// Forgets what has expired; gives how many.
pub(crate) async fn delete_expired(db: &Db, now_us: i64) -> store::Result<u64> {
    sql::delete_expired(db, now_us).await
}
