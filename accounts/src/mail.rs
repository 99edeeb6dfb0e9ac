//! Mail: what is written, the outbox it waits in, and the way out.
//!
//! A mail is queued in the transaction that causes it and sent afterwards, with retries, by whichever
//! instance takes it first. Its texts are encrypted while it waits and forgotten once it is out,
//! because links in them open accounts. Without an SMTP server mails stay in the outbox, where the
//! instance's owner sees them.

mod delivery;
mod letter;
mod smtp;
mod texts;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::{EmailId, Micros, OrgId, Tx};
use utoipa::ToSchema;

use crate::sql::emails::StoredEmail;
use crate::vault::EMAIL;
use crate::word::word;
use crate::{Accounts, Error, ErrorKind, Page, PageRequest, Result, sql};

pub use smtp::{Security, SmtpConfig};

/// A mail that is this old is deleted, sent or not.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

word! {
    /// A language that mails are written in.
    pub enum Locale {
        /// English.
        English = "en",
        /// German.
        German = "de",
    }

    /// Where a mail stands.
    pub enum EmailStatus {
        /// It waits for its next attempt.
        Waiting = "waiting",
        /// It is out.
        Sent = "sent",
        /// It could not be sent.
        Failed = "failed",
        /// No SMTP server is configured.
        Held = "held",
    }
}

impl Locale {
    /// The language with this word; English for unknown ones.
    pub fn of(word: &str) -> Self {
        word.parse().unwrap_or(Self::English)
    }
}

/// A mail to be written.
#[derive(Debug)]
pub struct Mail<'a> {
    /// The organization it is about, if it is about one.
    pub org_id: Option<OrgId>,
    /// The address.
    pub to: &'a str,
    /// The language.
    pub locale: Locale,
    /// What it says.
    pub content: MailContent<'a>,
}

/// What a mail says.
#[derive(Debug)]
pub enum MailContent<'a> {
    /// Confirm that this address is yours.
    VerifyEmail {
        /// The person.
        name: &'a str,
        /// Where to confirm.
        link: String,
    },
    /// Somebody registered with the address of an account that exists.
    AccountExists {
        /// The person.
        name: &'a str,
        /// Where to sign in.
        link: String,
    },
    /// Set a new password.
    ResetPassword {
        /// The person.
        name: &'a str,
        /// Where to set it.
        link: String,
    },
    /// Join an organization.
    Invitation {
        /// Who invites.
        inviter: &'a str,
        /// Where to.
        organization: &'a str,
        /// Where to accept.
        link: String,
    },
    /// A budget has reached a share of its maximum.
    BudgetAlert {
        /// Whose budget it is.
        organization: &'a str,
        /// What it is on, in words.
        budget: &'a str,
        /// The share, in percent.
        percent: u32,
        /// What is used, with its unit.
        used: &'a str,
        /// The maximum, with its unit.
        maximum: &'a str,
        /// Where to look.
        link: String,
    },
}

impl MailContent<'_> {
    /// The word for what it says, such as `invitation`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AccountExists { .. } => "account_exists",
            Self::ResetPassword { .. } => "reset_password",
            Self::Invitation { .. } => "invitation",
            Self::BudgetAlert { .. } => "budget_alert",
        }
    }
}

/// The texts of a mail, as they are encrypted.
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    text: String,
    html: String,
    link: String,
}

/// A mail in the outbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboxEmail {
    /// Id.
    pub id: EmailId,
    /// The organization it is about.
    pub org_id: Option<OrgId>,
    /// What it says: `verify_email`, `account_exists`, `reset_password`, `invitation` or
    /// `budget_alert`.
    pub kind: String,
    /// The address.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// Where it stands.
    pub status: EmailStatus,
    /// Its text, while it is not sent.
    pub text: Option<String>,
    /// The link in it, while it is not sent.
    pub link: Option<String>,
    /// How often sending was tried.
    pub attempts: i64,
    /// When it is tried again.
    pub next_attempt_at: Option<Micros>,
    /// When it went out.
    pub sent_at: Option<Micros>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: Micros,
}

impl Accounts {
    /// Writes a mail and queues it in a transaction: it goes out if the transaction is committed.
    ///
    /// # Errors
    /// Those of the database and of the vault.
    pub async fn queue_mail(&self, tx: &mut Tx, mail: &Mail<'_>) -> Result<()> {
        let letter = texts::letter(mail);
        let body = Body {
            text: letter.plain(),
            html: letter.html(),
            link: letter.link.clone(),
        };
        let (id, now) = (EmailId::new(), self.now());
        let plain = serde_json::to_vec(&body)
            .map_err(|_| Error::new(ErrorKind::Internal, "cannot write a mail"))?;
        let ring = self.inner.vault.lock(tx).await?;
        let stored = StoredEmail {
            id,
            org_id: mail.org_id,
            kind: mail.content.kind().to_owned(),
            recipient: mail.to.to_owned(),
            subject: letter.subject,
            body: Some(ring.seal_for(EMAIL, id.uuid(), &plain)?),
            attempts: 0,
            next_attempt_at: Some(now),
            sent_at: None,
            last_error: None,
            created_at: now,
            expires_at: now.plus(KEPT),
        };
        sql::emails::insert(tx, &stored).await?;
        if self.inner.mail.smtp.is_none() && self.inner.mail.log_links {
            tracing::info!(
                to = mail.to,
                link = body.link,
                "no SMTP server is configured; this mail waits in the outbox"
            );
        }
        self.inner.mail.due.notify_one();
        Ok(())
    }

    /// The language that whoever reads at an address chose; English for addresses without an account.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn locale_of(&self, tx: &mut Tx, email: &str) -> Result<Locale> {
        let user = sql::users::by_email_in(tx, email).await?;
        Ok(user.map_or(Locale::English, |user| Locale::of(&user.locale)))
    }

    /// Mails of the whole instance, newest first, for the instance's owner.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_outbox(&self, page: PageRequest) -> Result<Page<OutboxEmail>> {
        let rows = sql::emails::list(self.db(), page).await?;
        let page = page.page(rows, |mail| mail.id.uuid());
        let mut data = Vec::with_capacity(page.data.len());
        for mail in page.data {
            data.push(self.show(mail).await);
        }
        Ok(Page {
            data,
            next_cursor: page.next_cursor,
        })
    }

    async fn show(&self, mail: StoredEmail) -> OutboxEmail {
        let body = match &mail.body {
            Some(sealed) => self.open_body(mail.id, sealed).await.ok(),
            None => None,
        };
        let status = match (mail.sent_at, mail.next_attempt_at) {
            (Some(_), _) => EmailStatus::Sent,
            (None, None) => EmailStatus::Failed,
            (None, Some(_)) if self.inner.mail.smtp.is_none() => EmailStatus::Held,
            (None, Some(_)) => EmailStatus::Waiting,
        };
        let (text, link) = body.map(|body| (body.text, body.link)).unzip();
        OutboxEmail {
            id: mail.id,
            org_id: mail.org_id,
            kind: mail.kind,
            recipient: mail.recipient,
            subject: mail.subject,
            status,
            text,
            link,
            attempts: mail.attempts,
            next_attempt_at: mail.next_attempt_at,
            sent_at: mail.sent_at,
            last_error: mail.last_error,
            created_at: mail.created_at,
        }
    }

    async fn open_body(&self, id: EmailId, sealed: &[u8]) -> Result<Body> {
        let vault = &self.inner.vault;
        let plain = vault.open_for(self.db(), EMAIL, id.uuid(), sealed).await?;
        serde_json::from_slice(&plain)
            .map_err(|_| Error::new(ErrorKind::Internal, format!("mail {id} is damaged")))
    }
}

/// What sends mails.
#[derive(Debug, Default)]
pub(crate) struct Mailer {
    pub(crate) smtp: Option<smtp::Smtp>,
    /// Write links of mails into the log when there is no SMTP server.
    pub(crate) log_links: bool,
    /// Rung when a mail was queued.
    due: tokio::sync::Notify,
}

impl Mailer {
    /// # Errors
    /// `Invalid` when a setting is wrong.
    pub(crate) fn new(config: Option<&SmtpConfig>, log_links: bool) -> Result<Self> {
        Ok(Self {
            smtp: config.map(smtp::Smtp::new).transpose()?,
            log_links,
            ..Self::default()
        })
    }
}
