//! Setting second factors up and taking them away.

use store::{Tx, UserId, in_tx};

use super::proof::{Proof, wrong_code};
use super::totp::{self, TotpSecret};
use super::{recovery, renew_factors};
use crate::throttle::{Action, Attempt};
use crate::vault::TOTP;
use crate::{Accounts, Error, ErrorKind, LoginMethod, Result, Secret, SignedIn, sql};

/// What an app needs; the only time it is seen.
#[derive(Debug)]
pub(crate) struct Enrolment {
    /// To be typed into the app.
    pub(crate) secret: Secret,
    /// To be opened by the app.
    pub(crate) address: Secret,
    /// The address as a picture (SVG).
    pub(crate) picture: Secret,
}

/// A session that has shown a second factor now.
#[derive(Debug)]
pub(crate) struct Strengthened {
    /// To be sent with each request from now on.
    pub(crate) access_token: Secret,
    /// Fresh recovery codes, for those who had none; the only time they are seen.
    pub(crate) recovery_codes: Option<Vec<String>>,
}

impl Accounts {
    /// Makes a secret for an app. It counts once a code of it was shown.
    ///
    /// # Errors
    /// `Conflict` (`totp_enabled`) when there is one already; those of
    /// [`prove_person`](Self::prove_person).
    pub(crate) async fn enrol_totp(&self, by: &SignedIn, proof: &Proof) -> Result<Enrolment> {
        let user = self.prove_person(by, proof).await?;
        let (secret, now) = (TotpSecret::generate(), self.now());
        self.inner.vault.reload(self.db()).await?;
        let proposed: Result<bool> = in_tx!(self.db(), tx: Error => {
            let keyring = self.inner.vault.lock(tx).await?;
            let sealed = keyring.seal_for(TOTP, user.id.uuid(), secret.as_bytes())?;
            Ok(sql::totp::propose(tx, user.id, &sealed, now).await?)
        });
        if !proposed? {
            return Err(Error::conflict(
                "an app is set up already: disable it first, to use another one",
            )
            .with_code("totp_enabled"));
        }
        let address = secret.address(&user.email);
        let picture = totp::picture(&address)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the address fits into no picture"))?;
        Ok(Enrolment {
            secret: Secret::new(secret.base32()),
            address: Secret::new(address),
            picture: Secret::new(picture),
        })
    }

    /// Turns the app's codes on, by the first of them.
    ///
    /// # Errors
    /// `Forbidden` (`wrong_code`); `Conflict` (`totp_not_begun`) when no secret waits; `TooMany`.
    pub(crate) async fn confirm_totp(&self, by: &SignedIn, code: &Secret) -> Result<Strengthened> {
        let user = by.user_id();
        let attempt = Attempt::at_session(user);
        self.count_attempt(Action::SecondFactor, &attempt).await?;
        let not_begun = || {
            Error::conflict("no secret waits for its first code: begin again")
                .with_code("totp_not_begun")
        };
        let factor = sql::totp::get(self.db(), user).await?;
        let factor = factor.filter(|factor| factor.confirmed_at.is_none());
        let factor = factor.ok_or_else(not_begun)?;
        let secret = self.open_totp(&factor).await?;
        let (typed, now) = (code.expose().replace(' ', ""), self.now());
        let step = secret.step_of(&typed, now, 0).ok_or_else(wrong_code)?;
        let confirmed: Result<Option<Vec<String>>> = in_tx!(self.db(), tx: Error => {
            if !sql::totp::confirm(tx, &factor, step, now).await? {
                return Err(not_begun());
            }
            self.factor_added(tx, by).await
        });
        let recovery_codes = confirmed?;
        self.forgive_attempts(&attempt).await?;
        Ok(self.strengthened(by, recovery_codes))
    }

    /// Turns the app's codes off.
    ///
    /// # Errors
    /// `NotFound` when they are off; those of [`prove_person`](Self::prove_person).
    pub(crate) async fn disable_totp(&self, by: &SignedIn, proof: &Proof) -> Result<()> {
        let user = self.prove_person(by, proof).await?;
        in_tx!(self.db(), tx: Error => {
            if sql::totp::delete(tx, user.id).await? == 0 {
                return Err(Error::new(ErrorKind::NotFound, "no app is set up"));
            }
            renew_factors(tx, user.id).await
        })
    }

    /// Makes new recovery codes in the place of all old ones.
    ///
    /// # Errors
    /// `Conflict` (`no_second_factor`) for those who have none; those of
    /// [`prove_person`](Self::prove_person).
    pub(crate) async fn renew_recovery_codes(
        &self,
        by: &SignedIn,
        proof: &Proof,
    ) -> Result<Vec<String>> {
        let user = self.prove_person(by, proof).await?.id;
        in_tx!(self.db(), tx: Error => {
            let passkeys = sql::passkeys::count_in(tx, user).await?;
            if passkeys == 0 && !sql::totp::is_confirmed_in(tx, user).await? {
                return Err(Error::conflict(
                    "recovery codes stand in for a second factor: set one up first",
                ).with_code("no_second_factor"));
            }
            let codes = self.make_recovery_codes(tx, user).await?;
            renew_factors(tx, user).await?;
            Ok(codes)
        })
    }

    /// What follows a new factor: recovery codes for those who have none, and a session that counts
    /// as one with two factors.
    pub(super) async fn factor_added(
        &self,
        tx: &mut Tx,
        by: &SignedIn,
    ) -> Result<Option<Vec<String>>> {
        let user = by.user_id();
        let codes = match sql::recovery_codes::left_in(tx, user).await? {
            0 => Some(self.make_recovery_codes(tx, user).await?),
            _ => None,
        };
        renew_factors(tx, user).await?;
        if !by.is_strong() {
            let method = LoginMethod::SecondFactor.word();
            sql::sessions::set_method(tx, by.session_id(), method).await?;
        }
        Ok(codes)
    }

    pub(super) fn strengthened(
        &self,
        by: &SignedIn,
        recovery_codes: Option<Vec<String>>,
    ) -> Strengthened {
        let (session, user, org) = (by.session_id(), by.user_id(), by.org_id());
        Strengthened {
            access_token: self.sign_access_token(session, user, org, &by.claims.csrf_token, true),
            recovery_codes,
        }
    }

    async fn make_recovery_codes(&self, tx: &mut Tx, user: UserId) -> Result<Vec<String>> {
        sql::recovery_codes::delete_all(tx, user).await?;
        let (codes, now) = (recovery::generate(), self.now());
        for hash in codes.iter().filter_map(|code| recovery::hash(user, code)) {
            sql::recovery_codes::insert(tx, user, &hash, now).await?;
        }
        Ok(codes)
    }
}
