//! Making an account, confirming its address, and getting back in.
//!
//! Who asks on behalf of an address learns nothing about it: the answer is the same and takes the
//! same time whether or not there is an account. What differs goes to the address, by mail.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::Map;
use store::{Tx, UserId, in_tx};
use tokio::time::{Instant, sleep_until};

use crate::mail::{Locale, Mail, MailContent};
use crate::one_time_token::{NewToken, TokenPurpose};
use crate::sql::revisions::Counter;
use crate::sql::users::User;
use crate::throttle::{Action, Attempt};
use crate::word::word;
use crate::{Accounts, Actor, Error, Result, Role, Secret, check, sql};

const VERIFY_LIFETIME: Duration = Duration::from_secs(3 * 86_400);
const RESET_LIFETIME: Duration = Duration::from_secs(3_600);
/// Answers about addresses come after this time, which is longer than the work behind any of them.
const ANSWER_AFTER: Duration = Duration::from_millis(300);

word! {
    /// Who may make an account.
    #[derive(Default)]
    pub enum Registration {
        /// Anybody; each new person gets an organization.
        Open = "open",
        /// Those who were invited.
        #[default]
        Invitation = "invitation",
        /// Nobody.
        Closed = "closed",
    }
}

/// An account to be made.
#[derive(Debug)]
pub(crate) struct NewAccount {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password: Secret,
    pub(crate) locale: Locale,
    /// The secret part of an invitation's link.
    pub(crate) invitation: Option<Secret>,
}

impl Accounts {
    /// Makes an account. Without an invitation its address has to be confirmed by mail; with one it
    /// is confirmed already, and the person can sign in and accept.
    ///
    /// # Errors
    /// `Forbidden` (`registration_closed`), `Invalid` (also `weak_password`), `TooMany`.
    pub(crate) async fn register(&self, new: NewAccount, address: Option<IpAddr>) -> Result<()> {
        let answer_at = Instant::now() + ANSWER_AFTER;
        let mode = self.inner.registration;
        let email = check::email(&new.email)?;
        let name = check::name("name", &new.name)?;
        let invited = match (mode, &new.invitation) {
            (Registration::Closed, _) | (Registration::Invitation, None) => {
                return Err(closed(mode));
            }
            (Registration::Open, None) => false,
            (_, Some(token)) => self.is_invited(token, &email).await?,
        };
        let place = self.inner.passwords.enter()?;
        let attempt = Attempt::new(Action::Mail, &email, address);
        self.count_attempt(Action::Mail, &attempt).await?;
        let hash = place.hash(&new.password, &[&email, &name]).await?;
        drop(place);
        let now = self.now();
        let made: Result<()> = in_tx!(self.db(), tx: Error => {
            let known = sql::users::by_email_in(tx, &email).await?;
            if let Some(user) = known.as_ref().filter(|user| user.email_verified_at.is_some()) {
                // Somebody has it already and is told so. An invitation is accepted by signing in.
                let link = self.link("/sign-in", None);
                let content = MailContent::AccountExists { name: &user.name, link };
                return self.queue_mail(tx, &mail_to(user, content)).await;
            }
            // Somebody was made a member before having an account. Confirming an address must not hand
            // the membership to whoever typed a password here: the person sets one by mail.
            if let Some(user) = &known
                && !sql::users::memberships_in(tx, user.id).await?.is_empty()
                && !invited
            {
                let link = self.reset_link(tx, user).await?;
                let content = MailContent::ResetPassword { name: &user.name, link };
                return self.queue_mail(tx, &mail_to(user, content)).await;
            }
            // The last registration before the address is confirmed counts: whoever confirms it must
            // not get a stranger's password.
            let id = sql::members::ensure_user(tx, UserId::new(), &email, &name, now).await?;
            sql::users::set_password(tx, id, &hash, now).await?;
            sql::users::set_profile(tx, id, &name, new.locale.word(), now).await?;
            sql::revisions::bump(tx, Counter::Members).await?;
            if invited {
                return Ok(sql::users::verify_email(tx, id, now).await?);
            }
            let user = sql::users::by_email_in(tx, &email).await?;
            let user = user.ok_or_else(|| Error::not_found("user", id))?;
            self.queue_verification(tx, &user).await
        });
        made?;
        self.refresh().await;
        sleep_until(answer_at).await;
        Ok(())
    }

    async fn is_invited(&self, token: &Secret, email: &str) -> Result<bool> {
        let invitation = self.read_token(TokenPurpose::Invitation, token).await?;
        if invitation.email.as_deref() == Some(email) {
            return Ok(true);
        }
        Err(
            Error::invalid("the invitation was sent to another address: register with that one")
                .with_code("wrong_invitation"),
        )
    }

    /// Confirms that an address is the person's. In open registration, somebody without an
    /// organization gets one.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`).
    pub(crate) async fn verify_email(&self, token: &Secret) -> Result<()> {
        let now = self.now();
        let verified: Result<UserId> = in_tx!(self.db(), tx: Error => {
            let token = self.take_token(tx, TokenPurpose::VerifyEmail, token).await?;
            let user = token.user_id.ok_or_else(crate::one_time_token::wrong_token)?;
            sql::users::verify_email(tx, user, now).await?;
            Ok(user)
        });
        self.ensure_organization(verified?).await
    }

    /// Sends another link for confirming an address, if there is an account that needs one.
    ///
    /// # Errors
    /// `TooMany`.
    pub(crate) async fn resend_verification(
        &self,
        email: &str,
        address: Option<IpAddr>,
    ) -> Result<()> {
        self.answer_about(email, address, async |tx, user| {
            if user.email_verified_at.is_some() {
                return Ok(());
            }
            self.queue_verification(tx, user).await
        })
        .await
    }

    /// Sends a link for setting a new password, if there is an account with this address.
    ///
    /// # Errors
    /// `TooMany`.
    pub(crate) async fn forgot_password(&self, email: &str, address: Option<IpAddr>) -> Result<()> {
        self.answer_about(email, address, async |tx, user| {
            let link = self.reset_link(tx, user).await?;
            let content = MailContent::ResetPassword {
                name: &user.name,
                link,
            };
            self.queue_mail(tx, &mail_to(user, content)).await
        })
        .await
    }

    /// Sets a new password by a link from a mail, which also confirms the address, and ends all
    /// sessions.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`, `weak_password`), `TooMany`.
    pub(crate) async fn reset_password(&self, token: &Secret, password: &Secret) -> Result<()> {
        let place = self.inner.passwords.enter()?;
        // Looked at first: a weak password must not use the link up.
        let found = self.read_token(TokenPurpose::ResetPassword, token).await?;
        let user = found
            .user_id
            .ok_or_else(crate::one_time_token::wrong_token)?;
        let email = found.email.unwrap_or_default();
        let hash = place.hash(password, &[&email]).await?;
        drop(place);
        let now = self.now();
        let set: Result<()> = in_tx!(self.db(), tx: Error => {
            self.take_token(tx, TokenPurpose::ResetPassword, token).await?;
            sql::users::set_password(tx, user, &hash, now).await?;
            sql::users::verify_email(tx, user, now).await?;
            sql::one_time_tokens::withdraw(tx, TokenPurpose::ResetPassword, user, now).await?;
            sql::one_time_tokens::withdraw(tx, TokenPurpose::VerifyEmail, user, now).await?;
            sql::one_time_tokens::withdraw(tx, TokenPurpose::SecondFactor, user, now).await?;
            sql::sessions::revoke_all(tx, user, None, now).await?;
            sql::revisions::bump(tx, Counter::Sessions).await?;
            Ok(())
        });
        set?;
        self.refresh().await;
        self.ensure_organization(user).await
    }

    /// A link by which the operator lets a person set a new password, for instances without mail.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn make_reset_link(&self, email: &str) -> Result<Secret> {
        let email = check::email(email)?;
        in_tx!(self.db(), tx: Error => {
            let user = sql::users::by_email_in(tx, &email).await?;
            let user = user.ok_or_else(|| Error::not_found("user", &email))?;
            self.reset_link(tx, &user).await.map(Secret::new)
        })
    }

    async fn reset_link(&self, tx: &mut Tx, user: &User) -> Result<String> {
        let token = NewToken {
            user_id: Some(user.id),
            email: Some(user.email.clone()),
            ..NewToken::new(TokenPurpose::ResetPassword, RESET_LIFETIME)
        };
        let token = self.issue_token(tx, token).await?;
        Ok(self.link("/reset-password", Some(&token)))
    }

    async fn queue_verification(&self, tx: &mut Tx, user: &User) -> Result<()> {
        // An earlier link belongs to an earlier registration, perhaps a stranger's.
        let now = self.now();
        sql::one_time_tokens::withdraw(tx, TokenPurpose::VerifyEmail, user.id, now).await?;
        let token = NewToken {
            user_id: Some(user.id),
            email: Some(user.email.clone()),
            ..NewToken::new(TokenPurpose::VerifyEmail, VERIFY_LIFETIME)
        };
        let token = self.issue_token(tx, token).await?;
        let content = MailContent::VerifyEmail {
            name: &user.name,
            link: self.link("/verify-email", Some(&token)),
        };
        self.queue_mail(tx, &mail_to(user, content)).await
    }

    /// Does something for an address if there is an account, and answers at the same time if not.
    async fn answer_about(
        &self,
        email: &str,
        address: Option<IpAddr>,
        work: impl AsyncFnOnce(&mut Tx, &User) -> Result<()>,
    ) -> Result<()> {
        let answer_at = Instant::now() + ANSWER_AFTER;
        let email = check::email(email)?;
        let attempt = Attempt::new(Action::Mail, &email, address);
        self.count_attempt(Action::Mail, &attempt).await?;
        let done: Result<()> = in_tx!(self.db(), tx: Error => {
            match sql::users::by_email_in(tx, &email).await? {
                Some(user) => work(tx, &user).await,
                None => Ok(()),
            }
        });
        done?;
        sleep_until(answer_at).await;
        Ok(())
    }

    /// In open registration, makes an organization for a person who belongs to none.
    async fn ensure_organization(&self, user: UserId) -> Result<()> {
        if self.inner.registration != Registration::Open {
            return Ok(());
        }
        self.make_organization(user).await
    }

    /// Makes an organization for a person who belongs to none.
    pub(crate) async fn make_organization(&self, user: UserId) -> Result<()> {
        let Some(user) = sql::users::get(self.db(), user).await? else {
            return Ok(());
        };
        let organization = self.prepare_organization(&user.name, &slug_for(&user.name))?;
        let now = self.now();
        let made: Result<bool> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Organizations).await?;
            sql::revisions::bump(tx, Counter::Members).await?;
            if !sql::users::memberships_in(tx, user.id).await?.is_empty() {
                return Ok(false);
            }
            sql::organizations::insert(tx, &organization).await?;
            sql::members::join(tx, organization.id, user.id, Role::Owner, now).await?;
            self.audit(tx, &Actor::system(organization.id), crate::accounts::Change {
                action: "organization.create",
                target: organization.id.to_string(),
                before: None,
                after: Some(&organization),
            }).await?;
            Ok(true)
        });
        if made? {
            self.refresh().await;
        }
        Ok(())
    }

    /// An address of the web app, with a token in its query.
    pub(crate) fn link(&self, path: &str, token: Option<&Secret>) -> String {
        let base = self.base_url();
        match token {
            Some(token) => format!("{base}{path}?token={}", token.expose()),
            None => format!("{base}{path}"),
        }
    }
}

fn mail_to<'a>(user: &'a User, content: MailContent<'a>) -> Mail<'a> {
    Mail {
        org_id: None,
        to: &user.email,
        locale: Locale::of(&user.locale),
        content,
    }
}

pub(crate) fn closed(mode: Registration) -> Error {
    let message = match mode {
        Registration::Closed => "accounts cannot be made here",
        Registration::Invitation | Registration::Open => {
            "accounts are made by invitation: ask an administrator for one"
        }
    };
    let details = Map::from_iter([("registration".to_owned(), mode.word().into())]);
    Error::forbidden("registration_closed", message).with_details(details.into())
}

/// A short name out of a person's, with random letters so that it is free.
fn slug_for(name: &str) -> String {
    let letters = name.to_lowercase();
    let words = letters
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug: String = words
        .collect::<Vec<_>>()
        .join("-")
        .chars()
        .take(40)
        .collect();
    if !slug.is_empty() {
        slug.push('-');
    }
    let random = uuid::Uuid::new_v4().simple().to_string();
    slug.push_str(&random[..8]);
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_of_names_in_any_script() {
        assert!(slug_for("Ada Lovelace").starts_with("ada-lovelace-"));
        assert_eq!(slug_for("艾达").len(), 8);
        for name in ["Ada  Lovelace!", "艾达", &"x".repeat(300)] {
            check::slug(&slug_for(name)).expect("a slug");
        }
    }
}
