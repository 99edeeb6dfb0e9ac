//! Publishing, going back, comparing.

use std::collections::BTreeMap;

use accounts::{Actor, Page, PageRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Json, OrgId, in_tx};
use utoipa::ToSchema;

use crate::diff::{Diff, diff};
use crate::error::ErrorKind;
use crate::flows::check_text;
use crate::graph::Graph;
use crate::ids::{ProjectId, VersionId, WorkflowId};
use crate::sql::versions::{Version, VersionSummary};
use crate::sql::workflows::Workflow;
use crate::workflows::{SavedWorkflow, UpdateWorkflow, count};
use crate::{Error, Flows, Result, sql};

/// What a project's flows could name at a time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// Variables of the project.
    #[schema(value_type = Object)]
    pub variables: BTreeMap<String, Value>,
    /// Names of its secrets.
    pub secrets: Vec<String>,
}

/// A draft to be published.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"notes": "First version"}))]
pub struct PublishWorkflow {
    /// The revision to be published, so that nobody publishes what they have not seen; the stored one
    /// when absent.
    pub revision: Option<i64>,
    /// What changed, for people.
    pub notes: String,
    /// That the flow may touch more than the version so far. Without it, such a draft is refused, and the
    /// answer names what is new.
    pub accept_permissions: bool,
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The draft.
    Draft,
    /// The version that triggers run.
    Live,
    /// This version.
    Version(i64),
}

impl std::str::FromStr for Side {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "draft" => Ok(Self::Draft),
            "live" => Ok(Self::Live),
            number => number.parse().map(Self::Version).map_err(|_| {
                format!("`{number:.40}` is no side of a comparison: use `draft`, `live` or a version's number")
            }),
        }
    }
}

impl Flows {
    /// Makes an immutable version of the draft, and makes it the live one.
    ///
    /// # Errors
    /// `NotFound`; `Stale` when the draft has another revision; `InvalidWorkflow` when it has errors,
    /// with the report as details; `Grown` when it may touch more than the version so far and that was
    /// not accepted, with what is new as details.
    pub async fn publish_workflow(
        &self,
        actor: &Actor,
        id: WorkflowId,
        wanted: PublishWorkflow,
    ) -> Result<Version> {
        let org = actor.org_id();
        let notes = check_text("notes", wanted.notes)?;
        let flow = self.get_workflow(org, id).await?;
        let seen = wanted.revision.unwrap_or(flow.revision);
        let judged = self.with_report(flow).await?;
        if !judged.report.is_valid {
            let message = "the flow has errors and cannot be published";
            let details = serde_json::to_value(&judged.report).unwrap_or_default();
            return Err(Error::new(ErrorKind::InvalidWorkflow, message).with_details(details));
        }
        let before = judged.workflow;
        if !wanted.accept_permissions {
            self.refuse_growth(&before).await?;
        }
        let environment = Json(self.snapshot(org, before.project_id).await?);
        let now = self.now();
        let after = Workflow {
            latest_version: before.latest_version + 1,
            live_version: Some(before.latest_version + 1),
            revision: before.revision + 1,
            published_revision: before.revision + 1,
            updated_at: now,
            ..before.clone()
        };
        let version = Version {
            id: VersionId::new(),
            org_id: org,
            workflow_id: id,
            number: after.latest_version,
            graph: after.graph.clone(),
            environment,
            notes,
            created_by: actor.user_id(),
            created_at: now,
        };
        in_tx!(self.db(), tx: Error => {
            if !sql::workflows::update(tx, &after, seen).await? {
                let message = format!("somebody has changed the flow meanwhile: it is not at revision {seen}");
                return Err(Error::new(ErrorKind::Stale, message));
            }
            sql::versions::insert(tx, &version, actor.label()).await?;
            self.note(tx, actor, "workflow.publish", Some(&before), Some(&after)).await?;
            Ok(version)
        })
    }

    /// The project's variables and secrets as they are now.
    pub(crate) async fn snapshot(&self, org: OrgId, project: ProjectId) -> Result<Snapshot> {
        let variables = sql::variables::list(self.db(), org, project).await?;
        let secrets = sql::variables::secrets(self.db(), org, project).await?;
        Ok(Snapshot {
            variables: variables.into_iter().map(|v| (v.name, v.value.0)).collect(),
            secrets: secrets.into_iter().map(|secret| secret.name).collect(),
        })
    }

    /// Published versions, newest first, without their graphs.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list_versions(
        &self,
        org: OrgId,
        id: WorkflowId,
        page: PageRequest,
    ) -> Result<Page<VersionSummary>> {
        self.get_workflow(org, id).await?;
        let rows = sql::versions::list(self.db(), org, id, page).await?;
        Ok(page.page(rows, |version| version.id.uuid()))
    }

    /// One version, exactly as it was published.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_version(&self, org: OrgId, id: WorkflowId, number: i64) -> Result<Version> {
        let version = sql::versions::get(self.db(), org, id, number).await?;
        version.ok_or_else(|| Error::not_found("version", number))
    }

    /// What a run of this flow executes: the live version, with its nodes brought to the types of this
    /// program.
    ///
    /// # Errors
    /// `NotFound` when the flow was never published or was taken off.
    pub async fn live_version(&self, org: OrgId, id: WorkflowId) -> Result<Version> {
        let flow = self.get_workflow(org, id).await?;
        let number = flow.live_version.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("the flow `{}` is not published", flow.slug),
            )
        })?;
        let mut version = self.get_version(org, id, number).await?;
        self.registry().upgrade(&mut version.graph);
        Ok(version)
    }

    /// Makes an earlier (or later) version the live one; `None` takes the flow off. The draft stays.
    ///
    /// # Errors
    /// `NotFound`; `Stale` when somebody changes the flow at the same moment.
    pub async fn set_live_version(
        &self,
        actor: &Actor,
        id: WorkflowId,
        number: Option<i64>,
    ) -> Result<Workflow> {
        let org = actor.org_id();
        let before = self.get_workflow(org, id).await?;
        if let Some(number) = number {
            self.get_version(org, id, number).await?;
        }
        let is_published = before.published_revision == before.revision;
        let after = Workflow {
            live_version: number,
            revision: before.revision + 1,
            published_revision: before.published_revision + i64::from(is_published),
            updated_at: self.now(),
            ..before.clone()
        };
        in_tx!(self.db(), tx: Error => {
            if !sql::workflows::update(tx, &after, before.revision).await? {
                return Err(Error::new(ErrorKind::Stale, "somebody has changed the flow meanwhile: try again"));
            }
            let action = if number.is_some() { "workflow.rollback" } else { "workflow.unpublish" };
            self.note(tx, actor, action, Some(&before), Some(&after)).await?;
            Ok(after)
        })
    }

    /// Puts a version's graph into the draft.
    ///
    /// # Errors
    /// `NotFound`, `Stale` as for saving.
    pub async fn restore_version(
        &self,
        actor: &Actor,
        id: WorkflowId,
        number: i64,
        revision: i64,
    ) -> Result<SavedWorkflow> {
        let version = self.get_version(actor.org_id(), id, number).await?;
        let update = UpdateWorkflow {
            revision: Some(revision),
            graph: Some(version.graph.0),
            ..UpdateWorkflow::default()
        };
        self.update_workflow(actor, id, update).await
    }

    /// Compares two states of a flow in everything: nodes, settings, edges, variables, credentials.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn compare(&self, org: OrgId, id: WorkflowId, from: Side, to: Side) -> Result<Diff> {
        let flow = self.get_workflow(org, id).await?;
        let (old, old_environment) = self.side(&flow, from).await?;
        let (new, new_environment) = self.side(&flow, to).await?;
        Ok(diff(
            &old,
            &old_environment,
            &new,
            &new_environment,
            self.registry(),
        ))
    }

    async fn side(&self, flow: &Workflow, side: Side) -> Result<(Graph, Snapshot)> {
        let number = match side {
            Side::Draft => {
                let snapshot = self.snapshot(flow.org_id, flow.project_id).await?;
                return Ok((flow.graph.0.clone(), snapshot));
            }
            // What was never published has nothing in it.
            Side::Live if flow.live_version.is_none() => {
                return Ok((Graph::default(), Snapshot::default()));
            }
            Side::Live => flow.live_version.unwrap_or_default(),
            Side::Version(number) => number,
        };
        let version = self.get_version(flow.org_id, flow.id, number).await?;
        Ok((version.graph.0, version.environment.0))
    }

    pub(crate) fn redraft(&self, before: &Workflow, graph: Graph) -> Workflow {
        Workflow {
            node_count: count(&graph),
            graph: Json(graph),
            revision: before.revision + 1,
            updated_at: self.now(),
            ..before.clone()
        }
    }
}
