//! The handle on everything in this crate.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use outbound::Network;
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use serde_json::Value;
use store::{AuditId, Db, Json, Micros, OrgId, SharedClock, Tx, UserId};
use tokio::sync::watch;

use crate::mail::Mailer;
use crate::memory::Memory;
use crate::oidc::Providers;
use crate::password::Passwords;
use crate::refresh::Refresher;
use crate::sql::audit::AuditEntry;
use crate::sql::revisions::Revisions;
use crate::unknown::Unknown;
use crate::vault::{self, MasterKey, Rotation, Source, Vault};
use crate::{
    Actor, Budget, ExportSource, Plans, Principal, ProviderConfig, Registration, Result, Secret,
    SmtpConfig, sql,
};

/// What [`Accounts::open`] needs to know.
#[derive(Debug, Clone, Default)]
pub struct AccountsConfig {
    /// Where the key file `master.key` lives.
    pub data_dir: PathBuf,
    /// The master key as base64 of 32 bytes (`NOCODE_AI_MASTER_KEY`), in place of the key file.
    pub master_key: Option<Secret>,
    /// Where people reach this server (`https://ai.example.org`), when that is not where it listens.
    pub public_url: Option<String>,
    /// What organizations may be limited to.
    pub plans: Plans,
    /// Who may make an account.
    pub registration: Registration,
    /// The SMTP server; without one, mails stay in the outbox.
    pub smtp: Option<SmtpConfig>,
    /// Write links of mails into the log when there is no SMTP server. For development: they open
    /// accounts.
    pub log_links: bool,
    /// Providers whose accounts sign people in, by name.
    pub oidc: BTreeMap<String, ProviderConfig>,
    /// Proxies whose `x-forwarded-for` is believed.
    pub trusted_proxies: Vec<Network>,
}

/// Organizations, users, teams, keys, limits, budgets and credentials. Clones share everything.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) clock: SharedClock,
    pub(crate) vault: Vault,
    pub(crate) memory: ArcSwap<Memory>,
    pub(crate) refresher: Refresher,
    pub(crate) unknown: Mutex<Unknown>,
    pub(crate) changes: watch::Sender<Revisions>,
    pub(crate) public_url: Option<String>,
    pub(crate) plans: Plans,
    pub(crate) exports: RwLock<Vec<Arc<dyn ExportSource>>>,
    pub(crate) local_url: OnceLock<String>,
    pub(crate) registration: Registration,
    pub(crate) passwords: Passwords,
    pub(crate) mail: Mailer,
    pub(crate) oidc: Providers,
    pub(crate) trusted_proxies: Vec<Network>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts")
            .field("db", &self.inner.db)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// Finds the master key and loads all keys, limits and budgets of a migrated database.
    ///
    /// # Errors
    /// `Vault` when the master key is missing, unreadable or the wrong one; `Invalid` when an
    /// organization is on a plan that is not configured; those of the database.
    pub async fn open(db: Db, clock: SharedClock, config: &AccountsConfig) -> Result<Self> {
        let source = match &config.master_key {
            Some(text) => Source::Given(MasterKey::from_base64(text)?),
            None => Source::File(config.data_dir.join(vault::FILE_NAME)),
        };
        let accounts = Self {
            inner: Arc::new(Inner {
                vault: Vault::open(&db, source).await?,
                db,
                clock,
                memory: ArcSwap::default(),
                refresher: Refresher::default(),
                unknown: Mutex::default(),
                changes: watch::Sender::new(Revisions::default()),
                plans: config.plans.clone(),
                exports: RwLock::default(),
                public_url: config.public_url.as_deref().map(without_slash),
                local_url: OnceLock::new(),
                registration: config.registration,
                passwords: Passwords::default(),
                mail: Mailer::new(config.smtp.as_ref(), config.log_links)?,
                oidc: Providers::new(&config.oidc)?,
                trusted_proxies: config.trusted_proxies.clone(),
            }),
        };
        accounts.load_all().await?;
        accounts.check_plans().await?;
        Ok(accounts)
    }

    /// The database, for crates above that keep their own tables in it.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Tells where the server listens, for links while no public URL is configured. The first time
    /// counts.
    pub fn set_local_url(&self, url: &str) {
        let _ = self.inner.local_url.set(without_slash(url));
    }

    /// Where people reach the server, without a slash at the end.
    pub fn base_url(&self) -> &str {
        let configured = self.inner.public_url.as_ref();
        configured
            .or_else(|| self.inner.local_url.get())
            .map_or("http://127.0.0.1:8080", String::as_str)
    }

    /// The clock everything here goes by.
    pub fn clock(&self) -> &SharedClock {
        &self.inner.clock
    }

    /// Tells of each change to keys, limits, organizations and credentials, whichever process made
    /// it: the counters that rose.
    pub fn changes(&self) -> watch::Receiver<Revisions> {
        self.inner.changes.subscribe()
    }

    /// Encrypts all credentials with a new master key; with a key file and no `new` key it makes one.
    /// Other processes with the same key file follow by themselves, those with the key in their
    /// environment refuse to use credentials until they are started with the new one.
    ///
    /// # Errors
    /// `Vault` when a credential cannot be decrypted or the key file cannot be written; nothing is
    /// changed then. `Invalid` when the key comes from the environment and `new` is absent.
    pub async fn rotate_master_key(&self, new: Option<MasterKey>) -> Result<Rotation> {
        let rotation = self.inner.vault.rotate(self.db(), new).await?;
        self.refresh().await;
        Ok(rotation)
    }

    /// What a person is in an organization, whichever organization a session works in.
    pub(crate) fn membership(&self, user: UserId, org: OrgId) -> Option<Arc<Principal>> {
        self.inner.memory.load().member(user, org).map(Arc::clone)
    }

    /// Whether somebody owns the whole instance.
    pub(crate) fn owns_instance(&self, user: UserId) -> bool {
        self.inner.memory.load().owns_instance(user)
    }

    /// All budgets of an organization: its plan's, its own, and those on its teams, users and keys.
    pub fn budgets_in_memory(&self, org: OrgId) -> Vec<Budget> {
        self.inner.memory.load().budgets(org)
    }

    pub(crate) fn now(&self) -> Micros {
        self.inner.clock.now()
    }

    /// Notes a change in the audit log, if the record is still what the actor expects it to be: that is
    /// looked at here, inside the transaction of every change. `before` and `after` are the records as the API shows them,
    /// which hold no secrets.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn audit<T: Serialize>(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        change: Change<'_, T>,
    ) -> Result<()> {
        if let Some(before) = change.before {
            actor.if_match().check(before)?;
        }
        let entry = AuditEntry {
            id: AuditId::new(),
            org_id: actor.org_id(),
            actor: actor.label().to_owned(),
            action: change.action.to_owned(),
            target: change.target,
            before: change.before.and_then(record),
            after: change.after.and_then(record),
            created_at: self.now(),
        };
        Ok(sql::audit::insert(tx, &entry).await?)
    }
}

/// A line for the audit log.
#[derive(Debug)]
pub struct Change<'a, T> {
    /// What was done, such as `workflow.publish`.
    pub action: &'a str,
    /// The id of what was changed.
    pub target: String,
    /// The record before; none when it was made.
    pub before: Option<&'a T>,
    /// The record afterwards; none when it was deleted.
    pub after: Option<&'a T>,
}

fn without_slash(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

fn record<T: Serialize>(value: &T) -> Option<Json<Value>> {
    serde_json::to_value(value).ok().map(Json)
}
