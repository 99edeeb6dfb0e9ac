//! One immutable snapshot of vendors and models, made from the configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use moka::sync::Cache;
use providers::provider::ModelFacts;

use super::health::Health;
use super::pattern::Pattern;
use super::target::{Backend, Route, Target, Vendor, Weighted};
use crate::catalogue::Catalogue;
use crate::config::{
    GatewayConfig, ModelConfig, OnDisconnect, Retry, Strategy, TargetConfig, Timeouts,
};
use crate::error::{Code, Error};
use crate::local::LocalModel;

/// Names resolved on the fly that are remembered; clients choose names, so this is bounded.
const REMEMBERED_ROUTES: u64 = 4_096;

/// Health outlives a snapshot: a reload must not close open breakers.
pub(crate) type HealthBook = Cache<String, Arc<Health>>;

/// Finds a local model by its full name, as a caller may see it.
pub(crate) type Local<'a> = dyn Fn(&str) -> Option<Arc<dyn LocalModel>> + 'a;

/// Vendors and models.
pub struct Table {
    /// Vendors by their configured word.
    pub vendors: BTreeMap<String, Arc<Vendor>>,
    /// The catalogue with the configuration's overrides.
    pub catalogue: Arc<Catalogue>,
    /// The configuration's models, as they are written there.
    configured: BTreeMap<String, ModelConfig>,
    /// Models by the name clients use.
    named: BTreeMap<String, Arc<Route>>,
    /// Models whose name has a star, longest first.
    wild: Vec<(Pattern, ModelConfig)>,
    resolved: Cache<String, Arc<Route>>,
    health: HealthBook,
    defaults: RouteDefaults,
}

#[derive(Debug, Clone, Copy)]
struct RouteDefaults {
    timeouts: Timeouts,
    retry: Retry,
    on_disconnect: OnDisconnect,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("vendors", &self.vendors.keys())
            .finish_non_exhaustive()
    }
}

/// A fresh book of healths.
pub(crate) fn health_book() -> HealthBook {
    Cache::new(REMEMBERED_ROUTES * 2)
}

impl Table {
    /// Builds the snapshot and checks that every model leads somewhere. Names of local models are
    /// taken on trust (they are looked up when they are called, as the caller may see them).
    ///
    /// # Errors
    /// A sentence that names the model and the target that is wrong.
    pub(crate) fn new(
        config: &GatewayConfig,
        vendors: BTreeMap<String, Arc<Vendor>>,
        catalogue: Arc<Catalogue>,
        health: HealthBook,
        local_prefixes: &[String],
    ) -> Result<Self, String> {
        let defaults = RouteDefaults {
            timeouts: config.gateway.timeouts,
            retry: config.gateway.retry,
            on_disconnect: config.gateway.on_disconnect,
        };
        let mut table = Self {
            vendors,
            catalogue,
            configured: config.models.clone().into_iter().collect(),
            named: BTreeMap::new(),
            wild: Vec::new(),
            resolved: Cache::new(REMEMBERED_ROUTES),
            health,
            defaults,
        };
        for (name, model) in &config.models {
            let checked = table.check(model, local_prefixes);
            checked.map_err(|why| format!("models.\"{name}\": {why}"))?;
            let pattern = Pattern::new(name);
            if pattern.is_wild() {
                table.wild.push((pattern, model.clone()));
            }
        }
        table
            .wild
            .sort_by_key(|(p, _)| std::cmp::Reverse(p.fill("").len()));
        Ok(table.with_named_models(config))
    }

    fn with_named_models(mut self, config: &GatewayConfig) -> Self {
        for (name, model) in config.models.iter().filter(|(n, _)| !n.contains('*')) {
            let reaches_local = model.models().any(|n| self.vendor_of(n).is_none());
            if !reaches_local && let Ok(route) = self.build(name, model, "", &|_| None) {
                self.named.insert(name.clone(), Arc::new(route));
            } else {
                // Local models depend on the caller: resolved at each call.
                self.wild.push((Pattern::new(name), model.clone()));
            }
        }
        self
    }

    /// Checks that every target leads to a provider that there is.
    ///
    /// # Errors
    /// A sentence that names the target that is wrong.
    pub(crate) fn check(&self, model: &ModelConfig, local: &[String]) -> Result<(), String> {
        if model.targets.is_empty() {
            return Err("`targets` is empty; name at least one model".to_owned());
        }
        for target in model.models() {
            let Some((prefix, _)) = target.split_once('/') else {
                return Err(format!("target `{target}` must be `provider/model`"));
            };
            if !self.vendors.contains_key(prefix) && !local.iter().any(|l| l == prefix) {
                let known: Vec<_> = self.vendors.keys().chain(local).cloned().collect();
                return Err(format!(
                    "target `{target}` names provider `{prefix}`, which is not configured; known: {}",
                    known.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// The configuration's models by name, stars included.
    pub fn configured(&self) -> &BTreeMap<String, ModelConfig> {
        &self.configured
    }

    /// Whether a vendor offers this model, named `provider/model`.
    pub(crate) fn is_vendor(&self, full: &str) -> bool {
        let model = full.split_once('/').map_or("", |(_, model)| model);
        let vendor = self.vendor_of(full);
        vendor.is_some_and(|vendor| !model.is_empty() && vendor.offers(model))
    }

    /// How a target has been doing, if it was ever called or routed to.
    pub(crate) fn health_of(&self, full: &str) -> Option<Arc<Health>> {
        self.health.get(full)
    }

    /// The configured model names, stars included.
    pub fn model_names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// What `name` leads to. `local` finds a local model by its full name.
    ///
    /// # Errors
    /// `ModelNotFound`, saying what was looked for.
    pub(crate) fn resolve(&self, name: &str, local: &Local<'_>) -> Result<Arc<Route>, Error> {
        if let Some(route) = self.named.get(name) {
            return Ok(Arc::clone(route));
        }
        if let Some(route) = self.resolved.get(name) {
            return Ok(route);
        }
        let route = Arc::new(self.resolve_slowly(name, local)?);
        if route
            .targets()
            .all(|t| matches!(t.backend, Backend::Vendor(_)))
        {
            self.resolved.insert(name.to_owned(), Arc::clone(&route));
        }
        Ok(route)
    }

    fn resolve_slowly(&self, name: &str, local: &Local<'_>) -> Result<Route, Error> {
        for (pattern, model) in &self.wild {
            if let Some(star) = pattern.capture(name) {
                return self.build(name, model, star, local);
            }
        }
        if let Ok(target) = self.target(name, local) {
            return Ok(self.direct(name, target));
        }
        // Configured vendors first: the others need an organization's own key.
        let (configured, others): (Vec<_>, Vec<_>) = self
            .vendors_of_bare(name)
            .into_iter()
            .partition(|vendor| vendor.configured);
        for vendor in configured.into_iter().chain(others) {
            let full = format!("{}/{name}", vendor.id);
            if let Ok(target) = self.target(&full, local) {
                return Ok(self.direct(name, target));
            }
        }
        Err(self.not_found(name))
    }

    /// Vendors that certainly have a model of this bare name: by their configured list, else by a
    /// row of its own in the catalogue (a pattern would claim every name).
    fn vendors_of_bare(&self, name: &str) -> Vec<&Arc<Vendor>> {
        if name.contains('/') {
            return Vec::new();
        }
        let known = self.catalogue.providers_of(name);
        let lists = |v: &Vendor| v.models.iter().any(|p| !p.is_wild() && p.matches(name));
        let knows = |v: &Vendor| v.offers(name) && known.contains(&v.provider.info().id);
        self.vendors
            .values()
            .filter(|v| lists(v) || knows(v))
            .collect()
    }

    fn direct(&self, name: &str, target: Arc<Target>) -> Route {
        let (timeouts, retry) = match &target.backend {
            Backend::Vendor(vendor) => (vendor.timeouts, vendor.retry),
            Backend::Local(_) => (self.defaults.timeouts, self.defaults.retry),
        };
        Route {
            name: name.to_owned(),
            groups: vec![vec![Weighted { target, weight: 1 }]],
            strategy: Strategy::default(),
            context_window_fallbacks: Vec::new(),
            content_policy_fallbacks: Vec::new(),
            on_disconnect: self.defaults.on_disconnect,
            timeouts,
            retry,
        }
    }

    /// The route that a model's settings make for a name whose star stands for `star`.
    ///
    /// # Errors
    /// `ModelNotFound` for a target that is not there.
    pub(crate) fn build(
        &self,
        name: &str,
        model: &ModelConfig,
        star: &str,
        local: &Local<'_>,
    ) -> Result<Route, Error> {
        let find = |text: &str| self.target(&Pattern::new(text).fill(star), local);
        self.assemble(name, model, find)
    }

    /// The same for an organization's route, from which targets that are gone are left out: a deleted
    /// flow, or a provider that left the configuration, does not take the others with it.
    ///
    /// # Errors
    /// `ModelNotFound` when no target is left.
    pub(crate) fn build_of_organization(
        &self,
        name: &str,
        model: &ModelConfig,
        star: &str,
        local: &Local<'_>,
    ) -> Result<Route, Error> {
        let find = |text: &str| self.target(&Pattern::new(text).fill(star), local);
        let is_there = |text: &String| find(text).is_ok();
        let targets: Vec<_> = model
            .tables()
            .into_iter()
            .filter(|target| is_there(&target.model))
            .map(TargetConfig::Table)
            .collect();
        if targets.is_empty() {
            return self.assemble(name, model, find);
        }
        let left = ModelConfig {
            targets,
            context_window_fallbacks: kept(&model.context_window_fallbacks, is_there),
            content_policy_fallbacks: kept(&model.content_policy_fallbacks, is_there),
            ..model.clone()
        };
        self.assemble(name, &left, find)
    }

    fn assemble(
        &self,
        name: &str,
        model: &ModelConfig,
        find: impl Fn(&str) -> Result<Arc<Target>, Error>,
    ) -> Result<Route, Error> {
        let mut groups: Vec<(u32, Vec<Weighted>)> = Vec::new();
        for target in model.tables() {
            let group = target.group.unwrap_or_default();
            let weighted = Weighted {
                target: find(&target.model)?,
                weight: target.weight,
            };
            match groups.iter_mut().find(|(g, _)| *g == group) {
                Some((_, members)) => members.push(weighted),
                None => groups.push((group, vec![weighted])),
            }
        }
        groups.sort_by_key(|(group, _)| *group);
        let all = |names: &[String]| names.iter().map(|n| find(n)).collect::<Result<Vec<_>, _>>();
        Ok(Route {
            name: name.to_owned(),
            groups: groups.into_iter().map(|(_, members)| members).collect(),
            strategy: model.strategy,
            context_window_fallbacks: all(&model.context_window_fallbacks)?,
            content_policy_fallbacks: all(&model.content_policy_fallbacks)?,
            on_disconnect: model.on_disconnect.unwrap_or(self.defaults.on_disconnect),
            timeouts: model.timeouts.unwrap_or(self.defaults.timeouts),
            retry: model.retry.unwrap_or(self.defaults.retry),
        })
    }

    fn vendor_of(&self, full: &str) -> Option<&Arc<Vendor>> {
        self.vendors.get(full.split_once('/')?.0)
    }

    /// A model by its full name, `provider/model`.
    ///
    /// # Errors
    /// `ModelNotFound`.
    pub(crate) fn target(&self, full: &str, local: &Local<'_>) -> Result<Arc<Target>, Error> {
        let (prefix, model) = full.split_once('/').ok_or_else(|| self.not_found(full))?;
        let card = |kind: &str| self.catalogue.lookup(kind, model);
        let health = || self.health.get_with(full.to_owned(), Arc::default);
        let target = match self.vendors.get(prefix) {
            Some(vendor) if !model.is_empty() && vendor.offers(model) => {
                let card = card(vendor.provider.info().id);
                let facts = card
                    .as_ref()
                    .map_or_else(ModelFacts::default, |c| c.facts());
                let backend = Backend::Vendor(Arc::clone(vendor));
                Target::new(prefix, model, backend, card, facts, health())
            }
            Some(_) => return Err(self.not_found(full)),
            None => {
                let found = local(full).ok_or_else(|| self.not_found(full))?;
                let facts = found.facts();
                Target::new(
                    prefix,
                    model,
                    Backend::Local(found),
                    card(prefix),
                    facts,
                    health(),
                )
            }
        };
        Ok(Arc::new(target))
    }

    fn not_found(&self, name: &str) -> Error {
        let mut hint = String::new();
        if let Some((prefix, _)) = name.split_once('/')
            && !self.vendors.contains_key(prefix)
            && providers::registry::find(prefix).is_some()
        {
            hint = format!(" Provider `{prefix}` is known but not configured.");
        }
        Error {
            param: Some("model".to_owned()),
            ..Error::new(
                Code::ModelNotFound,
                format!(
                    "The model `{}` does not exist or your key may not see it.{hint} GET /v1/models \
                     lists what this key can use.",
                    shorten(name)
                ),
            )
        }
    }
}

fn kept(names: &[String], is_there: impl Fn(&String) -> bool) -> Vec<String> {
    names
        .iter()
        .filter(|name| is_there(name))
        .cloned()
        .collect()
}

/// Everything that a caller may name a model by is echoed at most this long.
fn shorten(name: &str) -> String {
    name.chars().take(200).collect()
}
