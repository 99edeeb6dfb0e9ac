//! Reports against what a plain program computes from the same rows.

mod figures;
mod filters;
mod naive;
mod walk;

use store::{Db, Micros, OrgId};
use uuid::Uuid;

use super::{Dimension, Filter, Summary, SummaryQuery, summarize};
use crate::usage::UsageRecord;
use crate::usage::sql::insert_records;
use crate::usage::tests::rows::{HOUR, TODAY};

/// A week around the test rows.
fn week() -> Filter {
    let three_days = 72 * HOUR;
    Filter::between(Micros(TODAY - three_days), Micros(TODAY + three_days))
}

fn by(group_by: &[Dimension], filter: Filter) -> SummaryQuery {
    SummaryQuery {
        filter,
        group_by: group_by.to_vec(),
        limit: 1_000,
        format: None,
    }
}

async fn insert(db: &Db, rows: &[UsageRecord]) {
    insert_records(db, rows).await.expect("stored");
}

async fn summary(db: &Db, org: Uuid, query: &SummaryQuery) -> Summary {
    summarize(db, OrgId::from_uuid(org), query)
        .await
        .expect("answers")
}
