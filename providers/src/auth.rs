//! Where a vendor wants its key. The key itself is added by the caller, last, so that no map sees it.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

/// How a vendor authenticates a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthKind {
    /// No key at all (a local server).
    None,
    /// `Authorization: Bearer <key>`; left out when no key is configured.
    Bearer,
    /// The key alone in the named header, for example `x-api-key`.
    Header(&'static str),
}

/// Writes `key` into `headers` the way `kind` says.
///
/// # Errors
/// Fails when the key holds bytes that may not stand in a header.
pub fn apply(kind: AuthKind, key: Option<&str>, headers: &mut HeaderMap) -> Result<(), BadKey> {
    let Some(key) = key else { return Ok(()) };
    let (name, value) = match kind {
        AuthKind::None => return Ok(()),
        AuthKind::Bearer => (
            AUTHORIZATION,
            HeaderValue::from_str(&format!("Bearer {key}")),
        ),
        AuthKind::Header(name) => (HeaderName::from_static(name), HeaderValue::from_str(key)),
    };
    let mut value = value.map_err(|_| BadKey)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// The key holds a character that no HTTP header can carry.
#[derive(Debug, thiserror::Error)]
#[error("the provider key holds a character that cannot stand in an HTTP header")]
pub struct BadKey;
