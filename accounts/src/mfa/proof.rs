//! Making sure that the person itself sits at an open session, before its ways in are changed.

use serde::Deserialize;
use store::in_tx;
use utoipa::ToSchema;

use super::SecondFactor;
use crate::sql::users::User;
use crate::throttle::{Action, Attempt};
use crate::{Accounts, AuthError, Error, Result, Secret, SignedIn};

/// Proof that the person itself asks: one of the two.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"password": "lupine-orbit-mackerel-41"}))]
pub(crate) struct Proof {
    /// The password. Those who have none and no second factor leave both out.
    pub(crate) password: Option<Secret>,
    /// A code of the app, or a recovery code.
    pub(crate) code: Option<Secret>,
}

impl Accounts {
    /// Goes on only for the person itself. A second factor is not changed with the password alone by
    /// a session that has not shown the factor.
    ///
    /// # Errors
    /// `Forbidden` (`wrong_password`, `wrong_code`, `mfa_required`), `TooMany`.
    pub(crate) async fn prove_person(&self, signed_in: &SignedIn, proof: &Proof) -> Result<User> {
        let user = self.get_user(signed_in.user_id()).await?;
        if let Some(code) = &proof.code {
            self.prove_by_code(&user, code).await?;
            return Ok(user);
        }
        let factors = &user.second_factors.0;
        if !factors.is_empty() && !signed_in.is_strong() {
            return Err(Error::forbidden(
                AuthError::FactorRequired.code(),
                "give a code of your second factor, or sign in again with it",
            ));
        }
        let has_codes = factors
            .iter()
            .any(|factor| *factor != SecondFactor::Passkey.word());
        if user.password_changed_at.is_none() && has_codes {
            return Err(wrong_code());
        }
        self.confirm_person(&user, proof.password.as_ref()).await?;
        Ok(user)
    }

    async fn prove_by_code(&self, user: &User, code: &Secret) -> Result<()> {
        let attempt = Attempt::at_session(user.id);
        self.count_attempt(Action::SecondFactor, &attempt).await?;
        let judged = self.judge_code(user.id, code).await?;
        let judged = judged.ok_or_else(wrong_code)?;
        let used: Result<bool> = in_tx!(self.db(), tx: Error => {
            self.use_code(tx, user.id, &judged).await
        });
        if !used? {
            return Err(wrong_code());
        }
        self.forgive_attempts(&attempt).await
    }
}

/// At an open session.
pub(super) fn wrong_code() -> Error {
    Error::forbidden(
        "wrong_code",
        "the code is wrong, or was used already: wait for the next one",
    )
}
