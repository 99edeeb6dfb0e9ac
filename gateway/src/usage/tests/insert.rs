use store::Db;
use store::testing::{for_each_db, second_handle};
use uuid::Uuid;

use super::rows::{HOUR, TODAY, row};
use super::sql::{days, stored};
use crate::usage::sql::{ScopeColumn, insert_records, scope_use};
use crate::usage::{Status, UsageRecord};

async fn insert(db: &Db, rows: &[UsageRecord]) {
    insert_records(db, rows).await.expect("stored");
}

#[tokio::test]
async fn rows_stored_twice_count_once() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let mut rows: Vec<_> = (0..450).map(|_| row(org)).collect();
        rows[3].created_at = TODAY - 1;
        rows[4].status = Status::CacheHit;
        let wanted = vec![
            (TODAY - 24 * HOUR, 1, 120, 1_000),
            (TODAY, 449, 448 * 120, 449_000),
        ];
        insert(&db, &rows).await;
        assert_eq!(days(&db).await, wanted);
        insert(&db, &rows).await;
        insert(&db, &rows[..100]).await;
        assert_eq!(days(&db).await, wanted);
        assert_eq!(stored(&db).await.len(), 450);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_stands_twice_in_a_batch_counts_once() {
    for_each_db(|db| async move {
        let row = row(Uuid::now_v7());
        insert(&db, &[row.clone(), row]).await;
        assert_eq!(days(&db).await, [(TODAY, 1, 120, 1_000)]);
    })
    .await;
}

#[tokio::test]
async fn instances_that_add_to_the_same_days_do_not_block_each_other() {
    for_each_db(|db| async move {
        let other = second_handle(&db).await;
        let org = Uuid::now_v7();
        let batch = |seed: usize| {
            let one = |n: usize| UsageRecord {
                model: format!("m{}", (n * 7 + seed * 13) % 40),
                ..row(org)
            };
            (0..40).map(one).collect::<Vec<_>>()
        };
        for seed in 0..10 {
            let (a, b) = (batch(seed), batch(seed + 1));
            let (a, b) =
                futures_util::future::join(insert_records(&db, &a), insert_records(&other, &b))
                    .await;
            a.expect("no deadlock");
            b.expect("no deadlock");
        }
        let requests: i64 = days(&db).await.iter().map(|day| day.1).sum();
        assert_eq!(requests, 800);
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_no_database_takes_is_made_storable() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let mut bad = row(org);
        bad.upstream_id = Some("id\0".to_owned());
        bad.error_message = Some("\0".to_owned());
        bad.end_user = Some("a\0b".to_owned());
        bad.requested_model = "é".repeat(10_000);
        bad.model = "m".repeat(10_000);
        bad.request_id = "r".repeat(10_000);
        bad.tags = vec![
            "x\0".to_owned(),
            "x".to_owned(),
            "y".to_owned(),
            "y".to_owned(),
        ];
        bad.metadata = Some("{\"a\":\"\\u0000\"}".to_owned());
        insert(&db, &[bad]).await;
        let rows =
            crate::usage::report::attempts(&db, store::OrgId::from_uuid(org), &"r".repeat(512))
                .await
                .expect("answers");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].upstream_id.as_deref(), Some("id"));
        assert_eq!(rows[0].end_user.as_deref(), Some("ab"));
        assert_eq!(rows[0].requested_model, "é".repeat(256));
        assert_eq!(rows[0].tags.0, ["x", "y"]);
    })
    .await;
}

#[tokio::test]
async fn absurd_figures_of_an_upstream_break_no_sum() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let absurd = || {
            let mut row = row(org);
            row.usage.input_tokens = u64::MAX;
            row.usage.output_tokens = u64::MAX;
            row.cost_nano_usd = Some(i64::MAX);
            row
        };
        let rows: Vec<_> = (0..300).map(|_| absurd()).collect();
        for rows in rows.chunks(50) {
            insert(&db, rows).await;
        }
        let used = scope_use(&db, org, ScopeColumn::Organization, org, 0)
            .await
            .expect("still a number");
        assert_eq!(used[0].tokens, 300 * 1_000_000_000_000);
        assert_eq!(used[0].cost_nano_usd, 100_000_000_000_000_000);
    })
    .await;
}
