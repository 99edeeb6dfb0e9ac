//! How a node shows a web server who it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fetch::header;
use crate::node::{Capability, NodeContext, NodeError, RawSettings};

/// A name and a value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Pair {
    /// Its name.
    pub(in crate::nodes) name: String,
    /// Its value.
    #[serde(default)]
    pub(in crate::nodes) value: Value,
}

/// How the program shows who it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub(in crate::nodes) enum Auth {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer {
        /// The token, `provider/name`.
        #[schemars(extend("x-widget" = "credential"))]
        credential: String,
    },
    /// User name and password.
    Basic {
        /// A credential whose secret is `user:password`, `provider/name`.
        #[schemars(extend("x-widget" = "credential"))]
        credential: String,
    },
    /// A header of its own.
    Header {
        /// The header's name, such as `X-API-Key`.
        name: String,
        /// Its value, `provider/name`.
        #[schemars(extend("x-widget" = "credential"))]
        credential: String,
    },
    /// A query parameter.
    Query {
        /// The parameter's name.
        name: String,
        /// Its value, `provider/name`.
        #[schemars(extend("x-widget" = "credential"))]
        credential: String,
    },
}

impl Auth {
    /// Puts what it needs into headers and query. The secrets are masked from now on.
    ///
    /// # Errors
    /// `Missing` for a credential that is not there; `Settings` for one that no header can carry.
    pub(in crate::nodes) async fn apply(
        &self,
        context: &NodeContext,
        headers: &mut HeaderMap,
        query: &mut Vec<(String, String)>,
    ) -> Result<(), NodeError> {
        match self {
            Self::None => {}
            Self::Bearer { credential } => {
                let secret = context.credential(credential).await?;
                headers.insert(
                    AUTHORIZATION,
                    secret_header(&format!("Bearer {}", secret.expose()))?,
                );
            }
            Self::Basic { credential } => {
                let secret = context.credential(credential).await?;
                let encoded = STANDARD.encode(secret.expose());
                context.masker.add(&accounts::Secret::new(encoded.clone()));
                headers.insert(AUTHORIZATION, secret_header(&format!("Basic {encoded}"))?);
            }
            Self::Header { name, credential } => {
                let secret = context.credential(credential).await?;
                let (name, _) = header("auth.name", name, "")?;
                headers.insert(name, secret_header(secret.expose())?);
            }
            Self::Query { name, credential } => {
                let secret = context.credential(credential).await?;
                query.push((name.clone(), secret.expose().to_owned()));
            }
        }
        Ok(())
    }
}

/// The credential that a node's `auth` names, for the permission sheet.
pub(in crate::nodes) fn used_credential(settings: &RawSettings) -> Option<Capability> {
    let name = settings.get("auth")?.get("credential")?.as_str()?;
    Some(Capability::Credential {
        name: name.to_owned(),
    })
}

/// Pairs as text, those without a value left out.
pub(in crate::nodes) fn pairs(pairs: &[Pair]) -> Vec<(String, String)> {
    let filled = pairs.iter().filter(|pair| !pair.value.is_null());
    filled
        .map(|pair| (pair.name.clone(), crate::value::text_of(&pair.value)))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .collect()
}

fn secret_header(text: &str) -> Result<HeaderValue, NodeError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        NodeError::settings(
            "auth",
            "the credential holds characters that no header can carry",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
