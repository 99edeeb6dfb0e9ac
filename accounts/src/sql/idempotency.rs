use store::{Db, Micros, OrgId, Result, Tx, on_tx, on_writer, row};

row! {
    /// A request that carried an idempotency key.
    pub(crate) struct StoredRequest {
        pub(crate) request_hash: Vec<u8>,
        pub(crate) status: Option<i64>,
        pub(crate) answer: Option<Vec<u8>>,
        pub(crate) locked_until: Micros,
        pub(crate) expires_at: Micros,
    }
}

/// Whose key it is.
#[derive(Debug, Clone)]
pub(crate) struct KeyOf {
    pub(crate) org_id: OrgId,
    pub(crate) caller: String,
    pub(crate) key_hash: [u8; 32],
}

/// Notes that a request has begun; false when the key was used before.
pub(crate) async fn begin(
    tx: &mut Tx,
    key: &KeyOf,
    request_hash: &[u8],
    locked_until: Micros,
    expires_at: Micros,
) -> Result<bool> {
    let inserted = on_tx!(tx, execute => sqlx::query(
        "INSERT INTO idempotency_keys (org_id, caller, key_hash, request_hash, locked_until,
             expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, caller, key_hash) DO NOTHING",
    )
    .bind(key.org_id)
    .bind(&key.caller)
    .bind(key.key_hash.as_slice())
    .bind(request_hash)
    .bind(locked_until)
    .bind(expires_at))?;
    Ok(inserted == 1)
}

/// Takes the key over from a request that died or is too old; false when another one was faster.
pub(crate) async fn take_over(
    tx: &mut Tx,
    key: &KeyOf,
    seen: &StoredRequest,
    request_hash: &[u8],
    locked_until: Micros,
    expires_at: Micros,
) -> Result<bool> {
    let taken = on_tx!(tx, execute => sqlx::query(
        "UPDATE idempotency_keys
         SET request_hash = $5, status = NULL, answer = NULL, locked_until = $6, expires_at = $7
         WHERE org_id = $1 AND caller = $2 AND key_hash = $3 AND locked_until = $4",
    )
    .bind(key.org_id)
    .bind(&key.caller)
    .bind(key.key_hash.as_slice())
    .bind(seen.locked_until)
    .bind(request_hash)
    .bind(locked_until)
    .bind(expires_at))?;
    Ok(taken == 1)
}

pub(crate) async fn get_in(tx: &mut Tx, key: &KeyOf) -> Result<Option<StoredRequest>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT request_hash, status, answer, locked_until, expires_at FROM idempotency_keys
         WHERE org_id = $1 AND caller = $2 AND key_hash = $3",
    )
    .bind(key.org_id)
    .bind(&key.caller)
    .bind(key.key_hash.as_slice())
    .fetch_optional(c)
    .await)
}

/// Keeps the answer of a request that has ended.
pub(crate) async fn finish(
    db: &Db,
    key: &KeyOf,
    locked_until: Micros,
    status: u16,
    answer: &[u8],
) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE idempotency_keys SET status = $5, answer = $6
         WHERE org_id = $1 AND caller = $2 AND key_hash = $3 AND locked_until = $4",
    )
    .bind(key.org_id)
    .bind(&key.caller)
    .bind(key.key_hash.as_slice())
    .bind(locked_until)
    .bind(i64::from(status))
    .bind(answer))?;
    Ok(())
}

/// Forgets a request that may be sent again.
pub(crate) async fn release(db: &Db, key: &KeyOf, locked_until: Micros) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM idempotency_keys
         WHERE org_id = $1 AND caller = $2 AND key_hash = $3 AND locked_until = $4",
    )
    .bind(key.org_id)
    .bind(&key.caller)
    .bind(key.key_hash.as_slice())
    .bind(locked_until))?;
    Ok(())
}

pub(crate) async fn delete_expired(db: &Db, now: Micros) -> Result<u64> {
    on_writer!(db, execute => sqlx::query("DELETE FROM idempotency_keys WHERE expires_at <= $1")
        .bind(now))
}
