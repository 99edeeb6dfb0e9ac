//! Public keys in COSE form (RFC 9052, RFC 9053, RFC 8230) and the signatures they check.

use minicbor::Decoder;
use minicbor::data::Type;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use super::Refusal;

/// The algorithms that are offered to authenticators, the preferred one first.
pub(super) const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;
const MALFORMED: Refusal = Refusal::Malformed("the public key");

/// A public key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PublicKey<'a> {
    /// A point on P-256, uncompressed.
    Es256([u8; 65]),
    Ed25519(&'a [u8]),
    Rs256 {
        n: &'a [u8],
        e: &'a [u8],
    },
}

/// The parameters -1, -2 and -3, whose meaning depends on the kind of key.
#[derive(Default, Clone, Copy)]
struct Parameter<'a> {
    number: Option<i64>,
    bytes: Option<&'a [u8]>,
}

impl<'a> PublicKey<'a> {
    pub(super) fn read(cbor: &'a [u8]) -> Result<Self, Refusal> {
        let mut decoder = Decoder::new(cbor);
        let wrong = |_| MALFORMED;
        let length = decoder.map().map_err(wrong)?.ok_or(MALFORMED)?;
        let (mut kind, mut algorithm) = (None, None);
        let mut parameters = [Parameter::default(); 3];
        let mut seen = Vec::new();
        for _ in 0..length {
            let label = decoder.i64().map_err(wrong)?;
            if seen.contains(&label) {
                return Err(MALFORMED);
            }
            seen.push(label);
            match label {
                1 => kind = Some(decoder.i64().map_err(wrong)?),
                3 => algorithm = Some(decoder.i64().map_err(wrong)?),
                -3..=-1 => {
                    let position = usize::try_from(-label - 1).map_err(|_| MALFORMED)?;
                    parameters[position] = Parameter::read(&mut decoder)?;
                }
                _ => decoder.skip().map_err(wrong)?,
            }
        }
        if decoder.position() != cbor.len() {
            return Err(MALFORMED);
        }
        let [one, two, three] = parameters;
        match (kind, algorithm) {
            (Some(2), Some(ES256)) if one.number == Some(1) => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(two.sized(32)?);
                point[33..].copy_from_slice(three.sized(32)?);
                Ok(Self::Es256(point))
            }
            (Some(1), Some(EDDSA)) if one.number == Some(6) => Ok(Self::Ed25519(two.sized(32)?)),
            (Some(3), Some(RS256)) => Ok(Self::Rs256 {
                n: one.bytes.ok_or(MALFORMED)?,
                e: two.bytes.ok_or(MALFORMED)?,
            }),
            _ => Err(Refusal::UnsupportedKey),
        }
    }

    /// The number of its algorithm.
    pub(super) const fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::Ed25519(_) => EDDSA,
            Self::Rs256 { .. } => RS256,
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        verified.map_err(|_| Refusal::WrongSignature)
    }
}

impl<'a> Parameter<'a> {
    fn read(decoder: &mut Decoder<'a>) -> Result<Self, Refusal> {
        let wrong = |_| MALFORMED;
        if decoder.datatype().map_err(wrong)? == Type::Bytes {
            let bytes = decoder.bytes().map_err(wrong)?;
            return Ok(Self {
                bytes: Some(bytes),
                number: None,
            });
        }
        Ok(Self {
            number: Some(decoder.i64().map_err(wrong)?),
            bytes: None,
        })
    }

    fn sized(self, length: usize) -> Result<&'a [u8], Refusal> {
        let bytes = self.bytes.filter(|bytes| bytes.len() == length);
        bytes.ok_or(MALFORMED)
    }
}
