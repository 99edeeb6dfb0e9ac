//! What the authenticator says about a ceremony: the bytes that it signs.

use minicbor::Decoder;
use ring::digest::{SHA256, digest};

use super::{Refusal, RelyingParty};

const MALFORMED: Refusal = Refusal::Malformed("the authenticator's data");
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;
/// Longer ids must be refused (§7.1 step 25).
const MAX_ID: usize = 1_023;

/// Authenticator data, §6.1.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    rp_id_hash: &'a [u8],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) credential: Option<Credential<'a>>,
}

/// A credential that was just made, §6.5.1.
#[derive(Debug)]
pub(super) struct Credential<'a> {
    pub(super) id: &'a [u8],
    /// In COSE form.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let (rp_id_hash, rest) = bytes.split_at_checked(32).ok_or(MALFORMED)?;
        let (flags, rest) = rest.split_first().ok_or(MALFORMED)?;
        let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(MALFORMED)?;
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (found, after) = Credential::read(rest)?;
            (credential, rest) = (Some(found), after);
        }
        if flags & HAS_EXTENSIONS != 0 {
            rest = item(rest)?.1;
        }
        if !rest.is_empty() {
            return Err(MALFORMED);
        }
        Ok(Self {
            rp_id_hash,
            flags: *flags,
            sign_count: u32::from_be_bytes(*count),
            credential,
        })
    }

    /// Checks the site, that somebody was there, and that the flags do not contradict each other.
    pub(super) fn check(&self, rp: &RelyingParty) -> Result<(), Refusal> {
        if self.rp_id_hash != digest(&SHA256, rp.id.as_bytes()).as_ref() {
            return Err(Refusal::WrongSite);
        }
        if self.flags & PRESENT == 0 {
            return Err(Refusal::NotPresent);
        }
        if self.is_backed_up() && !self.is_backup_eligible() {
            return Err(Refusal::WrongBackup);
        }
        Ok(())
    }

    pub(super) const fn is_verified(&self) -> bool {
        self.flags & VERIFIED != 0
    }

    pub(super) const fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub(super) const fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl<'a> Credential<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refusal> {
        let (_aaguid, rest) = bytes.split_at_checked(16).ok_or(MALFORMED)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(MALFORMED)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        if id.is_empty() || id.len() > MAX_ID {
            return Err(MALFORMED);
        }
        let (public_key, rest) = item(rest)?;
        Ok((Self { id, public_key }, rest))
    }
}

/// The first CBOR item, and what follows it.
fn item(bytes: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    let mut decoder = Decoder::new(bytes);
    decoder.skip().map_err(|_| MALFORMED)?;
    bytes.split_at_checked(decoder.position()).ok_or(MALFORMED)
}
