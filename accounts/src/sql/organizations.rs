use serde::Serialize;
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{OrganizationSettings, PageRequest, Role};

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
        /// The word of the plan that limits it.
        pub plan: String,
        /// What it decided about itself.
        #[schema(value_type = OrganizationSettings)]
        pub settings: Json<OrganizationSettings>,
        /// Whether bodies of requests and answers are logged.
        pub log_bodies: bool,
        /// Where statements and alerts go besides its owners and admins.
        pub billing_email: Option<String>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// What is kept in memory of an organization.
    pub(crate) struct LoadedOrganization {
        pub(crate) id: OrgId,
        pub(crate) plan: String,
        pub(crate) settings: Json<OrganizationSettings>,
        pub(crate) log_bodies: bool,
    }

    /// An organization that somebody deleted.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeletedOrganization {
        /// Its id.
        pub org_id: OrgId,
        /// Its name.
        pub name: String,
        /// When.
        pub deleted_at: Micros,
    }

    /// What a person is in an organization.
    pub(crate) struct OwnRole {
        pub(crate) org_id: OrgId,
        pub(crate) role: Role,
    }
}

pub(crate) async fn insert(tx: &mut Tx, organization: &Organization) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO organizations
             (id, name, slug, plan, settings, log_bodies, billing_email, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(organization.id)
    .bind(&organization.name)
    .bind(&organization.slug)
    .bind(&organization.plan)
    .bind(&organization.settings)
    .bind(organization.log_bodies)
    .bind(&organization.billing_email)
    .bind(organization.created_at)
    .bind(organization.updated_at))?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, organization: &Organization) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE organizations SET name = $2, slug = $3, plan = $4, settings = $5, log_bodies = $6,
             billing_email = $7, updated_at = $8
         WHERE id = $1",
    )
    .bind(organization.id)
    .bind(&organization.name)
    .bind(&organization.slug)
    .bind(&organization.plan)
    .bind(&organization.settings)
    .bind(organization.log_bodies)
    .bind(&organization.billing_email)
    .bind(organization.updated_at))?;
    Ok(())
}

/// Removes an organization and everything of it that refers to it, and notes that it is gone.
pub(crate) async fn delete(
    tx: &mut Tx,
    organization: &Organization,
    by: &str,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO deleted_organizations (org_id, name, slug, deleted_by, deleted_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(organization.id)
    .bind(&organization.name)
    .bind(&organization.slug)
    .bind(by)
    .bind(now))?;
    on_tx!(tx, execute => sqlx::query("DELETE FROM idempotency_keys WHERE org_id = $1")
        .bind(organization.id))?;
    on_tx!(tx, execute => sqlx::query("DELETE FROM organizations WHERE id = $1")
        .bind(organization.id))?;
    Ok(())
}

/// Organizations deleted after `since`.
pub(crate) async fn deleted_since(db: &Db, since: Micros) -> Result<Vec<DeletedOrganization>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, name, deleted_at FROM deleted_organizations WHERE deleted_at > $1",
    ).bind(since).fetch_all(c).await)
}

pub(crate) async fn get(db: &Db, id: OrgId) -> Result<Option<Organization>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, name, slug, plan, settings, log_bodies, billing_email, created_at, updated_at
         FROM organizations WHERE id = $1",
    ).bind(id).fetch_optional(c).await)
}

pub(crate) async fn get_in(tx: &mut Tx, id: OrgId) -> Result<Option<Organization>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, name, slug, plan, settings, log_bodies, billing_email, created_at, updated_at
         FROM organizations WHERE id = $1",
    ).bind(id).fetch_optional(c).await)
}

pub(crate) async fn by_slug(db: &Db, slug: &str) -> Result<Option<Organization>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, name, slug, plan, settings, log_bodies, billing_email, created_at, updated_at
         FROM organizations WHERE slug = $1",
    ).bind(slug).fetch_optional(c).await)
}

/// Organizations that a person belongs to.
pub(crate) async fn of_user(db: &Db, user: UserId, page: PageRequest) -> Result<Vec<Organization>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT o.id, o.name, o.slug, o.plan, o.settings, o.log_bodies, o.billing_email,
             o.created_at, o.updated_at
         FROM organizations o JOIN org_members m ON m.org_id = o.id
         WHERE m.user_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3",
    )
    .bind(user)
    .bind(page.below())
    .bind(page.rows())
    .fetch_all(c)
    .await)
}

pub(crate) async fn roles_of_user(db: &Db, user: UserId) -> Result<Vec<OwnRole>> {
    on_reader!(db, c => sqlx::query_as("SELECT org_id, role FROM org_members WHERE user_id = $1")
        .bind(user)
        .fetch_all(c)
        .await)
}

/// All organizations of the instance.
pub(crate) async fn list(db: &Db, page: PageRequest) -> Result<Vec<Organization>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, name, slug, plan, settings, log_bodies, billing_email, created_at, updated_at
         FROM organizations WHERE id < $1 ORDER BY id DESC LIMIT $2",
    ).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}

pub(crate) async fn count(tx: &mut Tx) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar("SELECT count(*) FROM organizations").fetch_one(c).await)
}

pub(crate) async fn load(db: &Db) -> Result<Vec<LoadedOrganization>> {
    on_reader!(db, c => sqlx::query_as("SELECT id, plan, settings, log_bodies FROM organizations")
        .fetch_all(c).await)
}

/// How many members and keys organizations have.
pub(crate) async fn sizes(db: &Db) -> Result<Vec<(Uuid, i64, i64)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT o.id, (SELECT count(*) FROM org_members m WHERE m.org_id = o.id),
             (SELECT count(*) FROM api_keys k WHERE k.org_id = o.id AND k.revoked_at IS NULL)
         FROM organizations o",
    ).fetch_all(c).await)
}
