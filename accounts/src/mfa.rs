//! Second factors: codes of an app (TOTP), passkeys, and recovery codes for when both are lost.
//!
//! Which of them a login asks for stands in the column `users.second_factors`, renewed in the
//! transaction of each change. A passkey that verified its person is both factors in one and signs in
//! by itself.

mod codes;
mod enrolment;
mod passkeys;
mod proof;
mod recovery;
mod second_step;
mod totp;
pub(crate) mod webauthn;

use serde::Serialize;
use store::{Json, Tx, UserId};
use utoipa::ToSchema;

pub(crate) use enrolment::Strengthened;
pub(crate) use passkeys::{Presented, Registration};
pub(crate) use proof::Proof;
pub(crate) use second_step::Factor;

use crate::word::word;
use crate::{Accounts, Result, sql};

word! {
    /// A kind of second factor.
    pub enum SecondFactor {
        /// A code of an app.
        Totp = "totp",
        /// A passkey.
        Passkey = "passkey",
        /// One of the codes that were written down.
        RecoveryCode = "recovery_code",
    }
}

/// The second factors of a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FactorState {
    /// Whether a login asks for one.
    pub enabled: bool,
    /// Whether codes of an app are set up.
    pub totp: bool,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
}

impl Accounts {
    /// The second factors of a person.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn second_factors(&self, user: UserId) -> Result<FactorState> {
        let totp = sql::totp::get(self.db(), user).await?;
        let totp = totp.is_some_and(|factor| factor.confirmed_at.is_some());
        let passkeys = sql::passkeys::list(self.db(), user).await?.len();
        let passkeys = i64::try_from(passkeys).unwrap_or(i64::MAX);
        Ok(FactorState {
            enabled: totp || passkeys > 0,
            totp,
            passkeys,
            recovery_codes_left: sql::recovery_codes::left(self.db(), user).await?,
        })
    }

    /// Takes all second factors from a person who lost them, for the operator.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn reset_second_factors(&self, email: &str) -> Result<()> {
        let email = crate::check::email(email)?;
        let reset: Result<()> = store::in_tx!(self.db(), tx: crate::Error => {
            let user = sql::users::by_email_in(tx, &email).await?;
            let user = user.ok_or_else(|| crate::Error::not_found("user", &email))?;
            self.drop_second_factors(tx, user.id).await
        });
        reset?;
        self.refresh().await;
        Ok(())
    }

    /// Takes all second factors from a person and ends its sessions. The caller calls
    /// [`refresh`](Self::refresh) after the commit.
    pub(crate) async fn drop_second_factors(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        sql::totp::delete(tx, user).await?;
        sql::passkeys::delete_all(tx, user).await?;
        sql::recovery_codes::delete_all(tx, user).await?;
        renew_factors(tx, user).await?;
        sql::sessions::revoke_all(tx, user, None, self.now()).await?;
        sql::revisions::bump(tx, sql::revisions::Counter::Sessions).await?;
        Ok(())
    }
}

/// Writes down which factors a login asks for. Recovery codes go with the last real factor.
async fn renew_factors(tx: &mut Tx, user: UserId) -> Result<()> {
    let mut factors = Vec::new();
    if sql::totp::is_confirmed_in(tx, user).await? {
        factors.push(SecondFactor::Totp);
    }
    if sql::passkeys::count_in(tx, user).await? > 0 {
        factors.push(SecondFactor::Passkey);
    }
    if factors.is_empty() {
        sql::recovery_codes::delete_all(tx, user).await?;
    } else if sql::recovery_codes::left_in(tx, user).await? > 0 {
        factors.push(SecondFactor::RecoveryCode);
    }
    let words = factors.into_iter().map(|factor| factor.word().to_owned());
    let words = Json(words.collect::<Vec<_>>());
    Ok(sql::users::set_second_factors(tx, user, &words).await?)
}
