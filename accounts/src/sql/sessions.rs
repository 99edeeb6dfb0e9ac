use serde::Serialize;
use store::{Db, Micros, OrgId, Result, SessionId, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::api_key::Hash;
use crate::sessions::Transport;

row! {
    /// A person's session at a device.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Session {
        /// Id.
        pub id: SessionId,
        /// How the person proved who it is: `password`, `setup` or another method.
        pub method: String,
        /// Whether a browser or an API client holds it.
        pub transport: Transport,
        /// What the client called itself.
        pub user_agent: String,
        /// The address it began at.
        pub address: String,
        /// When it began.
        pub created_at: Micros,
        /// When it was last refreshed.
        pub last_seen_at: Micros,
        /// When it ends at the latest.
        pub expires_at: Micros,
    }

    /// What is needed to go on with a session.
    #[derive(Debug, Clone)]
    pub(crate) struct StoredSession {
        pub(crate) id: SessionId,
        pub(crate) user_id: UserId,
        pub(crate) org_id: Option<OrgId>,
        pub(crate) transport: Transport,
        pub(crate) method: String,
        pub(crate) csrf_token: String,
        pub(crate) expires_at: Micros,
        pub(crate) revoked_at: Option<Micros>,
    }

    /// A refresh token as it is stored.
    #[derive(Debug, Clone)]
    pub(crate) struct StoredRefresh {
        pub(crate) session_id: SessionId,
        pub(crate) expires_at: Micros,
        pub(crate) used_at: Option<Micros>,
    }
}

/// Sessions that ended after `since`, of all users.
pub(crate) async fn revoked_since(db: &Db, since: Micros) -> Result<Vec<SessionId>> {
    on_reader!(db, c => sqlx::query_scalar("SELECT id FROM sessions WHERE revoked_at > $1")
        .bind(since)
        .fetch_all(c)
        .await)
}

/// Where a session was begun.
#[derive(Debug)]
pub(crate) struct Device<'a> {
    pub(crate) user_agent: &'a str,
    pub(crate) address: &'a str,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    session: &StoredSession,
    device: &Device<'_>,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO sessions (id, user_id, org_id, transport, method, csrf_token, user_agent,
             address, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
    )
    .bind(session.id)
    .bind(session.user_id)
    .bind(session.org_id)
    .bind(session.transport)
    .bind(&session.method)
    .bind(&session.csrf_token)
    .bind(device.user_agent)
    .bind(device.address)
    .bind(now)
    .bind(session.expires_at))?;
    Ok(())
}

pub(crate) async fn get_in(tx: &mut Tx, id: SessionId) -> Result<Option<StoredSession>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, user_id, org_id, transport, method, csrf_token, expires_at, revoked_at
         FROM sessions WHERE id = $1",
    ).bind(id).fetch_optional(c).await)
}

/// Live sessions of a person, the last used first.
pub(crate) async fn list(db: &Db, user: UserId, now: Micros) -> Result<Vec<Session>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, method, transport, user_agent, address, created_at, last_seen_at, expires_at
         FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
         ORDER BY last_seen_at DESC, id DESC LIMIT 200",
    ).bind(user).bind(now).fetch_all(c).await)
}

/// Notes that the person has shown a second factor in this session.
pub(crate) async fn set_method(tx: &mut Tx, id: SessionId, method: &str) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE sessions SET method = $2 WHERE id = $1")
        .bind(id).bind(method))?;
    Ok(())
}

pub(crate) async fn touch(tx: &mut Tx, id: SessionId, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE sessions SET last_seen_at = $2 WHERE id = $1")
        .bind(id).bind(now))?;
    Ok(())
}

pub(crate) async fn set_org(tx: &mut Tx, id: SessionId, org: OrgId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE sessions SET org_id = $2 WHERE id = $1")
        .bind(id).bind(org))?;
    Ok(())
}

/// Ends one session of a person; the number of sessions ended.
pub(crate) async fn revoke(tx: &mut Tx, user: UserId, id: SessionId, now: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE sessions SET revoked_at = $3
         WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL",
    ).bind(user).bind(id).bind(now))
}

/// Ends all sessions of a person but `except`; the number of sessions ended.
pub(crate) async fn revoke_all(
    tx: &mut Tx,
    user: UserId,
    except: Option<SessionId>,
    now: Micros,
) -> Result<u64> {
    let except = except.unwrap_or(SessionId::from_uuid(uuid::Uuid::nil()));
    on_tx!(tx, execute => sqlx::query(
        "UPDATE sessions SET revoked_at = $3
         WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL",
    ).bind(user).bind(except).bind(now))
}

/// The organization that a person last worked in and still belongs to, else the first it joined.
pub(crate) async fn usual_org(tx: &mut Tx, user: UserId) -> Result<Option<OrgId>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT m.org_id FROM org_members m
         LEFT JOIN sessions s ON s.user_id = m.user_id AND s.org_id = m.org_id
         WHERE m.user_id = $1
         GROUP BY m.org_id, m.joined_at
         ORDER BY coalesce(max(s.last_seen_at), 0) DESC, m.joined_at, m.org_id LIMIT 1",
    ).bind(user).fetch_optional(c).await)
}

pub(crate) async fn insert_refresh(
    tx: &mut Tx,
    hash: &Hash,
    session: SessionId,
    now: Micros,
    expires_at: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4)",
    ).bind(hash.as_slice()).bind(session).bind(now).bind(expires_at))?;
    Ok(())
}

pub(crate) async fn refresh_in(tx: &mut Tx, hash: &Hash) -> Result<Option<StoredRefresh>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT session_id, expires_at, used_at FROM refresh_tokens WHERE token_hash = $1",
    ).bind(hash.as_slice()).fetch_optional(c).await)
}

/// Uses a refresh token up; false when somebody else did so first.
pub(crate) async fn use_refresh(tx: &mut Tx, hash: &Hash, now: Micros) -> Result<bool> {
    let used = on_tx!(tx, execute => sqlx::query(
        "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
    ).bind(hash.as_slice()).bind(now))?;
    Ok(used == 1)
}

/// Deletes sessions, with their refresh tokens, that ended before `before`.
pub(crate) async fn delete_old(tx: &mut Tx, before: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1",
    ).bind(before))
}
