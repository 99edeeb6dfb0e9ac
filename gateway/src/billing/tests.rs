//! Statements against rows that are added up by hand.

use accounts::{Period, Unit};
use store::Micros;
use store::testing::for_each_db;

use super::*;
use crate::testing::World;
use crate::usage::tests::rows::{DAY, TODAY};
use crate::usage::{Status, UsageRecord};

/// Rows of the present month with costs that no float could add up.
fn rows(world: &World) -> Vec<UsageRecord> {
    let costs = [1, 333_333_333, 999_999_999_999, 7, 0];
    let models = ["gpt-4o", "gpt-4o", "claude", "gpt-4o", "claude"];
    let rows = costs.iter().zip(models).enumerate();
    rows.map(|(at, (cost, model))| {
        let mut row = world.row();
        row.created_at = TODAY + i64::try_from(at).expect("small");
        row.model = model.to_owned();
        row.cost_nano_usd = Some(*cost);
        row
    })
    .collect()
}

#[tokio::test]
async fn the_total_of_a_statement_is_the_exact_sum_of_its_lines_and_of_the_rows() {
    for_each_db(|db| async move {
        let world = World::new(db).await;
        let mut all = rows(&world);
        let wanted: i64 = all.iter().filter_map(|row| row.cost_nano_usd).sum();
        // Another month's, another organization's, one without a price, and one from the cache.
        let month = Month::of(Micros(TODAY));
        let mut before = world.row();
        before.created_at = month.start().0 - 1;
        let mut theirs = world.row();
        theirs.org_id = store::OrgId::new().uuid();
        theirs.created_at = TODAY;
        let mut unpriced = world.row();
        unpriced.created_at = TODAY;
        unpriced.cost_nano_usd = None;
        let mut cached = world.row();
        cached.created_at = TODAY;
        cached.status = Status::CacheHit;
        cached.cost_nano_usd = Some(0);
        all.extend([before, theirs, unpriced, cached]);
        world.insert(&all).await;

        let db = world.gateway.db();
        let now = Micros(world.gateway.now_us());
        let made = statement(db, &world.org, month, now).await.expect("made");
        assert_eq!(made.cost_nano_usd, wanted);
        let lines: i64 = made.lines.iter().map(|line| line.cost_nano_usd).sum();
        assert_eq!(lines, wanted);
        assert_eq!(made.requests, 7);
        assert_eq!(
            made.lines.iter().map(|l| l.unpriced_requests).sum::<i64>(),
            1
        );
        let costs: Vec<i64> = made.lines.iter().map(|line| line.cost_nano_usd).collect();
        assert!(costs.is_sorted_by(|a, b| a >= b), "{costs:?}");
        assert!(!made.is_final);

        let listed = months(db, world.org.id, now).await.expect("listed");
        assert_eq!(listed[0].month, month.to_string());
        assert_eq!(listed[0].cost_nano_usd, wanted, "the list agrees");
        assert_eq!(listed.len(), 2, "the month before");
        assert!(listed[1].is_final);

        let csv = made.to_csv();
        let cells = csv.lines().skip(1).map(|line| line.split(',').nth(6));
        let sum: i64 = cells
            .map(|c| c.expect("a cell").parse::<i64>().expect("a number"))
            .sum();
        assert_eq!(sum, wanted, "{csv}");
    })
    .await;
}

#[tokio::test]
async fn the_plans_budget_is_metered_and_enforced_like_any_other() {
    for_each_db(|db| async move {
        let world = World::new(db).await;
        let plan = world.accounts.set_plan(&world.actor, "free").await;
        assert_eq!(plan.expect("changed").plan, "free");
        let mut row = world.row();
        row.created_at = TODAY;
        row.cost_nano_usd = Some(2_500_000_000);
        world.insert(&[row]).await;
        let seen = overview(&world.gateway, world.org.id).await.expect("seen");
        assert_eq!((seen.plan.id.as_str(), seen.seats.max), ("free", Some(3)));
        let meter = &seen.meters[0];
        assert!(meter.from_plan);
        assert_eq!(
            (meter.budget.unit, meter.budget.period),
            (Unit::NanoUsd, Period::Month)
        );
        assert_eq!((meter.used, meter.used_percent), (2_500_000_000, Some(50)));
        assert_eq!(seen.month.cost_nano_usd, 2_500_000_000);
        assert_eq!(
            meter.to.map(|to| to.0 - meter.from.expect("monthly").0),
            Some(30 * DAY)
        );

        world
            .accounts
            .set_plan(&world.actor, "pro")
            .await
            .expect("changed");
        let after = overview(&world.gateway, world.org.id).await.expect("seen");
        assert_eq!(
            after.meters[0].budget.id, meter.budget.id,
            "the same counter"
        );
        assert_eq!(after.meters[0].used, 2_500_000_000);
        let unknown = world.accounts.set_plan(&world.actor, "gold").await;
        assert!(unknown.expect_err("unknown").message.contains("`gold`"));
    })
    .await;
}
