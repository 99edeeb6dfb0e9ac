//! What is forgotten when its time is over.

use std::time::Duration;

use super::Engine;
use crate::run::sql::claims;

const DAY: Duration = Duration::from_secs(86_400);
/// Runs deleted in one statement; their steps go with them.
const BATCH: i64 = 500;

impl Engine {
    /// Deletes ended runs that are older than their organization keeps them, and graphs that no run has
    /// any more; gives how many runs. The database uses the freed pages again.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget_old(&self) -> Result<u64, store::Error> {
        let now = self.now();
        let mut deleted = 0;
        for (org, facts) in self.accounts().all_organization_facts() {
            let before = now.minus(DAY * facts.retention_days());
            let mut of_org = 0;
            loop {
                let some = claims::delete_ended(self.db(), org, before, BATCH).await?;
                of_org += some;
                if some == 0 {
                    break;
                }
            }
            if of_org > 0 {
                claims::delete_graphs(self.db(), org, before).await?;
            }
            deleted += of_org;
        }
        Ok(deleted)
    }
}
