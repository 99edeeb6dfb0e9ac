//! What a provider says about itself (OpenID Connect Discovery 1.0 §3, RFC 8414).

use serde::Deserialize;

use super::config::check_address;
use super::fetch::{self, Credentials};
use super::unreachable;
use crate::Result;

/// A provider's document.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether every answer names its issuer (RFC 9207).
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub(super) names_issuer: bool,
}

impl Discovery {
    /// Asks the issuer. The document must name the very same issuer: another one would let a stranger
    /// speak for it.
    pub(super) async fn fetch(client: &outbound::Client, issuer: &str) -> Result<Self> {
        let base = issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let answer = fetch::get(client, &url, Credentials::None).await?;
        let found: Self = answer.successful("the discovery document")?;
        if found.issuer != issuer {
            return Err(unreachable(format!(
                "its discovery document is that of `{}`, not of `{issuer}`",
                found.issuer
            )));
        }
        let endpoints = [
            Some(&found.authorization_endpoint),
            Some(&found.token_endpoint),
            Some(&found.jwks_uri),
            found.userinfo_endpoint.as_ref(),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            check_address(endpoint).map_err(|why| unreachable(format!("`{endpoint}` {why}")))?;
        }
        Ok(found)
    }

    /// Whether the client's secret goes into the header, as it does unless the provider says
    /// otherwise.
    pub(super) fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}
