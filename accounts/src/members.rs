//! Users and their membership.

use store::{OrgId, Tx, UserId, in_tx};

use crate::accounts::Change;
use crate::sql::members::Member;
use crate::sql::revisions::Counter;
use crate::{Accounts, Actor, Error, Page, PageRequest, Result, Role, check, sql};

impl Accounts {
    /// Makes somebody a member; makes the user when the address is new to the instance.
    ///
    /// # Errors
    /// `Invalid` for a wrong address; `Conflict` for somebody who is a member already, or when all
    /// seats of the plan are taken; `Forbidden` for a role above the actor's.
    pub async fn add_member(
        &self,
        actor: &Actor,
        email: &str,
        name: &str,
        role: Role,
    ) -> Result<Member> {
        check_grant(actor, role)?;
        let org = actor.org_id();
        let (email, name, now) = (check::email(email)?, check::name("name", name)?, self.now());
        let added: Result<Member> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            self.check_seats(tx, org, 0).await?;
            let user = sql::members::ensure_user(tx, UserId::new(), &email, &name, now).await?;
            sql::members::join(tx, org, user, role, now).await.map_err(|error| {
                Error::from(error).explain_conflict(|| format!("{email} is a member already"))
            })?;
            let member = sql::members::get_in(tx, org, user).await?;
            let member = member.ok_or_else(|| Error::not_found("user", user))?;
            self.audit(tx, actor, Change {
                action: "member.add",
                target: user.to_string(),
                before: None,
                after: Some(&member),
            }).await?;
            Ok(member)
        });
        let added = added?;
        self.refresh().await;
        Ok(added)
    }

    /// Members of an organization, newest users first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_members(&self, org: OrgId, page: PageRequest) -> Result<Page<Member>> {
        let rows = sql::members::list(self.db(), org, page).await?;
        Ok(page.page(rows, |member| member.id.uuid()))
    }

    /// One member.
    ///
    /// # Errors
    /// `NotFound`, also for users of other organizations.
    pub async fn get_member(&self, org: OrgId, user: UserId) -> Result<Member> {
        let member = sql::members::get(self.db(), org, user).await?;
        member.ok_or_else(|| Error::not_found("user", user))
    }

    /// How many members an organization has.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_members(&self, org: OrgId) -> Result<i64> {
        Ok(sql::members::count(self.db(), org).await?)
    }

    /// The addresses of an organization's owners and admins.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn administrators(&self, org: OrgId) -> Result<Vec<String>> {
        Ok(sql::members::administrators(self.db(), org).await?)
    }

    /// Changes what a member may do.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` when the old or the new role is above the actor's; `Conflict` for the
    /// last owner.
    pub async fn set_role(&self, actor: &Actor, user: UserId, role: Role) -> Result<Member> {
        let org = actor.org_id();
        let changed: Result<Member> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            let before = sql::members::get_in(tx, org, user).await?;
            let before = before.ok_or_else(|| Error::not_found("user", user))?;
            check_grant(actor, role)?;
            check_grant(actor, before.role)?;
            if role != Role::Owner {
                self.check_not_last_owner(tx, &before, org).await?;
            }
            sql::members::set_role(tx, org, user, role).await?;
            let after = Member { role, ..before.clone() };
            self.audit(tx, actor, Change {
                action: "member.update",
                target: user.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        });
        let changed = changed?;
        self.refresh().await;
        Ok(changed)
    }

    /// Ends a membership: revokes the member's keys in this organization and removes the limits and
    /// budgets set on the member. The user stays in other organizations.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for a member above the actor; `Conflict` for the last owner.
    pub async fn remove_member(&self, actor: &Actor, user: UserId) -> Result<()> {
        let (org, now) = (actor.org_id(), self.now());
        let removed: Result<()> = in_tx!(self.db(), tx: Error => {
            let revision = sql::revisions::bump(tx, Counter::Keys).await?;
            sql::revisions::bump(tx, Counter::Members).await?;
            let before = sql::members::get_in(tx, org, user).await?;
            let before = before.ok_or_else(|| Error::not_found("user", user))?;
            check_grant(actor, before.role)?;
            self.check_not_last_owner(tx, &before, org).await?;
            sql::keys::revoke_of_user(tx, org, user, now, revision).await?;
            self.delete_rules_of(tx, org, user.uuid()).await?;
            sql::teams::remove_from_all(tx, org, user).await?;
            sql::members::leave(tx, org, user).await?;
            self.audit(tx, actor, Change {
                action: "member.remove",
                target: user.to_string(),
                before: Some(&before),
                after: None,
            }).await
        });
        removed?;
        self.refresh().await;
        Ok(())
    }

    /// Whoever is the only owner stays one: an organization without would belong to nobody.
    async fn check_not_last_owner(&self, tx: &mut Tx, member: &Member, org: OrgId) -> Result<()> {
        if member.role != Role::Owner || sql::members::owners_in(tx, org).await? > 1 {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "{} is the last owner of the organization: make somebody else an owner first, or delete \
             the organization",
            member.email
        )))
    }
}

/// Nobody hands out, changes or takes away more than they have.
pub(crate) fn check_grant(actor: &Actor, role: Role) -> Result<()> {
    // The mightiest role comes first.
    if role >= actor.role() {
        return Ok(());
    }
    Err(Error::forbidden(
        "role_too_low",
        format!(
            "the role `{role}` is above yours (`{}`): only somebody who has it can give or take it",
            actor.role()
        ),
    ))
}
