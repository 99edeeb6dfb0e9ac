//! Changes to limits and budgets.

use serde::Deserialize;
use store::{BudgetId, KeyId, LimitId, OrgId, TeamId, Tx, UserId, in_tx};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::accounts::Change;
use crate::sql::revisions::Counter;
use crate::{
    Accounts, Actor, Budget, Error, Limit, Metric, Page, PageRequest, Period, Result, ScopeKind,
    Unit, Window, check, sql,
};

/// A limit to be set.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scope": "organization", "metric": "requests", "window": "minute", "max": 600}))]
pub struct CreateLimit {
    /// Whose use is counted.
    pub scope: ScopeKind,
    /// The id of the team, user or key; may be left out for the organization.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub scope_id: Option<Uuid>,
    /// A model name, with `*` for any part; absent: all models counted together.
    pub model: Option<String>,
    /// What is counted.
    pub metric: Metric,
    /// Over which time; left out for concurrency.
    pub window: Option<Window>,
    /// How many are allowed; 0 forbids.
    pub max: i64,
}

/// A budget to be set.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scope": "organization", "period": "month", "unit": "nano_usd", "max": 100_000_000_000_i64}))]
pub struct CreateBudget {
    /// Whose use is counted.
    pub scope: ScopeKind,
    /// The id of the team, user or key; may be left out for the organization.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub scope_id: Option<Uuid>,
    /// A model name, with `*` for any part; absent: all models counted together.
    pub model: Option<String>,
    /// Over which time.
    pub period: Period,
    /// What is counted.
    pub unit: Unit,
    /// How much may be used in the period, in `unit`; 0 forbids.
    pub max: i64,
}

/// What shall change about a limit or budget. What it counts cannot change: the counts so far would
/// mean something else.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"max": 1000}))]
pub struct UpdateRule {
    /// The new maximum; 0 forbids.
    pub max: i64,
}

impl Accounts {
    /// Sets a limit; effective at once here, within a second in other processes.
    ///
    /// # Errors
    /// `Invalid` for fields that do not go together, `NotFound` for a scope that is not the
    /// organization's, `Conflict` when the same thing is limited already.
    pub async fn create_limit(&self, actor: &Actor, wanted: CreateLimit) -> Result<Limit> {
        let now = self.now();
        let limit = Limit {
            id: LimitId::new(),
            org_id: actor.org_id(),
            scope: wanted.scope,
            scope_id: scope_id(actor.org_id(), wanted.scope, wanted.scope_id)?,
            model: check::model(wanted.model)?,
            metric: wanted.metric,
            window: window(wanted.metric, wanted.window)?,
            max: check::max(wanted.max)?,
            created_at: now,
            updated_at: now,
        };
        let created: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Limits).await?;
            self.check_scope(tx, limit.org_id, limit.scope, limit.scope_id).await?;
            sql::rules::insert_limit(tx, &limit).await.map_err(|error| {
                Error::from(error).explain_conflict(|| {
                    "this is limited already; change the limit that is there".to_owned()
                })
            })?;
            self.audit(tx, actor, Change {
                action: "limit.create",
                target: limit.id.to_string(),
                before: None,
                after: Some(&limit),
            }).await
        });
        created?;
        self.refresh().await;
        Ok(limit)
    }

    /// Limits of an organization, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_limits(&self, org: OrgId, page: PageRequest) -> Result<Page<Limit>> {
        let rows = sql::rules::list_limits(self.db(), org, page).await?;
        Ok(page.page(rows, |limit| limit.id.uuid()))
    }

    /// One limit.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_limit(&self, org: OrgId, id: LimitId) -> Result<Limit> {
        let limit = sql::rules::get_limit(self.db(), org, id).await?;
        limit.ok_or_else(|| Error::not_found("limit", id))
    }

    /// Changes a limit's maximum.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn update_limit(
        &self,
        actor: &Actor,
        id: LimitId,
        update: UpdateRule,
    ) -> Result<Limit> {
        let (org, max, now) = (actor.org_id(), check::max(update.max)?, self.now());
        let after = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Limits).await?;
            let before = sql::rules::get_limit_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("limit", id))?;
            let after = Limit { max, updated_at: now, ..before.clone() };
            sql::rules::set_limit_max(tx, org, id, max, now).await?;
            self.audit(tx, actor, Change {
                action: "limit.update",
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })?;
        self.refresh().await;
        Ok(after)
    }

    /// Removes a limit.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_limit(&self, actor: &Actor, id: LimitId) -> Result<()> {
        let org = actor.org_id();
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Limits).await?;
            let before = sql::rules::get_limit_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("limit", id))?;
            sql::rules::delete_limit(tx, org, id).await?;
            self.audit(tx, actor, Change {
                action: "limit.delete",
                target: id.to_string(),
                before: Some(&before),
                after: None,
            }).await
        });
        deleted?;
        self.refresh().await;
        Ok(())
    }

    /// Sets a budget; effective at once here, within a second in other processes.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for a scope that is not the organization's, `Conflict` when there is
    /// such a budget already.
    pub async fn create_budget(&self, actor: &Actor, wanted: CreateBudget) -> Result<Budget> {
        let now = self.now();
        let budget = Budget {
            id: BudgetId::new(),
            org_id: actor.org_id(),
            scope: wanted.scope,
            scope_id: scope_id(actor.org_id(), wanted.scope, wanted.scope_id)?,
            model: check::model(wanted.model)?,
            period: wanted.period,
            unit: wanted.unit,
            max: check::max(wanted.max)?,
            created_at: now,
            updated_at: now,
        };
        let created: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Limits).await?;
            self.check_scope(tx, budget.org_id, budget.scope, budget.scope_id).await?;
            sql::rules::insert_budget(tx, &budget).await.map_err(|error| {
                Error::from(error).explain_conflict(|| {
                    "there is such a budget already; change the one that is there".to_owned()
                })
            })?;
            self.audit(tx, actor, Change {
                action: "budget.create",
                target: budget.id.to_string(),
                before: None,
                after: Some(&budget),
            }).await
        });
        created?;
        self.refresh().await;
        Ok(budget)
    }

    /// Budgets of an organization, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_budgets(&self, org: OrgId, page: PageRequest) -> Result<Page<Budget>> {
        let rows = sql::rules::list_budgets(self.db(), org, page).await?;
        Ok(page.page(rows, |budget| budget.id.uuid()))
    }

    /// One budget.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_budget(&self, org: OrgId, id: BudgetId) -> Result<Budget> {
        let budget = sql::rules::get_budget(self.db(), org, id).await?;
        budget.ok_or_else(|| Error::not_found("budget", id))
    }

    /// Changes a budget's maximum.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn update_budget(
        &self,
        actor: &Actor,
        id: BudgetId,
        update: UpdateRule,
    ) -> Result<Budget> {
        let (org, max, now) = (actor.org_id(), check::max(update.max)?, self.now());
        let after = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Limits).await?;
            let before = sql::rules::get_budget_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("budget", id))?;
            let after = Budget { max, updated_at: now, ..before.clone() };
            sql::rules::set_budget_max(tx, org, id, max, now).await?;
            self.audit(tx, actor, Change {
                action: "budget.update",
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })?;
        self.refresh().await;
        Ok(after)
    }

    /// Removes a budget.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_budget(&self, actor: &Actor, id: BudgetId) -> Result<()> {
        let org = actor.org_id();
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Limits).await?;
            let before = sql::rules::get_budget_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("budget", id))?;
            sql::rules::delete_budget(tx, org, id).await?;
            self.audit(tx, actor, Change {
                action: "budget.delete",
                target: id.to_string(),
                before: Some(&before),
                after: None,
            }).await
        });
        deleted?;
        self.refresh().await;
        Ok(())
    }

    /// Removes what was set on a key, team or member that goes away.
    pub(crate) async fn delete_rules_of(&self, tx: &mut Tx, org: OrgId, scope: Uuid) -> Result<()> {
        sql::revisions::bump(tx, Counter::Limits).await?;
        sql::rules::delete_of_scope(tx, org, scope).await?;
        Ok(())
    }

    async fn check_scope(&self, tx: &mut Tx, org: OrgId, kind: ScopeKind, id: Uuid) -> Result<()> {
        let found = match kind {
            ScopeKind::Organization => id == org.uuid(),
            ScopeKind::Team => {
                let team = TeamId::from_uuid(id);
                sql::teams::get_team_in(tx, org, team).await?.is_some()
            }
            ScopeKind::User => {
                let user = UserId::from_uuid(id);
                sql::members::get_in(tx, org, user).await?.is_some()
            }
            ScopeKind::Key => {
                let key = KeyId::from_uuid(id);
                sql::keys::get_in(tx, org, key).await?.is_some()
            }
        };
        if found {
            return Ok(());
        }
        Err(Error::not_found(kind.word(), id))
    }
}

fn scope_id(org: OrgId, kind: ScopeKind, id: Option<Uuid>) -> Result<Uuid> {
    match (kind, id) {
        (_, Some(id)) => Ok(id),
        (ScopeKind::Organization, None) => Ok(org.uuid()),
        (ScopeKind::Team | ScopeKind::User | ScopeKind::Key, None) => Err(Error::invalid(format!(
            "`scope_id` must name the {kind} whose use is counted"
        ))),
    }
}

fn window(metric: Metric, window: Option<Window>) -> Result<Window> {
    match (metric, window.unwrap_or(Window::None)) {
        (Metric::Concurrency, Window::None) => Ok(Window::None),
        (Metric::Concurrency, _) => Err(Error::invalid(
            "`window` must be left out: concurrency is counted at each moment",
        )),
        (Metric::Requests | Metric::Tokens, Window::None) => Err(Error::invalid(format!(
            "`window` must be `minute`, `hour` or `day` for a limit on {metric}"
        ))),
        (Metric::Requests | Metric::Tokens, window) => Ok(window),
    }
}
