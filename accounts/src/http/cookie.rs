//! Cookies of browsers' sessions.
//!
//! Scripts can read none but the CSRF token, and no other site's page makes the browser send one. The
//! refresh token goes to the endpoints of signing in only.

use std::time::Duration;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};

use crate::session::ACCESS_LIFETIME;
use crate::sessions::{IDLE_LIFETIME, LIFETIME, NewSession};

/// The access token.
pub const ACCESS_COOKIE: &str = "nab_access";
/// The refresh token.
pub(super) const REFRESH_COOKIE: &str = "nab_refresh";
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
    let cookie = format!(
        "{name}={value}; Path={path}; Max-Age={seconds}; SameSite=Strict{http_only}{secure}"
    );
    // Tokens are letters that every header takes.
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
    }
}
