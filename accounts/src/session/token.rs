//! Writing and checking JSON Web Tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Claims;
use crate::Secret;

/// `{"alg":"HS256","typ":"JWT"}`.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

pub(super) fn sign(key: &[u8; 32], claims: &Claims) -> Secret {
    let payload = serde_json::to_vec(claims).expect("claims are plain JSON");
    let mut token = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = mac(key, &token).finalize().into_bytes();
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Secret::new(token)
}

/// What a token says, if this key signed it. Whether its time is over is not looked at.
pub(super) fn verify(key: &[u8; 32], token: &str) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let payload = signed.strip_prefix(HEADER)?.strip_prefix('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(key, signed).verify_slice(&signature).ok()?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn mac(key: &[u8; 32], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use store::{OrgId, SessionId, UserId};

    use super::*;

    fn claims() -> Claims {
        Claims {
            session_id: SessionId::new(),
            user_id: UserId::new(),
            org_id: Some(OrgId::new()),
            csrf_token: "c".to_owned(),
            is_strong: false,
            issued_at: 1,
            expires_at: 2,
        }
    }

    #[test]
    fn the_header_is_what_its_comment_says() {
        let header = URL_SAFE_NO_PAD.decode(HEADER).expect("base64");
        assert_eq!(header, br#"{"alg":"HS256","typ":"JWT"}"#);
    }

    #[test]
    fn a_token_round_trips_and_no_changed_byte_passes() {
        let (key, claims) = ([7; 32], claims());
        let token = sign(&key, &claims);
        assert_eq!(verify(&key, token.expose()), Some(claims));
        assert_eq!(verify(&[8; 32], token.expose()), None);
        for position in 0..token.expose().len() {
            let mut bytes = token.expose().as_bytes().to_vec();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert_eq!(verify(&key, &changed), None, "byte {position}");
        }
    }

    #[test]
    fn the_token_cannot_choose_its_algorithm() {
        let (key, claims) = ([7; 32], claims());
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).expect("JSON"));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        for token in [
            format!("{none}.{payload}."),
            format!("{HEADER}.{payload}."),
            String::new(),
            "..".to_owned(),
        ] {
            assert_eq!(verify(&key, &token), None, "{token}");
        }
    }
}
