//! Organizations, and what the first start makes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::{Json, Micros, OrgId, Tx, UserId, in_tx};
use utoipa::ToSchema;

use crate::accounts::Change;
use crate::api_key::{CreateKey, NewKey};
use crate::organization_settings::UpdateSettings;
use crate::sql::organizations::{DeletedOrganization, Organization};
use crate::sql::revisions::Counter;
use crate::{
    Accounts, Actor, Error, OrganizationFacts, Page, PageRequest, Plan, Plans, Result, Role, check,
    sql,
};

/// The slug of the organization that the first start makes.
pub const DEFAULT_SLUG: &str = "default";

/// A new organization.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Analytical Engines", "slug": "engines"}))]
pub struct CreateOrganization {
    /// For people; 1 to 200 characters.
    pub name: String,
    /// Unique short name: 1 to 64 of `a-z 0-9 -`.
    pub slug: String,
}

/// What shall change about an organization; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Analytical Engines", "settings": {"retention_days": 14}}))]
pub struct UpdateOrganization {
    /// For people; 1 to 200 characters.
    pub name: Option<String>,
    /// Unique short name: 1 to 64 of `a-z 0-9 -`.
    pub slug: Option<String>,
    /// Settings to be changed; the others stay.
    pub settings: Option<UpdateSettings>,
    /// Whether bodies of requests and answers are logged.
    pub log_bodies: Option<bool>,
    /// Where statements and alerts go besides owners and admins; `null` for nowhere else.
    #[serde(deserialize_with = "crate::api_key::present")]
    #[schema(value_type = Option<String>)]
    pub billing_email: Option<Option<String>>,
}

/// An organization as one of its members sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnOrganization {
    /// The organization.
    #[serde(flatten)]
    pub organization: Organization,
    /// What the caller is in it.
    pub role: Role,
}

/// An organization as the instance's owner sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganizationSize {
    /// The organization.
    #[serde(flatten)]
    pub organization: Organization,
    /// Its members.
    pub members: i64,
    /// Its keys that are not revoked.
    pub keys: i64,
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

    /// The organizations that a person belongs to, newest first, with the person's role in each.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_own_organizations(
        &self,
        user: UserId,
        page: PageRequest,
    ) -> Result<Page<OwnOrganization>> {
        let rows = sql::organizations::of_user(self.db(), user, page).await?;
        let roles = sql::organizations::roles_of_user(self.db(), user).await?;
        let page = page.page(rows, |organization| organization.id.uuid());
        let own = page.data.into_iter().filter_map(|organization| {
            // Who left between the two questions is no member any more.
            let own = roles.iter().find(|own| own.org_id == organization.id)?;
            Some(OwnOrganization {
                organization,
                role: own.role,
            })
        });
        Ok(Page {
            data: own.collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// All organizations of the instance, newest first, for its owner.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_all_organizations(
        &self,
        page: PageRequest,
    ) -> Result<Page<OrganizationSize>> {
        let rows = sql::organizations::list(self.db(), page).await?;
        let sizes = sql::organizations::sizes(self.db()).await?;
        let page = page.page(rows, |organization| organization.id.uuid());
        let sized = page.data.into_iter().map(|organization| {
            let size = sizes.iter().find(|(id, ..)| *id == organization.id.uuid());
            let (members, keys) = size.map_or((0, 0), |(_, members, keys)| (*members, *keys));
            OrganizationSize {
                organization,
                members,
                keys,
            }
        });
        Ok(Page {
            data: sized.collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// Makes an organization without members or keys.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` when the slug is taken.
    pub async fn create_organization(&self, name: &str, slug: &str) -> Result<Organization> {
        let organization = self.prepare_organization(name, slug)?;
        let actor = Actor::system(organization.id);
        let created: Result<()> = in_tx!(self.db(), tx: Error => {
            self.insert_organization(tx, &actor, &organization).await
        });
        created?;
        self.refresh().await;
        Ok(organization)
    }

    /// Makes an organization that belongs to a person.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` when the slug is taken.
    pub async fn create_own_organization(
        &self,
        owner: UserId,
        wanted: CreateOrganization,
    ) -> Result<OwnOrganization> {
        let organization = self.prepare_organization(&wanted.name, &wanted.slug)?;
        let actor = Actor::person(organization.id, owner, Role::Owner);
        let created: Result<()> = in_tx!(self.db(), tx: Error => {
            self.insert_organization(tx, &actor, &organization).await?;
            sql::revisions::bump(tx, Counter::Members).await?;
            sql::members::join(tx, organization.id, owner, Role::Owner, self.now()).await?;
            Ok(())
        });
        created?;
        self.refresh().await;
        Ok(OwnOrganization {
            organization,
            role: Role::Owner,
        })
    }

    async fn insert_organization(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: &Organization,
    ) -> Result<()> {
        sql::revisions::bump(tx, Counter::Organizations).await?;
        sql::organizations::insert(tx, organization)
            .await
            .map_err(|error| slug_taken(error, organization))?;
        let change = Change {
            action: "organization.create",
            target: organization.id.to_string(),
            before: None,
            after: Some(organization),
        };
        self.audit(tx, actor, change).await
    }

    /// Changes the actor's organization.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`; `Conflict` when the slug is taken.
    pub async fn update_organization(
        &self,
        actor: &Actor,
        update: UpdateOrganization,
    ) -> Result<Organization> {
        let now = self.now();
        self.change_organization(actor, "organization.update", |before| {
            apply(before, update, now)
        })
        .await
    }

    /// Puts an organization on another plan; effective at once here, within a second in other
    /// processes. What was used so far counts against the new plan's limits and budgets.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for an unknown plan; `Conflict` when the organization has more members
    /// than the plan has seats.
    pub async fn set_plan(&self, actor: &Actor, plan: &str) -> Result<Organization> {
        let (org, now) = (actor.org_id(), self.now());
        let plan = self.find_plan(plan)?;
        let members = sql::members::count(self.db(), org).await?;
        if plan.seats.is_some_and(|seats| members > i64::from(seats)) {
            return Err(Error::conflict(format!(
                "the plan `{}` has {} seats, and the organization has {members} members: remove some \
                 first",
                plan.id,
                plan.seats.unwrap_or_default()
            )));
        }
        self.change_organization(actor, "organization.plan", |before| {
            Ok(Organization {
                plan: plan.id.clone(),
                updated_at: now,
                ..before
            })
        })
        .await
    }

    async fn change_organization(
        &self,
        actor: &Actor,
        action: &str,
        change: impl FnOnce(Organization) -> Result<Organization>,
    ) -> Result<Organization> {
        let org = actor.org_id();
        let changed: Result<Organization> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Organizations).await?;
            let before = sql::organizations::get_in(tx, org).await?;
            let before = before.ok_or_else(|| Error::not_found("organization", org))?;
            let after = change(before.clone())?;
            sql::organizations::update(tx, &after)
                .await
                .map_err(|error| slug_taken(error, &after))?;
            self.audit(tx, actor, Change {
                action,
                target: org.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        });
        let changed = changed?;
        self.refresh().await;
        Ok(changed)
    }

    /// Deletes the actor's organization with all that belongs to it. Its keys stop working at once
    /// here, within a second in other processes; crates above forget what they keep of it soon after
    /// ([`deleted_organizations`](Self::deleted_organizations)).
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when `name` is not its name.
    pub async fn delete_organization(&self, actor: &Actor, name: &str) -> Result<()> {
        let (org, now) = (actor.org_id(), self.now());
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            // All that memory holds of it has to be read again.
            // Always in this order: other changes lock some of these rows in it too.
            for counter in [Counter::Organizations, Counter::KeysAll, Counter::Members,
                Counter::Limits, Counter::Credentials] {
                sql::revisions::bump(tx, counter).await?;
            }
            let organization = sql::organizations::get_in(tx, org).await?;
            let organization = organization.ok_or_else(|| Error::not_found("organization", org))?;
            if organization.name != name {
                return Err(Error::invalid(
                    "to delete the organization, give its exact name as `confirm_name`",
                ));
            }
            actor.if_match().check(&organization)?;
            Ok(sql::organizations::delete(tx, &organization, actor.label(), now).await?)
        });
        deleted?;
        tracing::info!(org.id = %org, actor = actor.label(), "an organization was deleted");
        self.refresh().await;
        Ok(())
    }

    /// Organizations deleted after `since`, for crates that keep rows of theirs in tables of their
    /// own.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn deleted_organizations(&self, since: Micros) -> Result<Vec<DeletedOrganization>> {
        Ok(sql::organizations::deleted_since(self.db(), since).await?)
    }

    /// What memory knows of an organization; `None` for one that does not exist.
    pub fn organization_facts(&self, org: OrgId) -> Option<Arc<OrganizationFacts>> {
        self.inner.memory.load().organization(org)
    }

    /// What memory knows of all organizations.
    pub fn all_organization_facts(&self) -> Vec<(OrgId, Arc<OrganizationFacts>)> {
        self.inner.memory.load().organizations()
    }

    /// All plans.
    pub fn plans(&self) -> &Plans {
        &self.inner.plans
    }

    /// The plan of this word.
    ///
    /// # Errors
    /// `Invalid`, with the known words.
    pub fn find_plan(&self, plan: &str) -> Result<&Plan> {
        self.inner.plans.get(plan).ok_or_else(|| {
            Error::invalid(format!(
                "`plan` must be one of {}, not `{plan:.50}`",
                self.inner.plans.words()
            ))
        })
    }

    /// The plan that an organization is on.
    ///
    /// # Errors
    /// `NotFound`; `Internal` when the configuration no longer knows the plan.
    pub async fn plan_of(&self, org: OrgId) -> Result<Plan> {
        let organization = self.get_organization(org).await?;
        let plan = self.inner.plans.get(&organization.plan).cloned();
        plan.ok_or_else(|| unknown_plan(&organization.plan))
    }

    /// Nobody's limits may vanish because a plan was taken out of the configuration.
    pub(crate) async fn check_plans(&self) -> Result<()> {
        let all = self.all_organization_facts();
        let Some((org, _)) = all.into_iter().find(|(_, facts)| facts.plan.is_none()) else {
            return Ok(());
        };
        let organization = self.get_organization(org).await?;
        Err(Error::invalid(format!(
            "organization {} is on the plan `{}`, which is not configured: add [plans.{}] or put the \
             organization on another plan first",
            organization.slug, organization.plan, organization.plan
        )))
    }

    /// Whether one more member fits the plan. To be asked inside a transaction that raised
    /// `Counter::Members`, so that two cannot take the last seat.
    pub(crate) async fn check_seats(&self, tx: &mut Tx, org: OrgId, invited: i64) -> Result<()> {
        let organization = sql::organizations::get_in(tx, org).await?;
        let organization = organization.ok_or_else(|| Error::not_found("organization", org))?;
        let plan = self.inner.plans.get(&organization.plan);
        let plan = plan.ok_or_else(|| unknown_plan(&organization.plan))?;
        let Some(seats) = plan.seats else {
            return Ok(());
        };
        if sql::members::count_in(tx, org).await? + invited < i64::from(seats) {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "all {seats} seats of the plan `{}` are taken, open invitations included",
            plan.id
        )))
    }

    pub(crate) fn prepare_organization(&self, name: &str, slug: &str) -> Result<Organization> {
        let now = self.now();
        Ok(Organization {
            id: OrgId::new(),
            name: check::name("name", name)?,
            slug: check::slug(slug)?,
            plan: self.inner.plans.default_plan().to_owned(),
            settings: Json::default(),
            log_bodies: false,
            billing_email: None,
            created_at: now,
            updated_at: now,
        })
    }
}

fn apply(before: Organization, update: UpdateOrganization, now: Micros) -> Result<Organization> {
    let mut after = Organization {
        updated_at: now,
        ..before
    };
    if let Some(name) = update.name {
        after.name = check::name("name", &name)?;
    }
    if let Some(slug) = update.slug {
        after.slug = check::slug(&slug)?;
    }
    if let Some(settings) = update.settings {
        after.settings = Json(after.settings.0.updated(settings)?);
    }
    if let Some(log_bodies) = update.log_bodies {
        after.log_bodies = log_bodies;
    }
    if let Some(email) = update.billing_email {
        after.billing_email = email.as_deref().map(check::email).transpose()?;
    }
    Ok(after)
}

fn slug_taken(error: store::Error, organization: &Organization) -> Error {
    Error::from(error).explain_conflict(|| format!("the slug {} is taken", organization.slug))
}

pub(crate) fn unknown_plan(plan: &str) -> Error {
    Error::new(
        crate::ErrorKind::Internal,
        format!("the organization is on the plan `{plan}`, which `[plans]` does not define"),
    )
}
