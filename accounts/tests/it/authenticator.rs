//! A software authenticator: what a browser and a security key do together, and what liars do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::Encoder;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};

pub(crate) const RSA: &[u8] = include_bytes!("fixtures/rsa-2048.pk8");

/// A key of one of the kinds that are accepted.
pub(crate) enum Key {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// What the authenticator and the browser say; each may be a lie.
#[derive(Clone)]
pub(crate) struct Says {
    pub(crate) origin: String,
    pub(crate) rp_id: String,
    pub(crate) ceremony: Option<&'static str>,
    pub(crate) challenge: Option<String>,
    pub(crate) cross_origin: bool,
    pub(crate) flags: u8,
    pub(crate) format: &'static str,
    pub(crate) extensions: bool,
    pub(crate) handle: Option<Vec<u8>>,
}

pub(crate) const PRESENT: u8 = 1;
pub(crate) const VERIFIED: u8 = 4;
pub(crate) const BACKUP_ELIGIBLE: u8 = 8;
pub(crate) const BACKED_UP: u8 = 16;

impl Default for Says {
    fn default() -> Self {
        Self {
            origin: "https://ai.test".to_owned(),
            rp_id: "ai.test".to_owned(),
            ceremony: None,
            challenge: None,
            cross_origin: false,
            flags: PRESENT | VERIFIED,
            format: "none",
            extensions: false,
            handle: None,
        }
    }
}

pub(crate) struct Authenticator {
    pub(crate) key: Key,
    pub(crate) id: Vec<u8>,
    pub(crate) count: u32,
    /// The person's handle, learned at the registration.
    pub(crate) handle: Vec<u8>,
}

impl Key {
    pub(crate) fn es256() -> Self {
        let rng = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng);
        let document = document.expect("random");
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &rng);
        Self::Es256(key.expect("a key"))
    }

    pub(crate) fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("random");
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key"))
    }

    pub(crate) fn rs256() -> Self {
        Self::Rs256(RsaKeyPair::from_pkcs8(RSA).expect("a key"))
    }

    fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => -7,
            Self::Ed25519(_) => -8,
            Self::Rs256(_) => -257,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let rng = SystemRandom::new();
        match self {
            Self::Es256(key) => key.sign(&rng, message).expect("signs").as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &rng, message, &mut signature)
                    .expect("signs");
                signature
            }
        }
    }

    /// The public key in COSE form.
    fn cose(&self) -> Vec<u8> {
        let mut cbor = Encoder::new(Vec::new());
        let algorithm = self.algorithm();
        match self {
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                cbor.map(5)
                    .and_then(|c| c.i8(1)?.i8(2)?.i8(3)?.i64(algorithm)?.i8(-1)?.i8(1))
                    .and_then(|c| c.i8(-2)?.bytes(&point[1..33])?.i8(-3)?.bytes(&point[33..]))
                    .expect("memory");
            }
            Self::Ed25519(key) => {
                cbor.map(4)
                    .and_then(|c| c.i8(1)?.i8(1)?.i8(3)?.i64(algorithm)?.i8(-1)?.i8(6))
                    .and_then(|c| c.i8(-2)?.bytes(key.public_key().as_ref()))
                    .expect("memory");
            }
            Self::Rs256(key) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(key.public());
                cbor.map(4)
                    .and_then(|c| c.i8(1)?.i8(3)?.i8(3)?.i64(algorithm))
                    .and_then(|c| c.i8(-1)?.bytes(&public.n)?.i8(-2)?.bytes(&public.e))
                    .expect("memory");
            }
        }
        cbor.into_writer()
    }
}

impl Authenticator {
    pub(crate) fn new(key: Key) -> Self {
        let id = uuid::Uuid::new_v4().as_bytes().to_vec();
        Self {
            key,
            id,
            count: 0,
            handle: Vec::new(),
        }
    }

    /// Makes a passkey as the options say.
    pub(crate) fn create(&mut self, options: &Value, says: &Says) -> Value {
        let options = &options["public_key"];
        assert_eq!(options["attestation"], "none");
        let handle = options["user"]["id"].as_str().expect("a handle");
        self.handle = URL_SAFE_NO_PAD.decode(handle).expect("base64url");
        let client_data = client_data(options, says, "webauthn.create");
        let data = self.data(says, true);
        let mut object = Encoder::new(Vec::new());
        object
            .map(3)
            .and_then(|c| c.str("fmt")?.str(says.format)?.str("attStmt"))
            .expect("memory");
        if says.format == "packed" {
            let signature = self.key.sign(&signed(&data, &client_data));
            let algorithm = self.key.algorithm();
            object
                .map(2)
                .and_then(|c| c.str("alg")?.i64(algorithm)?.str("sig")?.bytes(&signature))
                .expect("memory");
        } else {
            object.map(0).expect("memory");
        }
        object
            .str("authData")
            .and_then(|c| c.bytes(&data))
            .expect("memory");
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "attestationObject": URL_SAFE_NO_PAD.encode(object.into_writer()),
                "transports": ["internal", "hybrid"],
            },
        })
    }

    /// Uses the passkey as the options say.
    pub(crate) fn get(&mut self, options: &Value, says: &Says) -> Value {
        let count = self.count + 1;
        self.get_at(count, options, says)
    }

    /// Uses the passkey with this number in its counter.
    pub(crate) fn get_at(&mut self, count: u32, options: &Value, says: &Says) -> Value {
        self.count = count;
        let client_data = client_data(&options["public_key"], says, "webauthn.get");
        let data = self.data(says, false);
        let signature = self.key.sign(&signed(&data, &client_data));
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        let handle = says.handle.as_ref().unwrap_or(&self.handle);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
                "userHandle": URL_SAFE_NO_PAD.encode(handle),
            },
        })
    }

    fn data(&self, says: &Says, is_new: bool) -> Vec<u8> {
        let mut data = digest(&SHA256, says.rp_id.as_bytes()).as_ref().to_vec();
        let credential = if is_new { 0x40 } else { 0 };
        let extensions = if says.extensions { 0x80 } else { 0 };
        data.push(says.flags | credential | extensions);
        data.extend(self.count.to_be_bytes());
        if is_new {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
            data.extend(&self.id);
            data.extend(self.key.cose());
        }
        if says.extensions {
            // {"credProtect": 2}
            data.extend(b"\xa1\x6bcredProtect\x02");
        }
        data
    }
}

fn client_data(options: &Value, says: &Says, ceremony: &str) -> Vec<u8> {
    let ours = options["challenge"].as_str().expect("a challenge");
    let challenge = says.challenge.as_deref().unwrap_or(ours);
    let data = json!({
        "type": says.ceremony.unwrap_or(ceremony), "challenge": challenge, "origin": says.origin,
        "crossOrigin": says.cross_origin, "other_keys_can_be_added_here": "do not compare",
    });
    data.to_string().into_bytes()
}

fn signed(data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [data, digest(&SHA256, client_data).as_ref()].concat()
}
