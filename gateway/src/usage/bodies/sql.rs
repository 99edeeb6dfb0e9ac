//! Statements on `logged_bodies`.

use sqlx::QueryBuilder;
use store::{Db, Micros, OrgId, on_reader, on_writer};

use super::{LoggedBodies, Row};

pub(super) async fn put(db: &Db, rows: &[Row]) -> store::Result<()> {
    on_writer!(db, c => {
        let mut q = QueryBuilder::new(
            "INSERT INTO logged_bodies (request_id, org_id, created_at, request, response) ",
        );
        q.push_values(rows, |mut b, row| {
            b.push_bind(row.request_id.clone())
                .push_bind(row.org)
                .push_bind(row.bodies.created_at)
                .push_bind(row.bodies.request.clone())
                .push_bind(row.bodies.response.clone());
        });
        q.push(
            " ON CONFLICT (org_id, request_id) DO UPDATE SET created_at = excluded.created_at, \
             request = excluded.request, response = excluded.response",
        );
        q.build().execute(c).await.map(|_| ())
    })
}

pub(super) async fn get(
    db: &Db,
    org: OrgId,
    request_id: &str,
) -> store::Result<Option<LoggedBodies>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT created_at, request, response FROM logged_bodies \
         WHERE org_id = $1 AND request_id = $2",
    )
    .bind(org)
    .bind(request_id)
    .fetch_optional(c)
    .await)
}

pub(super) async fn delete_some_before(db: &Db, time: Micros) -> store::Result<u64> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM logged_bodies WHERE (org_id, request_id) IN \
         (SELECT org_id, request_id FROM logged_bodies WHERE created_at < $1 LIMIT 500)",
    ).bind(time))
}

pub(super) async fn delete_some_of_before(db: &Db, org: OrgId, time: Micros) -> store::Result<u64> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM logged_bodies WHERE org_id = $1 AND request_id IN \
         (SELECT request_id FROM logged_bodies WHERE org_id = $1 AND created_at < $2 LIMIT 500)",
    ).bind(org).bind(time))
}
