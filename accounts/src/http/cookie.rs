//! Cookies of browsers' sessions.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// The access token.
pub(super) const ACCESS_COOKIE: &str = "nab_access";

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
