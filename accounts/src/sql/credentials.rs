use serde::Serialize;
use store::{CredentialId, Db, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::PageRequest;

row! {
    /// A provider's secret, without the secret: it is write-only.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Credential {
        /// Id.
        pub id: CredentialId,
        /// The organization that owns it.
        pub org_id: OrgId,
        /// Whose secret it is, such as `openai`.
        pub provider: String,
        /// For people; unique in organization and provider.
        pub name: String,
        /// What the secret is, such as `api_key`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Which version of the master key encrypts it.
        pub key_version: i64,
        /// Whether it may be used.
        pub is_active: bool,
        /// The user who made it.
        pub created_by: Option<UserId>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// An encrypted secret with what is needed to open it.
    #[derive(Debug)]
    pub(crate) struct Sealed {
        pub(crate) id: CredentialId,
        pub(crate) org_id: OrgId,
        pub(crate) encrypted_data: Vec<u8>,
    }
}

pub(crate) async fn insert(tx: &mut Tx, credential: &Credential, sealed: &[u8]) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO credentials (id, org_id, provider, name, type, encrypted_data, key_version,
             is_active, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(credential.id)
    .bind(credential.org_id)
    .bind(&credential.provider)
    .bind(&credential.name)
    .bind(&credential.kind)
    .bind(sealed)
    .bind(credential.key_version)
    .bind(credential.is_active)
    .bind(credential.created_by)
    .bind(credential.created_at)
    .bind(credential.updated_at))?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, credential: &Credential) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE credentials SET name = $3, is_active = $4, updated_at = $5
         WHERE id = $1 AND org_id = $2",
    )
    .bind(credential.id)
    .bind(credential.org_id)
    .bind(&credential.name)
    .bind(credential.is_active)
    .bind(credential.updated_at))?;
    Ok(())
}

pub(crate) async fn reseal(
    tx: &mut Tx,
    org: OrgId,
    id: CredentialId,
    sealed: &[u8],
    key_version: i64,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE credentials SET encrypted_data = $3, key_version = $4
         WHERE id = $1 AND org_id = $2",
    )
    .bind(id)
    .bind(org)
    .bind(sealed)
    .bind(key_version))?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: CredentialId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM credentials WHERE id = $1 AND org_id = $2")
        .bind(id)
        .bind(org))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId, id: CredentialId) -> Result<Option<Credential>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, provider, name, type AS kind, key_version, is_active, created_by,
             created_at, updated_at
         FROM credentials WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_in(
    tx: &mut Tx,
    org: OrgId,
    id: CredentialId,
) -> Result<Option<Credential>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, provider, name, type AS kind, key_version, is_active, created_by,
             created_at, updated_at
         FROM credentials WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn list(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<Credential>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, provider, name, type AS kind, key_version, is_active, created_by,
             created_at, updated_at
         FROM credentials
         -- Secrets of projects are stored here too, and shown with their project.
         WHERE org_id = $1 AND id < $2 AND type <> 'project_secret' ORDER BY id DESC LIMIT $3",
    ).bind(org).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}

/// An active credential's secret by id.
pub(crate) async fn sealed(db: &Db, org: OrgId, id: CredentialId) -> Result<Option<Sealed>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, encrypted_data FROM credentials
         WHERE id = $1 AND org_id = $2 AND is_active",
    ).bind(id).bind(org).fetch_optional(c).await)
}

/// An active credential's secret by provider and name.
pub(crate) async fn sealed_by_name(
    db: &Db,
    org: OrgId,
    provider: &str,
    name: &str,
) -> Result<Option<Sealed>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, encrypted_data FROM credentials
         WHERE org_id = $1 AND provider = $2 AND name = $3 AND is_active",
    ).bind(org).bind(provider).bind(name).fetch_optional(c).await)
}

/// The secrets of all organizations, for a new master key.
pub(crate) async fn all_sealed_in(tx: &mut Tx) -> Result<Vec<Sealed>> {
    on_tx!(tx, c => sqlx::query_as("SELECT id, org_id, encrypted_data FROM credentials")
        .fetch_all(c).await)
}

pub(crate) async fn count(db: &Db) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar("SELECT count(*) FROM credentials").fetch_one(c).await)
}
