//! Inviting people, and joining.
//!
//! The link in the mail holds a one-time token of the purpose `invitation`; its row names the
//! invitation. Sending again or taking back withdraws the links that went out before.

use std::time::Duration;

use serde_json::{Map, json};
use store::{InvitationId, OrgId, Tx, UserId, in_tx};

use crate::accounts::Change;
use crate::invitation::{
    AcceptInvitation, CreateInvitation, DAYS, Invitation, InvitationPreview, InvitationState,
};
use crate::mail::{Mail, MailContent};
use crate::members::check_grant;
use crate::one_time_token::{NewToken, TokenPurpose, wrong_token};
use crate::sql::one_time_tokens::OneTimeToken;
use crate::sql::revisions::Counter;
use crate::{Accounts, Actor, Error, Member, Page, PageRequest, Result, Secret, check, sql};

const DAY: Duration = Duration::from_secs(86_400);

impl Accounts {
    /// Invites somebody by mail.
    ///
    /// # Errors
    /// `Invalid`; `Forbidden` for a role above the actor's; `NotFound` for a team of another
    /// organization; `Conflict` for a member, for somebody who is invited already, and when all seats
    /// of the plan are taken.
    pub async fn invite(&self, actor: &Actor, wanted: CreateInvitation) -> Result<Invitation> {
        check_grant(actor, wanted.role)?;
        let (org, now) = (actor.org_id(), self.now());
        let email = check::email(&wanted.email)?;
        let days = lifetime_days(wanted.expires_in_days)?;
        let invitation = Invitation {
            id: InvitationId::new(),
            org_id: org,
            email,
            role: wanted.role,
            team_id: wanted.team_id,
            invited_by: actor.label().to_owned(),
            sent_at: now,
            expires_at: now.plus(DAY * days),
            accepted_at: None,
            revoked_at: None,
            created_at: now,
            updated_at: now,
        };
        in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            if let Some(team) = invitation.team_id {
                let found = sql::teams::get_team_in(tx, org, team).await?;
                found.ok_or_else(|| Error::not_found("team", team))?;
            }
            let email = &invitation.email;
            if sql::members::by_email_in(tx, org, email).await?.is_some() {
                return Err(Error::conflict(format!("{email} is a member already")));
            }
            self.make_room(tx, &invitation).await?;
            let open = sql::invitations::count_open_in(tx, org, now).await?;
            self.check_seats(tx, org, open).await?;
            sql::invitations::insert(tx, &invitation).await?;
            self.send_invitation(tx, actor, &invitation).await?;
            self.audit(tx, actor, Change {
                action: "invitation.create",
                target: invitation.id.to_string(),
                before: None,
                after: Some(&invitation),
            }).await?;
            Ok(invitation)
        })
    }

    /// An old invitation whose time is over gives way; an open one is in the way.
    async fn make_room(&self, tx: &mut Tx, new: &Invitation) -> Result<()> {
        let (org, now) = (new.org_id, self.now());
        let Some(mut old) = sql::invitations::open_of_in(tx, org, &new.email).await? else {
            return Ok(());
        };
        if old.state(now) == InvitationState::Open {
            return Err(Error::conflict(format!(
                "{} is invited already: send that invitation again, or take it back first",
                new.email
            )));
        }
        old.revoked_at = Some(now);
        old.updated_at = now;
        Ok(sql::invitations::update(tx, &old).await?)
    }

    /// Invitations of an organization, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_invitations(
        &self,
        org: OrgId,
        page: PageRequest,
    ) -> Result<Page<Invitation>> {
        let rows = sql::invitations::list(self.db(), org, page).await?;
        Ok(page.page(rows, |invitation| invitation.id.uuid()))
    }

    /// One invitation.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_invitation(&self, org: OrgId, id: InvitationId) -> Result<Invitation> {
        let invitation = sql::invitations::get(self.db(), org, id).await?;
        invitation.ok_or_else(|| Error::not_found("invitation", id))
    }

    /// Sends an invitation again with a new link, good for as long as the first one was.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it was accepted or taken back, or all seats are taken.
    pub async fn resend_invitation(&self, actor: &Actor, id: InvitationId) -> Result<Invitation> {
        let now = self.now();
        self.change_invitation(
            actor,
            "invitation.resend",
            id,
            async |tx, mut invitation| {
                check_grant(actor, invitation.role)?;
                if invitation.state(now) == InvitationState::Expired {
                    let org = invitation.org_id;
                    let open = sql::invitations::count_open_in(tx, org, now).await?;
                    self.check_seats(tx, org, open).await?;
                }
                let lifetime = invitation.expires_at.since(invitation.sent_at);
                invitation.sent_at = now;
                invitation.expires_at = now.plus(lifetime);
                self.send_invitation(tx, actor, &invitation).await?;
                Ok(invitation)
            },
        )
        .await
    }

    /// Takes an invitation back: its links stop working.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it was accepted or taken back already.
    pub async fn revoke_invitation(&self, actor: &Actor, id: InvitationId) -> Result<Invitation> {
        let now = self.now();
        self.change_invitation(
            actor,
            "invitation.revoke",
            id,
            async |tx, mut invitation| {
                self.withdraw_links(tx, &invitation).await?;
                invitation.revoked_at = Some(now);
                Ok(invitation)
            },
        )
        .await
    }

    async fn change_invitation(
        &self,
        actor: &Actor,
        action: &str,
        id: InvitationId,
        change: impl AsyncFnOnce(&mut Tx, Invitation) -> Result<Invitation>,
    ) -> Result<Invitation> {
        let (org, now) = (actor.org_id(), self.now());
        in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            let before = sql::invitations::get_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("invitation", id))?;
            let state = before.state(now);
            if matches!(state, InvitationState::Accepted | InvitationState::Revoked) {
                return Err(Error::conflict(format!("the invitation is {state} already")));
            }
            let after = Invitation { updated_at: now, ..change(tx, before.clone()).await? };
            sql::invitations::update(tx, &after).await?;
            self.audit(tx, actor, Change {
                action,
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })
    }

    /// Queues the mail with a new link and makes the links before it useless.
    async fn send_invitation(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        invitation: &Invitation,
    ) -> Result<()> {
        let org = invitation.org_id;
        let organization = sql::organizations::get_in(tx, org).await?;
        let organization = organization.ok_or_else(|| Error::not_found("organization", org))?;
        self.withdraw_links(tx, invitation).await?;
        let lifetime = invitation.expires_at.since(self.now());
        let mut data = Map::new();
        data.insert("invitation_id".to_owned(), json!(invitation.id));
        let token = self
            .issue_token(
                tx,
                NewToken {
                    org_id: Some(org),
                    email: Some(invitation.email.clone()),
                    data,
                    ..NewToken::new(TokenPurpose::Invitation, lifetime)
                },
            )
            .await?;
        let inviter = match actor.user_id() {
            Some(user) => sql::members::get_in(tx, org, user).await?.map(|m| m.name),
            None => None,
        };
        let locale = self.locale_of(tx, &invitation.email).await?;
        let content = MailContent::Invitation {
            inviter: inviter.as_deref().unwrap_or(&organization.name),
            organization: &organization.name,
            link: self.link("/invitation", Some(&token)),
        };
        let mail = Mail {
            org_id: Some(org),
            to: &invitation.email,
            locale,
            content,
        };
        self.queue_mail(tx, &mail).await
    }

    async fn withdraw_links(&self, tx: &mut Tx, invitation: &Invitation) -> Result<()> {
        let (org, email) = (invitation.org_id, &invitation.email);
        sql::one_time_tokens::withdraw_of_address(
            tx,
            TokenPurpose::Invitation,
            org,
            email,
            self.now(),
        )
        .await?;
        Ok(())
    }

    /// What an invitation says to who holds its link.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`).
    pub async fn preview_invitation(&self, token: &Secret) -> Result<InvitationPreview> {
        let found = self.read_token(TokenPurpose::Invitation, token).await?;
        let (org, id) = named_by(&found)?;
        let invitation = sql::invitations::get(self.db(), org, id).await?;
        let invitation = invitation
            .filter(|invitation| invitation.state(self.now()) == InvitationState::Open)
            .ok_or_else(wrong_token)?;
        let user = sql::users::by_email(self.db(), &invitation.email).await?;
        Ok(InvitationPreview {
            organization: self.get_organization(org).await?.name,
            has_account: user.is_some_and(|user| user.email_verified_at.is_some()),
            email: invitation.email,
            role: invitation.role,
            expires_at: invitation.expires_at,
        })
    }

    /// Joins an organization. The link proves that its holder reads mail at the invited address, so
    /// the account of this address joins, and one is made for who has none: with the name and
    /// password given, its address confirmed.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`, `weak_password`, or name or password missing for a new account);
    /// `Conflict` for a member, and when all seats of the plan are taken.
    pub async fn accept_invitation(&self, wanted: AcceptInvitation) -> Result<(OrgId, Member)> {
        let found = self
            .read_token(TokenPurpose::Invitation, &wanted.token)
            .await?;
        let email = found.email.clone().ok_or_else(wrong_token)?;
        let user = sql::users::by_email(self.db(), &email).await?;
        // An account whose address was never confirmed may be a stranger's, who typed a password there
        // and waits for somebody to confirm it: whoever holds the link chooses a new one.
        // Hashed before the transaction: it takes a while, and SQLite has one writer.
        let fresh = match user.filter(|user| user.email_verified_at.is_some()) {
            Some(_) => None,
            None => Some(self.fresh_account(&email, &wanted).await?),
        };
        let now = self.now();
        let joined: Result<(OrgId, Member)> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            let token = self.take_token(tx, TokenPurpose::Invitation, &wanted.token).await?;
            let (org, id) = named_by(&token)?;
            let before = sql::invitations::get_in(tx, org, id).await?;
            let before = before
                .filter(|invitation| invitation.state(now) == InvitationState::Open)
                .ok_or_else(wrong_token)?;
            self.check_seats(tx, org, 0).await?;
            let user = self.account_of(tx, &email, fresh).await?;
            sql::members::join(tx, org, user, before.role, now).await.map_err(|error| {
                Error::from(error).explain_conflict(|| format!("{email} is a member already"))
            })?;
            if let Some(team) = before.team_id {
                sql::teams::add_member(tx, org, team, user, now).await?;
            }
            let after = Invitation { accepted_at: Some(now), updated_at: now, ..before.clone() };
            sql::invitations::update(tx, &after).await?;
            let member = sql::members::get_in(tx, org, user).await?;
            let member = member.ok_or_else(|| Error::not_found("user", user))?;
            self.audit(tx, &Actor::person(org, user, member.role), Change {
                action: "invitation.accept",
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok((org, member))
        });
        let joined = joined?;
        self.refresh().await;
        Ok(joined)
    }

    async fn fresh_account(&self, email: &str, wanted: &AcceptInvitation) -> Result<Fresh> {
        let missing = |field: &str| {
            Error::invalid(format!(
                "`{field}` is missing: there is no account for {email} yet, so choose one"
            ))
            .with_code("account_needed")
        };
        let name = wanted.name.as_deref().ok_or_else(|| missing("name"))?;
        let name = check::name("name", name)?;
        let password = wanted
            .password
            .as_ref()
            .ok_or_else(|| missing("password"))?;
        let place = self.inner.passwords.enter()?;
        let hash = place.hash(password, &[email, &name]).await?;
        Ok(Fresh { name, hash })
    }

    async fn account_of(&self, tx: &mut Tx, email: &str, fresh: Option<Fresh>) -> Result<UserId> {
        let now = self.now();
        let user = match fresh {
            None => {
                let user = sql::users::by_email_in(tx, email).await?;
                user.ok_or_else(wrong_token)?.id
            }
            Some(Fresh { name, hash }) => {
                let id = sql::members::ensure_user(tx, UserId::new(), email, &name, now).await?;
                sql::users::set_password(tx, id, &hash, now).await?;
                id
            }
        };
        sql::users::verify_email(tx, user, now).await?;
        Ok(user)
    }
}

/// An account to be made.
struct Fresh {
    name: String,
    hash: String,
}

fn named_by(token: &OneTimeToken) -> Result<(OrgId, InvitationId)> {
    let id = token.data.get("invitation_id").and_then(|id| id.as_str());
    let id = id.and_then(|id| id.parse().ok());
    token.org_id.zip(id).ok_or_else(wrong_token)
}

fn lifetime_days(wanted: Option<u32>) -> Result<u32> {
    let (usual, most) = DAYS;
    match wanted.unwrap_or(usual) {
        days if (1..=most).contains(&days) => Ok(days),
        days => Err(Error::invalid(format!(
            "`expires_in_days` must be 1 to {most}, not {days}"
        ))),
    }
}
