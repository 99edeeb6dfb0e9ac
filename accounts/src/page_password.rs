//! Passwords of pages that an organization shows to people without an account.

use crate::{Accounts, Result, Secret};

impl Accounts {
    /// Judges a page's password and hashes it, with the same care as a person's.
    ///
    /// # Errors
    /// `Invalid` (`weak_password`); `TooMany` while many passwords are hashed.
    pub async fn hash_page_password(&self, password: &Secret) -> Result<String> {
        self.inner.passwords.enter()?.hash(password, &[]).await
    }

    /// Whether this is the password that was hashed.
    ///
    /// # Errors
    /// `TooMany` while many passwords are hashed.
    pub async fn check_page_password(&self, password: &Secret, hash: &str) -> Result<bool> {
        let place = self.inner.passwords.enter()?;
        place.verify(password, Some(hash.to_owned())).await
    }
}
