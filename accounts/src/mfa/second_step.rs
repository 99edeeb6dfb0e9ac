//! The second step of a login.

use store::{UserId, in_tx};

use super::passkeys::Presented;
use super::webauthn::RelyingParty;
use crate::one_time_token::{TokenPurpose, wrong_token};
use crate::sessions::{Client, NewSession};
use crate::throttle::{Action, Attempt};
use crate::{Accounts, Error, LoginMethod, Result, Secret};

/// What is shown in the second step.
#[derive(Debug)]
pub(crate) enum Factor<'a> {
    /// A code of the app, or a recovery code.
    Code(&'a Secret),
    /// A passkey.
    Passkey(&'a RelyingParty, Presented),
}

impl Accounts {
    /// Signs in a person who has taken the first step.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`) when the first step is too long ago; `Unauthorized` (`wrong_code`,
    /// `invalid_passkey`); `TooMany`.
    pub(crate) async fn second_step(
        &self,
        mfa_token: &Secret,
        factor: Factor<'_>,
        client: &Client,
    ) -> Result<NewSession> {
        let user = self.first_step_of(mfa_token).await?;
        let attempt = Attempt::new(Action::SecondFactor, &user.to_string(), client.address);
        self.count_attempt(Action::SecondFactor, &attempt).await?;
        let session = match factor {
            Factor::Code(code) => self.step_by_code(mfa_token, user, code, client).await?,
            Factor::Passkey(rp, presented) => {
                let used = self.check_passkey(rp, &presented, Some(user)).await?;
                let begun: Result<NewSession> = in_tx!(self.db(), tx: Error => {
                    self.take_token(tx, TokenPurpose::SecondFactor, mfa_token).await?;
                    self.note_passkey(tx, &used).await?;
                    let method = LoginMethod::SecondFactor.word();
                    self.begin_session(tx, user, method, client).await
                });
                begun?
            }
        };
        self.forgive_attempts(&attempt).await?;
        Ok(session)
    }

    /// Who took the first step.
    pub(crate) async fn first_step_of(&self, mfa_token: &Secret) -> Result<UserId> {
        let found = self
            .read_token(TokenPurpose::SecondFactor, mfa_token)
            .await?;
        found.user_id.ok_or_else(wrong_token)
    }

    async fn step_by_code(
        &self,
        mfa_token: &Secret,
        user: UserId,
        code: &Secret,
        client: &Client,
    ) -> Result<NewSession> {
        let wrong = || {
            Error::unauthorized(
                "wrong_code",
                "the code is wrong, or was used already: wait for the next one",
            )
        };
        let judged = self.judge_code(user, code).await?.ok_or_else(wrong)?;
        in_tx!(self.db(), tx: Error => {
            self.take_token(tx, TokenPurpose::SecondFactor, mfa_token).await?;
            if !self.use_code(tx, user, &judged).await? {
                return Err(wrong());
            }
            self.begin_session(tx, user, LoginMethod::SecondFactor.word(), client).await
        })
    }
}
