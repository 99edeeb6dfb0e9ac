//! Projects as text: export, import with mapping, save points.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{Actor, Page, PageRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Json, OrgId, in_tx};
use utoipa::ToSchema;

use crate::expression::rewrite_texts;
use crate::flows::check_name;
use crate::graph::Graph;
use crate::ids::{ProjectId, SavePointId, WorkflowId};
use crate::node::Registry;
use crate::sql::save_points::SavePoint;
use crate::sql::variables::ProjectVariable;
use crate::sql::workflows::Workflow;
use crate::validate::{Report, validate, widget};
use crate::{Error, Flows, Result, sql};

/// The word that marks a document as one of ours.
pub const FORMAT: &str = "nocode-ai/project";
/// The version of this form.
pub const VERSION: u32 = 1;
/// Flows of one document at most.
const MAX_WORKFLOWS: usize = 1_000;

/// A project as text. It holds no ids and no secrets; credentials, collections and flows are named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProjectDocument)]
pub struct Document {
    /// `nocode-ai/project`.
    pub format: String,
    /// Version of this form, 1.
    pub version: u32,
    /// The project itself.
    pub project: ProjectFacts,
    /// Its variables, by name.
    #[serde(default)]
    pub variables: Vec<ProjectVariable>,
    /// What must be there for the flows to run.
    #[serde(default)]
    pub requires: Requires,
    /// Its flows' drafts, by slug.
    #[serde(default)]
    pub workflows: Vec<ExportedWorkflow>,
}

/// What a document says of its project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectFacts {
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}

/// What must be there for a document's flows to run; names only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Requires {
    /// Stored credentials, `provider/name`.
    pub credentials: BTreeSet<String>,
    /// Collections.
    pub collections: BTreeSet<String>,
    /// Secrets of the project.
    pub secrets: BTreeSet<String>,
    /// Flows of other projects.
    pub workflows: BTreeSet<String>,
}

/// A flow in a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedWorkflow {
    /// Names it.
    pub slug: String,
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// What it does.
    pub graph: Graph,
}

/// A document to be imported.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"yaml": "format: 1", "dry_run": true}))]
pub struct ImportRequest {
    /// The document as JSON.
    #[schema(value_type = Option<Document>)]
    pub document: Option<Value>,
    /// The document as YAML text, in place of `document`.
    pub yaml: Option<String>,
    /// Other names for what the document names.
    pub mapping: Mapping,
    /// Only say what would happen.
    pub dry_run: bool,
}

impl ImportRequest {
    pub(crate) fn of(document: Document) -> Self {
        Self {
            document: serde_json::to_value(document).ok(),
            ..Self::default()
        }
    }
}

/// Names of this organization in place of the document's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Credentials, `provider/name` by `provider/name`.
    pub credentials: BTreeMap<String, String>,
    /// Collections.
    pub collections: BTreeMap<String, String>,
    /// Models.
    pub models: BTreeMap<String, String>,
    /// Flows of other projects.
    pub workflows: BTreeMap<String, String>,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportReport {
    /// Nothing was changed.
    pub dry_run: bool,
    /// The flows, with what is wrong with each.
    pub workflows: Vec<ImportedWorkflow>,
    /// Variables that were added.
    pub variables_added: Vec<String>,
    /// Variables that were there already and keep their values.
    pub variables_kept: Vec<String>,
    /// What this organization or project lacks: map it, or add it under its name.
    pub missing: Requires,
}

/// A flow of an import.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportedWorkflow {
    /// Its id; `null` in a dry run.
    pub id: Option<WorkflowId>,
    /// Its slug in the document.
    pub from: String,
    /// Its slug here: another one when that was taken; calls in the document follow.
    pub slug: String,
    /// For people.
    pub name: String,
    /// What is wrong with it.
    pub report: Report,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// `Invalid`, saying where it is wrong.
    pub fn read(request: &ImportRequest) -> Result<Self> {
        let value = match (&request.document, &request.yaml) {
            (Some(value), None) => value.clone(),
            (None, Some(text)) => serde_saphyr::from_str::<Value>(text)
                .map_err(|error| Error::invalid(format!("`yaml` cannot be read: {error}")))?,
            _ => return Err(Error::invalid("give `document` or `yaml`")),
        };
        let format = value
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if format != FORMAT {
            return Err(Error::invalid(format!(
                "the document must say `\"format\": \"{FORMAT}\"`"
            )));
        }
        let version = value
            .get("version")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        if version != u64::from(VERSION) {
            let message =
                format!("the document has version {version}; this program reads {VERSION}");
            return Err(Error::invalid(message));
        }
        let document: Self = serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            Error::invalid(format!(
                "the document is wrong at `{path}`: {}",
                error.into_inner()
            ))
        })?;
        if document.workflows.len() > MAX_WORKFLOWS {
            return Err(Error::invalid(format!(
                "a document has at most {MAX_WORKFLOWS} flows"
            )));
        }
        Ok(document)
    }

    /// The document as YAML, in the order of its JSON form.
    ///
    /// # Errors
    /// `Internal` when it cannot be written.
    pub fn to_yaml(&self) -> Result<String> {
        let value = serde_json::to_value(self);
        let written = value
            .ok()
            .and_then(|value| serde_saphyr::to_string(&value).ok());
        written.ok_or_else(|| {
            Error::new(
                crate::error::ErrorKind::Internal,
                "the document has no YAML form",
            )
        })
    }
}

/// What a graph names that is not in it.
pub(crate) fn requires(graph: &Graph, registry: &Registry, found: &mut Requires) {
    for node in &graph.nodes {
        let Some(schema) = registry.schema(&node.kind) else {
            continue;
        };
        crate::expression::walk_texts(schema, &node.settings, &mut |place, text| {
            if crate::expression::has_expression(text) || text.is_empty() {
                return;
            }
            match widget(place) {
                Some("credential") => found.credentials.insert(text.to_owned()),
                Some("collection") => found.collections.insert(text.to_owned()),
                Some("secret") => found.secrets.insert(text.to_owned()),
                Some("workflow") => found.workflows.insert(text.to_owned()),
                _ => false,
            };
        });
    }
    for capability in crate::diff::secrets_in(graph, registry) {
        if let crate::node::Capability::Secret { name } = capability {
            found.secrets.insert(name);
        }
    }
}

/// Puts other names into a graph's settings.
pub(crate) fn rename(graph: &mut Graph, registry: &Registry, mapping: &Mapping) {
    for node in &mut graph.nodes {
        let Some(schema) = registry.schema(&node.kind) else {
            continue;
        };
        node.settings = rewrite_texts(schema, &node.settings, &mut |place, text| {
            let names = match widget(place) {
                Some("credential") => &mapping.credentials,
                Some("collection") => &mapping.collections,
                Some("model") => &mapping.models,
                Some("workflow") => &mapping.workflows,
                _ => return None,
            };
            names.get(text).cloned()
        });
    }
}

impl Flows {
    /// A project as a document: sorted, without ids, times and secrets, so that the same project is the
    /// same text.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn export_project(&self, org: OrgId, id: ProjectId) -> Result<Document> {
        let project = self.get_project(org, id).await?;
        let flows = sql::workflows::of_project(self.db(), org, id).await?;
        let mut needs = Requires::default();
        let mut workflows = Vec::new();
        for flow in flows {
            let mut graph = flow.graph.0;
            self.registry().upgrade(&mut graph);
            graph.normalize();
            requires(&graph, self.registry(), &mut needs);
            workflows.push(ExportedWorkflow {
                slug: flow.slug,
                name: flow.name,
                description: flow.description,
                graph,
            });
        }
        for flow in &workflows {
            needs.workflows.remove(&flow.slug);
        }
        Ok(Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            project: ProjectFacts {
                name: project.name,
                description: project.description,
            },
            variables: sql::variables::list(self.db(), org, id).await?,
            requires: needs,
            workflows,
        })
    }

    /// Adds a document's flows and variables to a project, all or nothing. Flows come in as drafts; one
    /// whose slug is taken gets another one. Variables that are there keep their values.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when the document is wrong.
    pub async fn import_project(
        &self,
        actor: &Actor,
        id: ProjectId,
        request: ImportRequest,
    ) -> Result<ImportReport> {
        let org = actor.org_id();
        self.get_project(org, id).await?;
        let document = Document::read(&request)?;
        let mut mapping = request.mapping;
        let mut slugs = Vec::new();
        let mut given = BTreeSet::new();
        for flow in &document.workflows {
            let mut slug = self
                .free_slug(org, &crate::flows::check_slug(&flow.slug)?)
                .await?;
            while !given.insert(slug.clone()) {
                slug.push_str("-2");
            }
            mapping.workflows.insert(flow.slug.clone(), slug.clone());
            slugs.push(slug);
        }
        let known = sql::variables::list(self.db(), org, id).await?;
        let is_known = |name: &str| known.iter().any(|variable| variable.name == name);
        let (kept, added): (Vec<_>, Vec<_>) = document
            .variables
            .into_iter()
            .partition(|variable| is_known(&variable.name));
        let mut flows = Vec::new();
        for (flow, slug) in document.workflows.into_iter().zip(slugs) {
            let mut graph = self.accept(flow.graph)?;
            rename(&mut graph, self.registry(), &mapping);
            let name = check_name("name", &flow.name)?;
            let made = self.new_workflow(actor, id, name, slug, flow.description, graph)?;
            flows.push((flow.slug, made));
        }
        let report = self
            .judge(org, id, &flows, &kept, &added, request.dry_run)
            .await?;
        if request.dry_run {
            return Ok(report);
        }
        let now = self.now();
        let done: Result<()> = in_tx!(self.db(), tx: Error => {
            for variable in &added {
                sql::variables::put(tx, org, id, variable, now).await?;
            }
            for (_, flow) in &flows {
                self.insert_workflow(tx, actor, flow).await?;
            }
            Ok(())
        });
        done?;
        Ok(report)
    }

    async fn judge(
        &self,
        org: OrgId,
        project: ProjectId,
        flows: &[(String, Workflow)],
        kept: &[ProjectVariable],
        added: &[ProjectVariable],
        dry_run: bool,
    ) -> Result<ImportReport> {
        let mut around = self.environment(org, project, None).await?;
        let names = |variables: &[ProjectVariable]| -> Vec<String> {
            variables
                .iter()
                .map(|variable| variable.name.clone())
                .collect()
        };
        around.variables.extend(names(added));
        let mut missing = Requires::default();
        for (_, flow) in flows {
            requires(&flow.graph, self.registry(), &mut missing);
            around.workflows.entry(flow.slug.clone()).or_default();
        }
        missing
            .credentials
            .retain(|name| !around.credentials.contains(name));
        missing
            .secrets
            .retain(|name| !around.secrets.contains(name));
        missing
            .workflows
            .retain(|slug| !around.workflows.contains_key(slug));
        match &around.collections {
            Some(known) => missing.collections.retain(|slug| !known.contains(slug)),
            None => missing.collections.clear(),
        }
        let workflows = flows
            .iter()
            .map(|(from, flow)| {
                let mut around = around.clone();
                around.slug = Some(flow.slug.clone());
                ImportedWorkflow {
                    id: (!dry_run).then_some(flow.id),
                    from: from.clone(),
                    slug: flow.slug.clone(),
                    name: flow.name.clone(),
                    report: validate(&flow.graph, self.registry(), &around),
                }
            })
            .collect();
        Ok(ImportReport {
            dry_run,
            workflows,
            variables_added: names(added),
            variables_kept: names(kept),
            missing,
        })
    }

    /// Keeps the state of a project: drafts and variables, without secrets.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn create_save_point(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &str,
    ) -> Result<SavePoint> {
        let org = actor.org_id();
        let document = Json(self.export_project(org, project).await?);
        let point = SavePoint {
            id: SavePointId::new(),
            project_id: project,
            name: check_name("name", name)?,
            created_by: actor.user_id(),
            created_at: self.now(),
        };
        in_tx!(self.db(), tx: Error => {
            sql::save_points::insert(tx, org, &point, &document).await?;
            Ok(point)
        })
    }

    /// Save points of a project, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list_save_points(
        &self,
        org: OrgId,
        project: ProjectId,
        page: PageRequest,
    ) -> Result<Page<SavePoint>> {
        self.get_project(org, project).await?;
        let rows = sql::save_points::list(self.db(), org, project, page).await?;
        Ok(page.page(rows, |point| point.id.uuid()))
    }

    /// Brings drafts and variables back to a save point, all or nothing. The state before is kept as
    /// another save point; flows made since then stay, published versions stay as they are.
    ///
    /// # Errors
    /// `NotFound`; `Stale` when somebody saves a flow at the same moment.
    pub async fn restore_save_point(
        &self,
        actor: &Actor,
        project: ProjectId,
        id: SavePointId,
    ) -> Result<SavePoint> {
        let org = actor.org_id();
        let document = sql::save_points::document(self.db(), org, project, id).await?;
        let document = document.ok_or_else(|| Error::not_found("save point", id))?;
        let before = self
            .create_save_point(actor, project, "before restoring")
            .await?;
        let flows = sql::workflows::of_project(self.db(), org, project).await?;
        let mut made = Vec::new();
        for flow in &document.workflows {
            if !flows.iter().any(|known| known.slug == flow.slug) {
                let slug = self.free_slug(org, &flow.slug).await?;
                let (name, text) = (flow.name.clone(), flow.description.clone());
                let graph = self.accept(flow.graph.clone())?;
                made.push(self.new_workflow(actor, project, name, slug, text, graph)?);
            }
        }
        let now = self.now();
        in_tx!(self.db(), tx: Error => {
            for flow in &document.workflows {
                let Some(known) = flows.iter().find(|known| known.slug == flow.slug) else {
                    continue;
                };
                let after = self.redraft(known, self.accept(flow.graph.clone())?);
                if !sql::workflows::update(tx, &after, known.revision).await? {
                    let message = format!("somebody has saved the flow `{}` meanwhile: try again", known.slug);
                    return Err(Error::new(crate::error::ErrorKind::Stale, message));
                }
                self.note(tx, actor, "workflow.restore", Some(known), Some(&after)).await?;
            }
            for flow in &made {
                self.insert_workflow(tx, actor, flow).await?;
            }
            for variable in &document.variables {
                sql::variables::put(tx, org, project, variable, now).await?;
            }
            Ok(before)
        })
    }

    /// Removes a save point.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_save_point(
        &self,
        actor: &Actor,
        project: ProjectId,
        id: SavePointId,
    ) -> Result<()> {
        in_tx!(self.db(), tx: Error => {
            if !sql::save_points::delete(tx, actor.org_id(), project, id).await? {
                return Err(Error::not_found("save point", id));
            }
            Ok(())
        })
    }
}
