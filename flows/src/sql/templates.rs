use serde::Serialize;
use serde_json::Value;
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, on_writer, row};
use utoipa::ToSchema;

use crate::graph::Graph;
use crate::ids::TemplateId;
use crate::sql::variables::ProjectVariable;

/// Templates that one list holds at most, of each kind.
pub(crate) const MOST: i64 = 1_000;

row! {
    /// A template that an organization keeps.
    #[derive(Debug, Clone)]
    pub(crate) struct Kept {
        pub(crate) id: TemplateId,
        pub(crate) org_id: OrgId,
        pub(crate) name: String,
        pub(crate) summary: String,
        pub(crate) icon: String,
        pub(crate) category: String,
        pub(crate) tags: Json<Vec<String>>,
        pub(crate) complexity: String,
        pub(crate) setup_minutes: i64,
        pub(crate) author: String,
        pub(crate) readme: String,
        pub(crate) sample_input: Json<Value>,
        pub(crate) graph: Json<Graph>,
        pub(crate) variables: Json<Vec<ProjectVariable>>,
        pub(crate) node_count: i64,
        pub(crate) is_published: bool,
        pub(crate) is_featured: bool,
        pub(crate) version: i64,
        pub(crate) revision: i64,
        pub(crate) created_by: Option<UserId>,
        pub(crate) created_at: Micros,
        pub(crate) updated_at: Micros,
    }

    /// A version of a template, without its graph.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct TemplateVersion {
        /// 1, 2, …
        pub number: i64,
        /// What is new.
        pub notes: String,
        /// The user who made it.
        pub created_by: Option<UserId>,
        /// When.
        pub created_at: Micros,
    }

    /// What people think of a template.
    #[derive(Debug, Clone)]
    pub(crate) struct Stars {
        pub(crate) template: String,
        /// The sum.
        pub(crate) stars: i64,
        pub(crate) ratings: i64,
        /// Of the one who asks.
        pub(crate) mine: Option<i64>,
    }

    #[derive(Debug, Clone)]
    pub(crate) struct Uses {
        pub(crate) template: String,
        pub(crate) uses: i64,
    }
}

macro_rules! columns {
    () => {
        "id, org_id, name, summary, icon, category, tags, complexity, setup_minutes, author, readme,
         sample_input, graph, variables, node_count, is_published, is_featured, version, revision,
         created_by, created_at, updated_at"
    };
}

pub(crate) async fn insert(tx: &mut Tx, one: &Kept) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(concat!(
        "INSERT INTO templates (", columns!(), ")
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20, $21, $22)",
    ))
    .bind(one.id)
    .bind(one.org_id)
    .bind(&one.name)
    .bind(&one.summary)
    .bind(&one.icon)
    .bind(&one.category)
    .bind(&one.tags)
    .bind(&one.complexity)
    .bind(one.setup_minutes)
    .bind(&one.author)
    .bind(&one.readme)
    .bind(&one.sample_input)
    .bind(&one.graph)
    .bind(&one.variables)
    .bind(one.node_count)
    .bind(one.is_published)
    .bind(one.is_featured)
    .bind(one.version)
    .bind(one.revision)
    .bind(one.created_by)
    .bind(one.created_at)
    .bind(one.updated_at))?;
    Ok(())
}

/// Writes the template if it is still at `seen`; whether it was.
pub(crate) async fn update(tx: &mut Tx, one: &Kept, seen: i64) -> Result<bool> {
    let changed = on_tx!(tx, execute => sqlx::query(
        "UPDATE templates SET name = $4, summary = $5, icon = $6, category = $7, tags = $8,
             complexity = $9, setup_minutes = $10, author = $11, readme = $12, sample_input = $13,
             graph = $14, variables = $15, node_count = $16, is_published = $17, is_featured = $18,
             version = $19, revision = $20, updated_at = $21
         WHERE id = $1 AND org_id = $2 AND revision = $3",
    )
    .bind(one.id)
    .bind(one.org_id)
    .bind(seen)
    .bind(&one.name)
    .bind(&one.summary)
    .bind(&one.icon)
    .bind(&one.category)
    .bind(&one.tags)
    .bind(&one.complexity)
    .bind(one.setup_minutes)
    .bind(&one.author)
    .bind(&one.readme)
    .bind(&one.sample_input)
    .bind(&one.graph)
    .bind(&one.variables)
    .bind(one.node_count)
    .bind(one.is_published)
    .bind(one.is_featured)
    .bind(one.version)
    .bind(one.revision)
    .bind(one.updated_at))?;
    Ok(changed == 1)
}

pub(crate) async fn get_in(tx: &mut Tx, org: OrgId, id: TemplateId) -> Result<Option<Kept>> {
    on_tx!(tx, c => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM templates WHERE id = $1 AND org_id = $2",
    )).bind(id).bind(org).fetch_optional(c).await)
}

/// The template, if the organization keeps it or it is published.
pub(crate) async fn visible(db: &Db, org: OrgId, id: TemplateId) -> Result<Option<Kept>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM templates WHERE id = $1 AND (org_id = $2 OR is_published)",
    )).bind(id).bind(org).fetch_optional(c).await)
}

/// All that the organization keeps, newest first.
pub(crate) async fn own(db: &Db, org: OrgId) -> Result<Vec<Kept>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM templates WHERE org_id = $1 ORDER BY id DESC LIMIT $2",
    )).bind(org).bind(MOST).fetch_all(c).await)
}

/// All that other organizations have published, newest first.
pub(crate) async fn shared(db: &Db, org: OrgId) -> Result<Vec<Kept>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM templates WHERE is_published AND org_id <> $1
         ORDER BY id DESC LIMIT $2",
    )).bind(org).bind(MOST).fetch_all(c).await)
}

pub(crate) async fn count_in(tx: &mut Tx, org: OrgId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar("SELECT count(*) FROM templates WHERE org_id = $1")
        .bind(org).fetch_one(c).await)
}

/// Removes the template with its versions, and what all organizations thought of it.
pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: TemplateId) -> Result<()> {
    let gone = on_tx!(tx, execute => sqlx::query(
        "DELETE FROM templates WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org))?;
    if gone == 0 {
        return Ok(());
    }
    let name = id.to_string();
    on_tx!(tx, execute => sqlx::query("DELETE FROM template_ratings WHERE template = $1")
        .bind(&name))?;
    on_tx!(tx, execute => sqlx::query("DELETE FROM template_uses WHERE template = $1")
        .bind(&name))?;
    Ok(())
}

/// Keeps the template's graph as the version it is at.
pub(crate) async fn insert_version(
    tx: &mut Tx,
    one: &Kept,
    version: &TemplateVersion,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO template_versions (template_id, number, org_id, graph, notes, created_by,
             created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(one.id)
    .bind(version.number)
    .bind(one.org_id)
    .bind(&one.graph)
    .bind(&version.notes)
    .bind(version.created_by)
    .bind(version.created_at))?;
    Ok(())
}

/// The newest versions first.
pub(crate) async fn versions(db: &Db, org: OrgId, id: TemplateId) -> Result<Vec<TemplateVersion>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT number, notes, created_by, created_at FROM template_versions
         WHERE org_id = $1 AND template_id = $2 ORDER BY number DESC LIMIT $3",
    ).bind(org).bind(id).bind(MOST).fetch_all(c).await)
}

/// What people think of this template; of all when `template` is empty.
pub(crate) async fn stars(
    db: &Db,
    org: OrgId,
    user: Option<UserId>,
    template: &str,
) -> Result<Vec<Stars>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT template, CAST(sum(stars) AS BIGINT) AS stars, count(*) AS ratings,
             max(CASE WHEN org_id = $1 AND user_id = $2 THEN stars END) AS mine
         FROM template_ratings WHERE $3 = '' OR template = $3 GROUP BY template",
    ).bind(org).bind(user).bind(template).fetch_all(c).await)
}

/// How often flows were made of this template; of all when `template` is empty.
pub(crate) async fn uses(db: &Db, template: &str) -> Result<Vec<Uses>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT template, CAST(sum(uses) AS BIGINT) AS uses FROM template_uses
         WHERE $1 = '' OR template = $1 GROUP BY template",
    ).bind(template).fetch_all(c).await)
}

pub(crate) async fn rate(
    db: &Db,
    org: OrgId,
    user: UserId,
    template: &str,
    stars: i64,
    now: Micros,
) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "INSERT INTO template_ratings (template, org_id, user_id, stars, updated_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (template, org_id, user_id) DO UPDATE SET stars = excluded.stars,
             updated_at = excluded.updated_at",
    ).bind(template).bind(org).bind(user).bind(stars).bind(now))?;
    Ok(())
}

pub(crate) async fn unrate(db: &Db, org: OrgId, user: UserId, template: &str) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM template_ratings WHERE template = $1 AND org_id = $2 AND user_id = $3",
    ).bind(template).bind(org).bind(user))?;
    Ok(())
}

/// One more flow was made of it.
pub(crate) async fn count_use(db: &Db, org: OrgId, template: &str) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "INSERT INTO template_uses (template, org_id, uses) VALUES ($1, $2, 1)
         ON CONFLICT (template, org_id) DO UPDATE SET uses = template_uses.uses + 1",
    ).bind(template).bind(org))?;
    Ok(())
}
