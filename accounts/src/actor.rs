//! Who makes a change.

use store::{OrgId, UserId};

use crate::{IfMatch, Principal, Role};

/// On whose behalf a change is made: the tenant it is confined to, and the name that the audit log
/// gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    org_id: OrgId,
    label: String,
    user_id: Option<UserId>,
    role: Role,
    if_match: IfMatch,
}

impl Actor {
    /// A person in an organization that the person's session does not work in.
    pub fn person(org_id: OrgId, user: UserId, role: Role) -> Self {
        Self {
            org_id,
            label: format!("user:{user}"),
            user_id: Some(user),
            role,
            if_match: IfMatch::default(),
        }
    }

    /// The operator at the command line.
    pub fn command_line(org_id: OrgId) -> Self {
        Self::named(org_id, "command_line")
    }

    /// The program itself (first start, seeding).
    pub fn system(org_id: OrgId) -> Self {
        Self::named(org_id, "system")
    }

    /// A person, where there is no principal yet or any more.
    pub(crate) fn of_user(org_id: OrgId, user: UserId) -> Self {
        Self {
            user_id: Some(user),
            ..Self::named(org_id, &format!("user:{user}"))
        }
    }

    /// The tenant.
    pub const fn org_id(&self) -> OrgId {
        self.org_id
    }

    /// The user behind it, if one is known.
    pub const fn user_id(&self) -> Option<UserId> {
        self.user_id
    }

    /// What it is in the organization; nobody hands out more than that.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The same actor, whose changes go through only while the record is what it was when it was
    /// read.
    #[must_use]
    pub fn expecting(self, if_match: IfMatch) -> Self {
        Self { if_match, ..self }
    }

    pub(crate) const fn if_match(&self) -> &IfMatch {
        &self.if_match
    }

    /// `key:<id>`, `user:<id>`, `command_line` or `system`.
    pub fn label(&self) -> &str {
        &self.label
    }

    fn named(org_id: OrgId, label: &str) -> Self {
        Self {
            org_id,
            label: label.to_owned(),
            user_id: None,
            role: Role::Owner,
            if_match: IfMatch::default(),
        }
    }
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        let label = match (principal.key_id(), principal.user_id()) {
            (Some(key), _) => format!("key:{key}"),
            (None, Some(user)) => format!("user:{user}"),
            (None, None) => "system".to_owned(),
        };
        Self {
            org_id: principal.org_id(),
            label,
            user_id: principal.user_id(),
            role: principal.role().unwrap_or(Role::Viewer),
            if_match: IfMatch::default(),
        }
    }
}
