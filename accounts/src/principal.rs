//! Who is calling, as the rest of the program sees it.

use std::sync::Arc;

use serde_json::{Map, Value};
use store::{KeyId, OrgId, TeamId, UserId};

use crate::{Budget, Limit, pattern};

/// An authenticated caller with all that applies to it.
///
/// Invariant: there is no public constructor. Only [`Accounts::authenticate`](crate::Accounts) makes
/// one, so a function that takes a `Principal` cannot be reached without a valid key.
#[derive(Debug)]
pub struct Principal {
    pub(crate) key: Arc<KeyFacts>,
    pub(crate) log_bodies: bool,
    pub(crate) limits: Arc<[Limit]>,
    pub(crate) budgets: Arc<[Budget]>,
}

/// What a key says about its holder; shared by the principals made of it over time.
#[derive(Debug)]
pub(crate) struct KeyFacts {
    pub(crate) id: KeyId,
    pub(crate) org_id: OrgId,
    pub(crate) user_id: Option<UserId>,
    pub(crate) team_id: Option<TeamId>,
    pub(crate) name: String,
    pub(crate) admin: bool,
    pub(crate) models: Vec<String>,
    pub(crate) endpoints: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) metadata: Map<String, Value>,
}

impl Principal {
    /// The tenant.
    pub fn org_id(&self) -> OrgId {
        self.key.org_id
    }

    /// The key that was presented; `None` for callers that came in otherwise.
    pub fn key_id(&self) -> Option<KeyId> {
        Some(self.key.id)
    }

    /// The key's name.
    pub fn key_name(&self) -> &str {
        &self.key.name
    }

    /// The user who owns the key.
    pub fn user_id(&self) -> Option<UserId> {
        self.key.user_id
    }

    /// The team the key belongs to.
    pub fn team_id(&self) -> Option<TeamId> {
        self.key.team_id
    }

    /// Whether the caller may administer its organization (`/api/v1`).
    pub fn is_admin(&self) -> bool {
        self.key.admin
    }

    /// Patterns of the models the caller may use; empty: all.
    pub fn models(&self) -> &[String] {
        &self.key.models
    }

    /// Patterns of the endpoints the caller may use, such as `/v1/chat/*`; empty: all.
    pub fn endpoints(&self) -> &[String] {
        &self.key.endpoints
    }

    /// Whether the caller may use `model`.
    pub fn may_use_model(&self, model: &str) -> bool {
        pattern::allows(&self.key.models, model)
    }

    /// Whether the caller may use the endpoint with this path.
    pub fn may_use_endpoint(&self, path: &str) -> bool {
        pattern::allows(&self.key.endpoints, path)
    }

    /// Words that usage is reported by.
    pub fn tags(&self) -> &[String] {
        &self.key.tags
    }

    /// What the key's owner attached to it.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.key.metadata
    }

    /// Whether the organization wants request and answer bodies logged.
    pub fn log_bodies(&self) -> bool {
        self.log_bodies
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
