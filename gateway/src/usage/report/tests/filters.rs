use store::testing::for_each_db;
use store::{Micros, OrgId};
use uuid::Uuid;

use super::{by, insert, summary, week};
use crate::usage::report::filter::{IdColumn, TextColumn};
use crate::usage::report::{Filter, Page};
use crate::usage::tests::rows::{HOUR, TODAY, row};
use crate::usage::{Status, UsageRecord};

/// A row that differs from the plain one in everything that can be filtered by.
fn other(org: Uuid) -> UsageRecord {
    UsageRecord {
        request_id: "req_other".to_owned(),
        key_id: Some(Uuid::from_u128(1)),
        user_id: Some(Uuid::from_u128(2)),
        team_id: Some(Uuid::from_u128(3)),
        operation: "embeddings".to_owned(),
        endpoint: "/v1/embeddings".to_owned(),
        requested_model: "other-alias".to_owned(),
        provider: "other-provider".to_owned(),
        model: "other-model".to_owned(),
        status: Status::Error,
        error_kind: Some("timeout".to_owned()),
        cost_nano_usd: Some(50_000_000),
        end_user: Some("somebody".to_owned()),
        tags: vec!["x".to_owned(), "y".to_owned()],
        caller: "rag".to_owned(),
        ..row(org)
    }
}

#[tokio::test]
async fn each_filter_lets_through_what_it_names_and_nothing_else() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let unpriced = UsageRecord {
            cost_nano_usd: None,
            ..row(org)
        };
        let wanted = other(org);
        insert(&db, &[row(org), unpriced, wanted.clone()]).await;
        let text = |column, value: &str| Filter {
            texts: vec![(column, vec![value.to_owned(), "nothing else".to_owned()])],
            ..week()
        };
        let id = |column, n: u128| Filter {
            ids: vec![(column, vec![Uuid::from_u128(n), Uuid::from_u128(99)])],
            ..week()
        };
        let tags = |tags: &[&str]| Filter {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..week()
        };
        let filters = [
            text(TextColumn::Model, "other-model"),
            text(TextColumn::Provider, "other-provider"),
            text(TextColumn::Endpoint, "/v1/embeddings"),
            text(TextColumn::Operation, "embeddings"),
            text(TextColumn::Status, "error"),
            text(TextColumn::EndUser, "somebody"),
            text(TextColumn::RequestedModel, "other-alias"),
            text(TextColumn::Caller, "rag"),
            text(TextColumn::RequestId, "req_other"),
            text(TextColumn::ErrorKind, "timeout"),
            id(IdColumn::Key, 1),
            id(IdColumn::User, 2),
            id(IdColumn::Team, 3),
            tags(&["x"]),
            tags(&["y", "x", "z"]),
            Filter {
                min_cost_nano_usd: Some(50_000_000),
                ..week()
            },
        ];
        let org_id = OrgId::from_uuid(org);
        for filter in filters {
            let page = Page::read(&db, org_id, &filter, None, 10)
                .await
                .expect("answers");
            let ids: Vec<_> = page.data.iter().map(|row| row.id).collect();
            assert_eq!(ids, [wanted.id], "{filter:?}");
            let total = summary(&db, org, &by(&[], filter.clone())).await.total;
            assert_eq!((total.requests, total.errors), (1, 1), "{filter:?}");
        }
        // Several conditions hold at the same time.
        let none = Filter {
            tags: vec!["x".to_owned()],
            ..text(TextColumn::Model, "gpt-5")
        };
        assert_eq!(summary(&db, org, &by(&[], none)).await.total.requests, 0);
        // A tag is not found in parts of others.
        let none = tags(&["x\",\"y", "", "X", "\"x\""]);
        assert_eq!(summary(&db, org, &by(&[], none)).await.total.requests, 0);
    })
    .await;
}

#[tokio::test]
async fn a_span_holds_its_beginning_and_not_its_end() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let at = |created_at| UsageRecord {
            created_at,
            ..row(org)
        };
        insert(
            &db,
            &[
                at(TODAY - 1),
                at(TODAY),
                at(TODAY + HOUR - 1),
                at(TODAY + HOUR),
            ],
        )
        .await;
        let hour = Filter::between(Micros(TODAY), Micros(TODAY + HOUR));
        assert_eq!(summary(&db, org, &by(&[], hour)).await.total.requests, 2);
    })
    .await;
}
