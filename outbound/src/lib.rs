//! Every connection this program opens to the world.
//!
//! Two clients with one interface: [`Client::trusted`] for addresses from the instance's own
//! configuration (vendors, a local Ollama) and [`Client::guarded`] for hosts that a tenant entered.
//! The guarded one resolves a name once and connects to that very address, and refuses private,
//! loopback, link-local and other special addresses outside of what the instance's owner allows, so
//! that nobody can reach the instance's network through it. It is checked at each connection, therefore at each redirect hop too.
//!
//! HTTP/1.1 only, on purpose: one HTTP/2 connection per origin would queue behind its
//! stream limit (100 at most vendors), which a gateway with 500 open streams would feel.
//!
//! # Invariants
//! * `TCP_NODELAY` on every connection: Nagle beside delayed acknowledgements costs 40 ms a request.
//! * One TLS library (rustls with ring). Roots are the system's; Mozilla's where the system has none.
//! * No redirect is followed by itself and no proxy is read from the environment.

mod address;
mod body;
mod connector;
mod error;
mod network;
mod pool;

use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response};

pub use address::{Refusal, is_public};
pub use body::OutBody;
pub use connector::Policy;
pub use error::{Error, ErrorKind};
pub use network::Network;
pub use pool::InBody;

use connector::Connector;
use pool::Pool;

/// Connection settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Time for resolving and connecting.
    pub connect_timeout: Duration,
    /// Idle connections are closed after this time.
    pub pool_idle_timeout: Duration,
    /// Idle connections kept per host.
    pub pool_max_idle_per_host: usize,
    /// Ranges beside the public internet that a guarded client may connect to.
    pub allowed_networks: Vec<Network>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            pool_idle_timeout: Duration::from_secs(55),
            // Each idle connection keeps some 25 kB of buffers. Open streams are not idle: bursts above
            // this only cost new connections when they end all at once.
            pool_max_idle_per_host: 128,
            allowed_networks: Vec::new(),
        }
    }
}

/// An HTTP client with a connection pool. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pool: Pool,
    policy: Policy,
    connect_timeout: Duration,
}

impl Client {
    /// For addresses from the instance's own configuration.
    pub fn trusted(settings: &Settings) -> Self {
        Self::with_policy(settings, Policy::Trusted)
    }

    /// For addresses that a tenant entered.
    pub fn guarded(settings: &Settings) -> Self {
        let allowed = settings.allowed_networks.as_slice().into();
        Self::with_policy(settings, Policy::Public { and: allowed })
    }

    fn with_policy(settings: &Settings, policy: Policy) -> Self {
        let connector = connector::https(Connector::new(policy.clone(), settings.connect_timeout));
        Self {
            pool: Pool::new(connector, settings.clone()),
            policy,
            connect_timeout: settings.connect_timeout,
        }
    }

    /// This client with another time for resolving and connecting, at most that of its settings. The
    /// connections are the same.
    #[must_use]
    pub fn connecting_within(&self, timeout: Duration) -> Self {
        Self {
            pool: self.pool.clone(),
            policy: self.policy.clone(),
            connect_timeout: timeout.min(self.connect_timeout),
        }
    }

    /// Sends a request and waits for the answer's head. The body streams.
    ///
    /// # Errors
    /// `Refused` when the guard forbids the address, `Connect` when no connection came about,
    /// `Broken` when it was lost before the head arrived.
    pub async fn send(&self, request: Request<OutBody>) -> Result<Response<InBody>, Error> {
        self.pool.send(request, self.connect_timeout).await
    }

    /// Where a host is, for protocols other than HTTP, which connect to one of these addresses and do
    /// not resolve again.
    ///
    /// # Errors
    /// `Refused` when the guard forbids an address, `Connect` when the host is not known.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let found = connector::resolve(&self.policy, host, port);
        match tokio::time::timeout(self.connect_timeout, found).await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(error::from_connect(&error)),
            Err(_) => Err(error::slow_connect(self.connect_timeout)),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("outbound::Client")
    }
}
