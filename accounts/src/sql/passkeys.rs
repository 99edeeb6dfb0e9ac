use serde::Serialize;
use store::{Db, Json, Micros, PasskeyId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

row! {
    /// A passkey as its person sees it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Passkey {
        /// Id.
        pub id: PasskeyId,
        /// For people.
        pub name: String,
        /// Whether it is kept beyond its device, such as in a password manager.
        pub is_backed_up: bool,
        /// When it was made.
        pub created_at: Micros,
        /// When it last signed in.
        pub last_used_at: Option<Micros>,
    }

    /// A passkey as it is stored.
    #[derive(Debug, Clone)]
    pub(crate) struct StoredPasskey {
        pub(crate) id: PasskeyId,
        pub(crate) user_id: UserId,
        pub(crate) credential_id: Vec<u8>,
        pub(crate) public_key: Vec<u8>,
        pub(crate) sign_count: i64,
        pub(crate) name: String,
        pub(crate) transports: Json<Vec<String>>,
        pub(crate) is_backup_eligible: bool,
        pub(crate) is_backed_up: bool,
        pub(crate) created_at: Micros,
    }
}

pub(crate) async fn insert(tx: &mut Tx, passkey: &StoredPasskey) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports,
             is_backup_eligible, is_backed_up, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(passkey.id)
    .bind(passkey.user_id)
    .bind(&passkey.credential_id)
    .bind(&passkey.public_key)
    .bind(passkey.sign_count)
    .bind(&passkey.name)
    .bind(&passkey.transports)
    .bind(passkey.is_backup_eligible)
    .bind(passkey.is_backed_up)
    .bind(passkey.created_at))?;
    Ok(())
}

/// Passkeys of a person, the oldest first.
pub(crate) async fn list(db: &Db, user: UserId) -> Result<Vec<Passkey>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, name, is_backed_up, created_at, last_used_at FROM passkeys
         WHERE user_id = $1 ORDER BY id",
    ).bind(user).fetch_all(c).await)
}

/// The same passkeys with what checks them.
pub(crate) async fn stored(db: &Db, user: UserId) -> Result<Vec<StoredPasskey>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, user_id, credential_id, public_key, sign_count, name, transports,
             is_backup_eligible, is_backed_up, created_at
         FROM passkeys WHERE user_id = $1 ORDER BY id",
    ).bind(user).fetch_all(c).await)
}

/// The passkey that an authenticator knows by this id.
pub(crate) async fn by_credential(db: &Db, credential_id: &[u8]) -> Result<Option<StoredPasskey>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, user_id, credential_id, public_key, sign_count, name, transports,
             is_backup_eligible, is_backed_up, created_at
         FROM passkeys WHERE credential_id = $1",
    ).bind(credential_id).fetch_optional(c).await)
}

pub(crate) async fn count_in(tx: &mut Tx, user: UserId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar("SELECT count(*) FROM passkeys WHERE user_id = $1")
        .bind(user).fetch_one(c).await)
}

/// Notes a use; false when the counter moved since `before` was read, by a use at the same time.
pub(crate) async fn used(
    tx: &mut Tx,
    before: &StoredPasskey,
    sign_count: i64,
    is_backed_up: bool,
    now: Micros,
) -> Result<bool> {
    let used = on_tx!(tx, execute => sqlx::query(
        "UPDATE passkeys SET sign_count = $3, is_backed_up = $4, last_used_at = $5
         WHERE id = $1 AND sign_count = $2",
    ).bind(before.id).bind(before.sign_count).bind(sign_count).bind(is_backed_up).bind(now))?;
    Ok(used == 1)
}

/// Renames one passkey of a person; the number renamed.
pub(crate) async fn rename(tx: &mut Tx, user: UserId, id: PasskeyId, name: &str) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2",
    ).bind(user).bind(id).bind(name))
}

/// Deletes one passkey of a person; the number deleted.
pub(crate) async fn delete(tx: &mut Tx, user: UserId, id: PasskeyId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM passkeys WHERE user_id = $1 AND id = $2")
        .bind(user).bind(id))
}

pub(crate) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM passkeys WHERE user_id = $1").bind(user))?;
    Ok(())
}
