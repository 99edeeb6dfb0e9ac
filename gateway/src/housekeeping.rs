//! What is forgotten when its time is over.

use std::time::Duration;

use store::{Db, Micros, SharedClock};

use crate::responses_store;
use crate::usage::bodies;

const EVERY: Duration = Duration::from_secs(3_600);
/// How long bodies of calls are kept.
const BODIES_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Sweeps at once and every hour, until the program ends. Instances may do so at the same time.
pub(crate) async fn run(db: Db, clock: SharedClock) {
    loop {
        if let Err(error) = sweep(&db, clock.now()).await {
            tracing::warn!(%error, "cannot delete what has expired; will retry in an hour");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn sweep(db: &Db, now: Micros) -> store::Result<()> {
    let responses = responses_store::delete_expired(db, now.0).await?;
    let bodies = bodies::delete_before(db, now.minus(BODIES_KEPT)).await?;
    if responses + bodies > 0 {
        tracing::info!(responses, bodies, "deleted what has expired");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use store::testing::for_each_db;
    use store::{KeyId, OrgId};

    use super::*;
    use crate::responses_store::{KEPT_US, NewResponse, delete, get, put};

    #[tokio::test]
    async fn kept_responses_belong_to_their_organization_and_end_after_thirty_days() {
        for_each_db(|db| async move {
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

            sweep(&db, Micros(2_000 + KEPT_US)).await.expect("swept");
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
