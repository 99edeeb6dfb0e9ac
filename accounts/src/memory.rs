//! What a process keeps in memory to know its callers without asking the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Map;
use store::{Clock, KeyId, Micros, OrgId, SessionId, UserId};
use uuid::Uuid;

use crate::api_key::Hash;
use crate::organization_settings::DEFAULT_RETENTION_DAYS;
use crate::principal::{CallerFacts, Principal};
use crate::sql::keys::LoadedKey;
use crate::sql::members::LoadedMember;
use crate::sql::organizations::LoadedOrganization;
use crate::sql::revisions::Revisions;
use crate::{AuthError, Budget, Limit, OrganizationSettings, Plan, Plans};

/// Uses closer together than this leave the mark alone: the cores would fight for its cache line.
const MARK_EVERY: i64 = 1_000_000;

/// A consistent picture of all keys and memberships; replaced as a whole, never changed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Memory {
    keys: HashMap<Hash, Arc<KeyEntry>>,
    by_id: HashMap<KeyId, Hash>,
    /// What a session is in each organization of its person.
    members: Arc<HashMap<(UserId, OrgId), Arc<Principal>>>,
    /// Sessions that ended before their last access token does.
    revoked: Arc<HashSet<SessionId>>,
    rules: Arc<Rules>,
    /// The counters up to which this picture is complete.
    pub(crate) seen: Revisions,
}

/// Everything that applies to keys without being part of them.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    limits: HashMap<Uuid, Vec<Limit>>,
    budgets: HashMap<Uuid, Vec<Budget>>,
    organizations: HashMap<OrgId, Arc<OrganizationFacts>>,
}

/// What is kept in memory of an organization.
#[derive(Debug, Default)]
pub struct OrganizationFacts {
    /// The plan that limits it; `None` when the configuration no longer knows it.
    pub plan: Option<Plan>,
    /// What it decided about itself.
    pub settings: OrganizationSettings,
    /// Whether bodies of requests and answers are logged.
    pub log_bodies: bool,
}

impl OrganizationFacts {
    fn new(loaded: LoadedOrganization, plans: &Plans) -> Self {
        let plan = plans.get(&loaded.plan).cloned();
        if plan.is_none() {
            let (org, plan) = (loaded.id, &loaded.plan);
            tracing::error!(org.id = %org, plan, "an organization is on a plan that is not configured");
        }
        Self {
            plan,
            settings: loaded.settings.0,
            log_bodies: loaded.log_bodies,
        }
    }

    /// Days that logged bodies are kept: as the organization wishes, and no longer than its plan
    /// allows.
    pub fn retention_days(&self) -> u32 {
        let wished = self.settings.retention_days;
        let most = self.plan.as_ref().map(|plan| plan.retention_days);
        let wished = wished.unwrap_or(DEFAULT_RETENTION_DAYS);
        most.map_or(wished, |most| wished.min(most))
    }
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
        organizations: Vec<LoadedOrganization>,
        plans: &Plans,
    ) -> Self {
        let mut rules = Self::default();
        for loaded in organizations {
            let org = loaded.id;
            let facts = OrganizationFacts::new(loaded, plans);
            if let Some(plan) = &facts.plan {
                let (limits, budgets) = plan.rules(org);
                rules.limits.insert(org.uuid(), limits);
                rules.budgets.insert(org.uuid(), budgets);
            }
            rules.organizations.insert(org, Arc::new(facts));
        }
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
        rules
    }

    /// All that applies to a caller: of its organization, team, user and key, in this order.
    fn principal(&self, caller: &Arc<CallerFacts>) -> Arc<Principal> {
        let scopes = [
            Some(caller.org_id.uuid()),
            caller.team_id.map(store::TeamId::uuid),
            caller.user_id.map(UserId::uuid),
            caller.key_id.map(KeyId::uuid),
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
                .filter(|limit| limit.org_id == caller.org_id)
                .cloned()
                .collect(),
            budgets: budgets
                .filter(|budget| budget.org_id == caller.org_id)
                .cloned()
                .collect(),
            organization: self
                .organizations
                .get(&caller.org_id)
                .cloned()
                .unwrap_or_default(),
            caller: Arc::clone(caller),
        })
    }
}

impl Memory {
    pub(crate) fn get(&self, hash: &Hash) -> Option<&Arc<KeyEntry>> {
        self.keys.get(hash)
    }

    /// The key of this id.
    pub(crate) fn key(&self, id: KeyId) -> Option<&Arc<KeyEntry>> {
        self.keys.values().find(|entry| entry.id() == Some(id))
    }

    pub(crate) fn organization(&self, org: OrgId) -> Option<Arc<OrganizationFacts>> {
        self.rules.organizations.get(&org).map(Arc::clone)
    }

    /// The organization as a caller, for what begins without one: its limits and budgets apply, and
    /// it may do nothing under `/api/v1`.
    pub(crate) fn organization_itself(&self, org: OrgId) -> Option<Arc<Principal>> {
        self.organization(org)?;
        let caller = CallerFacts {
            key_id: None,
            org_id: org,
            user_id: None,
            team_id: None,
            name: "organization".to_owned(),
            role: None,
            instance_owner: false,
            models: Vec::new(),
            endpoints: Vec::new(),
            tags: Vec::new(),
            metadata: Map::new(),
        };
        Some(self.rules.principal(&Arc::new(caller)))
    }

    pub(crate) fn organizations(&self) -> Vec<(OrgId, Arc<OrganizationFacts>)> {
        let all = self.rules.organizations.iter();
        all.map(|(org, facts)| (*org, Arc::clone(facts))).collect()
    }

    /// All budgets of an organization: its plan's, its own, and those on its teams, users and keys.
    pub(crate) fn budgets(&self, org: OrgId) -> Vec<Budget> {
        let all = self.rules.budgets.values().flatten();
        all.filter(|budget| budget.org_id == org).cloned().collect()
    }

    /// Takes up new rules: every principal is made again.
    pub(crate) fn set_rules(&mut self, rules: Rules) {
        self.rules = Arc::new(rules);
        for entry in self.keys.values_mut() {
            *entry = Arc::new(KeyEntry {
                principal: self.rules.principal(&entry.principal.caller),
                expires_at: entry.expires_at,
                revoked_at: entry.revoked_at,
                usage: Arc::clone(&entry.usage),
            });
        }
        let members = self.members.iter();
        let again = members.map(|(id, old)| (*id, self.rules.principal(&old.caller)));
        self.members = Arc::new(again.collect());
    }

    /// Forgets all memberships and takes up these.
    pub(crate) fn replace_members(&mut self, members: Vec<LoadedMember>) {
        let known = members.into_iter().map(|member| {
            let id = (member.user_id, member.org_id);
            (id, self.rules.principal(&Arc::new(facts(member))))
        });
        self.members = Arc::new(known.collect());
    }

    /// What a session of this person is in the organization; `None` for those who are no members.
    pub(crate) fn member(&self, user: UserId, org: OrgId) -> Option<&Arc<Principal>> {
        self.members.get(&(user, org))
    }

    /// Whether somebody owns the whole instance; known of people who belong to an organization.
    pub(crate) fn owns_instance(&self, user: UserId) -> bool {
        let mut all = self.members.iter();
        all.any(|((id, _), principal)| *id == user && principal.is_instance_owner())
    }

    /// Forgets all revoked sessions and takes up these.
    pub(crate) fn replace_revoked(&mut self, sessions: Vec<SessionId>) {
        self.revoked = Arc::new(sessions.into_iter().collect());
    }

    /// Whether the session was ended.
    pub(crate) fn is_revoked(&self, session: SessionId) -> bool {
        self.revoked.contains(&session)
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
        let alive: HashSet<KeyId> = keys.iter().map(|key| key.id).collect();
        self.by_id.retain(|id, _| alive.contains(id));
        self.keys
            .retain(|_, entry| entry.id().is_some_and(|id| alive.contains(&id)));
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

    fn id(&self) -> Option<KeyId> {
        self.principal.caller.key_id
    }

    fn mark(&self) -> Option<KeyMark> {
        let at = self.usage.last.load(Ordering::Relaxed);
        let id = self.id()?;
        (at > self.usage.flushed.load(Ordering::Relaxed)).then(|| KeyMark {
            id,
            at: Micros(at),
            usage: Arc::clone(&self.usage),
        })
    }
}

/// A person in an organization: all models and endpoints, as far as the role goes.
fn facts(member: LoadedMember) -> CallerFacts {
    CallerFacts {
        key_id: None,
        org_id: member.org_id,
        user_id: Some(member.user_id),
        team_id: member.team_id,
        name: member.name,
        role: Some(member.role),
        instance_owner: member.is_instance_owner,
        models: Vec::new(),
        endpoints: Vec::new(),
        tags: Vec::new(),
        metadata: Map::new(),
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
