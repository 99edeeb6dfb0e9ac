//! Who may call a webhook.

use accounts::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::Micros;
use subtle::ConstantTimeEq as _;

use crate::nodes::webhook::Auth;

/// Seconds by which clocks may differ.
const LEEWAY_S: i64 = 60;

impl Auth {
    /// The project's secret that it needs.
    pub(super) fn secret_name(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Basic { password, .. } => Some(password),
            Self::Header { secret, .. } | Self::Jwt { secret, .. } | Self::Hmac { secret, .. } => {
                Some(secret)
            }
        }
    }

    /// The word of its kind.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic { .. } => "basic",
            Self::Header { .. } => "header",
            Self::Jwt { .. } => "jwt",
            Self::Hmac { .. } => "hmac",
        }
    }

    /// Whether the body must be there before the caller can be known.
    pub(super) const fn reads_body(&self) -> bool {
        matches!(self, Self::Hmac { .. })
    }

    /// What `WWW-Authenticate` says to those who are refused.
    pub(super) const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Basic { .. } => Some("Basic realm=\"webhook\""),
            Self::Jwt { .. } => Some("Bearer"),
            Self::None | Self::Header { .. } | Self::Hmac { .. } => None,
        }
    }

    /// The header that holds the secret itself, beside `authorization`.
    pub(super) fn secret_header(&self) -> Option<&str> {
        match self {
            Self::Header { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether the request shows that its sender knows the secret. The error says why not, for the
    /// ledger; the caller does not get to see it.
    pub(super) fn check(
        &self,
        secret: &Secret,
        headers: &HeaderMap,
        body: &[u8],
        now: Micros,
    ) -> Result<(), &'static str> {
        match self {
            Self::None => Ok(()),
            Self::Basic { user, .. } => {
                let given = authorization(headers, "basic").ok_or("there is no basic login")?;
                let given = STANDARD
                    .decode(given)
                    .map_err(|_| "the login is not base64")?;
                let expected = format!("{user}:{}", secret.expose());
                same(
                    &given,
                    expected.as_bytes(),
                    "the user or the password is wrong",
                )
            }
            Self::Header { name, .. } => {
                let given = headers.get(name.trim()).ok_or("the header is missing")?;
                same(
                    given.as_bytes(),
                    secret.expose().as_bytes(),
                    "the header's value is wrong",
                )
            }
            Self::Jwt { audience, .. } => {
                let token = authorization(headers, "bearer").ok_or("there is no bearer token")?;
                check_token(token, secret, audience, now)
            }
            Self::Hmac { header, .. } => {
                let given = headers
                    .get(header.trim())
                    .ok_or("the signature is missing")?;
                let given = given
                    .to_str()
                    .map_err(|_| "the signature is no text")?
                    .trim();
                let given = given.strip_prefix("sha256=").unwrap_or(given);
                let given = from_hex(given).ok_or("the signature is no hexadecimal number")?;
                verify(secret, &[body], &given)
            }
        }
    }
}

/// Compares digests, so that neither content nor length shows in the time it takes.
fn same(given: &[u8], expected: &[u8], why: &'static str) -> Result<(), &'static str> {
    let (given, expected) = (Sha256::digest(given), Sha256::digest(expected));
    if bool::from(given.as_slice().ct_eq(expected.as_slice())) {
        return Ok(());
    }
    Err(why)
}

fn verify(secret: &Secret, parts: &[&[u8]], signature: &[u8]) -> Result<(), &'static str> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    let mut mac = mac.map_err(|_| "the key cannot be used")?;
    for part in parts {
        mac.update(part);
    }
    // In constant time.
    mac.verify_slice(signature)
        .map_err(|_| "the signature is wrong")
}

fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let text = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (given, rest) = text.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

fn check_token(
    token: &str,
    secret: &Secret,
    audience: &str,
    now: Micros,
) -> Result<(), &'static str> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("the token does not have three parts");
    };
    let signature = URL_SAFE_NO_PAD.decode(signature);
    let signature = signature.map_err(|_| "the token's signature is not base64url")?;
    // The algorithm is ours to say, not the token's: `none` and others are refused.
    let kind = part(header).ok_or("the token's header cannot be read")?;
    if kind.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err("the token is not signed with HS256");
    }
    verify(
        secret,
        &[header.as_bytes(), b".", claims.as_bytes()],
        &signature,
    )?;
    let claims = part(claims).ok_or("the token's claims cannot be read")?;
    let seconds = now.0 / 1_000_000;
    let time = |name: &str| claims.get(name).map(|value| value.as_f64().ok_or(()));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates; seconds are enough"
    )]
    let time = |name: &str| time(name).map(|found| found.map(|number| number as i64));
    match time("exp") {
        Some(Ok(end)) if seconds > end.saturating_add(LEEWAY_S) => {
            return Err("the token has expired");
        }
        Some(Err(())) => return Err("the token's `exp` is no number"),
        _ => {}
    }
    match time("nbf") {
        Some(Ok(begin)) if seconds < begin.saturating_sub(LEEWAY_S) => {
            return Err("the token is not valid yet");
        }
        Some(Err(())) => return Err("the token's `nbf` is no number"),
        _ => {}
    }
    let audience = audience.trim();
    let is_meant = match claims.get("aud") {
        _ if audience.is_empty() => true,
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(all)) => all.iter().any(|one| one == audience),
        _ => false,
    };
    if !is_meant {
        return Err("the token is for another audience");
    }
    Ok(())
}

fn part(text: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
