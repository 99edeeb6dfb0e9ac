//! Reading ID tokens (RFC 7515, 7519): signature first, then what they say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::claims::Claims;
use super::jwk::{Algorithm, JwkSet};

const MAX_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    /// Extensions that must be understood; none is.
    crit: Option<serde_json::Value>,
}

/// Why a token's signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsigned {
    #[error("the ID token is malformed, or signed in a way that is not accepted")]
    Malformed,
    #[error("the ID token is signed by an unknown key")]
    UnknownKey,
    #[error("the ID token's signature is wrong")]
    WrongSignature,
}

/// What a token says, if one of the keys signed it. Whether that is meant for us is not looked at.
pub(super) fn read(token: &str, keys: &JwkSet) -> Result<Claims, Unsigned> {
    if token.len() > MAX_BYTES {
        return Err(Unsigned::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Unsigned::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(Unsigned::Malformed)?;
    let header: Header = part(header)?;
    if header.crit.is_some() {
        return Err(Unsigned::Malformed);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature);
    let signature = signature.map_err(|_| Unsigned::Malformed)?;
    let kid = header.kid.as_deref();
    match keys.verify(header.alg, kid, signed.as_bytes(), &signature) {
        None => Err(Unsigned::UnknownKey),
        Some(false) => Err(Unsigned::WrongSignature),
        Some(true) => part(payload),
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, Unsigned> {
    let json = URL_SAFE_NO_PAD.decode(text);
    let json = json.map_err(|_| Unsigned::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Unsigned::Malformed)
}
