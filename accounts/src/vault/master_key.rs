//! The master key and where it comes from.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac as _};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{Error, ErrorKind, Result, Secret};

/// The environment variable that may hold the master key.
pub(crate) const VARIABLE: &str = "NOCODE_AI_MASTER_KEY";
const LENGTH: usize = 32;

/// 32 random bytes; written as base64. Wiped from memory when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; LENGTH]>);

impl MasterKey {
    /// A new key.
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        rand::rng().fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Reads base64 of 32 bytes, of either alphabet, with or without padding.
    ///
    /// # Errors
    /// `Vault` when it is anything else; the text is not repeated.
    pub fn from_base64(text: &Secret) -> Result<Self> {
        let text = text.expose().trim();
        let bytes = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
            .iter()
            .find_map(|alphabet| alphabet.decode(text).ok())
            .map(Zeroizing::new);
        let bytes = bytes
            .as_deref()
            .and_then(|bytes| <[u8; LENGTH]>::try_from(bytes.as_slice()).ok())
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Vault,
                    "the master key must be the base64 of 32 bytes: `openssl rand -base64 32` \
                     makes one",
                )
            })?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The base64 form.
    pub fn to_base64(&self) -> Secret {
        Secret::new(STANDARD.encode(self.0.as_slice()))
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// Another key for one purpose, from which this one cannot be told.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; LENGTH]> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes keys of any length");
        mac.update(purpose);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// A number that tells keys apart and says nothing about them; never 0.
    pub(crate) fn fingerprint(&self) -> i64 {
        let mut hash = Sha256::new();
        hash.update(b"nocode-ai master key fingerprint\0");
        hash.update(self.0.as_slice());
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
        i64::from_be_bytes([a, b, c, d, e, f, g, h]) | 1
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The environment or the configuration.
    Given(MasterKey),
    /// This file, made at the first start.
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str(VARIABLE),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip_through_base64() {
        let key = MasterKey::generate();
        let again = MasterKey::from_base64(&key.to_base64()).expect("valid");
        assert_eq!(again.bytes(), key.bytes());
        assert_eq!(again.fingerprint(), key.fingerprint());
        assert_ne!(MasterKey::generate().fingerprint(), key.fingerprint());
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for text in [
            "",
            "secret",
            &STANDARD.encode([7; 31]),
            &STANDARD.encode([7; 33]),
        ] {
            let error = MasterKey::from_base64(&Secret::new(text)).expect_err("wrong");
            assert!(error.message.contains("openssl rand -base64 32"));
            assert!(text.is_empty() || !error.message.contains(text));
        }
    }
}
