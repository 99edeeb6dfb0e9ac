//! Teams: members who share limits, budgets and reports.

use store::{OrgId, TeamId, Tx, UserId, in_tx};

use crate::accounts::Change;
use crate::sql::revisions::Counter;
use crate::sql::teams::{Team, TeamMember};
use crate::{Accounts, Actor, Error, Page, PageRequest, Result, check, sql};

impl Accounts {
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
            sql::teams::insert_team(tx, &team).await.map_err(|error| taken(error, &team))?;
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
        let rows = sql::teams::list_teams(self.db(), org, page).await?;
        Ok(page.page(rows, |team| team.id.uuid()))
    }

    /// Renames a team.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`; `Conflict` when the name is taken.
    pub async fn rename_team(&self, actor: &Actor, id: TeamId, name: &str) -> Result<Team> {
        let (name, now) = (check::name("name", name)?, self.now());
        in_tx!(self.db(), tx: Error => {
            // The counter's lock lets one change at a time compare and write.
            sql::revisions::bump(tx, Counter::Members).await?;
            let before = sql::teams::get_team_in(tx, actor.org_id(), id).await?;
            let before = before.ok_or_else(|| Error::not_found("team", id))?;
            let after = Team { name, updated_at: now, ..before.clone() };
            sql::teams::rename_team(tx, &after).await.map_err(|error| taken(error, &after))?;
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
            sql::revisions::bump(tx, Counter::Members).await?;
            let before = sql::teams::get_team_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("team", id))?;
            self.delete_rules_of(tx, org, id.uuid()).await?;
            sql::teams::delete_team(tx, org, id).await.map_err(|error| {
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

    /// One team.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_team(&self, org: OrgId, id: TeamId) -> Result<Team> {
        let team = sql::teams::get_team(self.db(), org, id).await?;
        team.ok_or_else(|| Error::not_found("team", id))
    }

    /// People in a team, newest users first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list_team_members(
        &self,
        org: OrgId,
        id: TeamId,
        page: PageRequest,
    ) -> Result<Page<TeamMember>> {
        self.get_team(org, id).await?;
        let rows = sql::teams::list_members(self.db(), org, id, page).await?;
        Ok(page.page(rows, |member| member.user_id.uuid()))
    }

    /// Puts a member into a team; twice changes nothing. What a person calls without an API key counts
    /// for the team that the person joined first.
    ///
    /// # Errors
    /// `NotFound` for a team or member of another organization.
    pub async fn add_team_member(&self, actor: &Actor, id: TeamId, user: UserId) -> Result<()> {
        let (org, now) = (actor.org_id(), self.now());
        let added: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            let team = sql::teams::get_team_in(tx, org, id).await?;
            team.ok_or_else(|| Error::not_found("team", id))?;
            self.check_member(tx, org, user).await?;
            if !sql::teams::add_member(tx, org, id, user, now).await? {
                return Ok(());
            }
            self.audit_team(tx, actor, "team.add_member", id, user).await
        });
        added?;
        self.refresh().await;
        Ok(())
    }

    /// Takes a member out of a team.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn remove_team_member(&self, actor: &Actor, id: TeamId, user: UserId) -> Result<()> {
        let org = actor.org_id();
        let removed: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            if !sql::teams::remove_member(tx, org, id, user).await? {
                return Err(Error::not_found("team member", user));
            }
            self.audit_team(tx, actor, "team.remove_member", id, user).await
        });
        removed?;
        self.refresh().await;
        Ok(())
    }

    async fn audit_team(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        action: &str,
        id: TeamId,
        user: UserId,
    ) -> Result<()> {
        let about = serde_json::json!({"team_id": id, "user_id": user});
        let change = Change {
            action,
            target: id.to_string(),
            before: None,
            after: Some(&about),
        };
        self.audit(tx, actor, change).await
    }
}

fn taken(error: store::Error, team: &Team) -> Error {
    Error::from(error).explain_conflict(|| format!("there is a team named {} already", team.name))
}
