//! Resolving and connecting, with the guard in between.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::address::{Refusal, is_public};
use crate::network::Network;

/// Whose addresses a client connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// The instance owner's: anything goes.
    Trusted,
    /// A tenant's: public addresses.
    Public {
        /// What the instance's owner allows beside them.
        and: Arc<[Network]>,
    },
}

impl Policy {
    fn allows(&self, address: IpAddr) -> bool {
        match self {
            Self::Trusted => true,
            Self::Public { and } => {
                is_public(address) || and.iter().any(|network| network.contains(address))
            }
        }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Pending<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// TCP connector that resolves once, judges the addresses and connects to what it judged.
#[derive(Clone)]
pub(crate) struct Connector {
    policy: Policy,
    tcp: HttpConnector<Resolver>,
}

impl Connector {
    pub(crate) fn new(policy: Policy, connect_timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver {
            policy: policy.clone(),
        });
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        tcp.set_connect_timeout(Some(connect_timeout));
        Self { policy, tcp }
    }

    /// Literal addresses never reach the resolver, so they are judged here.
    fn check_literal(&self, uri: &Uri) -> Result<(), Refusal> {
        let host = uri.host().unwrap_or_default();
        let literal = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        match literal {
            Ok(address) if !self.policy.allows(address) => Err(Refusal {
                host: host.to_owned(),
                address,
            }),
            _ => Ok(()),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pending<TokioIo<TcpStream>, BoxError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if let Err(refusal) = self.check_literal(&uri) {
            return Box::pin(std::future::ready(Err(refusal.into())));
        }
        let connecting = self.tcp.call(uri);
        Box::pin(async move { connecting.await.map_err(Into::into) })
    }
}

/// The system's resolver, minus what the policy forbids.
#[derive(Clone)]
struct Resolver {
    policy: Policy,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pending<Self::Response, io::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.policy.clone();
        Box::pin(async move {
            let addresses = resolve(&policy, name.as_str(), 0).await?;
            Ok(addresses.into_iter())
        })
    }
}

/// The addresses of a name or literal address, minus what the policy forbids.
pub(crate) async fn resolve(policy: &Policy, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    refuse_others(policy, host, &addresses)?;
    Ok(addresses)
}

/// One private address among public ones is enough to refuse: it is a rebinding attempt.
fn refuse_others(policy: &Policy, host: &str, addresses: &[SocketAddr]) -> io::Result<()> {
    let Some(bad) = addresses.iter().find(|a| !policy.allows(a.ip())) else {
        return Ok(());
    };
    let refusal = Refusal {
        host: host.to_owned(),
        address: bad.ip(),
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal))
}

pub(crate) fn https(tcp: Connector) -> HttpsConnector<Connector> {
    HttpsConnectorBuilder::new()
        .with_tls_config(tls_config())
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp)
}

fn tls_config() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
