use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{CredentialId, Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::ids::ProjectId;

row! {
    /// A value that all flows of a project see as `vars.<name>`.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
    pub struct ProjectVariable {
        /// Key.
        pub name: String,
        /// What it holds, such as `string` or `array<number>`.
        #[serde(rename = "type")]
        pub kind: String,
        /// The value.
        #[schema(value_type = Object)]
        pub value: Json<Value>,
        /// For people.
        pub description: String,
    }

    /// A secret of a project, without its value: it is write-only.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct ProjectSecret {
        /// Key, as in `secrets.<name>`.
        pub name: String,
        /// For people.
        pub description: String,
        /// When it was last changed.
        pub updated_at: Micros,
        #[serde(skip)]
        pub(crate) credential_id: CredentialId,
    }
}

pub(crate) async fn put(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    variable: &ProjectVariable,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO project_variables (org_id, project_id, name, type, value, description,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (project_id, name) DO UPDATE SET type = excluded.type,
             value = excluded.value, description = excluded.description,
             updated_at = excluded.updated_at",
    )
    .bind(org)
    .bind(project)
    .bind(&variable.name)
    .bind(&variable.kind)
    .bind(&variable.value)
    .bind(&variable.description)
    .bind(now))?;
    Ok(())
}

pub(crate) async fn delete(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    name: &str,
) -> Result<bool> {
    let gone = on_tx!(tx, execute => sqlx::query(
        "DELETE FROM project_variables WHERE org_id = $1 AND project_id = $2 AND name = $3",
    ).bind(org).bind(project).bind(name))?;
    Ok(gone == 1)
}

pub(crate) async fn list(db: &Db, org: OrgId, project: ProjectId) -> Result<Vec<ProjectVariable>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT name, type AS kind, value, description FROM project_variables
         WHERE org_id = $1 AND project_id = $2 ORDER BY name",
    ).bind(org).bind(project).fetch_all(c).await)
}

pub(crate) async fn put_secret(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    secret: &ProjectSecret,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO project_secrets (org_id, project_id, name, credential_id, description,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (project_id, name) DO UPDATE SET description = excluded.description,
             updated_at = excluded.updated_at",
    )
    .bind(org)
    .bind(project)
    .bind(&secret.name)
    .bind(secret.credential_id)
    .bind(&secret.description)
    .bind(secret.updated_at))?;
    Ok(())
}

pub(crate) async fn secrets(db: &Db, org: OrgId, project: ProjectId) -> Result<Vec<ProjectSecret>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT name, description, updated_at, credential_id FROM project_secrets
         WHERE org_id = $1 AND project_id = $2 ORDER BY name",
    ).bind(org).bind(project).fetch_all(c).await)
}

/// Secrets of all projects of the organization.
pub(crate) async fn all_secrets(db: &Db, org: OrgId) -> Result<Vec<ProjectSecret>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT name, description, updated_at, credential_id FROM project_secrets WHERE org_id = $1",
    ).bind(org).fetch_all(c).await)
}
