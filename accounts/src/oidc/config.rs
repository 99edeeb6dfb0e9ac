//! `[auth.oidc.NAME]` of the configuration.

use serde::Deserialize;

use crate::word::word;
use crate::{Error, Registration, Result, Secret};

/// Google's issuer.
const GOOGLE: &str = "https://accounts.google.com";
/// GitHub itself; companies have servers of their own.
const GITHUB: &str = "https://github.com";

word! {
    /// How a provider is spoken to.
    pub enum ProviderKind {
        /// Any that speaks OpenID Connect.
        Oidc = "oidc",
        /// Google, which does.
        Google = "google",
        /// GitHub, which has its own way, and GitHub Enterprise Server.
        GitHub = "github",
    }
}

/// One provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// How it is spoken to; by the section's name (`google`, `github`) or `oidc` when absent.
    pub kind: Option<ProviderKind>,
    /// What the button on the login page says.
    pub title: Option<String>,
    /// The issuer's address, exactly as its discovery document says it; for GitHub Enterprise Server
    /// the server's address.
    pub issuer: Option<String>,
    /// The id that the provider gave this server.
    pub client_id: String,
    /// The secret that goes with it: `env:NAME`, `file:/path`, or the secret itself.
    pub client_secret: Option<Secret>,
    /// What is asked for.
    pub scopes: Option<Vec<String>>,
    /// Domains of addresses that may sign in; all when empty.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Who may make an account by this provider; `accounts.registration` when absent.
    pub registration: Option<Registration>,
    /// Take all addresses of this provider as verified, although it does not say so.
    #[serde(default)]
    pub email_is_verified: bool,
}

impl ProviderConfig {
    /// How the provider of the section `name` is spoken to.
    pub(super) fn kind_of(&self, name: &str) -> ProviderKind {
        self.kind
            .or_else(|| name.parse().ok())
            .unwrap_or(ProviderKind::Oidc)
    }

    /// The issuer of the section `name`, without a slash that nobody wrote.
    pub(super) fn issuer_of(&self, name: &str) -> Result<String> {
        let issuer = match (self.kind_of(name), self.issuer.as_deref()) {
            (_, Some(issuer)) => issuer,
            (ProviderKind::Google, None) => GOOGLE,
            (ProviderKind::GitHub, None) => GITHUB,
            (ProviderKind::Oidc, None) => {
                return Err(Error::invalid(format!(
                    "`auth.oidc.{name}.issuer` is missing: give the provider's issuer address"
                )));
            }
        };
        check_address(issuer).map_err(|why| {
            Error::invalid(format!("`auth.oidc.{name}.issuer` (`{issuer}`) {why}"))
        })?;
        Ok(issuer.to_owned())
    }
}

/// Providers are spoken to by TLS, except on the machine itself.
pub(super) fn check_address(address: &str) -> Result<(), String> {
    let wrong = || "is no https address".to_owned();
    let uri: http::Uri = address.parse().map_err(|_| wrong())?;
    let host = uri.host().ok_or_else(wrong)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback => Ok(()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        for address in [
            "https://id.example.org/realms/x",
            "http://127.0.0.1:9000",
            "http://localhost:9000/x",
            "http://[::1]:9000",
        ] {
            assert_eq!(check_address(address), Ok(()), "{address}");
        }
        for address in [
            "http://id.example.org",
            "ftp://x.org",
            "/x",
            "",
            "http://10.0.0.1",
        ] {
            assert!(check_address(address).is_err(), "{address}");
        }
    }
}
