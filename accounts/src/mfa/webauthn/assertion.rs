//! The use of a passkey, §7.2.

use ring::digest::{SHA256, digest};

use super::authenticator::AuthenticatorData;
use super::client_data::{self, Ceremony};
use super::cose::PublicKey;
use super::{Refusal, RelyingParty};

/// What the browser hands over for a login.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assertion<'a> {
    pub(crate) client_data: &'a [u8],
    pub(crate) authenticator_data: &'a [u8],
    pub(crate) signature: &'a [u8],
}

/// What is stored of the passkey.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// In COSE form.
    pub(crate) public_key: &'a [u8],
    pub(crate) sign_count: u32,
    pub(crate) is_backup_eligible: bool,
}

/// What is to be stored of the passkey after it was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) sign_count: u32,
    pub(crate) is_backed_up: bool,
    /// Whether the authenticator verified who used it: two factors in one.
    pub(crate) is_verified: bool,
}

impl Assertion<'_> {
    /// Checks everything but the challenge.
    pub(crate) fn verify(&self, rp: &RelyingParty, known: &Known<'_>) -> Result<Login, Refusal> {
        client_data::check(self.client_data, Ceremony::Login, rp)?;
        let data = AuthenticatorData::read(self.authenticator_data)?;
        data.check(rp)?;
        if data.is_backup_eligible() != known.is_backup_eligible {
            return Err(Refusal::WrongBackup);
        }
        let key = PublicKey::read(known.public_key)?;
        let mut signed = self.authenticator_data.to_vec();
        signed.extend_from_slice(digest(&SHA256, self.client_data).as_ref());
        key.verify(&signed, self.signature)?;
        // Passkeys that are synchronized between devices do not count.
        let counts = data.sign_count != 0 || known.sign_count != 0;
        if counts && data.sign_count <= known.sign_count {
            return Err(Refusal::Copied);
        }
        Ok(Login {
            sign_count: data.sign_count,
            is_backed_up: data.is_backed_up(),
            is_verified: data.is_verified(),
        })
    }
}
