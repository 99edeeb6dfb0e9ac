//! Who may do what: the one table, which the API enforces and the web app reads.

use crate::word::word;

word! {
    /// What a member is in an organization, the mightiest first.
    pub enum Role {
        /// Everything, including deleting the organization and what it pays.
        Owner = "owner",
        /// Everything but that.
        Admin = "admin",
        /// Use models, and build with documents and flows.
        Editor = "editor",
        /// Look.
        Viewer = "viewer",
    }

    /// Something that a role may allow.
    pub enum Permission {
        /// See the organization and its settings.
        OrganizationRead = "organization:read",
        /// Change its name and settings.
        OrganizationUpdate = "organization:update",
        /// Delete it.
        OrganizationDelete = "organization:delete",
        /// See who belongs to it.
        MembersRead = "members:read",
        /// Invite, change and remove members.
        MembersWrite = "members:write",
        /// Make, change and delete teams.
        TeamsWrite = "teams:write",
        /// See API keys (never the keys themselves).
        KeysRead = "keys:read",
        /// Make, change, revoke and delete API keys.
        KeysWrite = "keys:write",
        /// See which credentials are stored (never their secrets).
        CredentialsRead = "credentials:read",
        /// Store, change and delete credentials.
        CredentialsWrite = "credentials:write",
        /// See limits and budgets.
        LimitsRead = "limits:read",
        /// Set limits and budgets.
        LimitsWrite = "limits:write",
        /// See models, their routes and health.
        ModelsRead = "models:read",
        /// Change models and routes.
        ModelsWrite = "models:write",
        /// Call models.
        ModelsUse = "models:use",
        /// See usage and what it cost.
        UsageRead = "usage:read",
        /// See who changed what.
        AuditRead = "audit:read",
        /// See plan and statements.
        BillingRead = "billing:read",
        /// Change the plan.
        BillingWrite = "billing:write",
        /// See mails of the whole instance. No role has it: it comes with being the instance's owner.
        OutboxRead = "outbox:read",
        /// See and search collections of documents.
        CollectionsRead = "collections:read",
        /// Change collections and their documents.
        CollectionsWrite = "collections:write",
        /// See projects, flows and their runs.
        ProjectsRead = "projects:read",
        /// Change projects and flows.
        ProjectsWrite = "projects:write",
        /// Run flows.
        FlowsRun = "flows:run",
        /// Publish flows.
        FlowsPublish = "flows:publish",
        /// Keep templates.
        TemplatesWrite = "templates:write",
    }
}

impl Role {
    /// Whether the role allows something.
    pub const fn allows(self, permission: Permission) -> bool {
        match least(permission) {
            Some(least) => self as u8 <= least as u8,
            None => false,
        }
    }

    /// All that the role allows, in the order of [`Permission`].
    pub fn permissions(self) -> Vec<Permission> {
        let all = Permission::ALL.iter().copied();
        all.filter(|permission| self.allows(*permission)).collect()
    }
}

/// The table: the least role that has the permission, and with it all mightier ones.
const fn least(permission: Permission) -> Option<Role> {
    use Permission as P;
    let role = match permission {
        P::OrganizationDelete | P::BillingWrite => Role::Owner,
        // Who makes keys can make one that acts as an administrator.
        P::KeysWrite
        | P::OrganizationUpdate
        | P::MembersWrite
        | P::TeamsWrite
        | P::CredentialsRead
        | P::CredentialsWrite
        | P::LimitsWrite
        | P::ModelsWrite
        | P::AuditRead
        | P::BillingRead => Role::Admin,
        P::KeysRead
        | P::ModelsUse
        | P::CollectionsWrite
        | P::ProjectsWrite
        | P::FlowsRun
        | P::FlowsPublish
        | P::TemplatesWrite => Role::Editor,
        P::OrganizationRead
        | P::MembersRead
        | P::LimitsRead
        | P::ModelsRead
        | P::UsageRead
        | P::CollectionsRead
        | P::ProjectsRead => Role::Viewer,
        P::OutboxRead => return None,
    };
    Some(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mightier_role_allows_all_that_a_lesser_one_does() {
        for roles in Role::ALL.windows(2) {
            let (more, less) = (roles[0].permissions(), roles[1].permissions());
            assert!(more.len() > less.len(), "{roles:?}");
            assert!(less.iter().all(|p| more.contains(p)), "{roles:?}");
        }
    }

    #[test]
    fn only_readers_permissions_belong_to_viewers() {
        for permission in Role::Viewer.permissions() {
            assert!(permission.word().ends_with(":read"), "{permission}");
        }
    }

    #[test]
    fn what_no_role_should_have_none_has() {
        for role in Role::ALL {
            assert!(!role.allows(Permission::OutboxRead));
            let deletes = role.allows(Permission::OrganizationDelete);
            assert_eq!(deletes, *role == Role::Owner);
            assert_eq!(role.allows(Permission::KeysWrite), *role <= Role::Admin);
        }
    }
}
