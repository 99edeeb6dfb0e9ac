//! Links that work once: 256 random bits, stored as their SHA-256, each for one purpose.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use serde_json::{Map, Value};
use store::{Json, OrgId, Tx, UserId};

use crate::sql::one_time_tokens::OneTimeToken;
use crate::word::word;
use crate::{Accounts, Error, Result, Secret, api_key, sql};

word! {
    /// What a link that works once is for.
    pub enum TokenPurpose {
        /// Making the first owner's account.
        Setup = "setup",
        /// Proving that an address is one's own.
        VerifyEmail = "verify_email",
        /// Setting a forgotten password.
        ResetPassword = "reset_password",
        /// Joining an organization.
        Invitation = "invitation",
        /// The second step of a login.
        SecondFactor = "second_factor",
        /// The challenge for a new passkey.
        PasskeyRegistration = "passkey_registration",
        /// The challenge for using a passkey.
        PasskeyLogin = "passkey_login",
        /// The way to another provider and back.
        ProviderLogin = "provider_login",
    }
}

/// A link to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewToken {
    pub(crate) purpose: TokenPurpose,
    pub(crate) user_id: Option<UserId>,
    pub(crate) org_id: Option<OrgId>,
    pub(crate) email: Option<String>,
    pub(crate) data: Map<String, Value>,
    pub(crate) lifetime: Duration,
}

impl NewToken {
    pub(crate) fn new(purpose: TokenPurpose, lifetime: Duration) -> Self {
        Self {
            purpose,
            user_id: None,
            org_id: None,
            email: None,
            data: Map::new(),
            lifetime,
        }
    }
}

/// 256 random bits as 43 characters that fit into an address.
pub(crate) fn random_text() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Accounts {
    /// Makes a token; the only time it is seen.
    pub(crate) async fn issue_token(&self, tx: &mut Tx, new: NewToken) -> Result<Secret> {
        let (text, now) = (random_text(), self.now());
        let token = OneTimeToken {
            purpose: new.purpose,
            user_id: new.user_id,
            org_id: new.org_id,
            email: new.email,
            data: Json(new.data),
            created_at: now,
            expires_at: now.plus(new.lifetime),
        };
        sql::one_time_tokens::insert(tx, &api_key::hash(&text), &token).await?;
        Ok(Secret::new(text))
    }

    /// What a token is for, without using it up.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`) when it is unknown, too old or used already.
    pub async fn read_token(&self, purpose: TokenPurpose, token: &Secret) -> Result<OneTimeToken> {
        let hash = api_key::hash(token.expose());
        let found = sql::one_time_tokens::get(self.db(), purpose, &hash, self.now()).await?;
        found.ok_or_else(wrong_token)
    }

    /// Uses a token up: of several callers with the same one, one succeeds.
    ///
    /// # Errors
    /// `Invalid` (`invalid_token`) when it is unknown, too old or used already.
    pub(crate) async fn take_token(
        &self,
        tx: &mut Tx,
        purpose: TokenPurpose,
        token: &Secret,
    ) -> Result<OneTimeToken> {
        let hash = api_key::hash(token.expose());
        let taken = sql::one_time_tokens::take(tx, purpose, &hash, self.now()).await?;
        taken.ok_or_else(wrong_token)
    }
}

/// The same for all that can be wrong: who guesses learns nothing.
pub(crate) fn wrong_token() -> Error {
    Error::invalid("the link is wrong, too old, or was used already: ask for a new one")
        .with_code("invalid_token")
}
