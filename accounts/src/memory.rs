//! What a process keeps in memory to know its callers without asking the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use store::{Clock, KeyId, Micros, OrgId};
use uuid::Uuid;

use crate::api_key::Hash;
use crate::principal::{KeyFacts, Principal};
use crate::sql::keys::LoadedKey;
use crate::sql::organizations::LogBodies;
use crate::sql::revisions::Revisions;
use crate::{AuthError, Budget, Limit};

/// Uses closer together than this leave the mark alone: the cores would fight for its cache line.
const MARK_EVERY: i64 = 1_000_000;

/// A consistent picture of all keys; replaced as a whole, never changed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Memory {
    keys: HashMap<Hash, Arc<KeyEntry>>,
    by_id: HashMap<KeyId, Hash>,
    rules: Arc<Rules>,
    /// The counters up to which this picture is complete.
    pub(crate) seen: Revisions,
}

/// Everything that applies to keys without being part of them.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    limits: HashMap<Uuid, Vec<Limit>>,
    budgets: HashMap<Uuid, Vec<Budget>>,
    log_bodies: HashMap<OrgId, bool>,
}

#[derive(Debug)]
pub(crate) struct KeyEntry {
    principal: Arc<Principal>,
    expires_at: Option<Micros>,
    revoked_at: Option<Micros>,
    usage: Arc<KeyUse>,
}

/// When a key was used last; survives changes of the key.
#[derive(Debug, Default)]
struct KeyUse {
    last: AtomicI64,
    flushed: AtomicI64,
}

impl Rules {
    pub(crate) fn new(
        limits: Vec<Limit>,
        budgets: Vec<Budget>,
        organizations: Vec<LogBodies>,
    ) -> Self {
        let mut rules = Self::default();
        for limit in limits {
            rules.limits.entry(limit.scope_id).or_default().push(limit);
        }
        for budget in budgets {
            rules
                .budgets
                .entry(budget.scope_id)
                .or_default()
                .push(budget);
        }
        rules.log_bodies = organizations
            .into_iter()
            .map(|organization| (organization.id, organization.log_bodies))
            .collect();
        rules
    }

    /// All that applies to a key: of its organization, team, user and itself, in this order.
    fn principal(&self, key: &Arc<KeyFacts>) -> Arc<Principal> {
        let scopes = [
            Some(key.org_id.uuid()),
            key.team_id.map(store::TeamId::uuid),
            key.user_id.map(store::UserId::uuid),
            Some(key.id.uuid()),
        ];
        // A user may belong to several organizations; each one's rules stay its own.
        let limits = scopes
            .iter()
            .flatten()
            .filter_map(|id| self.limits.get(id))
            .flatten();
        let budgets = scopes
            .iter()
            .flatten()
            .filter_map(|id| self.budgets.get(id))
            .flatten();
        Arc::new(Principal {
            limits: limits
                .filter(|limit| limit.org_id == key.org_id)
                .cloned()
                .collect(),
            budgets: budgets
                .filter(|budget| budget.org_id == key.org_id)
                .cloned()
                .collect(),
            log_bodies: self.log_bodies.get(&key.org_id).copied().unwrap_or(false),
            key: Arc::clone(key),
        })
    }
}

impl Memory {
    pub(crate) fn get(&self, hash: &Hash) -> Option<&Arc<KeyEntry>> {
        self.keys.get(hash)
    }

    /// Takes up new rules: every principal is made again.
    pub(crate) fn set_rules(&mut self, rules: Rules) {
        self.rules = Arc::new(rules);
        for entry in self.keys.values_mut() {
            *entry = Arc::new(KeyEntry {
                principal: self.rules.principal(&entry.principal.key),
                expires_at: entry.expires_at,
                revoked_at: entry.revoked_at,
                usage: Arc::clone(&entry.usage),
            });
        }
    }

    /// Takes up new or changed keys.
    pub(crate) fn put_keys(&mut self, keys: Vec<LoadedKey>) {
        for key in keys {
            let Some(hash) = key.hash() else {
                tracing::error!(key.id = %key.id, "an API key has a damaged hash and opens nothing");
                continue;
            };
            let usage = self
                .by_id
                .insert(key.id, hash)
                .and_then(|old| self.keys.remove(&old))
                .map(|old| Arc::clone(&old.usage))
                .unwrap_or_default();
            let (expires_at, revoked_at) = (key.expires_at, key.revoked_at);
            let entry = KeyEntry {
                principal: self.rules.principal(&key.into_facts()),
                expires_at,
                revoked_at,
                usage,
            };
            self.keys.insert(hash, Arc::new(entry));
        }
    }

    /// Forgets all keys that are not among `keys`, and takes these up.
    pub(crate) fn replace_keys(&mut self, keys: Vec<LoadedKey>) {
        let alive: std::collections::HashSet<KeyId> = keys.iter().map(|key| key.id).collect();
        self.by_id.retain(|id, _| alive.contains(id));
        self.keys
            .retain(|_, entry| alive.contains(&entry.principal.key.id));
        self.put_keys(keys);
    }

    /// Keys used since the last call of [`KeyMark::flushed`].
    pub(crate) fn used(&self) -> Vec<KeyMark> {
        let entries = self.keys.values();
        let mut marks: Vec<KeyMark> = entries.filter_map(|entry| entry.mark()).collect();
        // The same order in all instances: they lock the same rows one after the other.
        marks.sort_by_key(|mark| mark.id);
        marks
    }
}

impl KeyEntry {
    /// Lets the caller in, or says why not.
    pub(crate) fn admit(&self, clock: &dyn Clock) -> Result<Arc<Principal>, AuthError> {
        if self.revoked_at.is_some() {
            return Err(AuthError::Revoked);
        }
        let now = clock.now();
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(AuthError::Expired);
        }
        if now.0 - self.usage.last.load(Ordering::Relaxed) >= MARK_EVERY {
            self.usage.last.store(now.0, Ordering::Relaxed);
        }
        Ok(Arc::clone(&self.principal))
    }

    fn mark(&self) -> Option<KeyMark> {
        let at = self.usage.last.load(Ordering::Relaxed);
        (at > self.usage.flushed.load(Ordering::Relaxed)).then(|| KeyMark {
            id: self.principal.key.id,
            at: Micros(at),
            usage: Arc::clone(&self.usage),
        })
    }
}

/// A use of a key that is not in the database yet.
#[derive(Debug)]
pub(crate) struct KeyMark {
    pub(crate) id: KeyId,
    pub(crate) at: Micros,
    usage: Arc<KeyUse>,
}

impl KeyMark {
    /// Notes that this use is in the database now.
    pub(crate) fn flushed(&self) {
        self.usage.flushed.fetch_max(self.at.0, Ordering::Relaxed);
    }
}
