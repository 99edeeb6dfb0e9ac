use std::collections::BTreeMap;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use store::testing::for_each_db;
use uuid::Uuid;

use super::{by, insert, naive, summary, week};
use crate::usage::report::{Dimension, Figures, Summary};
use crate::usage::tests::rows::{HOUR, TODAY, begun, row};
use crate::usage::{Status, UsageRecord};

/// The same cases in each run: a failure can be looked at again.
fn runner() -> TestRunner {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(Config::default(), rng)
}

fn found(summary: &Summary) -> BTreeMap<String, Figures> {
    let rows = summary.data.iter();
    let found: BTreeMap<_, _> = rows
        .map(|row| {
            (
                Value::Object(row.group.clone()).to_string(),
                row.figures.clone(),
            )
        })
        .collect();
    assert_eq!(found.len(), summary.data.len(), "no group twice");
    found
}

#[tokio::test]
async fn every_grouping_gives_what_a_plain_program_computes() {
    use Dimension::{Day, Hour, Key, Model, Provider, Status, Tag, Team, User};
    for_each_db(|db| async move {
        let mut runner = runner();
        for case in 0..12 {
            let org = Uuid::now_v7();
            let rows = naive::rows(org)
                .new_tree(&mut runner)
                .expect("rows")
                .current();
            insert(&db, &rows).await;
            let mut groupings: Vec<_> = Dimension::ALL.iter().map(|d| vec![*d]).collect();
            groupings.push(vec![Day, Model, Provider]);
            groupings.push(vec![Tag, Status, Hour]);
            groupings.push(vec![Key, Tag, User, Team]);
            groupings.push(Dimension::ALL.to_vec());
            let total = naive::figures(&rows.iter().collect::<Vec<_>>());
            for dimensions in groupings {
                let summary = summary(&db, org, &by(&dimensions, week())).await;
                let wanted = naive::groups(&rows, &dimensions);
                assert_eq!(found(&summary), wanted, "case {case}, {dimensions:?}");
                assert_eq!(summary.total, total, "case {case}, {dimensions:?}");
                assert!(!summary.truncated);
            }
        }
    })
    .await;
}

/// Where shares fall exactly on a percentile, and around it.
#[tokio::test]
async fn percentiles_are_exact_for_every_number_of_rows() {
    for_each_db(|db| async move {
        for n in (1..=41).chain([59, 60, 61, 99, 100, 101, 199, 200, 201, 400]) {
            let org = Uuid::now_v7();
            let rows: Vec<_> = (0..n)
                .map(|i| UsageRecord {
                    latency_us: i64::from(i) * 1_000,
                    first_token_us: (i % 2 == 0).then_some(i64::from(i)),
                    ..row(org)
                })
                .collect();
            insert(&db, &rows).await;
            let total = summary(&db, org, &by(&[], week())).await.total;
            assert_eq!(
                total,
                naive::figures(&rows.iter().collect::<Vec<_>>()),
                "{n} rows"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_sums_to_zeros() {
    for_each_db(|db| async move {
        let summary = summary(&db, Uuid::now_v7(), &by(&[Dimension::Day], week())).await;
        assert_eq!(summary.total, Figures::default());
        assert_eq!(summary.data.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_tagged_row_counts_under_each_tag_and_once_in_total() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let tagged = |tags: &[&str]| UsageRecord {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..row(org)
        };
        let rows = [
            tagged(&["a", "b"]),
            tagged(&["a", "a"]),
            tagged(&[]),
            tagged(&["a\",\"b", "[]"]),
        ];
        insert(&db, &rows).await;
        let summary = summary(&db, org, &by(&[Dimension::Tag], week())).await;
        let counts: BTreeMap<_, _> = summary
            .data
            .iter()
            .map(|row| (row.group["tag"].as_str(), row.figures.requests))
            .collect();
        let wanted = [
            (Some("a"), 2),
            (Some("b"), 1),
            (None, 1),
            (Some("a\",\"b"), 1),
            (Some("[]"), 1),
        ];
        assert_eq!(counts, wanted.into());
        assert_eq!(summary.total.requests, 4);
        assert_eq!(summary.total.cost_nano_usd, 4_000);
    })
    .await;
}

#[tokio::test]
async fn attempts_of_a_call_are_several_requests_and_one_call() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let failed = UsageRecord {
            status: Status::Error,
            cost_nano_usd: Some(0),
            ..row(org)
        };
        let fallback = UsageRecord {
            request_id: failed.request_id.clone(),
            attempt: 2,
            ..row(org)
        };
        let open = begun(&row(org));
        insert(&db, &[failed, fallback, open]).await;
        let total = summary(&db, org, &by(&[], week())).await.total;
        assert_eq!((total.requests, total.calls), (3, 2));
        assert_eq!((total.errors, total.interrupted), (1, 1));
        assert_eq!(total.unpriced_requests, 1);
        assert_eq!(total.estimated_requests, 1);
        // The interrupted attempt has no latency that could pull the median down.
        assert_eq!(total.latency_p50_ms, Some(500.0));
        let json = serde_json::to_value(&total).expect("serializes");
        assert_eq!(json["cost_nano_usd"], 1_000);
        assert_eq!(json["cost_usd"], "0.000001");
    })
    .await;
}

#[tokio::test]
async fn rows_are_in_order_of_time_then_of_money_and_the_limit_is_told() {
    for_each_db(|db| async move {
        let org = Uuid::now_v7();
        let rows: Vec<_> = (0..6_i64)
            .map(|n| UsageRecord {
                created_at: TODAY + (n / 3) * 24 * HOUR,
                model: format!("m{}", n % 3),
                cost_nano_usd: Some([5, 9, 7][usize::try_from(n % 3).expect("small")]),
                ..row(org)
            })
            .collect();
        insert(&db, &rows).await;
        let mut query = by(&[Dimension::Model, Dimension::Day], week());
        let order = |summary: &Summary| -> Vec<String> {
            let name = |field: &Value| field.as_str().expect("text").to_owned();
            let rows = summary.data.iter().map(|row| &row.group);
            rows.map(|g| format!("{} {}", name(&g["day"]), name(&g["model"])))
                .collect()
        };
        let all = summary(&db, org, &query).await;
        let wanted = [
            "2026-11-22 m1",
            "2026-11-22 m2",
            "2026-11-22 m0",
            "2026-11-23 m1",
            "2026-11-23 m2",
            "2026-11-23 m0",
        ];
        assert_eq!(order(&all), wanted);
        query.limit = 6;
        assert!(!summary(&db, org, &query).await.truncated);
        query.limit = 4;
        let cut = summary(&db, org, &query).await;
        assert!(cut.truncated);
        assert_eq!(order(&cut), wanted[..4]);
        assert_eq!(cut.total, all.total, "the total is of everything");
    })
    .await;
}

#[tokio::test]
async fn a_foreign_organization_sees_nothing() {
    for_each_db(|db| async move {
        let (ours, theirs) = (Uuid::now_v7(), Uuid::now_v7());
        insert(&db, &[row(ours), row(ours)]).await;
        let query = by(&[Dimension::Model], week());
        let foreign = summary(&db, theirs, &query).await;
        assert_eq!((foreign.data.len(), foreign.total.requests), (0, 0));
        assert_eq!(summary(&db, ours, &query).await.total.requests, 2);
    })
    .await;
}
