use std::collections::BTreeSet;

use store::OrgId;
use store::testing::for_each_db;
use uuid::Uuid;

use super::{insert, week};
use crate::usage::report::{COLUMNS, Cursor, Page, Pages, attempts};
use crate::usage::tests::rows::{HOUR, TODAY, row};
use crate::usage::{Status, UsageRecord};

/// Many rows at the same moments, in no order.
fn crowd(org: Uuid, from: i64, rows: i64) -> Vec<UsageRecord> {
    (0..rows)
        .map(|n| UsageRecord {
            id: Uuid::new_v4(),
            created_at: from + (n * 31 % 7) * 1_000_000,
            ..row(org)
        })
        .collect()
}

#[tokio::test]
async fn a_walk_meets_each_row_once_while_new_ones_arrive() {
    for_each_db(|db| async move {
        let (org, stranger) = (Uuid::now_v7(), Uuid::now_v7());
        let rows = crowd(org, TODAY, 103);
        insert(&db, &rows).await;
        insert(&db, &crowd(stranger, TODAY, 20)).await;
        let (mut seen, mut times, mut cursor) = (Vec::new(), Vec::new(), None);
        for round in 1.. {
            let page = Page::read(&db, OrgId::from_uuid(org), &week(), cursor, 10)
                .await
                .expect("answers");
            assert!(page.data.len() <= 10);
            seen.extend(page.data.iter().map(|row| row.id));
            times.extend(page.data.iter().map(|row| row.created_at));
            // Newer ones, as they come in.
            insert(&db, &crowd(org, TODAY + HOUR + round, 5)).await;
            match page.next_cursor {
                Some(next) => cursor = Cursor::decode(&next),
                None => break,
            }
            assert!(cursor.is_some());
        }
        assert!(times.is_sorted_by(|a, b| a >= b), "newest first");
        assert_eq!(seen.len(), 103);
        let seen: BTreeSet<_> = seen.into_iter().collect();
        assert_eq!(seen, rows.iter().map(|row| row.id).collect());
    })
    .await;
}

#[tokio::test]
async fn an_export_pages_through_everything_or_up_to_its_limit() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        insert(&db, &crowd(org, TODAY, 1_203)).await;
        for (limit, wanted) in [(u64::MAX, 1_203), (1_100, 1_100), (500, 500), (1, 1)] {
            let mut pages = Pages::new(db.clone(), OrgId::from_uuid(org), week(), None, limit);
            let mut seen = BTreeSet::new();
            loop {
                let rows = pages.next().await.expect("answers");
                if rows.is_empty() {
                    break;
                }
                assert!(rows.len() <= 500, "no page is large");
                for row in rows {
                    assert!(seen.insert(row.id), "met twice");
                }
            }
            assert_eq!(seen.len(), wanted, "limit {limit}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_row_comes_out_as_it_went_in() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let mut went = UsageRecord {
            request_id: "req_1".to_owned(),
            attempt: 2,
            key_id: Some(Uuid::now_v7()),
            status: Status::Error,
            http_status: Some(429),
            error_kind: Some("rate_limited".to_owned()),
            error_message: Some("slow \"down\"".to_owned()),
            upstream_id: Some("up_1".to_owned()),
            stream: true,
            first_token_us: Some(1_234),
            tags: vec!["a".to_owned(), "größe".to_owned()],
            metadata: Some(r#"{"order": 17}"#.to_owned()),
            translation: Some("dropped: seed".to_owned()),
            run_id: Some(Uuid::now_v7()),
            ..row(org)
        };
        went.usage.web_searches = 3;
        went.usage.raw = Some(r#"{"prompt_tokens":100}"#.to_owned());
        let first = UsageRecord {
            id: Uuid::now_v7(),
            attempt: 1,
            metadata: Some("not json".to_owned()),
            ..went.clone()
        };
        insert(&db, &[went.clone(), first]).await;
        let rows = attempts(&db, OrgId::from_uuid(org), "req_1")
            .await
            .expect("answers");
        let json = serde_json::to_value(&rows).expect("serializes");
        let (first, second) = (&json[0], &json[1]);
        assert_eq!(
            (&first["attempt"], &second["attempt"]),
            (&1.into(), &2.into())
        );
        assert_eq!(first["metadata"], "not json");
        assert_eq!(second["created_at"], "2026-11-22T00:00:00Z");
        assert_eq!(second["key_id"], went.key_id.expect("set").to_string());
        assert_eq!(second["run_id"], went.run_id.expect("set").to_string());
        assert_eq!(second["http_status"], 429);
        assert_eq!(second["stream"], true);
        assert_eq!(second["tags"], serde_json::json!(["a", "größe"]));
        assert_eq!(second["metadata"]["order"], 17);
        assert_eq!(second["translation"], "dropped: seed");
        assert_eq!(second["cost_usd"], "0.000001");
        assert_eq!(second["usage_detail"]["web_searches"], 3);
        assert_eq!(second["usage_detail"]["raw"], r#"{"prompt_tokens":100}"#);
        let fields = second.as_object().expect("an object").keys();
        assert!(
            fields.eq(COLUMNS.iter()),
            "the columns of an export are the fields"
        );
        let foreign = attempts(&db, OrgId::new(), "req_1").await.expect("answers");
        assert_eq!(foreign, []);
    })
    .await;
}
