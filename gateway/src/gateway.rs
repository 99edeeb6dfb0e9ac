//! The handle.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use accounts::{Accounts, Principal};
use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use outbound::Client;
use parking_lot::RwLock;
use store::{Db, OrgId, SharedClock};

use crate::alerts::{self, Alerts};
use crate::billing::{Agreed, Payments};
use crate::call::{Call, Reply};
use crate::config::{Breaker, CacheConfig, Defaults, GatewayConfig};
use crate::error::Error;
use crate::hosted::FileSearch;
use crate::housekeeping;
use crate::limit::{Claim, Limiter, Local, Shape, Unit};
use crate::local::{LocalModel, LocalModels};
use crate::metrics::Metrics;
use crate::model_routes;
use crate::org_keys::OrgKeys;
use crate::pipeline;
use crate::route::keys::KeyRing;
use crate::route::table::{HealthBook, health_book};
use crate::route::{Backend, Route, Table, Target, Vendor};
use crate::setup;
use crate::stages::cache::Answers;
use crate::usage::journal::Journal;
use crate::usage::open_rows::OpenRows;
use crate::usage::{Bodies, UsageExport, Writer, sql};

/// The gateway. Clones share everything.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

/// What a gateway is made of.
pub struct Parts {
    /// The database, migrated.
    pub db: Db,
    /// Time.
    pub clock: SharedClock,
    /// Callers, keys, limits and budgets.
    pub accounts: Accounts,
    /// Directory of the usage journal.
    pub journal_dir: PathBuf,
    /// Vendors, models and defaults.
    pub config: GatewayConfig,
}

struct Inner {
    db: Db,
    clock: SharedClock,
    accounts: Accounts,
    org_keys: OrgKeys,
    client: Client,
    table: ArcSwap<Table>,
    defaults: ArcSwap<Defaults>,
    health: HealthBook,
    limiter: Arc<dyn Limiter>,
    alerts: Alerts,
    payments: RwLock<Arc<dyn Payments>>,
    /// Calls addresses that tenants entered.
    guarded: Client,
    answers: Arc<Answers>,
    writer: Writer,
    open_rows: OpenRows,
    bodies: Bodies,
    local: RwLock<Vec<Arc<dyn LocalModels>>>,
    file_search: RwLock<Option<Arc<dyn FileSearch>>>,
    model_routes: model_routes::Memory,
    metrics: Metrics,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("table", &self.inner.table.load())
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// Builds the gateway, stores what a killed process left in the journal, and begins to write
    /// usage in the background.
    ///
    /// # Errors
    /// A sentence saying what in the configuration, the journal's directory or the database is wrong.
    pub async fn start(parts: Parts) -> Result<Self, String> {
        let Parts {
            db,
            clock,
            accounts,
            journal_dir,
            config,
        } = parts;
        let (journal, leftovers) = Journal::open(&journal_dir).map_err(|e| {
            format!(
                "cannot open the usage journal {}: {e}",
                journal_dir.display()
            )
        })?;
        let rows = leftovers.replay(&db, &journal).await?;
        if rows > 0 {
            tracing::info!(rows, "stored usage that was left in the journal");
        }
        let client = Client::trusted(&outbound::Settings {
            connect_timeout: Duration::from_millis(config.gateway.timeouts.connect_ms),
            ..outbound::Settings::default()
        });
        let health = health_book();
        let guarded = Client::guarded(&config.outbound);
        let local: Vec<Arc<dyn LocalModels>> = vec![Arc::new(setup::Builtin)];
        let table = setup::table(&config, &client, &health, &prefixes(&local))?;
        let writer = Writer::new(journal);
        accounts.register_export(Arc::new(model_routes::RouteExport(db.clone())));
        accounts.register_export(Arc::new(UsageExport {
            db: db.clone(),
            writer: writer.clone(),
        }));
        let inner = Inner {
            answers: Answers::new(&config.gateway.cache),
            table: ArcSwap::from_pointee(table),
            defaults: ArcSwap::from_pointee(config.gateway),
            limiter: Arc::new(Local::new()),
            alerts: Alerts::default(),
            payments: RwLock::new(Arc::new(Agreed)),
            guarded,
            local: RwLock::new(local),
            file_search: RwLock::default(),
            model_routes: model_routes::Memory::default(),
            metrics: Metrics::new(),
            org_keys: OrgKeys::new(accounts.clone()),
            bodies: Bodies::start(db.clone()),
            open_rows: OpenRows::new(writer.clone()),
            db,
            clock,
            accounts,
            client,
            health,
            writer,
        };
        let gateway = Self {
            inner: Arc::new(inner),
        };
        // Before the first call: a route that is not known yet would answer "no such model".
        let routes = &gateway.inner.model_routes;
        let read = routes.refresh(gateway.db(), || gateway.table()).await;
        read.map_err(|error| format!("cannot read the routes of models: {error}"))?;
        gateway.spawn_background();
        Ok(gateway)
    }

    /// The tasks of the gateway that outlive calls.
    #[expect(
        clippy::disallowed_methods,
        reason = "end with the runtime, after a last flush"
    )]
    fn spawn_background(&self) {
        let (writer, db) = (self.inner.writer.clone(), self.inner.db.clone());
        tokio::spawn(async move { writer.run(db).await });
        tokio::spawn(housekeeping::run(self.inner.accounts.clone()));
        tokio::spawn(alerts::watch(self.clone()));
        tokio::spawn(alerts::deliver(self.clone()));
        tokio::spawn(self.inner.org_keys.clone().watch());
        let (routes, gateway) = (self.inner.model_routes.clone(), self.clone());
        tokio::spawn(async move {
            let accounts = gateway.accounts().clone();
            routes.watch(accounts, || gateway.table()).await;
        });
        tokio::spawn(self.inner.open_rows.clone().run());
    }

    /// Makes a model call: the only way to a model.
    ///
    /// # Errors
    /// Whatever it is refused for or fails with, ready to be shown.
    pub fn call<'a>(
        &'a self,
        who: &'a Arc<Principal>,
        call: Call,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        // Boxed here, once: the pipeline's state is kilobytes, and every caller's future would hold
        // (and the compiler repeat) it.
        Box::pin(pipeline::run(self, who, call))
    }

    /// Takes a new configuration. Calls under way end under the old one; breakers stay as they are.
    ///
    /// # Errors
    /// A sentence saying what is wrong; the old configuration stays.
    pub fn reload(&self, config: GatewayConfig) -> Result<(), String> {
        let inner = &self.inner;
        let prefixes = prefixes(&inner.local.read());
        let table = setup::table(&config, &inner.client, &inner.health, &prefixes)?;
        let table = Arc::new(table);
        inner.table.store(Arc::clone(&table));
        inner.model_routes.rebuild(&table);
        inner.defaults.store(Arc::new(config.gateway));
        Ok(())
    }

    /// Adds models that run in this program.
    pub fn register_local(&self, models: Arc<dyn LocalModels>) {
        self.inner.local.write().push(models);
    }

    /// Connects the tool `file_search` of `/v1/responses`.
    pub fn set_file_search(&self, search: Arc<dyn FileSearch>) {
        *self.inner.file_search.write() = Some(search);
    }

    /// The tool `file_search`, where there is one.
    pub(crate) fn file_search(&self) -> Option<Arc<dyn FileSearch>> {
        self.inner.file_search.read().clone()
    }

    /// Connects a payment service, which is asked before plans change.
    pub fn set_payments(&self, payments: Arc<dyn Payments>) {
        *self.inner.payments.write() = payments;
    }

    pub(crate) fn payments(&self) -> Arc<dyn Payments> {
        Arc::clone(&self.inner.payments.read())
    }

    /// Waits until all usage so far is stored, and bodies that are logged.
    pub async fn flush(&self) {
        self.inner.writer.flush().await;
        self.inner.bodies.flush().await;
        self.inner.metrics.backlog(self.inner.writer.backlog());
    }

    /// Whether usage reaches the disk.
    pub fn is_healthy(&self) -> bool {
        self.inner.writer.is_healthy()
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Callers, keys, limits and budgets.
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// The current snapshot of vendors and models.
    pub fn table(&self) -> Arc<Table> {
        self.inner.table.load_full()
    }

    /// The defaults of calls.
    pub fn defaults(&self) -> Arc<Defaults> {
        self.inner.defaults.load_full()
    }

    /// UTC now, in microseconds.
    pub fn now_us(&self) -> i64 {
        self.inner.clock.now().0
    }

    /// Names of the local models this caller may see, with their prefix.
    pub async fn local_models(&self, who: &Principal) -> Vec<String> {
        let families = self.inner.local.read().clone();
        let mut names = Vec::new();
        for family in &families {
            let ids = family.list(who).await;
            names.extend(ids.iter().map(|id| format!("{}/{id}", family.prefix())));
        }
        names
    }

    pub(crate) fn resolve(&self, who: &Principal, model: &str) -> Result<Arc<Route>, Error> {
        let table = self.inner.table.load();
        let local = |name: &str| self.find_local(who, name);
        let own = self
            .inner
            .model_routes
            .resolve(who.org_id(), &table, model, &local);
        own.unwrap_or_else(|| table.resolve(model, &local))
    }

    /// A target by its full name, as this caller may see it.
    ///
    /// # Errors
    /// `ModelNotFound`.
    pub(crate) fn find_target(&self, who: &Principal, full: &str) -> Result<Arc<Target>, Error> {
        let local = |name: &str| self.find_local(who, name);
        self.inner.table.load().target(full, &local)
    }

    /// Whether there is such a local model, as this caller may see it.
    pub(crate) fn has_local(&self, who: &Principal, full: &str) -> bool {
        self.find_local(who, full).is_some()
    }

    /// The first words of local models' names.
    pub(crate) fn local_prefixes(&self) -> Vec<String> {
        prefixes(&self.inner.local.read())
    }

    /// Names of an organization's own routes that can be called as they stand.
    pub(crate) fn model_route_names(&self, org: OrgId) -> Vec<String> {
        self.inner.model_routes.names(org)
    }

    /// Takes a change of routes into force here at once. When that fails, it comes by the watch.
    pub(crate) async fn follow_model_routes(&self) {
        let routes = &self.inner.model_routes;
        if let Err(error) = routes.refresh(self.db(), || self.table()).await {
            tracing::warn!(%error, "cannot read routes of models after a change; it will be tried again");
        }
    }

    fn find_local(&self, who: &Principal, name: &str) -> Option<Arc<dyn LocalModel>> {
        let (prefix, id) = name.split_once('/')?;
        let families = self.inner.local.read();
        families
            .iter()
            .find(|f| f.prefix() == prefix)?
            .find(who, id)
    }

    /// The keys a caller's calls to a vendor use: the organization's own, else the configured ones.
    ///
    /// # Errors
    /// When the vault cannot be read.
    pub(crate) async fn key_ring(
        &self,
        who: &Principal,
        vendor: &Vendor,
    ) -> Result<Arc<KeyRing>, Error> {
        let own = self.inner.org_keys.ring(who.org_id(), &vendor.id).await?;
        Ok(own.unwrap_or_else(|| Arc::clone(&vendor.keys)))
    }

    /// Whether this caller's calls of a model have somewhere to go: it exists, they may call it, and a
    /// vendor of it has a key or needs none.
    pub async fn can_call(&self, who: &Arc<Principal>, model: &str) -> bool {
        let Ok(route) = self.resolve(who, model) else {
            return false;
        };
        if !who.may_use_model(model) {
            return false;
        }
        for target in route.targets() {
            let Backend::Vendor(vendor) = &target.backend else {
                return true;
            };
            let ring = self.key_ring(who, vendor).await;
            if vendor.provider.info().key_optional || ring.is_ok_and(|ring| !ring.is_empty()) {
                return true;
            }
        }
        false
    }

    /// Whether an organization keeps keys of its own for a vendor.
    ///
    /// # Errors
    /// When the vault cannot be read.
    pub(crate) async fn has_own_key(&self, who: &Principal, vendor: &str) -> Result<bool, Error> {
        let own = self.inner.org_keys.ring(who.org_id(), vendor).await?;
        Ok(own.is_some())
    }

    pub(crate) fn limiter(&self) -> &dyn Limiter {
        self.inner.limiter.as_ref()
    }

    pub(crate) fn alerts(&self) -> &Alerts {
        &self.inner.alerts
    }

    /// What calls webhooks: public addresses only, unless the configuration trusts the network.
    pub(crate) fn webhook_client(&self) -> Client {
        match self.inner.defaults.load().allow_private_webhooks {
            true => self.inner.client.clone(),
            false => self.inner.guarded.clone(),
        }
    }

    /// Takes a request of an organization to `/api/v1` as long as there are no more than `max` in any
    /// minute.
    ///
    /// # Errors
    /// When there is room again.
    pub async fn admit_api_request(&self, org: OrgId, max: i64) -> Result<(), Duration> {
        let claim = Claim {
            counter: org.uuid(),
            unit: Unit::Requests,
            shape: Shape::Window(Duration::from_secs(60)),
            max,
            amount: 1,
        };
        let reserved = self.limiter().reserve(&[claim], self.now_us()).await;
        match reserved {
            // A window keeps what it took; there is nothing to give back.
            Ok(ticket) => {
                drop(ticket);
                Ok(())
            }
            Err(refused) => Err(refused.retry_after.unwrap_or(Duration::from_secs(60))),
        }
    }

    pub(crate) fn answers(&self) -> &Arc<Answers> {
        &self.inner.answers
    }

    pub(crate) fn open_rows(&self) -> &OpenRows {
        &self.inner.open_rows
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.inner.writer
    }

    /// Takes the bodies of calls, for organizations that log them.
    pub fn bodies(&self) -> &Bodies {
        &self.inner.bodies
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn cache_config(&self) -> CacheConfig {
        self.inner.defaults.load().cache
    }

    pub(crate) fn breaker(&self) -> Breaker {
        self.inner.defaults.load().breaker
    }

    pub(crate) fn drain_max_ms(&self) -> u64 {
        self.inner.defaults.load().drain_max_ms
    }

    /// Stores the prices behind a version once per process, off the hot path.
    #[expect(
        clippy::disallowed_methods,
        reason = "one short write, retried by the next process"
    )]
    pub(crate) fn remember_price(&self, target: &Target, version: Option<&str>) {
        let prices = target.card.as_ref().and_then(|card| card.price.as_ref());
        let (Some(version), Some(prices)) = (version, prices) else {
            return;
        };
        if !target.prices_unstored.swap(false, Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (db, now_us, prices) = (self.inner.db.clone(), self.now_us(), prices.to_json());
        let (version, provider, model) = (
            version.to_owned(),
            target.provider_id.clone(),
            target.model.clone(),
        );
        runtime.spawn(async move {
            let stored =
                sql::insert_price_version(&db, &version, &provider, &model, &prices, now_us).await;
            if let Err(error) = stored {
                tracing::warn!(%error, "cannot store a price version");
            }
        });
    }
}

fn prefixes(local: &[Arc<dyn LocalModels>]) -> Vec<String> {
    local.iter().map(|f| f.prefix().to_owned()).collect()
}
