use store::{Db, Micros, Result, Tx, UserId, on_reader, on_tx};

use crate::api_key::Hash;

pub(crate) async fn insert(tx: &mut Tx, user: UserId, hash: &Hash, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)",
    ).bind(user).bind(hash.as_slice()).bind(now))?;
    Ok(())
}

/// Uses a code up; false when there is no such code, or it was used already.
pub(crate) async fn take(tx: &mut Tx, user: UserId, hash: &Hash, now: Micros) -> Result<bool> {
    let used = on_tx!(tx, execute => sqlx::query(
        "UPDATE recovery_codes SET used_at = $3
         WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL",
    ).bind(user).bind(hash.as_slice()).bind(now))?;
    Ok(used == 1)
}

/// How many codes a person has left.
pub(crate) async fn left(db: &Db, user: UserId) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL",
    ).bind(user).fetch_one(c).await)
}

/// The same as [`left`], inside a transaction.
pub(crate) async fn left_in(tx: &mut Tx, user: UserId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL",
    ).bind(user).fetch_one(c).await)
}

pub(crate) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user))?;
    Ok(())
}
