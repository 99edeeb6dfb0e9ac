//! What people keep for themselves.

use serde_json::Value;
use store::{Db, Json, Micros, Result, Tx, UserId, on_reader, on_tx, row};

row! {
    #[derive(Debug)]
    pub(crate) struct Preference {
        pub(crate) name: String,
        pub(crate) value: Json<Value>,
    }
}

pub(crate) async fn list(db: &Db, user: UserId) -> Result<Vec<Preference>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT name, value FROM user_preferences WHERE user_id = $1 ORDER BY name",
    ).bind(user).fetch_all(c).await)
}

pub(crate) async fn put(
    tx: &mut Tx,
    user: UserId,
    name: &str,
    value: &Json<Value>,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO user_preferences (user_id, name, value, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value,
             updated_at = excluded.updated_at",
    ).bind(user).bind(name).bind(value).bind(now))?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, user: UserId, name: &str) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM user_preferences WHERE user_id = $1 AND name = $2",
    ).bind(user).bind(name))?;
    Ok(())
}

pub(crate) async fn count(tx: &mut Tx, user: UserId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM user_preferences WHERE user_id = $1",
    ).bind(user).fetch_one(c).await)
}
