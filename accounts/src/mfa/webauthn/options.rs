//! What a page hands to the browser, in the JSON form that
//! `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::RelyingParty;
use super::cose::ALGORITHMS;

const NAME: &str = "NoCode AI Builder";
/// Longest time for a ceremony, in milliseconds; the challenge lives as long.
const TIMEOUT_MS: u32 = 300_000;

/// Options for making a passkey. `existing` ones of the person are not made twice.
pub(crate) fn creation(
    rp: &RelyingParty,
    challenge: &str,
    person: (&[u8], &str, &str),
    existing: &[(Vec<u8>, Vec<String>)],
) -> Value {
    let (handle, email, name) = person;
    let kinds = ALGORITHMS.map(|alg| json!({"type": "public-key", "alg": alg}));
    json!({
        "rp": {"id": rp.id, "name": NAME},
        "user": {"id": URL_SAFE_NO_PAD.encode(handle), "name": email, "displayName": name},
        "challenge": challenge,
        "pubKeyCredParams": kinds,
        "timeout": TIMEOUT_MS,
        "excludeCredentials": descriptors(existing),
        "authenticatorSelection": {
            "residentKey": "preferred", "requireResidentKey": false, "userVerification": "preferred",
        },
        "attestation": "none",
    })
}

/// Options for using a passkey: one of `allowed`, or any that the device knows for this site, which
/// then has to verify its person.
pub(crate) fn request(
    rp: &RelyingParty,
    challenge: &str,
    allowed: &[(Vec<u8>, Vec<String>)],
) -> Value {
    let verification = if allowed.is_empty() {
        "required"
    } else {
        "preferred"
    };
    json!({
        "challenge": challenge,
        "timeout": TIMEOUT_MS,
        "rpId": rp.id,
        "allowCredentials": descriptors(allowed),
        "userVerification": verification,
    })
}

fn descriptors(credentials: &[(Vec<u8>, Vec<String>)]) -> Vec<Value> {
    let all = credentials.iter().map(|(id, transports)| {
        json!({
            "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id), "transports": transports,
        })
    });
    all.collect()
}
