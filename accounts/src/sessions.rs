//! Sessions: beginning, going on, ending.
//!
//! A session is a family of refresh tokens, each of which works once. One that is shown a second time
//! was copied by somebody, and as nobody can say who is the thief, the whole family ends. For ten
//! seconds after its use a token gets a 409 instead, and no new token: browsers' tabs share cookies
//! and may refresh at the same time.

use std::net::IpAddr;
use std::time::Duration;

use store::{OrgId, SessionId, Tx, UserId, in_tx};

use crate::one_time_token::random_text;
use crate::session::{ACCESS_LIFETIME, SignedIn};
use crate::sql::revisions::Counter;
use crate::sql::sessions::{Device, Session, StoredSession};
use crate::word::word;
use crate::{Accounts, AuthError, Error, ErrorKind, LoginMethod, Result, Secret, api_key, sql};

/// A session that nobody refreshes ends after this.
pub(crate) const IDLE_LIFETIME: Duration = Duration::from_secs(14 * 86_400);
/// Every session ends after this.
pub(crate) const LIFETIME: Duration = Duration::from_secs(90 * 86_400);
/// How long a used token may turn up again without being a theft.
const GRACE: Duration = Duration::from_secs(10);
const MAX_USER_AGENT: usize = 300;

word! {
    /// How a client keeps its tokens.
    pub enum Transport {
        /// A browser, in cookies that no script can read.
        Cookie = "cookie",
        /// A program, which sends `Authorization: Bearer`.
        Bearer = "bearer",
    }
}

/// Who asks for a session.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where the tokens go.
    pub transport: Transport,
    /// What the client calls itself.
    pub user_agent: String,
    /// Where it is, as far as is known.
    pub address: Option<IpAddr>,
}

/// A session just begun or refreshed: the only time its tokens are seen.
#[derive(Debug)]
pub struct NewSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// The organization it works in.
    pub org_id: Option<OrgId>,
    /// Where the tokens go.
    pub transport: Transport,
    /// To be sent with each request.
    pub access_token: Secret,
    /// To be exchanged, once, for the next pair.
    pub refresh_token: Secret,
    /// What browsers send beside the cookie.
    pub csrf_token: String,
    /// How long the access token is good.
    pub expires_in: Duration,
}

/// How a refresh token was presented.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Presented<'a> {
    /// In the body.
    Body,
    /// As a cookie, with this CSRF header beside it.
    Cookie {
        /// The header.
        csrf: &'a [u8],
    },
}

impl Accounts {
    /// Begins a session inside a transaction.
    pub(crate) async fn begin_session(
        &self,
        tx: &mut Tx,
        user: UserId,
        method: &str,
        client: &Client,
    ) -> Result<NewSession> {
        let now = self.now();
        let session = StoredSession {
            id: SessionId::new(),
            user_id: user,
            org_id: sql::sessions::usual_org(tx, user).await?,
            transport: client.transport,
            method: method.to_owned(),
            csrf_token: random_text(),
            expires_at: now.plus(LIFETIME),
            revoked_at: None,
        };
        let user_agent: String = client.user_agent.chars().take(MAX_USER_AGENT).collect();
        let address = client
            .address
            .map(|address| address.to_canonical().to_string());
        let device = Device {
            user_agent: &user_agent,
            address: address.as_deref().unwrap_or_default(),
        };
        sql::sessions::insert(tx, &session, &device, now).await?;
        sql::users::mark_login(tx, user, now).await?;
        self.next_tokens(tx, &session).await
    }

    async fn next_tokens(&self, tx: &mut Tx, session: &StoredSession) -> Result<NewSession> {
        let now = self.now();
        let refresh_token = random_text();
        let expires_at = now.plus(IDLE_LIFETIME).min(session.expires_at);
        let hash = api_key::hash(&refresh_token);
        sql::sessions::insert_refresh(tx, &hash, session.id, now, expires_at).await?;
        Ok(NewSession {
            id: session.id,
            user_id: session.user_id,
            org_id: session.org_id,
            transport: session.transport,
            access_token: self.sign_access_token(
                session.id,
                session.user_id,
                session.org_id,
                &session.csrf_token,
                LoginMethod::is_strong_word(&session.method),
            ),
            refresh_token: Secret::new(refresh_token),
            csrf_token: session.csrf_token.clone(),
            expires_in: ACCESS_LIFETIME,
        })
    }

    /// Exchanges a refresh token for the next pair.
    ///
    /// # Errors
    /// `Unauthorized` (`invalid_refresh_token`, `refresh_token_reused`), `Conflict`
    /// (`already_refreshed`), `Forbidden` (`wrong_csrf_token`).
    pub(crate) async fn refresh_session(
        &self,
        token: &Secret,
        presented: Presented<'_>,
    ) -> Result<NewSession> {
        let hash = api_key::hash(token.expose());
        let now = self.now();
        let outcome: Result<Result<NewSession, Refused>> = in_tx!(self.db(), tx: Error => {
            let Some(found) = sql::sessions::refresh_in(tx, &hash).await? else {
                return Ok(Err(Refused::Unknown));
            };
            let session = sql::sessions::get_in(tx, found.session_id).await?;
            let Some(session) = session.filter(|s| presented.fits(s)) else {
                return Ok(Err(Refused::Unknown));
            };
            if !presented.is_ours(&session) {
                return Ok(Err(Refused::Csrf));
            }
            let over = found.expires_at <= now || session.expires_at <= now;
            if over || session.revoked_at.is_some() {
                return Ok(Err(Refused::Unknown));
            }
            if !sql::sessions::use_refresh(tx, &hash, now).await? {
                let used_at = found.used_at.unwrap_or(now);
                if now.since(used_at) < GRACE {
                    return Ok(Err(Refused::JustUsed));
                }
                sql::sessions::revoke(tx, session.user_id, session.id, now).await?;
                sql::revisions::bump(tx, Counter::Sessions).await?;
                return Ok(Err(Refused::Reused(session.id, session.user_id)));
            }
            sql::sessions::touch(tx, session.id, now).await?;
            self.next_tokens(tx, &session).await.map(Ok)
        });
        match outcome? {
            Ok(session) => Ok(session),
            Err(refused) => {
                if let Refused::Reused(session, user) = refused {
                    self.refresh().await;
                    tracing::warn!(
                        session.id = %session,
                        user.id = %user,
                        "a refresh token was shown a second time: the session is ended"
                    );
                }
                Err(refused.into())
            }
        }
    }

    /// A person's live sessions, the last used first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_sessions(&self, user: UserId) -> Result<Vec<Session>> {
        Ok(sql::sessions::list(self.db(), user, self.now()).await?)
    }

    /// Ends a session of a person. Effective at once here, within a second at other instances.
    ///
    /// # Errors
    /// `NotFound`, also for other people's sessions.
    pub async fn end_session(&self, user: UserId, id: SessionId) -> Result<()> {
        let now = self.now();
        let ended: Result<u64> = in_tx!(self.db(), tx: Error => {
            let ended = sql::sessions::revoke(tx, user, id, now).await?;
            if ended > 0 {
                sql::revisions::bump(tx, Counter::Sessions).await?;
            }
            Ok(ended)
        });
        if ended? == 0 {
            return Err(Error::not_found("session", id));
        }
        self.refresh().await;
        Ok(())
    }

    /// Ends the session behind a refresh token; nothing happens when there is none.
    pub(crate) async fn end_session_of(&self, token: &Secret) -> Result<()> {
        let (hash, now) = (api_key::hash(token.expose()), self.now());
        let ended: Result<bool> = in_tx!(self.db(), tx: Error => {
            let Some(found) = sql::sessions::refresh_in(tx, &hash).await? else {
                return Ok(false);
            };
            let Some(session) = sql::sessions::get_in(tx, found.session_id).await? else {
                return Ok(false);
            };
            sql::sessions::revoke(tx, session.user_id, session.id, now).await?;
            sql::revisions::bump(tx, Counter::Sessions).await?;
            Ok(true)
        });
        if ended? {
            self.refresh().await;
        }
        Ok(())
    }

    /// Ends all sessions of a person but the one that asks; their number.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn end_other_sessions(&self, signed_in: &SignedIn) -> Result<u64> {
        let (user, keep, now) = (signed_in.user_id(), signed_in.session_id(), self.now());
        let ended: Result<u64> = in_tx!(self.db(), tx: Error => {
            let ended = sql::sessions::revoke_all(tx, user, Some(keep), now).await?;
            sql::revisions::bump(tx, Counter::Sessions).await?;
            Ok(ended)
        });
        let ended = ended?;
        self.refresh().await;
        Ok(ended)
    }

    /// Makes a session work in another organization and returns the access token for it.
    ///
    /// # Errors
    /// `NotFound` for organizations that the person does not belong to; `Forbidden` (`mfa_required`)
    /// for those that want a second factor which the session has not shown.
    pub async fn switch_organization(&self, signed_in: &SignedIn, org: OrgId) -> Result<Secret> {
        let (id, user) = (signed_in.session_id(), signed_in.user_id());
        let switched: Result<()> = in_tx!(self.db(), tx: Error => {
            if sql::members::get_in(tx, org, user).await?.is_none() {
                return Err(Error::not_found("organization", org));
            }
            let settings = sql::organizations::get_in(tx, org).await?.map(|found| found.settings);
            if settings.is_some_and(|settings| settings.require_mfa) && !signed_in.is_strong() {
                return Err(Error::forbidden(
                    AuthError::FactorRequired.code(),
                    AuthError::FactorRequired.to_string(),
                ));
            }
            Ok(sql::sessions::set_org(tx, id, org).await?)
        });
        switched?;
        let claims = &signed_in.claims;
        Ok(self.sign_access_token(id, user, Some(org), &claims.csrf_token, claims.is_strong))
    }
}

impl Presented<'_> {
    /// A browser's token works as a cookie only, a program's in the body only.
    fn fits(self, session: &StoredSession) -> bool {
        matches!(
            (self, session.transport),
            (Self::Body, Transport::Bearer) | (Self::Cookie { .. }, Transport::Cookie)
        )
    }

    fn is_ours(self, session: &StoredSession) -> bool {
        use subtle::ConstantTimeEq as _;
        match self {
            Self::Body => true,
            Self::Cookie { csrf } => csrf.ct_eq(session.csrf_token.as_bytes()).into(),
        }
    }
}

/// Why a refresh token was not exchanged.
#[derive(Clone, Copy)]
enum Refused {
    Unknown,
    Csrf,
    JustUsed,
    Reused(SessionId, UserId),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown => Self::unauthorized(
                "invalid_refresh_token",
                "the session is over: sign in again",
            ),
            Refused::Csrf => Self::forbidden(
                "wrong_csrf_token",
                "send the cookie `nab_csrf` again as the header `x-nab-csrf`",
            ),
            Refused::JustUsed => Self::new(
                ErrorKind::Conflict,
                "the session was refreshed a moment ago: go on with the newer token",
            )
            .with_code("already_refreshed"),
            Refused::Reused(..) => Self::unauthorized(
                "refresh_token_reused",
                "this refresh token was used before, so the session was ended: sign in again",
            ),
        }
    }
}
