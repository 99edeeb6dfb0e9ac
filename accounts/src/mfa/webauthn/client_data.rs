//! What the browser itself says about a ceremony.

use serde::Deserialize;

use super::{Refusal, RelyingParty};

/// Making a passkey, or using it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceremony {
    Registration,
    Login,
}

impl Ceremony {
    const fn word(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Login => "webauthn.get",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

const MALFORMED: Refusal = Refusal::Malformed("the client data");

/// The challenge that was answered, to be looked up: nothing else of the data is known to be right.
pub(crate) fn challenge_of(json: &[u8]) -> Result<String, Refusal> {
    Ok(read(json)?.challenge)
}

/// Checks that a page of ours asked for this ceremony.
pub(super) fn check(json: &[u8], ceremony: Ceremony, rp: &RelyingParty) -> Result<(), Refusal> {
    let data = read(json)?;
    if data.r#type != ceremony.word() {
        return Err(Refusal::WrongCeremony);
    }
    if data.origin != rp.origin || data.cross_origin {
        return Err(Refusal::WrongOrigin);
    }
    Ok(())
}

fn read(json: &[u8]) -> Result<ClientData, Refusal> {
    serde_json::from_slice(json).map_err(|_| MALFORMED)
}
