//! Reading and changing an organization's routes.

use std::sync::Arc;

use accounts::{Actor, Change, Error, Principal, Result};
use serde::Deserialize;
use store::{Json, Micros, OrgId, in_tx};
use utoipa::ToSchema;

use super::check::check;
use super::sql::{self, ModelRoute, ModelRouteId};
use crate::Gateway;
use crate::config::ModelConfig;

/// Most routes of one organization: all of them are in every process's memory.
const MAX_ROUTES: i64 = 200;

/// A route to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "support",
    "definition": {"targets": ["builtin/fault-503", "builtin/echo"], "retry": {"max_retries": 0}},
}))]
pub struct CreateModelRoute {
    /// What clients call it by. One `*` stands for any text, which a `*` in targets repeats. A name
    /// that the configuration or a provider has too means this route for the organization.
    pub name: String,
    /// Where calls go.
    pub definition: ModelConfig,
}

/// What shall change about a route; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"definition": {"targets": ["builtin/echo"]}}))]
pub struct UpdateModelRoute {
    /// What clients call it by.
    pub name: Option<String>,
    /// Where calls go; replaces the whole definition.
    pub definition: Option<ModelConfig>,
}

impl Gateway {
    /// Routes of an organization, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_model_routes(&self, org: OrgId) -> Result<Vec<ModelRoute>> {
        Ok(sql::list(self.db(), org).await?)
    }

    /// One route.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_model_route(&self, org: OrgId, id: ModelRouteId) -> Result<ModelRoute> {
        let route = sql::get(self.db(), org, id).await?;
        route.ok_or_else(|| missing(id))
    }

    /// Makes a route. It can be called at once here, and by other processes within a second.
    ///
    /// # Errors
    /// `Invalid`, naming the target that is wrong; `Conflict` when the name is taken.
    pub async fn create_model_route(
        &self,
        who: &Arc<Principal>,
        actor: &Actor,
        wanted: CreateModelRoute,
    ) -> Result<ModelRoute> {
        let (org, now) = (actor.org_id(), Micros(self.now_us()));
        let name = wanted.name.trim().to_owned();
        let others = self.other_names(org, None).await?;
        check(self, who, &name, &wanted.definition, &others)?;
        let route = ModelRoute {
            id: ModelRouteId::new(),
            org_id: org,
            name,
            definition: Json(wanted.definition.written_out()),
            created_by: actor.user_id(),
            created_at: now,
            updated_at: now,
        };
        let created = in_tx!(self.db(), tx: Error => {
            sql::bump(tx, org).await?;
            if sql::count_in(tx, org).await? >= MAX_ROUTES {
                return Err(Error::invalid(format!(
                    "an organization has at most {MAX_ROUTES} routes: delete some first"
                )));
            }
            sql::insert(tx, &route).await.map_err(|error| taken(error, &route.name))?;
            self.accounts().audit(tx, actor, Change {
                action: "model_route.create",
                target: route.id.to_string(),
                before: None,
                after: Some(&route),
            }).await?;
            Ok(route)
        })?;
        self.follow_model_routes().await;
        Ok(created)
    }

    /// Changes a route.
    ///
    /// # Errors
    /// `NotFound`; as for making one; `Stale` when the actor expects another record.
    pub async fn update_model_route(
        &self,
        who: &Arc<Principal>,
        actor: &Actor,
        id: ModelRouteId,
        update: UpdateModelRoute,
    ) -> Result<ModelRoute> {
        let (org, now) = (actor.org_id(), Micros(self.now_us()));
        let others = self.other_names(org, Some(id)).await?;
        let after = in_tx!(self.db(), tx: Error => {
            sql::bump(tx, org).await?;
            let before = sql::get_in(tx, org, id).await?.ok_or_else(|| missing(id))?;
            let mut after = ModelRoute { updated_at: now, ..before.clone() };
            if let Some(name) = &update.name {
                name.trim().clone_into(&mut after.name);
            }
            if let Some(definition) = &update.definition {
                after.definition = Json(definition.written_out());
            }
            check(self, who, &after.name, &after.definition, &others)?;
            sql::update(tx, &after).await.map_err(|error| taken(error, &after.name))?;
            self.accounts().audit(tx, actor, Change {
                action: "model_route.update",
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })?;
        self.follow_model_routes().await;
        Ok(after)
    }

    /// Removes a route. Calls under way end by it.
    ///
    /// # Errors
    /// `NotFound`; `Stale` when the actor expects another record.
    pub async fn delete_model_route(&self, actor: &Actor, id: ModelRouteId) -> Result<()> {
        let org = actor.org_id();
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::bump(tx, org).await?;
            let before = sql::get_in(tx, org, id).await?.ok_or_else(|| missing(id))?;
            sql::delete(tx, org, id).await?;
            self.accounts().audit(tx, actor, Change {
                action: "model_route.delete",
                target: id.to_string(),
                before: Some(&before),
                after: None,
            }).await
        });
        deleted?;
        self.follow_model_routes().await;
        Ok(())
    }

    async fn other_names(&self, org: OrgId, but: Option<ModelRouteId>) -> Result<Vec<String>> {
        let routes = sql::list(self.db(), org).await?;
        let others = routes.into_iter().filter(|route| Some(route.id) != but);
        Ok(others.map(|route| route.name).collect())
    }
}

fn missing(id: ModelRouteId) -> Error {
    Error::not_found("model route", id)
}

fn taken(error: store::Error, name: &str) -> Error {
    Error::from(error).explain_conflict(|| format!("there is a route `{name}` already"))
}
