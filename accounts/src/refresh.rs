//! Keeping memory in step with the database.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use crate::memory::{Memory, Rules};
use crate::sql::revisions::Revisions;
use crate::{Accounts, Result, session, sql};

/// Questions of callers with unknown keys are put to the database together, at most this often.
const COLD_INTERVAL: Duration = Duration::from_millis(50);
/// A database that does not answer in this time counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lets one refresh run at a time.
#[derive(Debug, Default)]
pub(crate) struct Refresher {
    last: Mutex<Option<Attempt>>,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    began: Instant,
    succeeded: bool,
}

impl Accounts {
    /// Fills the memory for the first time.
    pub(crate) async fn load_all(&self) -> Result<()> {
        let mut last = self.inner.refresher.last.lock().await;
        let began = Instant::now();
        self.read_changes(true).await?;
        *last = Some(Attempt {
            began,
            succeeded: true,
        });
        Ok(())
    }

    /// Takes up what changed in the database; false when it does not answer, and then everything
    /// stays as it was.
    pub(crate) async fn refresh(&self) -> bool {
        let mut last = self.inner.refresher.last.lock().await;
        self.attempt(&mut last).await
    }

    /// Like [`refresh`](Self::refresh) for callers with unknown keys: all who ask within a short time
    /// share one attempt, so a flood of made-up keys costs a few small queries per second.
    pub(crate) async fn refresh_shared(&self) -> bool {
        let arrived = Instant::now();
        let mut last = self.inner.refresher.last.lock().await;
        if let Some(attempt) = *last {
            if attempt.began >= arrived {
                return attempt.succeeded;
            }
            sleep_until(attempt.began + COLD_INTERVAL).await;
        }
        self.attempt(&mut last).await
    }

    async fn attempt(&self, last: &mut Option<Attempt>) -> bool {
        let began = Instant::now();
        let outcome = timeout(PATIENCE, self.read_changes(false)).await;
        let succeeded = match &outcome {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot read changes to keys and limits");
                false
            }
            Err(_) => false,
        };
        *last = Some(Attempt { began, succeeded });
        succeeded
    }

    /// Reads what is newer than memory and puts the result in its place.
    ///
    /// The counters are read before the rows: a change committed in between is then read twice, never
    /// missed.
    async fn read_changes(&self, first: bool) -> Result<()> {
        let db = self.db();
        let now = sql::revisions::read(db).await?;
        let seen = self.inner.memory.load().seen;
        if now == seen && !first {
            return Ok(());
        }
        let mut memory = Memory::clone(&self.inner.memory.load());
        if first || now.limits != seen.limits || now.organizations != seen.organizations {
            memory.set_rules(Rules::new(
                sql::rules::all_limits(db).await?,
                sql::rules::all_budgets(db).await?,
                sql::organizations::load(db).await?,
                &self.inner.plans,
            ));
        }
        // A counter that went back means that the database was restored from a backup.
        if first || now.keys_all != seen.keys_all || now.keys < seen.keys {
            memory.replace_keys(sql::keys::load_since(db, -1).await?);
        } else if now.keys != seen.keys {
            memory.put_keys(sql::keys::load_since(db, seen.keys).await?);
        }
        if first || now.members != seen.members {
            memory.replace_members(sql::members::all(db).await?);
        }
        if first || now.sessions != seen.sessions {
            let since = self.now().minus(session::ACCESS_LIFETIME);
            memory.replace_revoked(sql::sessions::revoked_since(db, since).await?);
        }
        if now.vault_fingerprint != seen.vault_fingerprint && !first {
            self.follow_rotation().await;
        }
        memory.seen = now;
        self.inner.memory.store(Arc::new(memory));
        if now.keys != seen.keys {
            self.inner.unknown.lock().clear();
        }
        self.announce(now);
        Ok(())
    }

    async fn follow_rotation(&self) {
        if let Err(error) = self.inner.vault.reload(self.db()).await {
            tracing::error!(%error, "the master key was rotated by another process");
        }
    }

    fn announce(&self, now: Revisions) {
        self.inner.changes.send_if_modified(|known| {
            let changed = *known != now;
            *known = now;
            changed
        });
    }
}
