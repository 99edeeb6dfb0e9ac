//! AWS Signature Version 4 for requests without a body.
//! Source: docs.aws.amazon.com, "Signature Version 4 signing process", read 2026-11-23.

use accounts::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// SHA-256 of nothing.
pub(super) const EMPTY_HASH: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Who signs.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
}

/// What is signed of a request. `path` and `query` are encoded as they are sent, the query sorted.
pub(super) struct Request<'a> {
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) region: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub(super) time: &'a str,
    /// More headers, their names in lower case and sorted among `host` and `x-amz-…`.
    pub(super) range: Option<&'a str>,
}

impl Request<'_> {
    /// The value of the header `Authorization`.
    pub(super) fn authorization(&self, keys: &Keys) -> String {
        let (names, headers) = match self.range {
            Some(range) => (
                "host;range;x-amz-content-sha256;x-amz-date",
                format!("host:{}\nrange:{range}\n", self.host),
            ),
            None => (
                "host;x-amz-content-sha256;x-amz-date",
                format!("host:{}\n", self.host),
            ),
        };
        let canonical = format!(
            "GET\n{}\n{}\n{headers}x-amz-content-sha256:{EMPTY_HASH}\nx-amz-date:{}\n\n{names}\n{EMPTY_HASH}",
            self.path, self.query, self.time,
        );
        let day = self.time.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let text = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.time,
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let first = format!("AWS4{}", keys.secret_access_key.expose());
        let key = [day, self.region, "s3", "aws4_request"]
            .iter()
            .fold(first.into_bytes(), |key, part| mac(&key, part.as_bytes()));
        let signature = hex(&mac(&key, text.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            keys.access_key_id
        )
    }
}

fn mac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Percent-encodes all but unreserved characters; `/` stays where `path` says so.
pub(super) fn encoded(text: &str, path: bool) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b'/' if path => out.push('/'),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys and requests of Amazon's own examples, with their signatures.
    fn signature(path: &str, query: &str, range: Option<&str>) -> String {
        let keys = Keys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        };
        let request = Request {
            host: "examplebucket.s3.amazonaws.com",
            path,
            query,
            region: "us-east-1",
            time: "20130524T000000Z",
            range,
        };
        let header = request.authorization(&keys);
        assert!(
            header.starts_with(
                "AWS4-HMAC-SHA256 \
                 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;"
            ),
            "{header}"
        );
        header.rsplit('=').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn signatures_are_those_of_amazons_examples() {
        assert_eq!(
            signature("/test.txt", "", Some("bytes=0-9")),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(
            signature("/", "max-keys=2&prefix=J", None),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn keys_are_encoded_as_amazon_wants_it() {
        assert_eq!(encoded("a b/ü+~.md", true), "a%20b/%C3%BC%2B~.md");
        assert_eq!(encoded("a/b=c", false), "a%2Fb%3Dc");
    }
}
