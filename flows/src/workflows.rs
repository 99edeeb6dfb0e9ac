//! Changes to flows' drafts. Nothing is overwritten that the one who saves has not seen.

use accounts::{Actor, Change, Page, PageRequest};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Json, OrgId, Tx, in_tx};
use utoipa::ToSchema;

use crate::error::ErrorKind;
use crate::flows::{check_name, check_slug, check_text, slug_of};
use crate::graph::{Graph, MAX_BYTES};
use crate::ids::{ProjectId, WorkflowId};
use crate::sql::workflows::{Filter, Workflow, WorkflowSummary};
use crate::validate::{Report, validate};
use crate::{Error, Flows, Result, sql};

/// A flow to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project_id": "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11", "name": "Answer mails"}))]
pub struct CreateWorkflow {
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// For people.
    pub name: String,
    /// Names it in calls; made of the name when absent.
    #[serde(default)]
    pub slug: Option<String>,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// What it does; empty when absent.
    #[serde(default)]
    pub graph: Graph,
}

/// What shall change about a flow; absent fields stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"revision": 1, "name": "Answer all mails"}))]
pub struct UpdateWorkflow {
    /// The revision these changes were made to; `If-Match` says the same.
    pub revision: Option<i64>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Names it in calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether its triggers begin runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Put aside, or taken out again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_archived: Option<bool>,
    /// The whole draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph: Option<Graph>,
}

/// A flow and what is wrong with its draft.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SavedWorkflow {
    /// The flow.
    #[serde(flatten)]
    pub workflow: Workflow,
    /// What is wrong with the draft.
    pub report: Report,
}

impl Flows {
    /// Makes a flow. A slug that was made of the name is given a number when it is taken.
    ///
    /// # Errors
    /// `NotFound` (the project), `Invalid`, `Conflict` when the given slug is taken.
    pub async fn create_workflow(
        &self,
        actor: &Actor,
        wanted: CreateWorkflow,
    ) -> Result<SavedWorkflow> {
        let org = actor.org_id();
        self.get_project(org, wanted.project_id).await?;
        let name = check_name("name", &wanted.name)?;
        let slug = match &wanted.slug {
            Some(slug) => check_slug(slug)?,
            None => self.free_slug(org, &slug_of(&name)).await?,
        };
        let graph = self.accept(wanted.graph)?;
        let flow = self.new_workflow(
            actor,
            wanted.project_id,
            name,
            slug,
            wanted.description,
            graph,
        )?;
        let made: Result<()> = in_tx!(self.db(), tx: Error => {
            self.insert_workflow(tx, actor, &flow).await
        });
        made?;
        self.with_report(flow).await
    }

    pub(crate) fn new_workflow(
        &self,
        actor: &Actor,
        project_id: ProjectId,
        name: String,
        slug: String,
        description: String,
        graph: Graph,
    ) -> Result<Workflow> {
        let now = self.now();
        Ok(Workflow {
            id: WorkflowId::new(),
            org_id: actor.org_id(),
            project_id,
            name,
            slug,
            description: check_text("description", description)?,
            is_active: true,
            is_archived: false,
            node_count: count(&graph),
            graph: Json(graph),
            revision: 1,
            published_revision: 0,
            live_version: None,
            latest_version: 0,
            created_by: actor.user_id(),
            created_at: now,
            updated_at: now,
        })
    }

    pub(crate) async fn insert_workflow(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        flow: &Workflow,
    ) -> Result<()> {
        sql::workflows::insert(tx, flow)
            .await
            .map_err(|error| taken(error, &flow.slug))?;
        self.note(tx, actor, "workflow.create", None, Some(flow))
            .await
    }

    /// Notes a change in the audit log, without the graph: versions and runs keep those.
    pub(crate) async fn note(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        action: &str,
        before: Option<&Workflow>,
        after: Option<&Workflow>,
    ) -> Result<()> {
        let facts = |flow: &Workflow| {
            json!({
                "name": flow.name, "slug": flow.slug, "project_id": flow.project_id,
                "is_active": flow.is_active, "is_archived": flow.is_archived,
                "revision": flow.revision, "live_version": flow.live_version,
                "node_count": flow.node_count,
            })
        };
        let target = before
            .or(after)
            .map(|flow| flow.id.to_string())
            .unwrap_or_default();
        let (before, after) = (before.map(facts), after.map(facts));
        let change = Change {
            action,
            target,
            before: before.as_ref(),
            after: after.as_ref(),
        };
        Ok(self.accounts().audit(tx, actor, change).await?)
    }

    /// Flows, newest first, without their graphs.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_workflows(
        &self,
        org: OrgId,
        project: Option<ProjectId>,
        search: Option<&str>,
        archived: bool,
        page: PageRequest,
    ) -> Result<Page<WorkflowSummary>> {
        let filter = Filter {
            project,
            search: search.map(str::to_owned),
            archived,
        };
        let rows = sql::workflows::list(self.db(), org, &filter, page).await?;
        Ok(page.page(rows, |flow| flow.id.uuid()))
    }

    /// One flow; its draft is brought to the node types of this program.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_workflow(&self, org: OrgId, id: WorkflowId) -> Result<Workflow> {
        let flow = sql::workflows::get(self.db(), org, id).await?;
        let mut flow = flow.ok_or_else(|| Error::not_found("workflow", id))?;
        self.registry().upgrade(&mut flow.graph);
        Ok(flow)
    }

    /// The flow with this slug.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find_workflow(&self, org: OrgId, slug: &str) -> Result<Option<Workflow>> {
        Ok(sql::workflows::find(self.db(), org, slug).await?)
    }

    /// Saves a flow.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`; `Conflict` when the slug is taken; `Stale` when the flow has another
    /// revision by now: the details hold `current` (the stored flow) and `yours` (what was to be saved),
    /// and nothing is changed.
    pub async fn update_workflow(
        &self,
        actor: &Actor,
        id: WorkflowId,
        update: UpdateWorkflow,
    ) -> Result<SavedWorkflow> {
        let seen = update.revision.ok_or_else(|| {
            Error::invalid(
                "`revision` is missing: give back the one that these changes were made to",
            )
        })?;
        let mut wanted = update.clone();
        if let Some(graph) = wanted.graph.take() {
            wanted.graph = Some(self.accept(graph)?);
        }
        let saved = in_tx!(self.db(), tx: Error => {
            let before = sql::workflows::get_in(tx, actor.org_id(), id).await?;
            let before = before.ok_or_else(|| Error::not_found("workflow", id))?;
            if before.revision != seen {
                return Err(stale(&before, &update));
            }
            let after = self.changed(&before, wanted)?;
            let is_saved = sql::workflows::update(tx, &after, seen).await
                .map_err(|error| taken(error, &after.slug))?;
            if !is_saved {
                return Err(stale(&before, &update));
            }
            self.note(tx, actor, "workflow.update", Some(&before), Some(&after)).await?;
            Ok(after)
        });
        match saved {
            // Lost between reading and writing: both states are told, as they are now.
            Err(error) if error.kind == ErrorKind::Stale => {
                let current = self.get_workflow(actor.org_id(), id).await?;
                Err(stale(&current, &update))
            }
            Err(error) => Err(error),
            Ok(flow) => self.with_report(flow).await,
        }
    }

    fn changed(&self, before: &Workflow, wanted: UpdateWorkflow) -> Result<Workflow> {
        let mut after = before.clone();
        after.updated_at = self.now();
        after.revision += 1;
        if let Some(name) = &wanted.name {
            after.name = check_name("name", name)?;
        }
        if let Some(slug) = &wanted.slug {
            after.slug = check_slug(slug)?;
        }
        if let Some(description) = wanted.description {
            after.description = check_text("description", description)?;
        }
        after.is_active = wanted.is_active.unwrap_or(before.is_active);
        after.is_archived = wanted.is_archived.unwrap_or(before.is_archived);
        match wanted.graph {
            Some(graph) => {
                after.node_count = count(&graph);
                after.graph = Json(graph);
            }
            // Another name does not make a published draft an unpublished one.
            None if before.published_revision == before.revision => {
                after.published_revision = after.revision;
            }
            None => {}
        }
        Ok(after)
    }

    /// Removes a flow with its versions.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_workflow(&self, actor: &Actor, id: WorkflowId) -> Result<()> {
        let org = actor.org_id();
        in_tx!(self.db(), tx: Error => {
            let before = sql::workflows::get_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("workflow", id))?;
            sql::workflows::delete(tx, org, id).await?;
            self.note(tx, actor, "workflow.delete", Some(&before), None).await
        })
    }

    /// Copies a flow's draft.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn duplicate_workflow(
        &self,
        actor: &Actor,
        id: WorkflowId,
        name: Option<String>,
    ) -> Result<SavedWorkflow> {
        let flow = self.get_workflow(actor.org_id(), id).await?;
        let wanted = CreateWorkflow {
            project_id: flow.project_id,
            name: name.unwrap_or_else(|| format!("{} (copy)", flow.name)),
            slug: None,
            description: flow.description,
            graph: flow.graph.0,
        };
        self.create_workflow(actor, wanted).await
    }

    /// Judges a graph as a draft of this flow; the stored draft when none is given.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn validate_workflow(
        &self,
        org: OrgId,
        id: WorkflowId,
        graph: Option<Graph>,
    ) -> Result<Report> {
        let flow = self.get_workflow(org, id).await?;
        let mut graph = graph.unwrap_or_else(|| flow.graph.0.clone());
        self.registry().upgrade(&mut graph);
        let environment = self
            .environment(org, flow.project_id, Some(flow.slug))
            .await?;
        Ok(validate(&graph, self.registry(), &environment))
    }

    pub(crate) async fn with_report(&self, workflow: Workflow) -> Result<SavedWorkflow> {
        let slug = Some(workflow.slug.clone());
        let environment = self
            .environment(workflow.org_id, workflow.project_id, slug)
            .await?;
        let report = validate(&workflow.graph, self.registry(), &environment);
        Ok(SavedWorkflow { workflow, report })
    }

    /// The graph in the form in which it is stored. Wrong graphs are stored too: work in progress is
    /// wrong most of the time. Only what is too large is refused.
    pub(crate) fn accept(&self, mut graph: Graph) -> Result<Graph> {
        self.registry().upgrade(&mut graph);
        graph.normalize();
        let size = serde_json::to_vec(&graph).map_or(usize::MAX, |bytes| bytes.len());
        if size > MAX_BYTES {
            let message = format!("the graph has {size} bytes as JSON; it may have {MAX_BYTES}");
            return Err(Error::invalid(message));
        }
        Ok(graph)
    }

    /// `wanted`, or the first of `wanted-2`, `wanted-3`, … that is free.
    pub(crate) async fn free_slug(&self, org: OrgId, wanted: &str) -> Result<String> {
        if sql::workflows::find(self.db(), org, wanted)
            .await?
            .is_none()
        {
            return Ok(wanted.to_owned());
        }
        for number in 2..1_000 {
            let slug = format!("{wanted}-{number}");
            if sql::workflows::find(self.db(), org, &slug).await?.is_none() {
                return Ok(slug);
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("give a `slug`: those like `{wanted}` are taken"),
        ))
    }
}

pub(crate) fn count(graph: &Graph) -> i64 {
    i64::try_from(graph.nodes.len()).unwrap_or(i64::MAX)
}

fn taken(error: store::Error, slug: &str) -> Error {
    let is_conflict = error.is_conflict();
    let error = Error::from(error);
    if !is_conflict {
        return error;
    }
    Error::new(
        ErrorKind::Conflict,
        format!("there is a flow with the slug `{slug}` already"),
    )
}

fn stale(current: &Workflow, yours: &UpdateWorkflow) -> Error {
    let message = format!(
        "somebody has changed the flow meanwhile: it is at revision {}, your changes were made to {}",
        current.revision,
        yours.revision.unwrap_or_default()
    );
    Error::new(ErrorKind::Stale, message).with_details(json!({"current": current, "yours": yours}))
}
