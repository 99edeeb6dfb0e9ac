//! Who sent a request: an API key, a bearer token of a session, or a browser's cookie.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, OriginalUri};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use store::OrgId;
use subtle::ConstantTimeEq as _;

use super::ApiError;
use super::cookie::{self, ACCESS_COOKIE};
use crate::{Accounts, Actor, AuthError, Permission, Principal, SignedIn};

/// The header in which a browser's request repeats the cookie `nab_csrf`.
pub const CSRF_HEADER: &str = "x-nab-csrf";

/// The key a request presents: `Authorization: Bearer`, `x-api-key` or `api-key`, in this order.
pub fn presented_key(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    let named = || {
        ["x-api-key", "api-key"]
            .iter()
            .find_map(|name| headers.get(*name))
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    bearer.or_else(named)
}

/// Lets in whoever sent a request to `/v1`: a key, or a session in an organization. Sessions are
/// checked in memory alone; those in cookies need the CSRF header, whatever the method.
///
/// # Errors
/// See [`AuthError`].
pub async fn authenticate(
    accounts: &Accounts,
    headers: &HeaderMap,
) -> Result<Arc<Principal>, AuthError> {
    match find(accounts, headers, true).await? {
        Caller::Key(principal) => Ok(principal),
        Caller::Session(signed_in) => signed_in.principal().cloned(),
    }
}

/// The organization on whose behalf a request comes; `None` while nobody is known.
pub async fn organization_of(accounts: &Accounts, headers: &HeaderMap) -> Option<OrgId> {
    match find(accounts, headers, false).await.ok()? {
        Caller::Key(principal) => Some(principal.org_id()),
        Caller::Session(signed_in) => signed_in.org_id(),
    }
}

/// Who sent a request.
pub(super) enum Caller {
    Key(Arc<Principal>),
    Session(SignedIn),
}

pub(super) async fn find(
    accounts: &Accounts,
    headers: &HeaderMap,
    changes: bool,
) -> Result<Caller, AuthError> {
    if let Some(presented) = presented_key(headers) {
        // Access tokens are JSON Web Tokens, and those begin so: `{"` in base64.
        if presented.starts_with("eyJ") {
            return accounts
                .authenticate_session(presented)
                .map(Caller::Session);
        }
        return accounts.authenticate(presented).await.map(Caller::Key);
    }
    let token = cookie::read(headers, ACCESS_COOKIE).ok_or(AuthError::Missing)?;
    let mut signed_in = accounts.authenticate_session(token)?;
    signed_in.from_cookie = true;
    if changes && !(repeats(headers, &signed_in.claims.csrf_token) && accounts.is_our_page(headers))
    {
        return Err(AuthError::Csrf);
    }
    Ok(Caller::Session(signed_in))
}

/// The live session that a request shows, for signing out: from the header or the cookie.
pub(super) fn session_of(accounts: &Accounts, headers: &HeaderMap) -> Option<SignedIn> {
    let token = presented_key(headers).or_else(|| cookie::read(headers, ACCESS_COOKIE))?;
    accounts.authenticate_session(token).ok()
}

/// Whether the CSRF header holds the session's token. A page of another site can neither read the
/// cookie nor set the header.
fn repeats(headers: &HeaderMap, csrf_token: &str) -> bool {
    let sent = headers.get(CSRF_HEADER).map_or(&[][..], |v| v.as_bytes());
    sent.ct_eq(csrf_token.as_bytes()).into()
}

pub(super) fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A caller inside an organization: a person's session there, or an API key with admin scope, which
/// acts as [`Role::Admin`](crate::Role). Everything behind it is confined to [`Principal::org_id`].
#[derive(Debug, Clone)]
pub struct Member(pub Arc<Principal>);

impl Member {
    /// Goes on only if the caller may do this.
    ///
    /// # Errors
    /// 403 that names the missing permission and the caller's role.
    pub fn require(&self, permission: Permission) -> Result<&Arc<Principal>, ApiError> {
        if self.0.may(permission) {
            return Ok(&self.0);
        }
        let role = self.0.role().map_or("none", crate::Role::word);
        let mut error = ApiError::forbidden(format!(
            "this needs the permission `{permission}`, which the role `{role}` does not have"
        ));
        error.details = Some(serde_json::json!({"permission": permission, "role": role}));
        Err(error)
    }

    /// The same caller as one who makes changes.
    pub fn actor(&self) -> Actor {
        Actor::from(self.0.as_ref())
    }

    /// The organization.
    pub fn org_id(&self) -> OrgId {
        self.0.org_id()
    }
}

impl<S> FromRequestParts<S> for Member
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accounts = Accounts::from_ref(state);
        let principal = match find(&accounts, &parts.headers, changes(&parts.method)).await? {
            Caller::Session(signed_in) => return Ok(Self(Arc::clone(signed_in.principal()?))),
            Caller::Key(principal) => principal,
        };
        if principal.role().is_none() {
            return Err(ApiError::forbidden(
                "this API key has no admin scope; `/api/v1` needs one that has, or a session",
            ));
        }
        let path = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(parts.uri.path(), |uri| uri.path());
        if !principal.may_use_endpoint(path) {
            return Err(ApiError::forbidden(format!(
                "this API key may not use {path}"
            )));
        }
        Ok(Self(principal))
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accounts = Accounts::from_ref(state);
        match find(&accounts, &parts.headers, changes(&parts.method)).await? {
            Caller::Session(signed_in) => Ok(signed_in),
            Caller::Key(_) => Err(ApiError::forbidden(
                "this is about a person: sign in; API keys cannot do it",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("valid"));
        }
        headers
    }

    #[test]
    fn keys_are_found_in_all_three_headers() {
        for (pairs, wanted) in [
            (&[][..], None),
            (&[("authorization", "Bearer nab-1")], Some("nab-1")),
            (&[("authorization", "bearer  nab-1 ")], Some("nab-1")),
            (&[("x-api-key", "nab-2")], Some("nab-2")),
            (&[("api-key", "nab-3")], Some("nab-3")),
            (
                &[("authorization", "Basic abc"), ("api-key", "nab-3")],
                Some("nab-3"),
            ),
            (
                &[("authorization", "Bearer nab-1"), ("x-api-key", "nab-2")],
                Some("nab-1"),
            ),
            (&[("authorization", "nab-1")], None),
        ] {
            assert_eq!(presented_key(&headers(pairs)), wanted, "{pairs:?}");
        }
    }
}
