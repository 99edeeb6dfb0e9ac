//! Plans: what an organization may use at most, as data.
//!
//! A plan's limits and budgets are not rows of the tables `limits` and `budgets`: an organization
//! cannot change them. They are added to the rules in memory ([`Plans::rules`]) and reserved by the
//! same limiter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{BudgetId, LimitId, Micros, OrgId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Budget, Limit, Metric, Period, ScopeKind, Unit, Window};

/// The plan of organizations that nobody limits.
pub const UNLIMITED: &str = "unlimited";

/// The plans of this program.
const BUILTIN: &str = include_str!("../plans.toml");
/// In the order that people read them.
const ORDER: [&str; 4] = [UNLIMITED, "free", "pro", "business"];
const NANO: i64 = 1_000_000_000;

/// A plan as the configuration writes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanConfig {
    /// For people.
    pub title: String,
    /// For whom it is.
    #[serde(default)]
    pub description: String,
    /// What it costs, in whole US dollars a month. Shown; taking payments is somebody else's.
    #[serde(default)]
    pub price_usd_per_month: i64,
    /// Members an organization may have; any number when absent.
    #[serde(default)]
    pub seats: Option<u32>,
    /// Days that logged bodies are kept at most.
    pub retention_days: u32,
    /// Requests to `/api/v1` in any minute; any number when absent.
    #[serde(default)]
    pub api_requests_per_minute: Option<u32>,
    /// Limits on everything the organization uses.
    #[serde(default)]
    pub limits: Vec<PlanLimitConfig>,
    /// Budgets for everything the organization uses.
    #[serde(default)]
    pub budgets: Vec<PlanBudgetConfig>,
}

/// A limit of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanLimitConfig {
    /// What is counted.
    pub metric: Metric,
    /// Over which time; left out for concurrency.
    pub window: Option<Window>,
    /// How many are allowed.
    pub max: i64,
}

/// A budget of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanBudgetConfig {
    /// Over which time.
    pub period: Period,
    /// `usd` or `tokens`.
    pub unit: PlanUnit,
    /// How much, in whole dollars or in tokens.
    pub max: i64,
}

/// What a plan's budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanUnit {
    /// US dollars.
    Usd,
    /// Prompt and completion tokens.
    Tokens,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Plan {
    /// Its word, such as `pro`.
    #[schema(example = "pro")]
    pub id: String,
    /// For people.
    pub title: String,
    /// For whom it is.
    pub description: String,
    /// What it costs a month, in nano-dollars.
    pub price_nano_usd: i64,
    /// Members an organization may have; `null`: any number.
    pub seats: Option<u32>,
    /// Days that logged bodies are kept at most.
    pub retention_days: u32,
    /// Requests to `/api/v1` in any minute; `null`: any number.
    pub api_requests_per_minute: Option<u32>,
    /// Limits on everything the organization uses.
    pub limits: Vec<PlanLimit>,
    /// Budgets for everything the organization uses.
    pub budgets: Vec<PlanBudget>,
}

/// A limit of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanLimit {
    /// What is counted.
    pub metric: Metric,
    /// Over which time; the empty word for concurrency.
    pub window: Window,
    /// How many are allowed.
    pub max: i64,
}

/// A budget of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanBudget {
    /// Over which time.
    pub period: Period,
    /// What is counted.
    pub unit: Unit,
    /// How much may be used in the period, in `unit`.
    pub max: i64,
}

/// All plans, and which one a new organization gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans {
    plans: Vec<Plan>,
    default: String,
}

impl Default for Plans {
    fn default() -> Self {
        Self::new(BTreeMap::new(), None).expect("a test reads the built-in plans")
    }
}

impl Plans {
    /// The built-in plans with configured ones in place of those of the same word, or beside them.
    ///
    /// # Errors
    /// A sentence that names the plan that is wrong.
    pub fn new(
        configured: BTreeMap<String, PlanConfig>,
        default: Option<String>,
    ) -> Result<Self, String> {
        let mut all: BTreeMap<String, PlanConfig> =
            toml::from_str(BUILTIN).map_err(|error| error.to_string())?;
        all.extend(configured);
        let mut plans = Vec::with_capacity(all.len());
        for (id, config) in all {
            plans.push(Plan::read(id, config)?);
        }
        let position = |id: &str| ORDER.iter().position(|known| *known == id);
        plans.sort_by_key(|plan| position(&plan.id).unwrap_or(ORDER.len()));
        let plans = Self {
            plans,
            default: default.unwrap_or_else(|| UNLIMITED.to_owned()),
        };
        match plans.get(&plans.default) {
            Some(_) => Ok(plans),
            None => Err(format!(
                "billing.default_plan: there is no plan `{}`; known: {}",
                plans.default,
                plans.words()
            )),
        }
    }

    /// All plans, in the order that people read them.
    pub fn all(&self) -> &[Plan] {
        &self.plans
    }

    /// The plan of this word.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// The word of the plan that a new organization gets.
    pub fn default_plan(&self) -> &str {
        &self.default
    }

    /// All words, for messages.
    pub(crate) fn words(&self) -> String {
        let words: Vec<&str> = self.plans.iter().map(|plan| plan.id.as_str()).collect();
        words.join(", ")
    }
}

impl Plan {
    fn read(id: String, config: PlanConfig) -> Result<Self, String> {
        let wrong = |what: &str| format!("plans.{id}: {what}");
        let money = |usd: i64| usd.checked_mul(NANO).filter(|nano| *nano >= 0);
        let mut limits = Vec::with_capacity(config.limits.len());
        for limit in config.limits {
            let window = limit.window.unwrap_or(Window::None);
            let fits = (limit.metric == Metric::Concurrency) == (window == Window::None);
            if !fits || limit.max < 0 {
                return Err(wrong(
                    "a limit needs a `window`, except on concurrency, and a `max` of 0 or more",
                ));
            }
            limits.push(PlanLimit {
                metric: limit.metric,
                window,
                max: limit.max,
            });
        }
        let mut budgets = Vec::with_capacity(config.budgets.len());
        for budget in config.budgets {
            let (unit, max) = match budget.unit {
                PlanUnit::Usd => (Unit::NanoUsd, money(budget.max)),
                PlanUnit::Tokens => (Unit::Tokens, Some(budget.max).filter(|max| *max >= 0)),
            };
            budgets.push(PlanBudget {
                period: budget.period,
                unit,
                max: max.ok_or_else(|| wrong("a budget's `max` is out of range"))?,
            });
        }
        Ok(Self {
            price_nano_usd: money(config.price_usd_per_month)
                .ok_or_else(|| wrong("`price_usd_per_month` is out of range"))?,
            title: config.title,
            description: config.description,
            seats: config.seats,
            retention_days: config.retention_days,
            api_requests_per_minute: config.api_requests_per_minute,
            limits,
            budgets,
            id,
        })
    }

    /// The plan's limits and budgets as rules on one organization.
    ///
    /// Their ids are made of the organization and of what is counted: every instance counts on the
    /// same counter, and after a change of plan what was used so far still counts.
    pub fn rules(&self, org: OrgId) -> (Vec<Limit>, Vec<Budget>) {
        let epoch = Micros(0);
        let limits = self.limits.iter().map(|limit| Limit {
            id: LimitId::from_uuid(rule_id(org, limit.metric.word(), limit.window.word())),
            org_id: org,
            scope: ScopeKind::Organization,
            scope_id: org.uuid(),
            model: None,
            metric: limit.metric,
            window: limit.window,
            max: limit.max,
            created_at: epoch,
            updated_at: epoch,
        });
        let budgets = self.budgets.iter().map(|budget| Budget {
            id: BudgetId::from_uuid(rule_id(org, budget.unit.word(), budget.period.word())),
            org_id: org,
            scope: ScopeKind::Organization,
            scope_id: org.uuid(),
            model: None,
            period: budget.period,
            unit: budget.unit,
            max: budget.max,
            created_at: epoch,
            updated_at: epoch,
        });
        (limits.collect(), budgets.collect())
    }
}

fn rule_id(org: OrgId, what: &str, over: &str) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(org.uuid().as_bytes());
    hash.update(format!("plan {what} {over}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_plans_are_read_in_their_order() {
        let plans = Plans::default();
        let words: Vec<&str> = plans.all().iter().map(|plan| plan.id.as_str()).collect();
        assert_eq!(words, ORDER);
        let free = plans.get("free").expect("there");
        assert_eq!(free.budgets[0].max, 5 * NANO);
        assert_eq!(free.limits[2].window, Window::None);
        assert_eq!(plans.default_plan(), UNLIMITED);
        assert!(plans.get(UNLIMITED).expect("there").limits.is_empty());
    }

    #[test]
    fn a_rule_keeps_its_identity_across_plans_and_differs_by_organization() {
        let plans = Plans::default();
        let (free, pro) = (plans.get("free"), plans.get("pro"));
        let (ours, theirs) = (OrgId::new(), OrgId::new());
        let of = |plan: Option<&Plan>, org| plan.expect("there").rules(org);
        let (free_limits, free_budgets) = of(free, ours);
        let (pro_limits, pro_budgets) = of(pro, ours);
        assert_eq!(free_limits[0].id, pro_limits[0].id);
        assert_ne!(free_limits[0].max, pro_limits[0].max);
        assert_eq!(free_budgets[0].id, pro_budgets[0].id);
        assert_ne!(of(free, theirs).0[0].id, free_limits[0].id);
        assert_ne!(free_limits[0].id, free_limits[1].id);
    }

    #[test]
    fn wrong_plans_are_refused_by_name() {
        let read = |text: &str| {
            let configured: BTreeMap<String, PlanConfig> = toml::from_str(text).expect("TOML");
            Plans::new(configured, None)
        };
        let wrong = read(
            "[gold]\ntitle = \"Gold\"\nretention_days = 1\n\
             limits = [{ metric = \"requests\", max = 1 }]",
        );
        assert!(wrong.expect_err("no window").starts_with("plans.gold:"));
        let good = read("[gold]\ntitle = \"Gold\"\nretention_days = 1\n").expect("fine");
        assert_eq!(good.all().last().map(|plan| plan.id.as_str()), Some("gold"));
        let default = Plans::new(BTreeMap::new(), Some("silver".to_owned()));
        assert!(default.expect_err("unknown").contains("`silver`"));
    }
}
