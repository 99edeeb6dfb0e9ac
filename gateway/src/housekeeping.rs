//! What is forgotten when its time is over, or when its organization was deleted.

use std::time::Duration;

use accounts::{Accounts, DEFAULT_RETENTION_DAYS};

use crate::usage::bodies;
use crate::{alerts, responses_store, usage};

const EVERY: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// How long messages to webhooks are kept.
const DELIVERIES_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How long rows of a deleted organization are looked for: the journal of an instance that was down
/// may still bring some.
const PURGED_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Sweeps at once, every hour, and whenever an organization may have been deleted, until the program
/// ends. Instances may do so at the same time.
pub(crate) async fn run(accounts: Accounts) {
    let mut changes = accounts.changes();
    let mut seen = changes.borrow_and_update().organizations;
    loop {
        if let Err(error) = sweep(&accounts).await {
            tracing::warn!(%error, "cannot delete what has expired; will retry in an hour");
        }
        let another = async {
            while changes.changed().await.is_ok() {
                let now = changes.borrow_and_update().organizations;
                if now != seen {
                    seen = now;
                    return;
                }
            }
            std::future::pending::<()>().await;
        };
        let _ = tokio::time::timeout(EVERY, another).await;
    }
}

async fn sweep(accounts: &Accounts) -> accounts::Result<()> {
    let (db, now) = (accounts.db(), accounts.clock().now());
    let responses = responses_store::delete_expired(db, now.0).await?;
    let mut kept = 0;
    let mut bodies = 0;
    for (org, facts) in accounts.all_organization_facts() {
        let days = facts.retention_days();
        kept = kept.max(days);
        let before = now.minus(DAY * days);
        bodies += bodies::delete_of_before(db, org, before).await?;
    }
    // Those of organizations that nobody knows any more.
    let before = now.minus(DAY * kept.max(DEFAULT_RETENTION_DAYS));
    bodies += bodies::delete_before(db, before).await?;
    let deliveries = now.minus(DELIVERIES_KEPT);
    let messages = alerts::sql::delete_deliveries_before(db, deliveries).await?;
    let purged = purge_deleted(accounts).await?;
    if responses + bodies + messages + purged > 0 {
        tracing::info!(
            responses,
            bodies,
            messages,
            purged,
            "deleted what has expired"
        );
    }
    Ok(())
}

/// Deletes the rows of organizations that are no more.
async fn purge_deleted(accounts: &Accounts) -> accounts::Result<u64> {
    let since = accounts.clock().now().minus(PURGED_FOR);
    let mut rows = 0;
    for deleted in accounts.deleted_organizations(since).await? {
        rows += usage::sql::delete_of_organization(accounts.db(), deleted.org_id).await?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use accounts::AccountsConfig;
    use serde_json::json;
    use store::testing::{TempDir, for_each_db};
    use store::{KeyId, Micros, OrgId, TestClock};

    use super::*;
    use crate::responses_store::{KEPT_US, NewResponse, delete, get, put};

    #[tokio::test]
    async fn kept_responses_belong_to_their_organization_and_end_after_thirty_days() {
        for_each_db(|db| async move {
            let (dir, clock) = (TempDir::new(), TestClock::at(Micros(0)));
            let config = AccountsConfig {
                data_dir: dir.path().to_owned(),
                ..AccountsConfig::default()
            };
            let accounts = Accounts::open(db.clone(), Arc::new(clock.clone()), &config).await;
            let accounts = accounts.expect("opens");
            let (ours, theirs) = (OrgId::new(), OrgId::new());
            let kept = async |org, id, answer: &str, now_us| {
                let new = NewResponse {
                    org,
                    key: Some(KeyId::new()),
                    id,
                    input_items: &[json!({"type": "message", "content": "nul \u{0} here"})],
                    response: &json!({"output": answer}),
                    now_us,
                };
                put(&db, new).await.expect("kept");
            };
            let answer = async |org, id| {
                let found = get(&db, org, id).await.expect("answers");
                found.map(|kept| kept.response["output"].as_str().map(str::to_owned))
            };
            kept(ours, "resp_1", "first", 1_000).await;
            kept(ours, "resp_1", "again", 2_000).await;
            kept(theirs, "resp_1", "theirs", 3_000).await;
            assert_eq!(answer(ours, "resp_1").await, Some(Some("again".to_owned())));
            assert_eq!(
                answer(theirs, "resp_1").await,
                Some(Some("theirs".to_owned()))
            );
            let stored = get(&db, ours, "resp_1")
                .await
                .expect("answers")
                .expect("kept");
            assert_eq!(stored.expires_at, 2_000 + KEPT_US);
            assert_eq!(stored.input_items[0]["content"], "nul \u{0} here");

            clock.set(Micros(2_000 + KEPT_US));
            sweep(&accounts).await.expect("swept");
            assert_eq!(answer(ours, "resp_1").await, None);
            assert!(answer(theirs, "resp_1").await.is_some());
            assert!(
                !delete(&db, ours, "resp_1").await.expect("answers"),
                "not theirs"
            );
            assert!(delete(&db, theirs, "resp_1").await.expect("answers"));
            assert_eq!(answer(theirs, "resp_1").await, None);
        })
        .await;
    }
}
