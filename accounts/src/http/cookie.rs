//! Cookies of browsers' sessions.
//!
//! Scripts can read none but the CSRF token, and no other site's page makes the browser send one. The
//! refresh token goes to the endpoints of signing in only.

use std::time::Duration;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};

use crate::Secret;
use crate::session::ACCESS_LIFETIME;
use crate::sessions::{IDLE_LIFETIME, LIFETIME, NewSession};

/// The access token.
pub const ACCESS_COOKIE: &str = "nab_access";
/// The refresh token.
pub(super) const REFRESH_COOKIE: &str = "nab_refresh";
/// By which a browser is known when it comes back from a provider.
pub(super) const PROVIDER_COOKIE: &str = "nab_oidc";
const PROVIDER_PATH: &str = "/api/v1/auth/oidc";
/// What pages repeat in a header.
const CSRF_COOKIE: &str = "nab_csrf";
const REFRESH_PATH: &str = "/api/v1/auth";

/// The value of a cookie.
pub(super) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// Gives a browser the cookies of a session.
pub(super) fn set(headers: &mut HeaderMap, session: &NewSession, secure: bool) {
    set_access(headers, session.access_token.expose(), secure);
    let refresh = session.refresh_token.expose();
    add(
        headers,
        REFRESH_COOKIE,
        refresh,
        REFRESH_PATH,
        IDLE_LIFETIME,
        "; HttpOnly",
        secure,
    );
    add(
        headers,
        CSRF_COOKIE,
        &session.csrf_token,
        "/",
        LIFETIME,
        "",
        secure,
    );
}

/// Gives a browser another access token.
pub(super) fn set_access(headers: &mut HeaderMap, token: &str, secure: bool) {
    add(
        headers,
        ACCESS_COOKIE,
        token,
        "/",
        ACCESS_LIFETIME,
        "; HttpOnly",
        secure,
    );
}

/// Gives a browser what it is known by when it comes back from a provider, or takes it away. `Lax`:
/// the provider's page sends it back.
pub(super) fn set_provider(headers: &mut HeaderMap, secret: Option<&Secret>, secure: bool) {
    let value = secret.map_or("", Secret::expose);
    let seconds = secret.map_or(0, |_| crate::oidc::PATIENCE.as_secs());
    let secure = if secure { "; Secure" } else { "" };
    append(
        headers,
        format!(
            "{PROVIDER_COOKIE}={value}; Path={PROVIDER_PATH}; Max-Age={seconds}; SameSite=Lax; \
             HttpOnly{secure}"
        ),
    );
}

/// Takes all cookies of a session away.
pub(super) fn clear(headers: &mut HeaderMap, secure: bool) {
    let now = Duration::ZERO;
    add(headers, ACCESS_COOKIE, "", "/", now, "; HttpOnly", secure);
    add(
        headers,
        REFRESH_COOKIE,
        "",
        REFRESH_PATH,
        now,
        "; HttpOnly",
        secure,
    );
    add(headers, CSRF_COOKIE, "", "/", now, "", secure);
}

fn add(
    headers: &mut HeaderMap,
    name: &str,
    value: &str,
    path: &str,
    lifetime: Duration,
    http_only: &str,
    secure: bool,
) {
    let secure = if secure { "; Secure" } else { "" };
    let seconds = lifetime.as_secs();
    append(
        headers,
        format!(
            "{name}={value}; Path={path}; Max-Age={seconds}; SameSite=Strict{http_only}{secure}"
        ),
    );
}

fn append(headers: &mut HeaderMap, cookie: String) {
    // Tokens are letters that every header takes.
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
    }
}
