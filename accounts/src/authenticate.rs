//! From a presented key to a [`Principal`].

use std::sync::Arc;

use crate::api_key::{self, Hash, PREFIX};
use store::{KeyId, OrgId, UserId};

use crate::{Accounts, AuthError, Principal};

impl Accounts {
    /// Lets a caller in by its key: from memory as a rule, from the database when the key is new.
    ///
    /// # Errors
    /// See [`AuthError`]; `Unavailable` only for keys that are not in memory.
    pub async fn authenticate(&self, presented: &str) -> Result<Arc<Principal>, AuthError> {
        match self.authenticate_in_memory(presented) {
            Some(outcome) => outcome,
            None => self.authenticate_cold(presented).await,
        }
    }

    /// Who began a flow's run, as they are now, so that the run can go on after a restart: by the key
    /// if it was one, else by the person; where there was neither, the organization itself. `None`: the
    /// key is revoked or has expired, or the person is no longer a member.
    pub fn principal_of_run(
        &self,
        org: OrgId,
        user: Option<UserId>,
        key: Option<KeyId>,
    ) -> Option<Arc<Principal>> {
        let memory = self.inner.memory.load();
        let found = match (key, user) {
            (Some(key), _) => memory.key(key)?.admit(&*self.inner.clock).ok()?,
            (None, Some(user)) => Arc::clone(memory.member(user, org)?),
            (None, None) => memory.organization_itself(org)?,
        };
        (found.org_id() == org).then_some(found)
    }

    /// The hot path: a hash, a lookup and two comparisons, without waiting for anything. `None` when
    /// memory does not know the key; then [`authenticate_cold`](Self::authenticate_cold) answers.
    pub fn authenticate_in_memory(
        &self,
        presented: &str,
    ) -> Option<Result<Arc<Principal>, AuthError>> {
        if let Err(error) = check_form(presented) {
            return Some(Err(error));
        }
        self.look_up(&api_key::hash(presented))
    }

    /// The cold path: asks the database whether keys were made since memory was last brought up to
    /// date. Floods of made-up keys share their questions, see the crate's documentation.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn authenticate_cold(&self, presented: &str) -> Result<Arc<Principal>, AuthError> {
        check_form(presented)?;
        let hash = api_key::hash(presented);
        let now = self.now();
        if self.inner.unknown.lock().contains(&hash, now) {
            return Err(AuthError::Unknown);
        }
        if !self.refresh_shared().await {
            return Err(AuthError::Unavailable);
        }
        self.look_up(&hash).unwrap_or_else(|| {
            self.inner.unknown.lock().insert(hash, now);
            Err(AuthError::Unknown)
        })
    }

    fn look_up(&self, hash: &Hash) -> Option<Result<Arc<Principal>, AuthError>> {
        let memory = self.inner.memory.load();
        let entry = memory.get(hash)?;
        Some(entry.admit(self.inner.clock.as_ref()))
    }
}

fn check_form(presented: &str) -> Result<(), AuthError> {
    if presented.is_empty() {
        return Err(AuthError::Missing);
    }
    if api_key::is_well_formed(presented) {
        return Ok(());
    }
    if presented.starts_with(PREFIX) {
        return Err(AuthError::Unknown);
    }
    Err(AuthError::Foreign)
}
