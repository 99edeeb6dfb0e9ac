//! Who is calling, as the rest of the program sees it.

use std::sync::Arc;

use serde_json::{Map, Value};
use store::{KeyId, OrgId, TeamId, UserId};

use crate::{Budget, Limit, OrganizationFacts, Permission, Role, pattern};

/// An authenticated caller with all that applies to it.
///
/// Invariant: there is no public constructor. Only [`Accounts::authenticate`](crate::Accounts) and the
/// check of sessions make one, so a function that takes a `Principal` cannot be reached without a
/// valid key or session.
#[derive(Debug)]
pub struct Principal {
    pub(crate) caller: Arc<CallerFacts>,
    pub(crate) organization: Arc<OrganizationFacts>,
    pub(crate) limits: Arc<[Limit]>,
    pub(crate) budgets: Arc<[Budget]>,
}

/// What a key or a membership says about its holder; shared by the principals made of it over time.
#[derive(Debug)]
pub(crate) struct CallerFacts {
    /// `None` for a session.
    pub(crate) key_id: Option<KeyId>,
    pub(crate) org_id: OrgId,
    pub(crate) user_id: Option<UserId>,
    pub(crate) team_id: Option<TeamId>,
    /// The key's name, or the person's.
    pub(crate) name: String,
    /// What it may do under `/api/v1`; `None` for a key that only calls models.
    pub(crate) role: Option<Role>,
    pub(crate) instance_owner: bool,
    pub(crate) models: Vec<String>,
    pub(crate) endpoints: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) metadata: Map<String, Value>,
}

impl Principal {
    /// The tenant.
    pub fn org_id(&self) -> OrgId {
        self.caller.org_id
    }

    /// The key that was presented; `None` for a person's session.
    pub fn key_id(&self) -> Option<KeyId> {
        self.caller.key_id
    }

    /// The key's name; for a session the person's.
    pub fn key_name(&self) -> &str {
        &self.caller.name
    }

    /// The user who owns the key, or whose session it is.
    pub fn user_id(&self) -> Option<UserId> {
        self.caller.user_id
    }

    /// The team the key belongs to.
    pub fn team_id(&self) -> Option<TeamId> {
        self.caller.team_id
    }

    /// What the caller is in its organization: a member's role, `Admin` for a key with admin scope,
    /// `None` for other keys.
    pub fn role(&self) -> Option<Role> {
        self.caller.role
    }

    /// Whether the caller may do this. Keys without admin scope may call models and nothing else.
    pub fn may(&self, permission: Permission) -> bool {
        match (permission, self.caller.role) {
            (Permission::OutboxRead, _) => self.caller.instance_owner,
            (_, Some(role)) => role.allows(permission),
            (_, None) => permission == Permission::ModelsUse,
        }
    }

    /// Whether it is a session of somebody who owns the instance.
    pub fn is_instance_owner(&self) -> bool {
        self.caller.instance_owner
    }

    /// Patterns of the models the caller may use; empty: all.
    pub fn models(&self) -> &[String] {
        &self.caller.models
    }

    /// Patterns of the endpoints the caller may use, such as `/v1/chat/*`; empty: all.
    pub fn endpoints(&self) -> &[String] {
        &self.caller.endpoints
    }

    /// Whether the caller may use `model`, by its own patterns and by those of its organization.
    pub fn may_use_model(&self, model: &str) -> bool {
        let patterns = self.model_scopes();
        patterns.iter().all(|scope| pattern::allows(scope, model))
    }

    /// The lists of patterns that a model has to match, each for itself: the caller's and its
    /// organization's. An empty list allows all.
    pub fn model_scopes(&self) -> [&[String]; 2] {
        [
            &self.caller.models,
            &self.organization.settings.allowed_models,
        ]
    }

    /// Whether the caller may use the endpoint with this path.
    pub fn may_use_endpoint(&self, path: &str) -> bool {
        pattern::allows(&self.caller.endpoints, path)
    }

    /// Words that usage is reported by.
    pub fn tags(&self) -> &[String] {
        &self.caller.tags
    }

    /// What the key's owner attached to it.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.caller.metadata
    }

    /// Whether the organization wants request and answer bodies logged.
    pub fn log_bodies(&self) -> bool {
        self.organization.log_bodies
    }

    /// What memory knows of the caller's organization.
    pub fn organization(&self) -> &OrganizationFacts {
        &self.organization
    }

    /// All limits that count this caller's use: of its organization, team, user and key.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// All budgets that count this caller's use: of its organization, team, user and key.
    pub fn budgets(&self) -> &[Budget] {
        &self.budgets
    }
}
