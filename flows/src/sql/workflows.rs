use std::collections::{BTreeMap, BTreeSet};

use accounts::PageRequest;
use serde::Serialize;
use store::{Conditions, Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::graph::Graph;
use crate::ids::{ProjectId, WorkflowId};

row! {
    /// A flow with its draft.
    #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
    pub struct Workflow {
        /// Id.
        pub id: WorkflowId,
        /// The organization that owns it.
        pub org_id: OrgId,
        /// The project it belongs to.
        pub project_id: ProjectId,
        /// For people.
        pub name: String,
        /// Names it in calls (`flow/<slug>`) and in other flows; unique in the organization.
        pub slug: String,
        /// For people.
        pub description: String,
        /// Whether its triggers begin runs.
        pub is_active: bool,
        /// Put aside.
        pub is_archived: bool,
        /// The draft.
        #[schema(value_type = Graph)]
        pub graph: Json<Graph>,
        /// Nodes of the draft.
        pub node_count: i64,
        /// Rises with each change; give it back when saving.
        pub revision: i64,
        /// The revision of the draft that was published last; 0: none.
        pub published_revision: i64,
        /// The version that triggers run; `null`: none.
        pub live_version: Option<i64>,
        /// The highest version; 0: none.
        pub latest_version: i64,
        /// The user who made it.
        pub created_by: Option<UserId>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// A flow in a list: without its graph.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct WorkflowSummary {
        /// Id.
        pub id: WorkflowId,
        /// The project it belongs to.
        pub project_id: ProjectId,
        /// For people.
        pub name: String,
        /// Names it in calls.
        pub slug: String,
        /// For people.
        pub description: String,
        /// Whether its triggers begin runs.
        pub is_active: bool,
        /// Put aside.
        pub is_archived: bool,
        /// Nodes of the draft.
        pub node_count: i64,
        /// Rises with each change.
        pub revision: i64,
        /// The revision that was published last; 0: none.
        pub published_revision: i64,
        /// The version that triggers run; `null`: none.
        pub live_version: Option<i64>,
        /// The highest version; 0: none.
        pub latest_version: i64,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

/// What a search text means to `LIKE … ESCAPE '!'`: it stands anywhere, its signs for themselves.
pub(crate) fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

pub(crate) async fn insert(tx: &mut Tx, flow: &Workflow) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO workflows (id, org_id, project_id, name, slug, description, is_active,
             is_archived, graph, node_count, revision, published_revision, live_version,
             latest_version, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(flow.id)
    .bind(flow.org_id)
    .bind(flow.project_id)
    .bind(&flow.name)
    .bind(&flow.slug)
    .bind(&flow.description)
    .bind(flow.is_active)
    .bind(flow.is_archived)
    .bind(&flow.graph)
    .bind(flow.node_count)
    .bind(flow.revision)
    .bind(flow.published_revision)
    .bind(flow.live_version)
    .bind(flow.latest_version)
    .bind(flow.created_by)
    .bind(flow.created_at)
    .bind(flow.updated_at))?;
    Ok(())
}

/// Writes the flow if it is still at `seen`; whether it was.
pub(crate) async fn update(tx: &mut Tx, flow: &Workflow, seen: i64) -> Result<bool> {
    let changed = on_tx!(tx, execute => sqlx::query(
        "UPDATE workflows SET name = $4, slug = $5, description = $6, is_active = $7,
             is_archived = $8, graph = $9, node_count = $10, revision = $11,
             published_revision = $12, live_version = $13, latest_version = $14, updated_at = $15
         WHERE id = $1 AND org_id = $2 AND revision = $3",
    )
    .bind(flow.id)
    .bind(flow.org_id)
    .bind(seen)
    .bind(&flow.name)
    .bind(&flow.slug)
    .bind(&flow.description)
    .bind(flow.is_active)
    .bind(flow.is_archived)
    .bind(&flow.graph)
    .bind(flow.node_count)
    .bind(flow.revision)
    .bind(flow.published_revision)
    .bind(flow.live_version)
    .bind(flow.latest_version)
    .bind(flow.updated_at))?;
    Ok(changed == 1)
}

pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: WorkflowId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM workflows WHERE id = $1 AND org_id = $2")
        .bind(id)
        .bind(org))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId, id: WorkflowId) -> Result<Option<Workflow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, project_id, name, slug, description, is_active, is_archived, graph,
             node_count, revision, published_revision, live_version, latest_version, created_by,
             created_at, updated_at
         FROM workflows WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_in(tx: &mut Tx, org: OrgId, id: WorkflowId) -> Result<Option<Workflow>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, project_id, name, slug, description, is_active, is_archived, graph,
             node_count, revision, published_revision, live_version, latest_version, created_by,
             created_at, updated_at
         FROM workflows WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

/// Id of the flow with this slug.
pub(crate) async fn find(db: &Db, org: OrgId, slug: &str) -> Result<Option<Workflow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, project_id, name, slug, description, is_active, is_archived, graph,
             node_count, revision, published_revision, live_version, latest_version, created_by,
             created_at, updated_at
         FROM workflows WHERE org_id = $1 AND slug = $2",
    ).bind(org).bind(slug).fetch_optional(c).await)
}

/// All flows of a project, by slug.
pub(crate) async fn of_project(db: &Db, org: OrgId, project: ProjectId) -> Result<Vec<Workflow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, project_id, name, slug, description, is_active, is_archived, graph,
             node_count, revision, published_revision, live_version, latest_version, created_by,
             created_at, updated_at
         FROM workflows WHERE org_id = $1 AND project_id = $2 ORDER BY slug",
    ).bind(org).bind(project).fetch_all(c).await)
}

/// What a list of flows is narrowed to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) project: Option<ProjectId>,
    pub(crate) search: Option<String>,
    pub(crate) archived: bool,
}

pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    filter: &Filter,
    page: PageRequest,
) -> Result<Vec<WorkflowSummary>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT id, project_id, name, slug, description, is_active, is_archived, node_count,
                 revision, published_revision, live_version, latest_version, created_at, updated_at
             FROM workflows",
        );
        let mut and = Conditions::new();
        and.next(&mut q).push("org_id = ").push_bind(org);
        and.next(&mut q).push("id < ").push_bind(page.below());
        and.next(&mut q).push("is_archived = ").push_bind(filter.archived);
        if let Some(project) = filter.project {
            and.next(&mut q).push("project_id = ").push_bind(project);
        }
        if let Some(search) = &filter.search {
            and.next(&mut q).push("lower(name || ' ' || slug || ' ' || description) LIKE ")
                .push_bind(pattern(search)).push(" ESCAPE '!'");
        }
        q.push(" ORDER BY id DESC LIMIT ").push_bind(page.rows());
        q.build_query_as().fetch_all(c).await
    })
}

row! {
    /// A flow that is on, and what it runs.
    #[derive(Debug)]
    pub(crate) struct LiveFlow {
        /// Names it.
        pub(crate) slug: String,
        /// The live version.
        pub(crate) graph: Json<Graph>,
    }
}

/// The organization's flows that are on, at most 1,000, by slug.
pub(crate) async fn live(db: &Db, org: OrgId) -> Result<Vec<LiveFlow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT w.slug, v.graph FROM workflows w
         JOIN workflow_versions v ON v.workflow_id = w.id AND v.number = w.live_version
         WHERE w.org_id = $1 AND w.is_active AND NOT w.is_archived ORDER BY w.slug LIMIT 1000",
    ).bind(org).fetch_all(c).await)
}

/// Slugs of the organization with their published versions.
pub(crate) async fn published(db: &Db, org: OrgId) -> Result<BTreeMap<String, BTreeSet<u32>>> {
    let rows: Vec<(String, Option<i64>)> = on_reader!(db, c => sqlx::query_as(
        "SELECT w.slug, v.number FROM workflows w
         LEFT JOIN workflow_versions v ON v.workflow_id = w.id
         WHERE w.org_id = $1",
    ).bind(org).fetch_all(c).await)?;
    let mut found: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for (slug, number) in rows {
        let versions = found.entry(slug).or_default();
        versions.extend(number.and_then(|number| u32::try_from(number).ok()));
    }
    Ok(found)
}
