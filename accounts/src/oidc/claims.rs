//! What an ID token says, and whether it is said to us.

use serde::Deserialize;
use serde_json::Value;

/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 60;

/// The claims that are read; OpenID Connect Core §2 and §5.1.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    pub(super) email: Option<String>,
    email_verified: Option<Value>,
    pub(super) name: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What the provider tells about a person when asked (§5.3).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct UserInfo {
    pub(super) sub: String,
    pub(super) email: Option<String>,
    email_verified: Option<Value>,
    pub(super) name: Option<String>,
}

/// What a token has to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

impl Claims {
    /// Checks that the token was made by this issuer, for this client, for this login, and now
    /// (§3.1.3.7).
    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<(), &'static str> {
        let client = expected.client_id;
        let audience = match &self.aud {
            Audience::One(one) => std::slice::from_ref(one),
            Audience::Many(many) => many.as_slice(),
        };
        if self.iss != expected.issuer {
            return Err("it was made by another issuer");
        }
        if !audience.iter().any(|audience| audience == client) {
            return Err("it is meant for another client");
        }
        let party = self.azp.as_deref();
        if audience.len() > 1 && party.is_none() || party.is_some_and(|party| party != client) {
            return Err("it was given to another client");
        }
        if self.exp <= expected.now - LEEWAY {
            return Err("its time is over");
        }
        let begins = self.nbf.unwrap_or(self.iat).max(self.iat);
        if begins > expected.now + LEEWAY {
            return Err("its time has not come");
        }
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err("it belongs to another login");
        }
        if self.sub.is_empty() || self.sub.len() > 255 {
            return Err("it names nobody");
        }
        Ok(())
    }

    pub(super) fn email_is_verified(&self) -> bool {
        is_true(self.email_verified.as_ref())
    }
}

impl UserInfo {
    pub(super) fn email_is_verified(&self) -> bool {
        is_true(self.email_verified.as_ref())
    }
}

/// Some providers write the word instead of the value.
fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true))) || value.is_some_and(|v| v.as_str() == Some("true"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://id.example.org",
        client_id: "us",
        nonce: "n",
        now: 1_000_000,
    };

    fn judge(change: impl FnOnce(&mut Value)) -> Result<(), &'static str> {
        let mut claims = json!({
            "iss": "https://id.example.org", "sub": "ada", "aud": "us", "exp": 1_000_300,
            "iat": 1_000_000, "nonce": "n",
        });
        change(&mut claims);
        let claims: Claims = serde_json::from_value(claims).expect("claims");
        claims.check(&EXPECTED)
    }

    #[test]
    fn a_token_for_us_is_taken() {
        assert_eq!(judge(|_| {}), Ok(()));
        assert_eq!(judge(|c| c["aud"] = json!(["us"])), Ok(()));
        assert_eq!(
            judge(|c| {
                c["aud"] = json!(["us", "them"]);
                c["azp"] = json!("us");
            }),
            Ok(())
        );
        assert_eq!(
            judge(|c| c["exp"] = json!(999_950)),
            Ok(()),
            "clocks differ"
        );
        assert_eq!(
            judge(|c| c["iat"] = json!(1_000_050)),
            Ok(()),
            "clocks differ"
        );
    }

    type Change = fn(&mut Value);

    #[test]
    fn any_other_token_is_not() {
        let wrong: [(&str, Change); 12] = [
            ("issuer", |c| c["iss"] = json!("https://id.example.org/")),
            ("audience", |c| c["aud"] = json!("them")),
            ("no audience", |c| c["aud"] = json!([])),
            ("party missing", |c| c["aud"] = json!(["us", "them"])),
            ("party", |c| c["azp"] = json!("them")),
            ("expired", |c| c["exp"] = json!(999_940)),
            ("made in the future", |c| c["iat"] = json!(1_000_061)),
            ("not before", |c| c["nbf"] = json!(1_000_061)),
            ("nonce", |c| c["nonce"] = json!("m")),
            ("no nonce", |c| c["nonce"] = json!(null)),
            ("nobody", |c| c["sub"] = json!("")),
            ("too long", |c| c["sub"] = json!("x".repeat(256))),
        ];
        for (what, change) in wrong {
            assert!(judge(change).is_err(), "{what}");
        }
    }

    #[test]
    fn only_a_clear_yes_verifies_an_address() {
        for (value, wanted) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            assert_eq!(is_true(Some(&value)), wanted, "{value}");
        }
        assert!(!is_true(None));
    }
}
