//! Accounts at other providers that a person has linked.

use store::{IdentityId, UserId, in_tx};

use crate::sql::identities::Identity;
use crate::{Accounts, Error, Result, sql};

impl Accounts {
    /// A person's accounts at other providers, the oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_identities(&self, user: UserId) -> Result<Vec<Identity>> {
        Ok(sql::identities::list(self.db(), user).await?)
    }

    /// Unlinks an account.
    ///
    /// # Errors
    /// `NotFound`, also for other people's; `Conflict` (`last_login_method`).
    pub async fn unlink_identity(&self, user: UserId, id: IdentityId) -> Result<()> {
        in_tx!(self.db(), tx: Error => {
            if sql::identities::delete(tx, user, id).await? == 0 {
                return Err(Error::not_found("identity", id));
            }
            self.check_way_in(tx, user).await
        })
    }
}
