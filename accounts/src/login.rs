//! Signing in: the password, and the seam where a second factor comes in.

use std::time::Duration;

use serde_json::{Map, Value};
use store::in_tx;

use crate::one_time_token::{NewToken, TokenPurpose};
use crate::sessions::{Client, NewSession};
use crate::sql::users::User;
use crate::throttle::{Action, Attempt};
use crate::word::word;
use crate::{Accounts, Error, Result, Secret, check, sql};

/// How long a person has for the second step.
pub(crate) const SECOND_STEP: Duration = Duration::from_secs(5 * 60);

word! {
    /// How a person proved who it is.
    pub enum LoginMethod {
        /// By the password.
        Password = "password",
        /// By making the account with a link that only its person has.
        Link = "link",
        /// At the first run, by the link printed at the start.
        Setup = "setup",
        /// By password or provider, and a second factor.
        SecondFactor = "second_factor",
        /// By an account at another provider.
        Provider = "provider",
        /// By a passkey that verified who used it.
        Passkey = "passkey",
    }
}

impl LoginMethod {
    /// Whether the person has shown two factors.
    pub const fn is_strong(self) -> bool {
        match self {
            Self::SecondFactor | Self::Passkey => true,
            Self::Password | Self::Link | Self::Setup | Self::Provider => false,
        }
    }

    /// The same of the word in a session's row.
    pub(crate) fn is_strong_word(word: &str) -> bool {
        word.parse().is_ok_and(Self::is_strong)
    }
}

/// What a proof of identity leads to.
#[derive(Debug)]
pub enum Login {
    /// A session.
    SignedIn(Box<NewSession>),
    /// A second step.
    SecondFactor {
        /// To be shown with the second factor; good for five minutes.
        mfa_token: Secret,
        /// The kinds of factor that will do.
        methods: Vec<String>,
    },
}

impl Accounts {
    /// Signs a person in by its password.
    ///
    /// Whether there is such an account shows neither in the answer nor in the time it takes.
    ///
    /// # Errors
    /// `Unauthorized` (`invalid_credentials`); `Forbidden` (`email_not_verified`) for the right
    /// password; `TooMany`.
    pub(crate) async fn login(
        &self,
        email: &str,
        password: &Secret,
        client: &Client,
    ) -> Result<Login> {
        let place = self.inner.passwords.enter()?;
        let attempt = Attempt::new(Action::Login, email, client.address);
        self.count_attempt(Action::Login, &attempt).await?;
        let user = match check::email(email) {
            Ok(email) => sql::users::by_email(self.db(), &email).await?,
            Err(_) => None,
        };
        let hash = match &user {
            Some(user) => sql::users::password_hash(self.db(), user.id).await?,
            None => None,
        };
        let right = place.verify(password, hash).await?;
        drop(place);
        let user = user.filter(|_| right).ok_or_else(|| {
            Error::unauthorized(
                "invalid_credentials",
                "the address or the password is wrong",
            )
        })?;
        self.forgive_attempts(&attempt).await?;
        if user.email_verified_at.is_none() {
            return Err(Error::forbidden(
                "email_not_verified",
                "the address is not confirmed yet: follow the link in the mail, or ask for \
                 another one",
            ));
        }
        self.complete_login(&user, LoginMethod::Password, client)
            .await
    }

    /// Goes on after a person has proved who it is: to a session, or to the second step for those
    /// who have a second factor and have not shown it.
    pub(crate) async fn complete_login(
        &self,
        user: &User,
        method: LoginMethod,
        client: &Client,
    ) -> Result<Login> {
        let methods = &user.second_factors.0;
        let asks = !methods.is_empty() && !method.is_strong();
        in_tx!(self.db(), tx: Error => {
            if !asks {
                let session = self.begin_session(tx, user.id, method.word(), client).await?;
                return Ok(Login::SignedIn(Box::new(session)));
            }
            let first = Value::from(method.word());
            let token = NewToken {
                user_id: Some(user.id),
                data: Map::from_iter([("first_step".to_owned(), first)]),
                ..NewToken::new(TokenPurpose::SecondFactor, SECOND_STEP)
            };
            Ok(Login::SecondFactor {
                mfa_token: self.issue_token(tx, token).await?,
                methods: methods.clone(),
            })
        })
    }
}
