//! Access tokens: what a session shows with each request.
//!
//! A JSON Web Token signed with HMAC-SHA256 by a key made from the master key, so every instance
//! checks it without asking the database. It lives for ten minutes; a session that ends earlier is
//! kept in memory as revoked for that long.
//!
//! Our own few lines instead of a library: with one algorithm and one header, compared as a whole,
//! the token cannot choose how it is checked.

mod claims;
mod token;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use claims::Claims;
use store::{OrgId, SessionId, UserId};

use crate::{Accounts, AuthError, Principal, Secret};

/// How long an access token is good for.
pub(crate) const ACCESS_LIFETIME: Duration = Duration::from_secs(600);

/// A person who came in with a good access token; it may be in no organization.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub(crate) claims: Claims,
    pub(crate) principal: Option<Arc<Principal>>,
    /// Whether the organization wants two factors, and this session has shown one.
    pub(crate) lacks_factor: bool,
    /// Whether the token came in a browser's cookie.
    pub(crate) from_cookie: bool,
}

impl SignedIn {
    /// The session.
    pub fn session_id(&self) -> SessionId {
        self.claims.session_id
    }

    /// The person.
    pub fn user_id(&self) -> UserId {
        self.claims.user_id
    }

    /// The organization that the session works in, whether or not the person still belongs to it.
    pub fn org_id(&self) -> Option<OrgId> {
        self.claims.org_id
    }

    /// Whether the person has shown two factors.
    pub fn is_strong(&self) -> bool {
        self.claims.is_strong
    }

    /// Whether the organization wants two factors, and this session has shown one.
    pub fn lacks_factor(&self) -> bool {
        self.lacks_factor
    }

    /// The person in the session's organization.
    ///
    /// # Errors
    /// `NoOrganization`; `FactorRequired` where the organization wants two factors.
    pub fn principal(&self) -> Result<&Arc<Principal>, AuthError> {
        let refusal = match self.lacks_factor {
            true => AuthError::FactorRequired,
            false => AuthError::NoOrganization,
        };
        self.principal.as_ref().ok_or(refusal)
    }
}

impl Accounts {
    /// Lets a person in by an access token, from memory alone. A session ended by another process is
    /// refused within a second.
    ///
    /// # Errors
    /// `InvalidSession`, `ExpiredSession`, `RevokedSession`.
    pub fn authenticate_session(&self, token: &str) -> Result<SignedIn, AuthError> {
        let key = self.inner.vault.signing_key();
        let claims = token::verify(&key, token).ok_or(AuthError::InvalidSession)?;
        if claims.expires_at <= self.now().0 / 1_000_000 {
            return Err(AuthError::ExpiredSession);
        }
        let memory = self.inner.memory.load();
        if memory.is_revoked(claims.session_id) {
            return Err(AuthError::RevokedSession);
        }
        let member = claims
            .org_id
            .and_then(|org| memory.member(claims.user_id, org));
        let wants_factor = |p: &&Arc<Principal>| p.organization().settings.require_mfa;
        let lacks_factor = !claims.is_strong && member.as_ref().is_some_and(wants_factor);
        Ok(SignedIn {
            principal: member.filter(|_| !lacks_factor).map(Arc::clone),
            lacks_factor,
            from_cookie: false,
            claims,
        })
    }

    /// Signs an access token that begins to be good now.
    pub(crate) fn sign_access_token(
        &self,
        session_id: SessionId,
        user_id: UserId,
        org_id: Option<OrgId>,
        csrf_token: &str,
        is_strong: bool,
    ) -> Secret {
        let now = self.now();
        let claims = Claims {
            session_id,
            user_id,
            org_id,
            csrf_token: csrf_token.to_owned(),
            is_strong,
            issued_at: now.0 / 1_000_000,
            expires_at: now.plus(ACCESS_LIFETIME).0 / 1_000_000,
        };
        token::sign(&self.inner.vault.signing_key(), &claims)
    }
}
