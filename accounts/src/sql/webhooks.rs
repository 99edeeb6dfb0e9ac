use serde::Serialize;
use store::{Db, Micros, OrgId, Result, Tx, on_reader, on_tx, row};
use utoipa::ToSchema;

row! {
    /// Where an organization is told of alerts.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Webhook {
        /// The organization.
        pub org_id: OrgId,
        /// An `https` (or `http`) address in the public internet.
        pub url: String,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// An encrypted signing secret.
    pub(crate) struct SealedWebhook {
        pub(crate) org_id: OrgId,
        pub(crate) url: String,
        pub(crate) encrypted_data: Vec<u8>,
    }
}

pub(crate) async fn put(tx: &mut Tx, webhook: &Webhook, sealed: &[u8]) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO webhooks (org_id, url, encrypted_data, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id) DO UPDATE SET url = excluded.url,
             encrypted_data = excluded.encrypted_data, updated_at = excluded.updated_at",
    )
    .bind(webhook.org_id)
    .bind(&webhook.url)
    .bind(sealed)
    .bind(webhook.created_at)
    .bind(webhook.updated_at))?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, org: OrgId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM webhooks WHERE org_id = $1").bind(org))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId) -> Result<Option<Webhook>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, url, created_at, updated_at FROM webhooks WHERE org_id = $1",
    ).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_in(tx: &mut Tx, org: OrgId) -> Result<Option<Webhook>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT org_id, url, created_at, updated_at FROM webhooks WHERE org_id = $1",
    ).bind(org).fetch_optional(c).await)
}

pub(crate) async fn sealed(db: &Db, org: OrgId) -> Result<Option<SealedWebhook>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, url, encrypted_data FROM webhooks WHERE org_id = $1",
    ).bind(org).fetch_optional(c).await)
}

/// The signing secrets of all organizations, for a new master key.
pub(crate) async fn all_sealed_in(tx: &mut Tx) -> Result<Vec<SealedWebhook>> {
    on_tx!(tx, c => sqlx::query_as("SELECT org_id, url, encrypted_data FROM webhooks")
        .fetch_all(c).await)
}

pub(crate) async fn reseal(tx: &mut Tx, org: OrgId, sealed: &[u8]) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE webhooks SET encrypted_data = $2 WHERE org_id = $1")
        .bind(org)
        .bind(sealed))?;
    Ok(())
}

pub(crate) async fn count(db: &Db) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar("SELECT count(*) FROM webhooks").fetch_one(c).await)
}
