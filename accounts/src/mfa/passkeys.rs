//! A person's passkeys: making, using, removing.
//!
//! A challenge is a one-time token: stored as its hash, good for five minutes, and used up by the first
//! answer to it, right or wrong. It is bound to what it was made for and to whom.

use std::time::Duration;

use serde_json::Value;
use store::{Json, PasskeyId, Tx, UserId, in_tx};

use super::enrolment::Strengthened;
use super::proof::Proof;
use super::renew_factors;
use super::webauthn::{self, Assertion, Attestation, Known, Refusal, RelyingParty};
use crate::one_time_token::{NewToken, TokenPurpose};
use crate::sessions::{Client, NewSession};
use crate::sql::one_time_tokens::OneTimeToken;
use crate::sql::passkeys::{Passkey, StoredPasskey};
use crate::throttle::{Action, Attempt};
use crate::{Accounts, Error, LoginMethod, Result, Secret, SignedIn, check, sql};

/// How long a person has for a ceremony.
const CEREMONY: Duration = Duration::from_secs(5 * 60);
/// Passkeys of one person.
const MOST: usize = 20;
/// Ways to reach an authenticator that browsers name, and longest word among them.
const MOST_TRANSPORTS: usize = 8;
const LONGEST_TRANSPORT: usize = 32;

/// A passkey that a browser made.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) name: String,
    pub(crate) id: Vec<u8>,
    pub(crate) client_data: Vec<u8>,
    pub(crate) attestation: Vec<u8>,
    pub(crate) transports: Vec<String>,
}

/// A passkey that a browser used.
#[derive(Debug)]
pub(crate) struct Presented {
    pub(crate) id: Vec<u8>,
    pub(crate) client_data: Vec<u8>,
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) user_handle: Option<Vec<u8>>,
}

/// A new passkey and what follows it.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) passkey: Passkey,
    pub(crate) session: Strengthened,
}

/// A passkey that was used rightly; its use is to be noted.
#[derive(Debug)]
pub(crate) struct Used {
    before: StoredPasskey,
    login: webauthn::Login,
}

impl Accounts {
    /// A person's passkeys, the oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_passkeys(&self, user: UserId) -> Result<Vec<Passkey>> {
        Ok(sql::passkeys::list(self.db(), user).await?)
    }

    /// Options for making a passkey, for the browser.
    ///
    /// # Errors
    /// `Conflict` (`too_many_passkeys`); those of [`prove_person`](Self::prove_person).
    pub(crate) async fn begin_passkey(
        &self,
        by: &SignedIn,
        rp: &RelyingParty,
        proof: &Proof,
    ) -> Result<Value> {
        let user = self.prove_person(by, proof).await?;
        let existing = sql::passkeys::stored(self.db(), user.id).await?;
        if existing.len() >= MOST {
            return Err(
                Error::conflict(format!("{MOST} passkeys are enough: remove one first"))
                    .with_code("too_many_passkeys"),
            );
        }
        let challenge = self
            .issue_challenge(TokenPurpose::PasskeyRegistration, Some(user.id))
            .await?;
        let id = user.id.uuid();
        let person = (
            id.as_bytes().as_slice(),
            user.email.as_str(),
            user.name.as_str(),
        );
        let existing = described(existing);
        Ok(webauthn::creation(
            rp,
            challenge.expose(),
            person,
            &existing,
        ))
    }

    /// Stores a passkey that the browser made.
    ///
    /// # Errors
    /// `Invalid` (`passkey_refused`), `Conflict` (`passkey_exists`).
    pub(crate) async fn register_passkey(
        &self,
        by: &SignedIn,
        rp: &RelyingParty,
        new: Registration,
    ) -> Result<Registered> {
        let (user, now) = (by.user_id(), self.now());
        let name = check::name("name", &new.name)?;
        let purpose = TokenPurpose::PasskeyRegistration;
        let challenge = self.take_challenge(purpose, &new.client_data).await;
        challenge
            .ok()
            .filter(|challenge| challenge.user_id == Some(user))
            .ok_or_else(|| {
                not_stored("its challenge is unknown, too old, or was answered already")
            })?;
        let attestation = Attestation {
            client_data: &new.client_data,
            object: &new.attestation,
        };
        let made = attestation.verify(rp).map_err(not_stored)?;
        if made.id != new.id {
            return Err(not_stored("it goes by two ids"));
        }
        let transports = new.transports.into_iter().take(MOST_TRANSPORTS);
        let transports = transports.filter(|word| word.len() <= LONGEST_TRANSPORT);
        let stored = StoredPasskey {
            id: PasskeyId::new(),
            user_id: user,
            credential_id: made.id,
            public_key: made.public_key,
            sign_count: i64::from(made.sign_count),
            name,
            transports: Json(transports.collect()),
            is_backup_eligible: made.is_backup_eligible,
            is_backed_up: made.is_backed_up,
            created_at: now,
        };
        let recovery_codes: Result<Option<Vec<String>>> = in_tx!(self.db(), tx: Error => {
            sql::passkeys::insert(tx, &stored).await.map_err(|error| {
                Error::from(error).explain_conflict(|| "this passkey is known already".to_owned())
            })?;
            self.factor_added(tx, by).await
        });
        Ok(Registered {
            passkey: Passkey {
                id: stored.id,
                name: stored.name,
                is_backed_up: stored.is_backed_up,
                created_at: now,
                last_used_at: None,
            },
            session: self.strengthened(by, recovery_codes?),
        })
    }

    /// Gives a passkey another name.
    ///
    /// # Errors
    /// `Invalid`; `NotFound`, also for other people's.
    pub(crate) async fn rename_passkey(
        &self,
        user: UserId,
        id: PasskeyId,
        name: &str,
    ) -> Result<Passkey> {
        let name = check::name("name", name)?;
        let renamed: Result<u64> = in_tx!(self.db(), tx: Error => {
            Ok(sql::passkeys::rename(tx, user, id, &name).await?)
        });
        renamed?;
        let mut all = self.list_passkeys(user).await?.into_iter();
        all.find(|passkey| passkey.id == id)
            .ok_or_else(|| Error::not_found("passkey", id))
    }

    /// Removes a passkey.
    ///
    /// # Errors
    /// `NotFound`, also for other people's; `Conflict` (`last_login_method`); those of
    /// [`prove_person`](Self::prove_person).
    pub(crate) async fn delete_passkey(
        &self,
        by: &SignedIn,
        id: PasskeyId,
        proof: &Proof,
    ) -> Result<()> {
        let user = self.prove_person(by, proof).await?.id;
        in_tx!(self.db(), tx: Error => {
            if sql::passkeys::delete(tx, user, id).await? == 0 {
                return Err(Error::not_found("passkey", id));
            }
            self.check_way_in(tx, user).await?;
            renew_factors(tx, user).await
        })
    }

    /// Refuses to take away the last way to sign in.
    pub(crate) async fn check_way_in(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        let person = sql::users::get_in(tx, user).await?;
        let has_password = person.is_some_and(|person| person.password_changed_at.is_some());
        if has_password
            || sql::passkeys::count_in(tx, user).await? > 0
            || sql::identities::count_in(tx, user).await? > 0
        {
            return Ok(());
        }
        Err(
            Error::conflict("this is your last way to sign in: set a password first")
                .with_code("last_login_method"),
        )
    }

    /// Options for signing in with any passkey that the device knows, for the browser.
    ///
    /// # Errors
    /// `TooMany`.
    pub(crate) async fn begin_passkey_login(
        &self,
        rp: &RelyingParty,
        address: Option<std::net::IpAddr>,
    ) -> Result<Value> {
        let attempt = Attempt::to_begin(address);
        self.count_attempt(Action::Begin, &attempt).await?;
        let purpose = TokenPurpose::PasskeyLogin;
        let challenge = self.issue_challenge(purpose, None).await?;
        Ok(webauthn::request(rp, challenge.expose(), &[]))
    }

    /// Options for taking the second step with a passkey, for the browser.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`); `Conflict` (`no_passkey`); `TooMany`.
    pub(crate) async fn begin_passkey_step(
        &self,
        rp: &RelyingParty,
        mfa_token: &Secret,
        address: Option<std::net::IpAddr>,
    ) -> Result<Value> {
        let user = self.first_step_of(mfa_token).await?;
        let attempt = Attempt::to_begin(address);
        self.count_attempt(Action::Begin, &attempt).await?;
        let known = sql::passkeys::stored(self.db(), user).await?;
        if known.is_empty() {
            return Err(Error::conflict("there is no passkey").with_code("no_passkey"));
        }
        let purpose = TokenPurpose::PasskeyLogin;
        let challenge = self.issue_challenge(purpose, Some(user)).await?;
        Ok(webauthn::request(rp, challenge.expose(), &described(known)))
    }

    /// Signs in by a passkey alone, which has to verify who uses it.
    ///
    /// # Errors
    /// `Unauthorized` (`invalid_passkey`), `TooMany`.
    pub(crate) async fn login_by_passkey(
        &self,
        rp: &RelyingParty,
        presented: &Presented,
        client: &Client,
    ) -> Result<NewSession> {
        let attempt = Attempt::to_begin(client.address);
        self.count_attempt(Action::Begin, &attempt).await?;
        let used = self.check_passkey(rp, presented, None).await?;
        if !used.login.is_verified {
            return Err(not_let_in(Refusal::NotVerified));
        }
        in_tx!(self.db(), tx: Error => {
            self.note_passkey(tx, &used).await?;
            let (user, method) = (used.before.user_id, LoginMethod::Passkey.word());
            self.begin_session(tx, user, method, client).await
        })
    }

    /// Checks the use of a passkey: of `person`, or of whoever it belongs to.
    pub(super) async fn check_passkey(
        &self,
        rp: &RelyingParty,
        presented: &Presented,
        person: Option<UserId>,
    ) -> Result<Used> {
        let purpose = TokenPurpose::PasskeyLogin;
        let challenge = self.take_challenge(purpose, &presented.client_data).await;
        challenge
            .ok()
            .filter(|challenge| challenge.user_id == person)
            .ok_or_else(|| {
                not_let_in("its challenge is unknown, too old, or was answered already")
            })?;
        let known = sql::passkeys::by_credential(self.db(), &presented.id).await?;
        let before = known
            .filter(|known| person.is_none_or(|person| known.user_id == person))
            .ok_or_else(|| not_let_in("it is not known here"))?;
        let owner = before.user_id.uuid();
        let is_owner = |handle: &Vec<u8>| handle.as_slice() == owner.as_bytes();
        // Whoever is not known yet is named by the passkey.
        if !presented
            .user_handle
            .as_ref()
            .map_or(person.is_some(), is_owner)
        {
            return Err(not_let_in("it names another person"));
        }
        let assertion = Assertion {
            client_data: &presented.client_data,
            authenticator_data: &presented.authenticator_data,
            signature: &presented.signature,
        };
        let stored = Known {
            public_key: &before.public_key,
            sign_count: u32::try_from(before.sign_count).unwrap_or(u32::MAX),
            is_backup_eligible: before.is_backup_eligible,
        };
        let verified = assertion.verify(rp, &stored);
        if verified == Err(Refusal::Copied) {
            let (passkey, user) = (before.id, before.user_id);
            tracing::warn!(
                passkey.id = %passkey,
                user.id = %user,
                "a passkey's counter went back: somebody may have copied it"
            );
        }
        let login = verified.map_err(not_let_in)?;
        Ok(Used { before, login })
    }

    /// Notes the use of a passkey; of two uses with the same counter one is refused.
    pub(super) async fn note_passkey(&self, tx: &mut Tx, used: &Used) -> Result<()> {
        let (count, backed_up) = (i64::from(used.login.sign_count), used.login.is_backed_up);
        let noted = sql::passkeys::used(tx, &used.before, count, backed_up, self.now()).await?;
        if !noted {
            return Err(not_let_in(Refusal::Copied));
        }
        Ok(())
    }

    async fn issue_challenge(&self, purpose: TokenPurpose, user: Option<UserId>) -> Result<Secret> {
        let token = NewToken {
            user_id: user,
            ..NewToken::new(purpose, CEREMONY)
        };
        in_tx!(self.db(), tx: Error => self.issue_token(tx, token).await)
    }

    async fn take_challenge(
        &self,
        purpose: TokenPurpose,
        client_data: &[u8],
    ) -> Result<OneTimeToken> {
        let challenge = webauthn::challenge_of(client_data).map_err(not_stored)?;
        let challenge = Secret::new(challenge);
        in_tx!(self.db(), tx: Error => self.take_token(tx, purpose, &challenge).await)
    }
}

fn described(passkeys: Vec<StoredPasskey>) -> Vec<(Vec<u8>, Vec<String>)> {
    let all = passkeys.into_iter();
    all.map(|known| (known.credential_id, known.transports.0))
        .collect()
}

fn not_stored(why: impl std::fmt::Display) -> Error {
    Error::invalid(format!("the passkey cannot be used: {why}")).with_code("passkey_refused")
}

fn not_let_in(why: impl std::fmt::Display) -> Error {
    Error::unauthorized("invalid_passkey", format!("the passkey was refused: {why}"))
}
