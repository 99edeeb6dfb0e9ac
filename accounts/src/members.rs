//! Users, their membership, and teams.

use store::{OrgId, TeamId, UserId, in_tx};

use crate::accounts::Change;
use crate::sql::members::{Member, Team};
use crate::sql::revisions::Counter;
use crate::{Accounts, Actor, Error, Page, PageRequest, Result, Role, check, sql};

impl Accounts {
    /// Makes somebody a member; makes the user when the address is new to the instance.
    ///
    /// # Errors
    /// `Invalid` for a wrong address, `Conflict` for somebody who is a member already.
    pub async fn add_member(
        &self,
        actor: &Actor,
        email: &str,
        name: &str,
        role: Role,
    ) -> Result<Member> {
        let org = actor.org_id();
        let (email, name, now) = (check::email(email)?, check::name("name", name)?, self.now());
        let added: Result<Member> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
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

    /// Changes what a member may do.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn set_role(&self, actor: &Actor, user: UserId, role: Role) -> Result<Member> {
        let org = actor.org_id();
        let changed: Result<Member> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            let before = sql::members::get_in(tx, org, user).await?;
            let before = before.ok_or_else(|| Error::not_found("user", user))?;
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
    /// `NotFound`.
    pub async fn remove_member(&self, actor: &Actor, user: UserId) -> Result<()> {
        let (org, now) = (actor.org_id(), self.now());
        let removed: Result<()> = in_tx!(self.db(), tx: Error => {
            let revision = sql::revisions::bump(tx, Counter::Keys).await?;
            sql::revisions::bump(tx, Counter::Members).await?;
            let before = sql::members::get_in(tx, org, user).await?;
            let before = before.ok_or_else(|| Error::not_found("user", user))?;
            sql::keys::revoke_of_user(tx, org, user, now, revision).await?;
            self.delete_rules_of(tx, org, user.uuid()).await?;
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

    /// Makes a team.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` when the name is taken.
    pub async fn create_team(&self, actor: &Actor, name: &str) -> Result<Team> {
        let now = self.now();
        let team = Team {
            id: TeamId::new(),
            org_id: actor.org_id(),
            name: check::name("name", name)?,
            created_at: now,
            updated_at: now,
        };
        in_tx!(self.db(), tx: Error => {
            sql::members::insert_team(tx, &team).await.map_err(|error| taken(error, &team))?;
            self.audit(tx, actor, Change {
                action: "team.create",
                target: team.id.to_string(),
                before: None,
                after: Some(&team),
            }).await?;
            Ok(team)
        })
    }

    /// Teams of an organization, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_teams(&self, org: OrgId, page: PageRequest) -> Result<Page<Team>> {
        let rows = sql::members::list_teams(self.db(), org, page).await?;
        Ok(page.page(rows, |team| team.id.uuid()))
    }

    /// Renames a team.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`; `Conflict` when the name is taken.
    pub async fn rename_team(&self, actor: &Actor, id: TeamId, name: &str) -> Result<Team> {
        let (name, now) = (check::name("name", name)?, self.now());
        in_tx!(self.db(), tx: Error => {
            let before = sql::members::get_team_in(tx, actor.org_id(), id).await?;
            let before = before.ok_or_else(|| Error::not_found("team", id))?;
            let after = Team { name, updated_at: now, ..before.clone() };
            sql::members::rename_team(tx, &after).await.map_err(|error| taken(error, &after))?;
            self.audit(tx, actor, Change {
                action: "team.update",
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })
    }

    /// Removes a team with the limits and budgets set on it.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while keys belong to it: without the team they would lose its limits.
    pub async fn delete_team(&self, actor: &Actor, id: TeamId) -> Result<()> {
        let org = actor.org_id();
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            let before = sql::members::get_team_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("team", id))?;
            self.delete_rules_of(tx, org, id.uuid()).await?;
            sql::members::delete_team(tx, org, id).await.map_err(|error| {
                Error::from(error).explain_conflict(|| {
                    format!("team {} has API keys: move or delete them first", before.name)
                })
            })?;
            self.audit(tx, actor, Change {
                action: "team.delete",
                target: id.to_string(),
                before: Some(&before),
                after: None,
            }).await
        });
        deleted?;
        self.refresh().await;
        Ok(())
    }
}

fn taken(error: store::Error, team: &Team) -> Error {
    Error::from(error).explain_conflict(|| format!("there is a team named {} already", team.name))
}
