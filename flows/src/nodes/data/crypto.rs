//! Hashes, signatures, encodings, random values.

use accounts::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::Rng as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Crypto;

/// What is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// A fingerprint of the text.
    #[default]
    Hash,
    /// A signature with a key (HMAC).
    Sign,
    /// Whether a signature is right.
    Verify,
    /// Text into base64 or hexadecimal digits.
    Encode,
    /// Base64 or hexadecimal digits into text.
    Decode,
    /// A random text.
    Random,
    /// A random UUID.
    Uuid,
}

/// How fingerprints are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Algorithm {
    #[default]
    Sha256,
    Sha512,
    /// For services that demand it; not safe.
    Sha1,
    /// For services that demand it; not safe.
    Md5,
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    #[default]
    Hex,
    Base64,
    /// Base64 for addresses, without `=`.
    Base64Url,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What is done.
    #[serde(default)]
    mode: Mode,
    /// The text, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    text: Value,
    /// How fingerprints are made.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["hash", "sign", "verify"]})))]
    algorithm: Algorithm,
    /// How bytes are written.
    #[serde(default)]
    encoding: Encoding,
    /// The key, best as `{{ secrets.name }}`.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["sign", "verify"]})))]
    key: String,
    /// The signature to be checked.
    #[serde(default)]
    #[schemars(extend("x-show-if" = json!({"field": "mode", "is": ["verify"]})))]
    signature: String,
    /// Random bytes.
    #[serde(default = "sixteen")]
    #[schemars(range(min = 1, max = 1024), extend("x-show-if" = json!({"field": "mode", "is": ["random"]})))]
    bytes: usize,
}

fn sixteen() -> usize {
    16
}

impl Node for Crypto {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "lock",
        keywords: &[
            "hash",
            "sha256",
            "hmac",
            "base64",
            "uuid",
            "random",
            "signature",
            "encode",
        ],
        docs: "Keys belong into the project's secrets: `{{ secrets.name }}`. A signature is checked in \
               constant time. Hashes hide nothing that can be guessed: to store passwords, do not use \
               this.",
        ..About::step(
            "data.crypto",
            Category::Data,
            "Crypto",
            "Hashes, signs, encodes, and makes random values.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("text", DataType::String, "Text")],
            [
                Port::new("result", DataType::String, "Result"),
                Port::new("valid", DataType::Boolean, "Signature is right"),
            ],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let text = text_of(&take(&mut input, "text"));
        let encoding = settings.encoding;
        let result = match settings.mode {
            Mode::Hash => encoding.write(&settings.algorithm.hash(text.as_bytes())),
            Mode::Sign => {
                let key = key(settings.key)?;
                encoding.write(&settings.algorithm.sign(&key, text.as_bytes()))
            }
            Mode::Verify => {
                let key = key(settings.key)?;
                let right = settings.algorithm.sign(&key, text.as_bytes());
                let given = settings.signature.trim();
                let given = given
                    .split_once('=')
                    .filter(|(name, _)| name.starts_with("sha"))
                    .map_or(given, |(_, rest)| rest);
                let is_right = encoding
                    .read(given)
                    .is_some_and(|bytes| same(&bytes, &right));
                return Ok(Output::one("valid", is_right)
                    .and("result", Value::Null)
                    .into());
            }
            Mode::Encode => encoding.write(text.as_bytes()),
            Mode::Decode => {
                let bytes = encoding.read(text.trim());
                let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                decoded.ok_or_else(|| NodeError::input("this does not decode to a text"))?
            }
            Mode::Random => {
                let mut bytes = vec![0; settings.bytes.clamp(1, 1024)];
                rand::rng().fill_bytes(&mut bytes);
                encoding.write(&bytes)
            }
            Mode::Uuid => uuid::Uuid::new_v4().to_string(),
        };
        Ok(Output::one("result", result)
            .and("valid", Value::Null)
            .into())
    }

    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A fingerprint",
                json!({"mode": "hash"}),
                json!({"text": "abc"}),
                json!({
                    "result": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    "valid": null,
                }),
            ),
            Example::new(
                "A delivery's signature",
                json!({
                    "mode": "verify", "key": "key",
                    "signature": "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
                }),
                json!({"text": "The quick brown fox jumps over the lazy dog"}),
                json!({"valid": true, "result": null}),
            ),
            Example::new(
                "Back from base64",
                json!({"mode": "decode", "encoding": "base64"}),
                json!({"text": "R3LDvMOfZQ=="}),
                json!({"result": "Grüße", "valid": null}),
            ),
        ]
    }
}

fn key(text: String) -> Result<Secret, NodeError> {
    if text.is_empty() {
        return Err(NodeError::settings("key", "a signature needs a key"));
    }
    Ok(Secret::new(text))
}

/// Compares in a time that does not depend on where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && differences == 0
}

impl Algorithm {
    fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
            Self::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Self::Md5 => md5::Md5::digest(bytes).to_vec(),
        }
    }

    fn sign(self, key: &Secret, bytes: &[u8]) -> Vec<u8> {
        macro_rules! sign {
            ($hash:ty) => {{
                let mac = Hmac::<$hash>::new_from_slice(key.expose().as_bytes());
                let mut mac = mac.expect("HMAC takes keys of any length");
                mac.update(bytes);
                mac.finalize().into_bytes().to_vec()
            }};
        }
        match self {
            Self::Sha256 => sign!(sha2::Sha256),
            Self::Sha512 => sign!(sha2::Sha512),
            Self::Sha1 => sign!(sha1::Sha1),
            Self::Md5 => sign!(md5::Md5),
        }
    }
}

impl Encoding {
    fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => {
                let pairs = text.as_bytes().chunks(2);
                let byte = |pair: &[u8]| {
                    let pair = std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?;
                    u8::from_str_radix(pair, 16).ok()
                };
                pairs.map(byte).collect()
            }
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok(),
        }
    }
}
