//! The task that empties the outbox, and sweeps what is too old.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use store::{Micros, in_tx};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::smtp::{Smtp, Undelivered};
use crate::sql::emails::StoredEmail;
use crate::throttle::WINDOW;
use crate::{Accounts, Error, Result, sql};

/// How often the outbox is looked at, besides when a mail is queued here.
const LOOK: Duration = Duration::from_secs(2);
/// How often what is too old is deleted.
const SWEEP: Duration = Duration::from_secs(3600);
/// Mails taken at a time.
const BATCH: i64 = 20;
/// A mail is this long for one instance to send, which is longer than sending can take.
const LEASE: Duration = Duration::from_secs(180);
const PATIENCE: Duration = Duration::from_secs(120);
/// The pauses between attempts; after the last one the mail has failed.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(8 * 3600),
    Duration::from_secs(24 * 3600),
];
/// Ended sessions are kept this long.
const SESSIONS_KEPT: Duration = Duration::from_secs(30 * 86_400);
const MAX_REASON: usize = 500;

impl Accounts {
    /// Runs until `stop` is ready: sends what is in the outbox and deletes tokens, attempts, sessions
    /// and mails that are too old. To be spawned once per process.
    pub async fn deliver_mail(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sweep = interval(SWEEP);
        loop {
            let outcome = tokio::select! {
                () = &mut stop => break,
                _ = look.tick() => self.send_due_mail().await,
                () = self.inner.mail.due.notified() => self.send_due_mail().await,
                _ = sweep.tick() => self.sweep().await,
            };
            if let Err(error) = outcome {
                tracing::debug!(%error, "cannot look after mails; it will be tried again");
            }
        }
    }

    /// Sends what is due, once each; [`deliver_mail`](Self::deliver_mail) does this by itself.
    ///
    /// # Errors
    /// Those of the database. A mail that cannot be sent is no error here.
    pub async fn send_due_mail(&self) -> Result<()> {
        let Some(smtp) = &self.inner.mail.smtp else {
            return Ok(());
        };
        for mail in sql::emails::due(self.db(), self.now(), BATCH).await? {
            self.send(smtp, mail).await?;
        }
        Ok(())
    }

    async fn send(&self, smtp: &Smtp, mail: StoredEmail) -> Result<()> {
        let (id, now) = (mail.id, self.now());
        let claimed: Result<bool> = in_tx!(self.db(), tx: Error => {
            Ok(sql::emails::claim(tx, id, now, now.plus(LEASE)).await?)
        });
        if !claimed? {
            return Ok(());
        }
        let outcome = self.try_to_send(smtp, &mail).await;
        let now = self.now();
        let written: Result<()> = in_tx!(self.db(), tx: Error => {
            match &outcome {
                Ok(()) => sql::emails::sent(tx, id, now).await?,
                Err(why) => {
                    let next = next_attempt(&mail, why.is_final, now);
                    let reason: String = why.reason.chars().take(MAX_REASON).collect();
                    sql::emails::failed(tx, id, &reason, next).await?;
                }
            }
            Ok(())
        });
        if let Err(why) = &outcome {
            tracing::warn!(
                email.id = %id,
                email.kind = mail.kind,
                reason = why.reason,
                "a mail could not be sent"
            );
        }
        written
    }

    async fn try_to_send(&self, smtp: &Smtp, mail: &StoredEmail) -> Result<(), Undelivered> {
        let lost = |reason: String| Undelivered {
            reason,
            is_final: false,
        };
        let sealed = mail.body.as_deref().unwrap_or_default();
        let body = self.open_body(mail.id, sealed).await;
        let body = body.map_err(|error| lost(error.message))?;
        match timeout(PATIENCE, smtp.send(&mail.recipient, &mail.subject, body)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(lost("the SMTP server did not answer in time".to_owned())),
        }
    }

    /// Deletes what is too old to be of use.
    pub(crate) async fn sweep(&self) -> Result<()> {
        let now = self.now();
        in_tx!(self.db(), tx: Error => {
            sql::emails::delete_old(tx, now).await?;
            sql::one_time_tokens::delete_old(tx, now).await?;
            sql::login_attempts::delete_old(tx, now.minus(2 * WINDOW)).await?;
            sql::sessions::delete_old(tx, now.minus(SESSIONS_KEPT)).await?;
            Ok(())
        })
    }
}

fn next_attempt(mail: &StoredEmail, is_final: bool, now: Micros) -> Option<Micros> {
    if is_final {
        return None;
    }
    let attempts = usize::try_from(mail.attempts).unwrap_or(usize::MAX);
    PAUSES.get(attempts).map(|pause| now.plus(*pause))
}
