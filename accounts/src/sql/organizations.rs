use serde::Serialize;
use serde_json::{Map, Value};
use store::{Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx, row};
use utoipa::ToSchema;

row! {
    /// An organization: the tenant.
    #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
    pub struct Organization {
        /// Id.
        pub id: OrgId,
        /// For people.
        pub name: String,
        /// Unique short name for URLs.
        pub slug: String,
        /// What it pays for.
        pub plan: String,
        /// Free settings.
        #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
        pub settings: Json<Map<String, Value>>,
        /// Whether bodies of requests and answers are logged.
        pub log_bodies: bool,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    pub(crate) struct LogBodies {
        pub(crate) id: OrgId,
        pub(crate) log_bodies: bool,
    }
}

pub(crate) async fn insert(tx: &mut Tx, organization: &Organization) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO organizations
             (id, name, slug, plan, settings, log_bodies, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(organization.id)
    .bind(&organization.name)
    .bind(&organization.slug)
    .bind(&organization.plan)
    .bind(&organization.settings)
    .bind(organization.log_bodies)
    .bind(organization.created_at)
    .bind(organization.updated_at))?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, organization: &Organization) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE organizations SET name = $2, settings = $3, log_bodies = $4, updated_at = $5
         WHERE id = $1",
    )
    .bind(organization.id)
    .bind(&organization.name)
    .bind(&organization.settings)
    .bind(organization.log_bodies)
    .bind(organization.updated_at))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, id: OrgId) -> Result<Option<Organization>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, name, slug, plan, settings, log_bodies, created_at, updated_at
         FROM organizations WHERE id = $1",
    ).bind(id).fetch_optional(c).await)
}

pub(crate) async fn by_slug(db: &Db, slug: &str) -> Result<Option<Organization>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, name, slug, plan, settings, log_bodies, created_at, updated_at
         FROM organizations WHERE slug = $1",
    ).bind(slug).fetch_optional(c).await)
}

pub(crate) async fn count(tx: &mut Tx) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar("SELECT count(*) FROM organizations").fetch_one(c).await)
}

pub(crate) async fn all_log_bodies(db: &Db) -> Result<Vec<LogBodies>> {
    on_reader!(db, c => sqlx::query_as("SELECT id, log_bodies FROM organizations")
        .fetch_all(c).await)
}
