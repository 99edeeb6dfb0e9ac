use serde::Serialize;
use store::{Db, IdentityId, Micros, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

row! {
    /// An account at another provider that signs a person in.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Identity {
        /// Id.
        pub id: IdentityId,
        /// Whose it is here.
        #[serde(skip)]
        pub user_id: UserId,
        /// The provider's name in the configuration when it was linked.
        pub provider: String,
        /// The provider itself.
        pub issuer: String,
        /// The person's id there.
        pub subject: String,
        /// The address that the provider named last.
        pub email: Option<String>,
        /// When it was linked.
        pub created_at: Micros,
        /// When it last signed in.
        pub last_used_at: Option<Micros>,
    }
}

pub(crate) async fn insert(tx: &mut Tx, identity: &Identity) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO identities (id, user_id, provider, issuer, subject, email, created_at,
             last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(identity.id)
    .bind(identity.user_id)
    .bind(&identity.provider)
    .bind(&identity.issuer)
    .bind(&identity.subject)
    .bind(&identity.email)
    .bind(identity.created_at)
    .bind(identity.last_used_at))?;
    Ok(())
}

pub(crate) async fn by_subject_in(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, user_id, provider, issuer, subject, email, created_at, last_used_at
         FROM identities WHERE issuer = $1 AND subject = $2",
    ).bind(issuer).bind(subject).fetch_optional(c).await)
}

/// Accounts of a person at other providers, the oldest first.
pub(crate) async fn list(db: &Db, user: UserId) -> Result<Vec<Identity>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, user_id, provider, issuer, subject, email, created_at, last_used_at
         FROM identities WHERE user_id = $1 ORDER BY id",
    ).bind(user).fetch_all(c).await)
}

pub(crate) async fn count_in(tx: &mut Tx, user: UserId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar("SELECT count(*) FROM identities WHERE user_id = $1")
        .bind(user).fetch_one(c).await)
}

pub(crate) async fn used(
    tx: &mut Tx,
    id: IdentityId,
    email: Option<&str>,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE identities SET email = coalesce($2, email), last_used_at = $3 WHERE id = $1",
    ).bind(id).bind(email).bind(now))?;
    Ok(())
}

/// Deletes one account of a person; the number deleted.
pub(crate) async fn delete(tx: &mut Tx, user: UserId, id: IdentityId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM identities WHERE user_id = $1 AND id = $2")
        .bind(user).bind(id))
}
