use store::{Db, Micros, Result, SessionId, on_reader};

/// Sessions that ended after `since`, of all users.
pub(crate) async fn revoked_since(db: &Db, since: Micros) -> Result<Vec<SessionId>> {
    on_reader!(db, c => sqlx::query_scalar("SELECT id FROM sessions WHERE revoked_at > $1")
        .bind(since)
        .fetch_all(c)
        .await)
}
