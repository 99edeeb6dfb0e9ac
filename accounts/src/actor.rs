//! Who makes a change.

use store::{OrgId, UserId};

use crate::Principal;

/// On whose behalf a change is made: the tenant it is confined to, and the name that the audit log
/// gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    org_id: OrgId,
    label: String,
    user_id: Option<UserId>,
}

impl Actor {
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

    /// `key:<id>`, `user:<id>`, `command_line` or `system`.
    pub fn label(&self) -> &str {
        &self.label
    }

    fn named(org_id: OrgId, label: &str) -> Self {
        Self {
            org_id,
            label: label.to_owned(),
            user_id: None,
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
        }
    }
}
