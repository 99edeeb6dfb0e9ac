//! What people change about themselves.

use serde::Deserialize;
use store::{OrgId, UserId, in_tx};
use utoipa::ToSchema;

use crate::mail::Locale;
use crate::session::SignedIn;
use crate::sql::revisions::Counter;
use crate::sql::users::{Avatar, Membership, User};
use crate::throttle::{Action, Attempt};
use crate::{Accounts, Error, Result, Secret, check, sql};

/// Largest picture, in bytes.
pub const MAX_AVATAR_BYTES: usize = 512 * 1024;

/// What shall change about a person; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Ada King"}))]
pub struct UpdateProfile {
    /// For people; 1 to 200 characters.
    pub name: Option<String>,
    /// The language of mails.
    pub locale: Option<Locale>,
}

impl Accounts {
    /// A person.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_user(&self, id: UserId) -> Result<User> {
        let user = sql::users::get(self.db(), id).await?;
        user.ok_or_else(|| Error::not_found("user", id))
    }

    /// Organizations that a person belongs to, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_memberships(&self, user: UserId) -> Result<Vec<Membership>> {
        Ok(sql::users::memberships(self.db(), user).await?)
    }

    /// Changes a person's name or language.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`.
    pub async fn update_profile(&self, user: UserId, update: UpdateProfile) -> Result<User> {
        let before = self.get_user(user).await?;
        let name = match update.name {
            Some(name) => check::name("name", &name)?,
            None => before.name,
        };
        let locale = update.locale.unwrap_or(Locale::of(&before.locale));
        let now = self.now();
        let updated: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Members).await?;
            Ok(sql::users::set_profile(tx, user, &name, locale.word(), now).await?)
        });
        updated?;
        self.refresh().await;
        self.get_user(user).await
    }

    /// Sets a person's password, ending all other sessions.
    ///
    /// # Errors
    /// `Unauthorized` (`wrong_password`), `Invalid` (`weak_password`), `TooMany`.
    pub(crate) async fn change_password(
        &self,
        signed_in: &SignedIn,
        current: Option<&Secret>,
        new: &Secret,
    ) -> Result<()> {
        let user = self.get_user(signed_in.user_id()).await?;
        self.confirm_person(&user, current).await?;
        let place = self.inner.passwords.enter()?;
        let hash = place.hash(new, &[&user.email, &user.name]).await?;
        drop(place);
        let (now, keep) = (self.now(), signed_in.session_id());
        let set: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::users::set_password(tx, user.id, &hash, now).await?;
            let purpose = crate::TokenPurpose::ResetPassword;
            sql::one_time_tokens::withdraw(tx, purpose, user.id, now).await?;
            sql::sessions::revoke_all(tx, user.id, Some(keep), now).await?;
            sql::revisions::bump(tx, Counter::Sessions).await?;
            Ok(())
        });
        set?;
        self.refresh().await;
        Ok(())
    }

    /// Makes sure that the person itself sits at an open session: by the password, for those who have
    /// one. Throttled like a login.
    pub(crate) async fn confirm_person(
        &self,
        user: &User,
        password: Option<&Secret>,
    ) -> Result<()> {
        let Some(hash) = sql::users::password_hash(self.db(), user.id).await? else {
            return Ok(());
        };
        let wrong = || Error::forbidden("wrong_password", "the current password is wrong");
        let password = password.ok_or_else(wrong)?;
        let place = self.inner.passwords.enter()?;
        let attempt = Attempt::at_session(user.id);
        self.count_attempt(Action::Login, &attempt).await?;
        if !place.verify(password, Some(hash)).await? {
            return Err(wrong());
        }
        self.forgive_attempts(&attempt).await
    }

    /// Sets a person's picture: PNG, JPEG or WebP of at most [`MAX_AVATAR_BYTES`].
    ///
    /// # Errors
    /// `Invalid`.
    pub async fn set_avatar(&self, user: UserId, image: Vec<u8>) -> Result<()> {
        if image.len() > MAX_AVATAR_BYTES {
            return Err(Error::invalid(format!(
                "the picture must have at most {MAX_AVATAR_BYTES} bytes"
            )));
        }
        let content_type = image_type(&image)
            .ok_or_else(|| Error::invalid("the picture must be a PNG, JPEG or WebP file"))?;
        let avatar = Avatar {
            content_type: content_type.to_owned(),
            image,
            updated_at: self.now(),
        };
        in_tx!(self.db(), tx: Error => {
            Ok(sql::users::put_avatar(tx, user, &avatar).await?)
        })
    }

    /// Removes a person's picture.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_avatar(&self, user: UserId) -> Result<()> {
        in_tx!(self.db(), tx: Error => Ok(sql::users::delete_avatar(tx, user).await?))
    }

    /// The picture of a person, for one who shares an organization with it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_avatar(
        &self,
        viewer: UserId,
        org: Option<OrgId>,
        id: UserId,
    ) -> Result<Avatar> {
        let memory = self.inner.memory.load();
        let colleague = org.is_some_and(|org| {
            memory.member(viewer, org).is_some() && memory.member(id, org).is_some()
        });
        if viewer != id && !colleague {
            return Err(Error::not_found("avatar of user", id));
        }
        let avatar = sql::users::avatar(self.db(), id).await?;
        avatar.ok_or_else(|| Error::not_found("avatar of user", id))
    }

    /// Deletes a person's account with its sessions and memberships; its keys are revoked.
    ///
    /// # Errors
    /// `Conflict` (`last_owner`) while an organization, or the instance, has no other owner;
    /// `Forbidden` (`wrong_password`).
    pub(crate) async fn delete_account(&self, id: UserId, password: Option<&Secret>) -> Result<()> {
        let user = self.get_user(id).await?;
        self.confirm_person(&user, password).await?;
        let now = self.now();
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            let revision = sql::revisions::bump(tx, Counter::Keys).await?;
            sql::revisions::bump(tx, Counter::Members).await?;
            sql::revisions::bump(tx, Counter::Sessions).await?;
            if let Some(organization) = sql::users::owned_alone(tx, id).await? {
                return Err(Error::conflict(format!(
                    "you are the only owner of {organization}: make somebody else an owner, or \
                     delete it first"
                )).with_code("last_owner"));
            }
            let owner = user.is_instance_owner;
            if owner && sql::users::other_instance_owners(tx, id).await? == 0 {
                return Err(Error::conflict("nobody else owns this instance").with_code("last_owner"));
            }
            sql::users::disown_keys(tx, id, now, revision).await?;
            for membership in sql::users::memberships_in(tx, id).await? {
                self.delete_rules_of(tx, membership.id, id.uuid()).await?;
                let actor = crate::Actor::of_user(membership.id, id);
                self.audit(tx, &actor, crate::accounts::Change {
                    action: "member.leave",
                    target: id.to_string(),
                    before: Some(&membership),
                    after: None,
                }).await?;
            }
            Ok(sql::users::delete(tx, id).await?)
        });
        deleted?;
        self.refresh().await;
        Ok(())
    }
}

/// The type of a picture, by its first bytes: what the client says does not count.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}
