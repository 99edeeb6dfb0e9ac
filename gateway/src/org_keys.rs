//! Keys that organizations keep in the vault for themselves, by vendor.
//!
//! An organization's own keys go before those of the configuration. Read from the database once and
//! kept in memory until credentials change anywhere.

use std::sync::Arc;
use std::time::Duration;

use accounts::{Accounts, PageRequest};
use moka::sync::Cache;
use store::OrgId;

use crate::error::{Code, Error};
use crate::route::keys::KeyRing;

/// Organizations times vendors remembered.
const REMEMBERED: u64 = 10_000;

/// The kind of credential that calls a model.
const API_KEY: &str = "api_key";

type Entry = (OrgId, String);

/// Rings by organization and vendor; `None` where the organization has no key of its own.
#[derive(Clone)]
pub(crate) struct OrgKeys {
    accounts: Accounts,
    rings: Cache<Entry, Option<Arc<KeyRing>>>,
}

impl OrgKeys {
    pub(crate) fn new(accounts: Accounts) -> Self {
        // The upper bound on age is a second net under the change notices.
        let rings = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(Duration::from_secs(3_600))
            .build();
        Self { accounts, rings }
    }

    /// The organization's own keys for a vendor.
    ///
    /// # Errors
    /// `Internal` when the vault cannot be read.
    pub(crate) async fn ring(
        &self,
        org: OrgId,
        vendor: &str,
    ) -> Result<Option<Arc<KeyRing>>, Error> {
        let entry = (org, vendor.to_owned());
        if let Some(known) = self.rings.get(&entry) {
            return Ok(known);
        }
        let ring = self.load(org, vendor).await.map_err(|error| {
            tracing::error!(%error, provider = vendor, "cannot read an organization's provider keys");
            Error::new(Code::Internal, "The stored provider keys cannot be read; try again.")
        })?;
        self.rings.insert(entry, ring.clone());
        Ok(ring)
    }

    async fn load(&self, org: OrgId, vendor: &str) -> accounts::Result<Option<Arc<KeyRing>>> {
        let mut secrets = Vec::new();
        let mut cursor = None;
        loop {
            let page = PageRequest::new(Some(200), cursor.as_deref())?;
            let page = self.accounts.list_credentials(org, page).await?;
            for credential in &page.data {
                let usable = credential.is_active && credential.kind == API_KEY;
                if usable && credential.provider == vendor {
                    secrets.push(self.accounts.credential_secret(org, credential.id).await?);
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok((!secrets.is_empty()).then(|| Arc::new(KeyRing::new(secrets))))
    }

    /// Forgets everything whenever credentials or the master key change. Runs for ever.
    pub(crate) async fn watch(self) {
        let mut changes = self.accounts.changes();
        let mut seen = *changes.borrow();
        while changes.changed().await.is_ok() {
            let now = *changes.borrow_and_update();
            if (now.credentials, now.vault) != (seen.credentials, seen.vault) {
                self.rings.invalidate_all();
            }
            seen = now;
        }
    }
}
