use std::collections::BTreeSet;

use store::testing::for_each_db;
use store::{Db, Dialect, Migration, on_reader};

fn names(dialect: Dialect) -> Vec<(i64, &'static str)> {
    let all = Migration::all(dialect).iter();
    all.map(|migration| (migration.version, migration.name))
        .collect()
}

#[test]
fn both_folders_hold_the_same_migrations() {
    assert!(!names(Dialect::Sqlite).is_empty());
    assert_eq!(names(Dialect::Sqlite), names(Dialect::Postgres));
}

/// `table.column nullability` and `index name` of everything in the schema.
async fn describe(db: &Db) -> BTreeSet<String> {
    let rows: Vec<(String,)> = match db.dialect() {
        Dialect::Sqlite => on_reader!(db, c => sqlx::query_as(
            "SELECT t.name || '.' || c.name || CASE c.\"notnull\" WHEN 1 THEN ' not null' ELSE ' null' END
             FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'
               AND t.name NOT LIKE 'sqlite_%'
             UNION ALL
             SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        ).fetch_all(c).await),
        Dialect::Postgres => on_reader!(db, c => sqlx::query_as(
            "SELECT table_name || '.' || column_name
                || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE ' null' END
             FROM information_schema.columns WHERE table_schema = current_schema()
             UNION ALL
             SELECT 'index ' || i.indexname FROM pg_indexes i
             WHERE i.schemaname = current_schema() AND NOT EXISTS
                 (SELECT 1 FROM pg_constraint p WHERE p.conname = i.indexname)",
        ).fetch_all(c).await),
    }
    .expect("the schema can be read");
    rows.into_iter().map(|row| row.0).collect()
}

#[tokio::test]
async fn both_databases_end_with_the_same_schema() {
    let seen = std::sync::Mutex::new(Vec::new());
    for_each_db(|db| {
        let seen = &seen;
        async move {
            let schema = describe(&db).await;
            assert!(schema.contains("api_keys.key_hash not null"), "{schema:#?}");
            assert!(schema.contains("api_keys.expires_at null"), "{schema:#?}");
            assert!(schema.contains("index api_keys_org"), "{schema:#?}");
            seen.lock().expect("no panic holds it").push(schema);
        }
    })
    .await;
    let seen = seen.into_inner().expect("no panic holds it");
    let [sqlite, postgres] = seen.as_slice() else {
        return; // Only SQLite was there; the note was written already.
    };
    let differences: Vec<_> = sqlite.symmetric_difference(postgres).collect();
    assert!(differences.is_empty(), "only in one: {differences:#?}");
}

#[tokio::test]
async fn the_schema_version_is_reported_before_and_after_migrating() {
    store::testing::for_each_empty_db(async |db| {
        let known = db.schema().await.expect("an empty database has version 0");
        assert_eq!(known.applied, 0);
        assert!(known.known >= 1);
        db.migrate().await.expect("migrates");
        let after = db.schema().await.expect("readable");
        assert_eq!(after.applied, after.known);
    })
    .await;
}
