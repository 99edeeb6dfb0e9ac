//! Whose account a provider's answer signs in.

use store::{IdentityId, Tx, UserId, in_tx};

use super::Profile;
use super::provider::Provider;
use crate::one_time_token::TokenPurpose;
use crate::sessions::Client;
use crate::sql::identities::Identity;
use crate::sql::revisions::Counter;
use crate::sql::users::User;
use crate::{Accounts, Error, Login, LoginMethod, Registration, Result, check, sql};

impl Accounts {
    /// Signs in who came back: by the account that is linked, else by the verified address; makes an
    /// account where that is allowed.
    pub(super) async fn sign_in_by(
        &self,
        provider: &Provider,
        profile: &Profile,
        client: &Client,
    ) -> Result<Login> {
        check_domain(provider, profile)?;
        let now = self.now();
        let found: Result<(UserId, bool)> = in_tx!(self.db(), tx: Error => {
            let known = sql::identities::by_subject_in(tx, &profile.issuer, &profile.subject).await?;
            if let Some(known) = known {
                sql::identities::used(tx, known.id, profile.email.as_deref(), now).await?;
                return Ok((known.user_id, false));
            }
            let user = self.account_by_address(tx, provider, profile).await?;
            self.insert_identity(tx, user, provider, profile).await?;
            Ok((user, true))
        });
        let (user, is_first) = found?;
        self.refresh().await;
        // As when an address is confirmed by mail.
        if is_first && self.registration_of(provider) == Registration::Open {
            self.make_organization(user).await?;
        }
        let user = self.get_user(user).await?;
        self.complete_login(&user, LoginMethod::Provider, client)
            .await
    }

    /// The account of a verified address, made when there is none and that is allowed.
    async fn account_by_address(
        &self,
        tx: &mut Tx,
        provider: &Provider,
        profile: &Profile,
    ) -> Result<UserId> {
        let email = profile
            .email
            .as_deref()
            .filter(|_| profile.email_is_verified);
        let email = email.ok_or_else(|| {
            Error::forbidden(
                "provider_email_not_verified",
                "the provider does not vouch for your address: sign in by your password and link the \
                 account there in your profile, or confirm the address at the provider",
            )
        })?;
        let email = check::email(email)?;
        let known = sql::users::by_email_in(tx, &email).await?;
        match known {
            Some(user) if user.email_verified_at.is_some() => Ok(user.id),
            Some(user) => self.hand_over(tx, &user).await,
            None => self.make_account(tx, provider, profile, &email).await,
        }
    }

    /// Gives an account whose address was never confirmed to the person who holds the address. Whoever
    /// typed a password there may be a stranger who waits for just this.
    async fn hand_over(&self, tx: &mut Tx, user: &User) -> Result<UserId> {
        let (id, now) = (user.id, self.now());
        sql::users::forget_password(tx, id, now).await?;
        self.drop_second_factors(tx, id).await?;
        for purpose in [
            TokenPurpose::VerifyEmail,
            TokenPurpose::ResetPassword,
            TokenPurpose::SecondFactor,
        ] {
            sql::one_time_tokens::withdraw(tx, purpose, id, now).await?;
        }
        sql::users::verify_email(tx, id, now).await?;
        Ok(id)
    }

    async fn make_account(
        &self,
        tx: &mut Tx,
        provider: &Provider,
        profile: &Profile,
        email: &str,
    ) -> Result<UserId> {
        let (mode, now) = (self.registration_of(provider), self.now());
        let allowed = match mode {
            Registration::Open => true,
            Registration::Invitation => sql::invitations::is_invited(tx, email, now).await?,
            Registration::Closed => false,
        };
        if !allowed {
            return Err(crate::registration::closed(mode));
        }
        let local = email.split('@').next().unwrap_or(email);
        let name = profile.name.as_deref().unwrap_or(local);
        let name = check::name("name", name).or_else(|_| check::name("name", local))?;
        let id = sql::members::ensure_user(tx, UserId::new(), email, &name, now).await?;
        sql::users::verify_email(tx, id, now).await?;
        sql::revisions::bump(tx, Counter::Members).await?;
        Ok(id)
    }

    /// Links who came back to a person who is signed in.
    pub(super) async fn link_identity(
        &self,
        user: UserId,
        provider: &Provider,
        profile: &Profile,
    ) -> Result<()> {
        check_domain(provider, profile)?;
        in_tx!(self.db(), tx: Error => {
            let known = sql::identities::by_subject_in(tx, &profile.issuer, &profile.subject).await?;
            match known {
                Some(known) if known.user_id == user => Ok(()),
                Some(_) => Err(Error::conflict(
                    "this account is linked to another person here: unlink it there first",
                ).with_code("identity_taken")),
                None => self.insert_identity(tx, user, provider, profile).await,
            }
        })
    }

    async fn insert_identity(
        &self,
        tx: &mut Tx,
        user: UserId,
        provider: &Provider,
        profile: &Profile,
    ) -> Result<()> {
        let now = self.now();
        let identity = Identity {
            id: IdentityId::new(),
            user_id: user,
            provider: provider.name.clone(),
            issuer: profile.issuer.clone(),
            subject: profile.subject.clone(),
            email: profile.email.clone(),
            created_at: now,
            last_used_at: Some(now),
        };
        Ok(sql::identities::insert(tx, &identity).await?)
    }

    fn registration_of(&self, provider: &Provider) -> Registration {
        provider.registration.unwrap_or(self.inner.registration)
    }
}

/// Where only some domains may come in, an address must be verified to be of one.
fn check_domain(provider: &Provider, profile: &Profile) -> Result<()> {
    if provider.domains.is_empty() {
        return Ok(());
    }
    let email = profile
        .email
        .as_deref()
        .filter(|_| profile.email_is_verified);
    let domain = email.and_then(|email| email.rsplit_once('@'));
    let domain = domain.map(|(_, domain)| domain.to_lowercase());
    if domain.is_some_and(|domain| provider.domains.contains(&domain)) {
        return Ok(());
    }
    Err(Error::forbidden(
        "domain_not_allowed",
        format!(
            "only verified addresses of {} may sign in by this provider",
            provider.domains.join(", ")
        ),
    ))
}
