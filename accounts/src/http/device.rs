//! Where a request comes from.

use std::net::IpAddr;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use super::ApiError;
use crate::{Accounts, Client, Transport};

/// Put into a request's extensions by whoever accepts connections: the other end's address.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub IpAddr);

/// The client of a request that needs no session yet. Pages of other sites are turned away: they must
/// not sign a browser in under a name of their choice.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) address: Option<IpAddr>,
    pub(super) user_agent: String,
    /// Whether cookies can be kept to TLS.
    pub(super) secure: bool,
}

impl Device {
    pub(super) fn client(&self, transport: Transport) -> Client {
        Client {
            transport,
            user_agent: self.user_agent.clone(),
            address: self.address,
        }
    }
}

impl<S> FromRequestParts<S> for Device
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accounts = Accounts::from_ref(state);
        if !accounts.is_our_page(&parts.headers) {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "wrong_origin",
                "this request comes from a page of another site; if it is yours, set \
                 `server.public_url` to its address",
            ));
        }
        let peer = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
        Ok(Self {
            address: accounts.client_address(peer, &parts.headers),
            user_agent: text(&parts.headers, USER_AGENT.as_str()),
            secure: accounts.is_secure(&parts.headers),
        })
    }
}

impl Accounts {
    /// The client's own address: behind trusted proxies, what the nearest one that is not trusted
    /// gave.
    pub fn client_address(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let trusted = |address: IpAddr| {
            let networks = self.inner.trusted_proxies.iter();
            networks.into_iter().any(|range| range.contains(address))
        };
        let peer = peer?;
        if !trusted(peer) {
            return Some(peer);
        }
        let lines: Vec<String> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|line| line.to_str().ok().map(str::to_owned))
            .collect();
        let all = lines.join(",");
        let mut nearest = peer;
        for entry in all.rsplit(',') {
            let Ok(address) = entry.trim().parse() else {
                break;
            };
            nearest = address;
            if !trusted(address) {
                break;
            }
        }
        Some(nearest)
    }

    /// Whether the browser speaks TLS, to us or to a proxy. Who sets the header falsely only makes
    /// its own cookies stricter.
    pub(super) fn is_secure(&self, headers: &HeaderMap) -> bool {
        let public = self.inner.public_url.as_deref();
        public.is_some_and(|url| url.starts_with("https://"))
            || text(headers, "x-forwarded-proto").eq_ignore_ascii_case("https")
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}
