//! Codes that people type: of the app, or a recovery code. Each works once.

use store::{Tx, UserId};

use super::totp::TotpSecret;
use super::{recovery, renew_factors};
use crate::api_key::Hash;
use crate::sql::totp::StoredTotp;
use crate::vault::TOTP;
use crate::{Accounts, Result, Secret, sql};

/// A code that looks right and is to be used up.
#[derive(Debug)]
pub(super) enum CodeUse {
    /// The app's, with its step.
    Totp(i64),
    /// Perhaps one of the person's recovery codes.
    Recovery(Hash),
}

impl Accounts {
    /// What a code is, as far as can be told before it is used.
    pub(super) async fn judge_code(&self, user: UserId, code: &Secret) -> Result<Option<CodeUse>> {
        let typed = code.expose().chars().filter(|c| !c.is_whitespace());
        let typed: String = typed.take(64).collect();
        if typed.len() != 6 || !typed.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(recovery::hash(user, &typed).map(CodeUse::Recovery));
        }
        let factor = sql::totp::get(self.db(), user).await?;
        let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_some()) else {
            return Ok(None);
        };
        let secret = self.open_totp(&factor).await?;
        let step = secret.step_of(&typed, self.now(), factor.last_step);
        Ok(step.map(CodeUse::Totp))
    }

    /// Uses a code up; false when it is wrong after all, or was used already.
    pub(super) async fn use_code(&self, tx: &mut Tx, user: UserId, code: &CodeUse) -> Result<bool> {
        match code {
            CodeUse::Totp(step) => Ok(sql::totp::use_step(tx, user, *step).await?),
            CodeUse::Recovery(hash) => {
                let taken = sql::recovery_codes::take(tx, user, hash, self.now()).await?;
                if taken {
                    renew_factors(tx, user).await?;
                }
                Ok(taken)
            }
        }
    }

    pub(super) async fn open_totp(&self, factor: &StoredTotp) -> Result<TotpSecret> {
        let (id, sealed) = (factor.user_id.uuid(), &factor.encrypted_data);
        let plain = self
            .inner
            .vault
            .open_for(self.db(), TOTP, id, sealed)
            .await?;
        Ok(TotpSecret::from_bytes(plain))
    }
}
