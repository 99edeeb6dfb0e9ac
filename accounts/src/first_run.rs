//! The first owner's account, made by a link that is printed at the start.

use std::time::Duration;

use store::{UserId, in_tx};

use crate::accounts::Change;
use crate::check;
use crate::login::{Login, LoginMethod};
use crate::mail::Locale;
use crate::one_time_token::{NewToken, TokenPurpose};
use crate::sessions::Client;
use crate::sql::revisions::Counter;
use crate::{Accounts, Actor, Error, Result, Role, Secret, sql};

/// The link of a start works this long, or until an owner exists.
const LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// The first owner.
#[derive(Debug)]
pub(crate) struct FirstOwner {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password: Secret,
    pub(crate) locale: Locale,
    /// A new name for the organization that the first start made.
    pub(crate) organization: Option<String>,
}

impl Accounts {
    /// Whether nobody can sign in as an owner yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn needs_setup(&self) -> Result<bool> {
        Ok(sql::users::owners_with_password(self.db()).await? == 0)
    }

    /// The secret part of the setup link, made anew at each start; `None` once there is an owner.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn setup_token(&self) -> Result<Option<Secret>> {
        if !self.needs_setup().await? {
            return Ok(None);
        }
        in_tx!(self.db(), tx: Error => {
            let token = NewToken::new(TokenPurpose::Setup, LIFETIME);
            self.issue_token(tx, token).await.map(Some)
        })
    }

    /// Makes the first owner's account, which claims the organization that the first start made and
    /// owns the instance, and signs it in.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`, `weak_password`), `Conflict` (`already_set_up`).
    pub(crate) async fn set_up(
        &self,
        token: &Secret,
        owner: FirstOwner,
        client: &Client,
    ) -> Result<Login> {
        let email = check::email(&owner.email)?;
        let name = check::name("name", &owner.name)?;
        let organization = owner.organization.as_deref();
        let organization = organization
            .map(|text| check::name("organization", text))
            .transpose()?;
        let place = self.inner.passwords.enter()?;
        self.read_token(TokenPurpose::Setup, token).await?;
        let hash = place.hash(&owner.password, &[&email, &name]).await?;
        drop(place);
        let before = self.default_organization().await?;
        let (org, now) = (before.id, self.now());
        let made: Result<UserId> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Organizations).await?;
            sql::revisions::bump(tx, Counter::Members).await?;
            self.take_token(tx, TokenPurpose::Setup, token).await?;
            if sql::users::owners_with_password_in(tx).await? > 0 {
                return Err(Error::conflict("this instance has an owner already: sign in")
                    .with_code("already_set_up"));
            }
            let id = sql::members::ensure_user(tx, UserId::new(), &email, &name, now).await?;
            sql::users::set_password(tx, id, &hash, now).await?;
            sql::users::set_profile(tx, id, &name, owner.locale.word(), now).await?;
            sql::users::verify_email(tx, id, now).await?;
            sql::users::set_instance_owner(tx, id).await?;
            if sql::members::get_in(tx, org, id).await?.is_some() {
                sql::members::set_role(tx, org, id, Role::Owner).await?;
            } else {
                sql::members::join(tx, org, id, Role::Owner, now).await?;
            }
            let mut after = before.clone();
            if let Some(name) = organization {
                after.name = name;
                after.updated_at = now;
                sql::organizations::update(tx, &after).await?;
            }
            sql::one_time_tokens::withdraw_all(tx, TokenPurpose::Setup, now).await?;
            self.audit(tx, &Actor::of_user(org, id), Change {
                action: "instance.set_up",
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(id)
        });
        let id = made?;
        self.refresh().await;
        let user = self.get_user(id).await?;
        self.complete_login(&user, LoginMethod::Setup, client).await
    }
}
