//! The way out: SMTP by lettre.
//!
//! lettre opens the connection itself. That is in order here and nowhere else: the server is named
//! in the instance's own configuration, whose addresses are trusted, and TLS is the same rustls with
//! ring as everywhere.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::Body;
use crate::word::word;
use crate::{Error, Result, Secret};

/// For connecting and for each command.
const PATIENCE: Duration = Duration::from_secs(20);

word! {
    /// How the connection to the SMTP server is protected.
    pub enum Security {
        /// It begins in the clear and must change to TLS (port 587 as a rule).
        Starttls = "starttls",
        /// TLS from the first byte (port 465 as a rule).
        Tls = "tls",
        /// Not at all: for a relay on the same machine.
        None = "none",
    }
}

/// An SMTP server.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Its name or address.
    pub host: String,
    /// Its port; the usual one of `security` when absent.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// The account there, if it wants one.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The sender: `NoCode AI <ai@example.org>`.
    pub from: String,
}

/// A configured SMTP server.
pub(crate) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// Why a mail did not go out.
#[derive(Debug)]
pub(super) struct Undelivered {
    pub(super) reason: String,
    /// Whether trying again cannot help.
    pub(super) is_final: bool,
}

impl Smtp {
    /// # Errors
    /// `Invalid` when a setting is wrong.
    pub(super) fn new(config: &SmtpConfig) -> Result<Self> {
        let from = config.from.parse::<Mailbox>().map_err(|error| {
            Error::invalid(format!(
                "`email.from` must be a sender such as `NoCode AI <ai@example.org>`: {error}"
            ))
        })?;
        let tls = || {
            TlsParameters::new_rustls(config.host.clone())
                .map_err(|error| Error::invalid(format!("`email.host`: {error}")))
        };
        let (tls, port) = match config.security {
            Security::Starttls => (Tls::Required(tls()?), 587),
            Security::Tls => (Tls::Wrapper(tls()?), 465),
            Security::None => (Tls::None, 25),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(PATIENCE));
        match (&config.username, &config.password) {
            (Some(name), Some(password)) => {
                let password = password.expose().to_owned();
                builder = builder.credentials(Credentials::new(name.clone(), password));
            }
            (None, None) => {}
            _ => {
                return Err(Error::invalid(
                    "`email.username` and `email.password` belong together",
                ));
            }
        }
        Ok(Self {
            transport: builder.build(),
            from,
        })
    }

    pub(super) async fn send(
        &self,
        to: &str,
        subject: &str,
        body: Body,
    ) -> Result<(), Undelivered> {
        let final_ = |reason: String| Undelivered {
            reason,
            is_final: true,
        };
        let to: Mailbox = to
            .parse()
            .map_err(|error| final_(format!("the address is wrong: {error}")))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .multipart(MultiPart::alternative_plain_html(body.text, body.html))
            .map_err(|error| final_(format!("the mail cannot be written: {error}")))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Undelivered {
                is_final: error.is_permanent(),
                reason: error.to_string(),
            }),
        }
    }
}
