//! Variables and secrets of projects.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::{Actor, Change, CreateCredential, Secret, UpdateCredential};
use serde::Deserialize;
use serde_json::Value;
use store::{Json, OrgId, in_tx};
use utoipa::ToSchema;

use crate::expression::Secrets;
use crate::flows::check_text;
use crate::graph::{DataType, is_key};
use crate::ids::ProjectId;
use crate::mask::Masker;
use crate::sql::variables::{ProjectSecret, ProjectVariable};
use crate::value::convert;
use crate::{Error, Flows, Result, sql};

/// A variable's new value.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"value": "https://shop.example.org"}))]
pub struct PutVariable {
    /// What it holds; anything when absent.
    #[serde(rename = "type", default = "any")]
    pub kind: DataType,
    /// The value.
    #[schema(value_type = Object)]
    pub value: Value,
    /// For people.
    #[serde(default)]
    pub description: String,
}

fn any() -> DataType {
    DataType::Any
}

/// A secret's new value.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"value": "a-secret-of-the-shop"}))]
pub struct PutSecret {
    /// The value; it goes in and never comes out of the API.
    pub value: Secret,
    /// For people.
    #[serde(default)]
    pub description: String,
}

const KIND: &str = "project_secret";

/// The provider under which the vault keeps a project's secrets.
fn provider(project: ProjectId) -> String {
    format!("project:{project}")
}

impl Flows {
    /// Variables of a project, by name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list_variables(
        &self,
        org: OrgId,
        project: ProjectId,
    ) -> Result<Vec<ProjectVariable>> {
        self.get_project(org, project).await?;
        Ok(sql::variables::list(self.db(), org, project).await?)
    }

    /// Makes or replaces a variable.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when the name is no key or the value is not of the type.
    pub async fn put_variable(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &str,
        wanted: PutVariable,
    ) -> Result<ProjectVariable> {
        self.get_project(actor.org_id(), project).await?;
        check_key(name)?;
        let value = convert(wanted.value, &wanted.kind)
            .map_err(|error| Error::invalid(format!("`value`: {error}")))?;
        let variable = ProjectVariable {
            name: name.to_owned(),
            kind: wanted.kind.to_string(),
            value: Json(value),
            description: check_text("description", wanted.description)?,
        };
        let now = self.now();
        in_tx!(self.db(), tx: Error => {
            sql::variables::put(tx, actor.org_id(), project, &variable, now).await?;
            self.accounts().audit(tx, actor, Change {
                action: "project_variable.put",
                target: format!("{project}/{name}"),
                before: None,
                after: Some(&variable),
            }).await?;
            Ok(variable)
        })
    }

    /// Removes a variable.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_variable(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &str,
    ) -> Result<()> {
        in_tx!(self.db(), tx: Error => {
            if !sql::variables::delete(tx, actor.org_id(), project, name).await? {
                return Err(Error::not_found("variable", format_args!("`{name:.80}`")));
            }
            self.accounts().audit(tx, actor, Change::<()> {
                action: "project_variable.delete",
                target: format!("{project}/{name}"),
                before: None,
                after: None,
            }).await?;
            Ok(())
        })
    }

    /// Secrets of a project, by name, without their values.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list_secrets(&self, org: OrgId, project: ProjectId) -> Result<Vec<ProjectSecret>> {
        self.get_project(org, project).await?;
        Ok(sql::variables::secrets(self.db(), org, project).await?)
    }

    /// Makes or replaces a secret. The value is encrypted by the vault of accounts.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`; `Unavailable` after a rotation of the master key that this process has not
    /// followed.
    pub async fn put_secret(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &str,
        wanted: PutSecret,
    ) -> Result<ProjectSecret> {
        let org = actor.org_id();
        self.get_project(org, project).await?;
        check_key(name)?;
        let description = check_text("description", wanted.description)?;
        let known = sql::variables::secrets(self.db(), org, project).await?;
        let known = known.into_iter().find(|secret| secret.name == name);
        let credential = match known {
            Some(secret) => {
                let update = UpdateCredential {
                    secret: Some(wanted.value),
                    ..UpdateCredential::default()
                };
                let accounts = self.accounts();
                accounts
                    .update_credential(actor, secret.credential_id, update)
                    .await?
            }
            None => {
                let create = CreateCredential {
                    provider: provider(project),
                    name: name.to_owned(),
                    kind: KIND.to_owned(),
                    secret: wanted.value,
                };
                self.accounts().create_credential(actor, create).await?
            }
        };
        let secret = ProjectSecret {
            name: name.to_owned(),
            description,
            updated_at: self.now(),
            credential_id: credential.id,
        };
        in_tx!(self.db(), tx: Error => {
            sql::variables::put_secret(tx, org, project, &secret).await?;
            Ok(secret)
        })
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_secret(&self, actor: &Actor, project: ProjectId, name: &str) -> Result<()> {
        let known = sql::variables::secrets(self.db(), actor.org_id(), project).await?;
        let secret = known.into_iter().find(|secret| secret.name == name);
        let secret =
            secret.ok_or_else(|| Error::not_found("secret", format_args!("`{name:.80}`")))?;
        // Its row goes with the credential.
        self.accounts()
            .delete_credential(actor, secret.credential_id)
            .await?;
        Ok(())
    }

    /// One secret of a project; `None`: it has none of this name.
    ///
    /// # Errors
    /// Those of the vault and the database.
    pub(crate) async fn project_secret(
        &self,
        org: OrgId,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<Secret>> {
        let known = sql::variables::secrets(self.db(), org, project).await?;
        let Some(secret) = known.into_iter().find(|secret| secret.name == name) else {
            return Ok(None);
        };
        let accounts = self.accounts();
        let value = accounts
            .credential_secret(org, secret.credential_id)
            .await?;
        Ok(Some(value))
    }

    /// All secrets of a project for a run; each one that an expression reads becomes known to `masker`.
    ///
    /// # Errors
    /// Those of the vault and the database.
    pub async fn secrets_for_run(
        &self,
        org: OrgId,
        project: ProjectId,
        masker: Arc<Masker>,
    ) -> Result<Secrets> {
        let mut values = BTreeMap::new();
        for secret in sql::variables::secrets(self.db(), org, project).await? {
            let value = self
                .accounts()
                .credential_secret(org, secret.credential_id)
                .await?;
            values.insert(secret.name, value);
        }
        Ok(Secrets::new(values, masker))
    }
}

fn check_key(name: &str) -> Result<()> {
    if is_key(name) {
        return Ok(());
    }
    let message =
        format!("`{name:.80}` cannot be a name: use a-z first, then up to 63 of a-z, 0-9 and _");
    Err(Error::invalid(message))
}
