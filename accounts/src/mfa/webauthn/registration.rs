//! A new passkey, §7.1.

use minicbor::Decoder;
use ring::digest::{SHA256, digest};

use super::authenticator::AuthenticatorData;
use super::client_data::{self, Ceremony};
use super::cose::PublicKey;
use super::{Refusal, RelyingParty};

const MALFORMED: Refusal = Refusal::Malformed("the attestation");

/// What the browser hands over for a new passkey.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attestation<'a> {
    pub(crate) client_data: &'a [u8],
    pub(crate) object: &'a [u8],
}

/// A passkey that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewCredential {
    pub(crate) id: Vec<u8>,
    /// In COSE form.
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
    pub(crate) is_backup_eligible: bool,
    pub(crate) is_backed_up: bool,
    pub(crate) is_verified: bool,
}

struct Parts<'a> {
    format: &'a str,
    statement: &'a [u8],
    data: &'a [u8],
}

impl Attestation<'_> {
    /// Checks everything but the challenge.
    pub(crate) fn verify(&self, rp: &RelyingParty) -> Result<NewCredential, Refusal> {
        client_data::check(self.client_data, Ceremony::Registration, rp)?;
        let parts = Parts::read(self.object)?;
        let data = AuthenticatorData::read(parts.data)?;
        data.check(rp)?;
        let credential = data.credential.as_ref().ok_or(MALFORMED)?;
        let key = PublicKey::read(credential.public_key)?;
        match parts.format {
            // `{}`: nothing is claimed.
            "none" if parts.statement == [0xa0] => {}
            // Some authenticators sign with the new key itself, and browsers let that pass. It claims
            // nothing about who made them.
            "packed" => {
                let mut signed = parts.data.to_vec();
                signed.extend_from_slice(digest(&SHA256, self.client_data).as_ref());
                key.verify(&signed, self_signature(parts.statement, key.algorithm())?)?;
            }
            _ => return Err(Refusal::UnsupportedAttestation),
        }
        Ok(NewCredential {
            id: credential.id.to_vec(),
            public_key: credential.public_key.to_vec(),
            sign_count: data.sign_count,
            is_backup_eligible: data.is_backup_eligible(),
            is_backed_up: data.is_backed_up(),
            is_verified: data.is_verified(),
        })
    }
}

impl<'a> Parts<'a> {
    fn read(object: &'a [u8]) -> Result<Self, Refusal> {
        let mut decoder = Decoder::new(object);
        let wrong = |_| MALFORMED;
        let length = decoder.map().map_err(wrong)?.ok_or(MALFORMED)?;
        let (mut format, mut statement, mut data) = (None, None, None);
        for _ in 0..length {
            match decoder.str().map_err(wrong)? {
                "fmt" => format = Some(decoder.str().map_err(wrong)?),
                "authData" => data = Some(decoder.bytes().map_err(wrong)?),
                "attStmt" => {
                    let from = decoder.position();
                    decoder.skip().map_err(wrong)?;
                    statement = object.get(from..decoder.position());
                }
                _ => decoder.skip().map_err(wrong)?,
            }
        }
        if decoder.position() != object.len() {
            return Err(MALFORMED);
        }
        Ok(Self {
            format: format.ok_or(MALFORMED)?,
            statement: statement.ok_or(MALFORMED)?,
            data: data.ok_or(MALFORMED)?,
        })
    }
}

/// The signature of a `packed` statement without certificates, §8.2.
fn self_signature(statement: &[u8], algorithm: i64) -> Result<&[u8], Refusal> {
    let mut decoder = Decoder::new(statement);
    let wrong = |_| MALFORMED;
    let length = decoder.map().map_err(wrong)?.ok_or(MALFORMED)?;
    let (mut named, mut signature) = (None, None);
    for _ in 0..length {
        match decoder.str().map_err(wrong)? {
            "alg" => named = Some(decoder.i64().map_err(wrong)?),
            "sig" => signature = Some(decoder.bytes().map_err(wrong)?),
            _ => return Err(Refusal::UnsupportedAttestation),
        }
    }
    if named != Some(algorithm) {
        return Err(Refusal::UnsupportedAttestation);
    }
    signature.ok_or(MALFORMED)
}
