//! Signing in by an account at another provider: any that speaks OpenID Connect, and GitHub.
//!
//! The authorization code flow with PKCE, each way out and back bound to one browser by a cookie:
//!
//! * `state` is a one-time token whose row names the provider, so that an answer of one provider is
//!   never taken for another's (mix-up), and each provider answers at an address of its own. The
//!   `iss` of RFC 9207 is checked where it is given, and demanded where the provider promises it.
//! * The PKCE verifier and the nonce are made from the cookie, so nothing secret is stored.
//! * The ID token must be signed by a key of the issuer, for this client, now, with this nonce.
//! * An account that exists is linked by an address that the provider says is verified, or by its
//!   person when it is signed in; never otherwise.
//!
//! Our own code on `ring`: `openidconnect` brings a second crypto library. Read 2026-11-22: OpenID
//! Connect Core 1.0, Discovery 1.0, RFC 6749, 7517, 7519, 7636, 9207, 9700.

mod accounts;
mod claims;
pub(crate) mod config;
mod discovery;
mod fetch;
mod flow;
mod github;
mod identities;
mod jwk;
mod jwt;
mod provider;

pub(crate) use flow::{Answer, Destination, PATIENCE};
pub(crate) use provider::Providers;

use crate::{Error, ErrorKind};

/// Who came back from a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The provider itself.
    pub(crate) issuer: String,
    /// The person's unchangeable id there.
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    /// Whether the provider knows that the address is the person's.
    pub(crate) email_is_verified: bool,
    pub(crate) name: Option<String>,
}

/// The provider's answer cannot be believed. What exactly is wrong goes into the log.
fn not_believed(why: impl std::fmt::Display) -> Error {
    Error::unauthorized(
        "provider_not_believed",
        format!("the provider's answer cannot be believed: {why}"),
    )
}

/// The provider does not answer as it should.
fn unreachable(why: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the provider does not answer as it should: {why}"),
    )
    .with_code("provider_unavailable")
}
