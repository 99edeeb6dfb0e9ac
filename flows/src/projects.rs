//! Changes to projects.

use accounts::{Actor, Change, Page, PageRequest};
use serde::Deserialize;
use store::{OrgId, in_tx};
use utoipa::ToSchema;

use crate::flows::{check_name, check_text};
use crate::ids::ProjectId;
use crate::sql::projects::Project;
use crate::{Error, Flows, Result, sql};

/// A project to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Support"}))]
pub struct CreateProject {
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}

/// What shall change about a project; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Customer support"}))]
pub struct UpdateProject {
    /// For people.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Put aside, or taken out again.
    pub is_archived: Option<bool>,
}

impl Flows {
    /// Makes a project.
    ///
    /// # Errors
    /// `Invalid`.
    pub async fn create_project(&self, actor: &Actor, wanted: CreateProject) -> Result<Project> {
        let now = self.now();
        let project = Project {
            id: ProjectId::new(),
            org_id: actor.org_id(),
            name: check_name("name", &wanted.name)?,
            description: check_text("description", wanted.description)?,
            is_archived: false,
            created_by: actor.user_id(),
            created_at: now,
            updated_at: now,
        };
        in_tx!(self.db(), tx: Error => {
            sql::projects::insert(tx, &project).await?;
            self.accounts().audit(tx, actor, Change {
                action: "project.create",
                target: project.id.to_string(),
                before: None,
                after: Some(&project),
            }).await?;
            Ok(project)
        })
    }

    /// Projects, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_projects(
        &self,
        org: OrgId,
        search: Option<&str>,
        archived: bool,
        page: PageRequest,
    ) -> Result<Page<Project>> {
        let rows = sql::projects::list(self.db(), org, search, archived, page).await?;
        Ok(page.page(rows, |project| project.id.uuid()))
    }

    /// One project.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_project(&self, org: OrgId, id: ProjectId) -> Result<Project> {
        let project = sql::projects::get(self.db(), org, id).await?;
        project.ok_or_else(|| Error::not_found("project", id))
    }

    /// Changes a project.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn update_project(
        &self,
        actor: &Actor,
        id: ProjectId,
        update: UpdateProject,
    ) -> Result<Project> {
        let now = self.now();
        in_tx!(self.db(), tx: Error => {
            let before = sql::projects::get_in(tx, actor.org_id(), id).await?;
            let before = before.ok_or_else(|| Error::not_found("project", id))?;
            let mut after = Project { updated_at: now, ..before.clone() };
            if let Some(name) = &update.name {
                after.name = check_name("name", name)?;
            }
            if let Some(description) = update.description {
                after.description = check_text("description", description)?;
            }
            after.is_archived = update.is_archived.unwrap_or(before.is_archived);
            sql::projects::update(tx, &after).await?;
            self.accounts().audit(tx, actor, Change {
                action: "project.update",
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })
    }

    /// Removes a project with its flows, versions, variables and secrets.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_project(&self, actor: &Actor, id: ProjectId) -> Result<()> {
        let org = actor.org_id();
        self.get_project(org, id).await?;
        // The values first: a secret without a project would be seen by nobody.
        for secret in sql::variables::secrets(self.db(), org, id).await? {
            self.accounts()
                .delete_credential(actor, secret.credential_id)
                .await?;
        }
        in_tx!(self.db(), tx: Error => {
            let before = sql::projects::get_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("project", id))?;
            sql::projects::delete(tx, org, id).await?;
            self.accounts().audit(tx, actor, Change {
                action: "project.delete",
                target: id.to_string(),
                before: Some(&before),
                after: None,
            }).await?;
            Ok(())
        })
    }

    /// Copies a project with its flows' drafts and its variables. Secrets are not copied: the report of
    /// the import names those that are missing.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn duplicate_project(
        &self,
        actor: &Actor,
        id: ProjectId,
        name: Option<String>,
    ) -> Result<(Project, crate::transfer::ImportReport)> {
        let document = self.export_project(actor.org_id(), id).await?;
        let wanted = CreateProject {
            name: name.unwrap_or_else(|| format!("{} (copy)", document.project.name)),
            description: document.project.description.clone(),
        };
        let copy = self.create_project(actor, wanted).await?;
        let request = crate::transfer::ImportRequest::of(document);
        let report = self.import_project(actor, copy.id, request).await?;
        Ok((copy, report))
    }
}
