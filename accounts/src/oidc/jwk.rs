//! A provider's public keys (RFC 7517) and the signatures they check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;

/// An algorithm that ID tokens may be signed with. `none` is none of them, and neither are those with a
/// shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RS384")]
    Rs384,
    #[serde(rename = "RS512")]
    Rs512,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "ES384")]
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A public key of a set.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Jwk {
    kid: Option<String>,
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a provider.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct JwkSet {
    keys: Vec<serde_json::Value>,
}

impl JwkSet {
    /// Whether one of the keys for this algorithm made the signature; `None` when there is no key that
    /// it could be, so that newer ones may be looked for.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        // A key that we cannot read is somebody else's, for something else.
        let keys = self.keys.iter();
        let keys = keys.filter_map(|key| Jwk::deserialize(key).ok());
        let mut fitting = keys.filter(|key| key.fits(algorithm, kid)).peekable();
        fitting.peek()?;
        Some(fitting.any(|key| key.verify(algorithm, message, signature).is_some()))
    }
}

impl Jwk {
    fn fits(&self, algorithm: Algorithm, kid: Option<&str>) -> bool {
        let (kind, curve, name) = algorithm.wants();
        self.kty == kind
            && curve.is_none_or(|curve| self.crv.as_deref() == Some(curve))
            && self
                .purpose
                .as_deref()
                .is_none_or(|purpose| purpose == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == name)
            && kid.is_none_or(|kid| self.kid.as_deref() == Some(kid))
    }

    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Option<()> {
        let rsa = |parameters: &RsaParameters| {
            let (n, e) = (decode(self.n.as_ref())?, decode(self.e.as_ref())?);
            let key = RsaPublicKeyComponents { n, e };
            key.verify(parameters, message, signature).ok()
        };
        let curve = |verification: &'static dyn VerificationAlgorithm, key: Vec<u8>| {
            let key = UnparsedPublicKey::new(verification, key);
            key.verify(message, signature).ok()
        };
        match algorithm {
            Algorithm::Rs256 => rsa(&RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => rsa(&RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => rsa(&RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => rsa(&RSA_PSS_2048_8192_SHA256),
            Algorithm::Es256 => curve(&ECDSA_P256_SHA256_FIXED, self.point()?),
            Algorithm::Es384 => curve(&ECDSA_P384_SHA384_FIXED, self.point()?),
            Algorithm::EdDsa => curve(&ED25519, decode(self.x.as_ref())?),
        }
    }

    /// The point, uncompressed.
    fn point(&self) -> Option<Vec<u8>> {
        let (x, y) = (decode(self.x.as_ref())?, decode(self.y.as_ref())?);
        Some([&[4], x.as_slice(), y.as_slice()].concat())
    }
}

impl Algorithm {
    /// The kind of key, its curve, and the algorithm's name.
    const fn wants(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Self::Rs256 => ("RSA", None, "RS256"),
            Self::Rs384 => ("RSA", None, "RS384"),
            Self::Rs512 => ("RSA", None, "RS512"),
            Self::Ps256 => ("RSA", None, "PS256"),
            Self::Es256 => ("EC", Some("P-256"), "ES256"),
            Self::Es384 => ("EC", Some("P-384"), "ES384"),
            Self::EdDsa => ("OKP", Some("Ed25519"), "EdDSA"),
        }
    }
}

fn decode(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}
