//! The site that passkeys belong to.

/// Us, as browsers see us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    /// The host's name, to which passkeys are bound.
    pub(crate) id: String,
    /// Of our pages: scheme, host and port.
    pub(crate) origin: String,
}

impl RelyingParty {
    /// The site at this address. `None` where browsers offer no passkeys: at an IP address, and
    /// without TLS anywhere but at `localhost`.
    pub(crate) fn at(url: &str) -> Option<Self> {
        let url = url.to_ascii_lowercase();
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let is_name = host.starts_with(|c: char| c.is_ascii_alphanumeric())
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            && host.parse::<std::net::Ipv4Addr>().is_err();
        let local = host == "localhost" || host.ends_with(".localhost");
        if !is_name || !(scheme == "https" || scheme == "http" && local) {
            return None;
        }
        let default = if scheme == "https" { "443" } else { "80" };
        let port = port.filter(|port| *port != default);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Some(Self {
            id: host.to_owned(),
            origin: format!("{scheme}://{host}{port}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_name_with_tls_or_the_machine_itself() {
        for (url, wanted) in [
            (
                "https://ai.example.org",
                Some(("ai.example.org", "https://ai.example.org")),
            ),
            (
                "https://AI.Example.org:443/x",
                Some(("ai.example.org", "https://ai.example.org")),
            ),
            (
                "https://ai.example.org:8443",
                Some(("ai.example.org", "https://ai.example.org:8443")),
            ),
            (
                "http://localhost:8080",
                Some(("localhost", "http://localhost:8080")),
            ),
            ("http://ai.example.org", None),
            ("http://127.0.0.1:8080", None),
            ("https://10.0.0.1", None),
            ("https://[::1]:8080", None),
            ("ai.example.org", None),
            ("https://", None),
        ] {
            let found = RelyingParty::at(url);
            let found = found
                .as_ref()
                .map(|rp| (rp.id.as_str(), rp.origin.as_str()));
            assert_eq!(found, wanted, "{url}");
        }
    }
}
