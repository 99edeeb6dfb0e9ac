//! An SMTP server by its address, and the way there: resolved and judged by `outbound`, spoken by lettre.

use std::net::SocketAddr;
use std::time::Duration;

use http::Uri;
use lettre::Message;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use outbound::ErrorKind;

use crate::node::{NodeError, NodeErrorKind};

/// For connecting and for each command.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte.
    Tls,
    /// It must change to TLS.
    Starttls,
    /// Not at all.
    None,
}

/// A server.
pub(super) struct Server {
    host: String,
    port: u16,
    security: Security,
    account: Option<(String, String)>,
}

impl Server {
    /// Reads `smtps://user:password@host:port`.
    ///
    /// # Errors
    /// What is wrong, without what it says.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = "write it as smtps://user:password@host or smtp://user:password@host";
        let uri: Uri = text.trim().parse().map_err(|_| {
            format!("this is no address; {form}, with signs in the password as %40")
        })?;
        let is_open = uri.query() == Some("tls=none");
        let security = match (uri.scheme_str(), is_open) {
            (Some("smtps"), false) => Security::Tls,
            (Some("smtp"), false) => Security::Starttls,
            (Some("smtp"), true) => Security::None,
            _ => return Err(form.to_owned()),
        };
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return Err(form.to_owned());
        }
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        let account = match authority.rsplit_once('@') {
            None => None,
            Some((account, _)) => {
                let (user, password) = account.split_once(':').ok_or(form)?;
                Some((decode(user)?, decode(password)?))
            }
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(match security {
                Security::Tls => 465,
                Security::Starttls => 587,
                Security::None => 25,
            }),
            security,
            account,
        })
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// `Forbidden` for a server in a private network, `Upstream` for one that does not answer or
    /// refuses. Retryable only while the server has surely not taken the letter.
    pub(super) async fn send(
        &self,
        outbound: &outbound::Client,
        letter: &Message,
    ) -> Result<(), NodeError> {
        let addresses = outbound.addresses(&self.host, self.port).await;
        let addresses = addresses.map_err(|error| match error.kind {
            ErrorKind::Refused => NodeError::new(NodeErrorKind::Forbidden, error.message),
            ErrorKind::Connect | ErrorKind::Broken => {
                NodeError::new(NodeErrorKind::Upstream, error.message)
            }
        })?;
        let mut connection = self
            .connect(&addresses)
            .await
            .map_err(|e| self.failed(&e))?;
        if let Some((user, password)) = &self.account {
            let account = Credentials::new(user.clone(), password.clone());
            let known = connection.auth(DEFAULT_MECHANISMS, &account).await;
            if let Err(error) = known {
                let mut failure = self.failed(&error);
                failure.kind = NodeErrorKind::Forbidden;
                return Err(failure);
            }
        }
        let sent = connection
            .send(letter.envelope(), &letter.formatted())
            .await;
        if let Err(error) = sent {
            let failure = self.failed(&error);
            // Without an answer nobody knows whether the letter was taken.
            let refused = error.is_transient();
            return Err(if refused {
                failure
            } else {
                failure.permanent()
            });
        }
        let _ = connection.quit().await;
        Ok(())
    }

    async fn connect(&self, addresses: &[SocketAddr]) -> Result<AsyncSmtpConnection, SmtpError> {
        let hello = ClientId::default();
        let tls = match self.security {
            Security::None => None,
            Security::Tls | Security::Starttls => {
                Some(TlsParameters::new_rustls(self.host.clone())?)
            }
        };
        let first = tls.clone().filter(|_| self.security == Security::Tls);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(addresses, Some(PATIENCE), &hello, first, None);
        let mut connection = connecting.await?;
        if let (Security::Starttls, Some(tls)) = (self.security, tls) {
            connection.starttls(tls, &hello).await?;
        }
        Ok(connection)
    }

    fn failed(&self, error: &SmtpError) -> NodeError {
        let message = format!("the mail server {} says: {error}", self.host);
        let failure = NodeError::new(NodeErrorKind::Upstream, message);
        if error.is_permanent() {
            failure.permanent()
        } else {
            failure
        }
    }
}

fn decode(text: &str) -> Result<String, String> {
    let wrong = || "signs in user and password are written as %40".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [
            rest.next().ok_or_else(wrong)?,
            rest.next().ok_or_else(wrong)?,
        ];
        let digits = std::str::from_utf8(&digits).map_err(|_| wrong())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_are_read_and_wrong_ones_are_not_shown() {
        let server = Server::parse("smtps://ada%40x.org:p%3Aw@mail.x.org").expect("is one");
        assert_eq!((server.host.as_str(), server.port), ("mail.x.org", 465));
        let account = ("ada@x.org".to_owned(), "p:w".to_owned());
        assert_eq!(server.account, Some(account));
        let server = Server::parse("smtp://mail.x.org:2525?tls=none").expect("is one");
        assert_eq!((server.port, server.security), (2525, Security::None));
        for wrong in [
            "",
            "mail.x.org",
            "https://x.org",
            "smtps://x.org?tls=none",
            "smtp://secret@x.org",
            "smtp://a:%zz@x.org",
        ] {
            let why = Server::parse(wrong).err().expect("is none");
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
