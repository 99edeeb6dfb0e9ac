//! One model at one vendor (or in this program), and the routes that lead there.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use http::{HeaderMap, Uri};
use outbound::Client;
use parking_lot::RwLock;
use providers::provider::{ModelFacts, Settings};
use providers::{Operation, Provider};

use super::health::Health;
use super::keys::KeyRing;
use super::pattern::Pattern;
use crate::catalogue::ModelCard;
use crate::config::{OnDisconnect, Retry, Strategy, Timeouts};
use crate::local::LocalModel;

/// A configured vendor account.
pub struct Vendor {
    /// Word in model names, as configured.
    pub id: String,
    /// Its wire format.
    pub provider: Arc<dyn Provider>,
    /// Base URL.
    pub base_url: String,
    /// Vendor settings.
    pub settings: Settings,
    /// Keys from the configuration.
    pub keys: Arc<KeyRing>,
    /// Whether the configuration or the environment names it. The others can still be called by
    /// organizations that keep a key of their own in the vault.
    pub configured: bool,
    /// The client that may reach it.
    pub client: Client,
    /// Models offered; all when empty.
    pub models: Vec<Pattern>,
    /// Timeouts of direct calls.
    pub timeouts: Timeouts,
    /// Retries of direct calls.
    pub retry: Retry,
}

impl Vendor {
    /// Whether the configuration offers `model` here.
    pub fn offers(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|p| p.matches(model))
    }
}

impl std::fmt::Debug for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vendor")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Where a target's answers come from.
#[derive(Clone)]
pub enum Backend {
    /// A vendor over HTTP.
    Vendor(Arc<Vendor>),
    /// A model in this program.
    Local(Arc<dyn LocalModel>),
}

/// One model at one vendor.
pub struct Target {
    /// `provider/model`, as shown to clients.
    pub name: String,
    /// Part before the first slash.
    pub provider_id: String,
    /// Part behind it: the vendor's model id.
    pub model: String,
    /// Where answers come from.
    pub backend: Backend,
    /// What the catalogue knows; `None` for unknown models.
    pub card: Option<Arc<ModelCard>>,
    /// Facts the maps need.
    pub facts: ModelFacts,
    /// How it has been doing; shared with other routes to it.
    pub health: Arc<Health>,
    /// The prices behind this target's bills have not been stored by this process yet.
    pub(crate) prices_unstored: AtomicBool,
    /// Addresses by operation, computed once.
    endpoints: RwLock<Vec<(Operation, bool, Arc<Address>)>>,
}

/// Where one operation of a target is sent.
#[derive(Debug)]
pub struct Address {
    /// Parsed URL.
    pub uri: Uri,
    /// Fixed headers, without key and content type.
    pub headers: HeaderMap,
}

impl Target {
    /// Whether its answers are made of calls that are metered themselves.
    pub(crate) fn delegates(&self) -> bool {
        matches!(&self.backend, Backend::Local(model) if model.delegates())
    }

    /// A target without any address yet.
    pub fn new(
        provider_id: &str,
        model: &str,
        backend: Backend,
        card: Option<Arc<ModelCard>>,
        facts: ModelFacts,
        health: Arc<Health>,
    ) -> Self {
        Self {
            name: format!("{provider_id}/{model}"),
            provider_id: provider_id.to_owned(),
            model: model.to_owned(),
            backend,
            card,
            facts,
            health,
            prices_unstored: AtomicBool::new(true),
            endpoints: RwLock::default(),
        }
    }

    /// This target as maps see it.
    pub fn as_seen_by<'a>(&'a self, vendor: &'a Vendor) -> providers::Target<'a> {
        providers::Target {
            model: &self.model,
            base_url: &vendor.base_url,
            settings: &vendor.settings,
            facts: self.facts,
        }
    }

    /// The address of an operation, computed at its first use.
    ///
    /// # Errors
    /// When the vendor has no such operation or the model id cannot stand in a URL.
    pub fn address(
        &self,
        vendor: &Vendor,
        operation: Operation,
        stream: bool,
    ) -> Result<Arc<Address>, providers::Error> {
        let known =
            |(op, s, _): &&(Operation, bool, Arc<Address>)| *op == operation && *s == stream;
        if let Some((_, _, address)) = self.endpoints.read().iter().find(known) {
            return Ok(Arc::clone(address));
        }
        let endpoint = vendor
            .provider
            .endpoint(&self.as_seen_by(vendor), operation, stream)?;
        let uri = endpoint.url.parse().map_err(|_| {
            providers::Error::invalid("model", format!("`{}` is not a URL", endpoint.url))
        })?;
        let address = Arc::new(Address {
            uri,
            headers: endpoint.headers,
        });
        self.endpoints
            .write()
            .push((operation, stream, Arc::clone(&address)));
        Ok(address)
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A target with its share within a group.
#[derive(Debug, Clone)]
pub struct Weighted {
    /// The target.
    pub target: Arc<Target>,
    /// Share; 0 switches it off.
    pub weight: u32,
}

/// What a model name leads to.
#[derive(Debug, Clone)]
pub struct Route {
    /// The name it was found under.
    pub name: String,
    /// Groups in the order in which they are tried.
    pub groups: Vec<Vec<Weighted>>,
    /// How one of a group is picked.
    pub strategy: Strategy,
    /// Tried when the prompt does not fit.
    pub context_window_fallbacks: Vec<Arc<Target>>,
    /// Tried when the safety system refuses.
    pub content_policy_fallbacks: Vec<Arc<Target>>,
    /// Hang-up policy.
    pub on_disconnect: OnDisconnect,
    /// Timeouts of each attempt.
    pub timeouts: Timeouts,
    /// Retries.
    pub retry: Retry,
}

impl Route {
    /// Every target that a call may reach.
    pub fn targets(&self) -> impl Iterator<Item = &Arc<Target>> {
        self.groups
            .iter()
            .flatten()
            .map(|w| &w.target)
            .chain(&self.context_window_fallbacks)
            .chain(&self.content_policy_fallbacks)
    }

    /// Whether calls answer the call, each with tokens and money of its own.
    pub(crate) fn delegates(&self) -> bool {
        self.targets().all(|target| target.delegates())
    }
}
