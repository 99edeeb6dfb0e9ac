//! Statements that only tests need.

use store::{Db, on_reader, on_writer};
use uuid::Uuid;

/// Makes the database refuse a second row with the same vendor's id.
pub(super) async fn refuse_equal_upstream_ids(db: &Db) {
    on_writer!(db, execute => sqlx::query(
        "CREATE UNIQUE INDEX refuse ON usage_records (upstream_id)",
    ))
    .expect("made");
}

/// What an operator does to repair that.
pub(super) async fn refuse_nothing(db: &Db) {
    on_writer!(db, execute => sqlx::query("DROP INDEX refuse")).expect("dropped");
}

/// Takes the table away: the database takes no row at all.
pub(super) async fn hide_table(db: &Db) {
    on_writer!(db, execute => sqlx::query("ALTER TABLE usage_records RENAME TO hidden"))
        .expect("renamed");
}

/// Brings it back.
pub(super) async fn show_table(db: &Db) {
    on_writer!(db, execute => sqlx::query("ALTER TABLE hidden RENAME TO usage_records"))
        .expect("renamed");
}

/// Ids and states of all rows, in the order of ids.
pub(super) async fn stored(db: &Db) -> Vec<(Uuid, String)> {
    on_reader!(db, c => {
        sqlx::query_as("SELECT id, status FROM usage_records ORDER BY id").fetch_all(c).await
    })
    .expect("answers")
}

/// Requests, tokens and money of all daily sums, in the order of their days.
pub(super) async fn days(db: &Db) -> Vec<(i64, i64, i64, i64)> {
    on_reader!(db, c => {
        sqlx::query_as(
            "SELECT day_start, requests, tokens, cost_nano_usd FROM usage_days \
             ORDER BY day_start, requests, tokens",
        )
        .fetch_all(c)
        .await
    })
    .expect("answers")
}
