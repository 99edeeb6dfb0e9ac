//! Organizations, and what the first start makes.

use serde::Deserialize;
use serde_json::{Map, Value};
use store::{Json, OrgId, in_tx};
use utoipa::ToSchema;

use crate::accounts::Change;
use crate::api_key::{CreateKey, NewKey};
use crate::sql::organizations::Organization;
use crate::sql::revisions::Counter;
use crate::{Accounts, Actor, Error, Result, check, sql};

/// The slug of the organization that the first start makes.
pub const DEFAULT_SLUG: &str = "default";

/// What shall change about an organization; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateOrganization {
    /// For people; 1 to 200 characters.
    pub name: Option<String>,
    /// Replaces all settings.
    #[schema(value_type = Option<std::collections::HashMap<String, serde_json::Value>>)]
    pub settings: Option<Map<String, Value>>,
    /// Whether bodies of requests and answers are logged.
    pub log_bodies: Option<bool>,
}

impl Accounts {
    /// At the first start, makes the default organization with one admin key and returns the key:
    /// the only time it is seen. `None` when there are organizations already. Of several processes
    /// that start together, one gets the key.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn first_start(&self) -> Result<Option<NewKey>> {
        if sql::organizations::by_slug(self.db(), DEFAULT_SLUG)
            .await?
            .is_some()
        {
            return Ok(None);
        }
        let organization = self.prepare_organization("Default", DEFAULT_SLUG)?;
        let wanted = CreateKey {
            name: "First admin key".to_owned(),
            admin: true,
            ..CreateKey::default()
        };
        let new = self.prepare_key(organization.id, wanted)?;
        let made: Result<bool> = in_tx!(self.db(), tx: Error => {
            // The counter's lock makes a second process wait here and then see the first one's row.
            sql::revisions::bump(tx, Counter::Organizations).await?;
            if sql::organizations::count(tx).await? > 0 {
                return Ok(false);
            }
            sql::organizations::insert(tx, &organization).await?;
            self.insert_key(tx, &Actor::system(organization.id), &new).await?;
            Ok(true)
        });
        if !made? {
            return Ok(None);
        }
        self.refresh().await;
        Ok(Some(new))
    }

    /// The organization that the command line works on unless told otherwise.
    ///
    /// # Errors
    /// `NotFound` before the first start.
    pub async fn default_organization(&self) -> Result<Organization> {
        self.organization_by_slug(DEFAULT_SLUG).await
    }

    /// An organization by its short name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn organization_by_slug(&self, slug: &str) -> Result<Organization> {
        let organization = sql::organizations::by_slug(self.db(), slug).await?;
        organization.ok_or_else(|| Error::not_found("organization", slug))
    }

    /// An organization.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_organization(&self, org: OrgId) -> Result<Organization> {
        let organization = sql::organizations::get(self.db(), org).await?;
        organization.ok_or_else(|| Error::not_found("organization", org))
    }

    /// Makes an organization without members or keys.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` when the slug is taken.
    pub async fn create_organization(&self, name: &str, slug: &str) -> Result<Organization> {
        let organization = self.prepare_organization(name, slug)?;
        let created: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Organizations).await?;
            sql::organizations::insert(tx, &organization).await.map_err(|error| {
                Error::from(error).explain_conflict(|| format!("the slug {slug} is taken"))
            })?;
            self.audit(tx, &Actor::system(organization.id), Change {
                action: "organization.create",
                target: organization.id.to_string(),
                before: None,
                after: Some(&organization),
            }).await
        });
        created?;
        self.refresh().await;
        Ok(organization)
    }

    /// Changes the actor's organization.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn update_organization(
        &self,
        actor: &Actor,
        update: UpdateOrganization,
    ) -> Result<Organization> {
        let org = actor.org_id();
        let before = self.get_organization(org).await?;
        let mut after = before.clone();
        if let Some(name) = update.name {
            after.name = check::name("name", &name)?;
        }
        if let Some(settings) = update.settings {
            after.settings = Json(settings);
        }
        if let Some(log_bodies) = update.log_bodies {
            after.log_bodies = log_bodies;
        }
        after.updated_at = self.now();
        let updated: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Organizations).await?;
            sql::organizations::update(tx, &after).await?;
            self.audit(tx, actor, Change {
                action: "organization.update",
                target: org.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await
        });
        updated?;
        self.refresh().await;
        Ok(after)
    }

    pub(crate) fn prepare_organization(&self, name: &str, slug: &str) -> Result<Organization> {
        let now = self.now();
        Ok(Organization {
            id: OrgId::new(),
            name: check::name("name", name)?,
            slug: check::slug(slug)?,
            plan: "free".to_owned(),
            settings: Json::default(),
            log_bodies: false,
            created_at: now,
            updated_at: now,
        })
    }
}
