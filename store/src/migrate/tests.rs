use super::*;
use crate::testing::{for_each_empty_db, second_handle};

const ONE: Migration = Migration {
    version: 1,
    name: "things",
    sql: "CREATE TABLE things (id BIGINT PRIMARY KEY NOT NULL);\nINSERT INTO things VALUES (1);",
};
const TWO: Migration = Migration {
    version: 2,
    name: "more",
    sql: "INSERT INTO things VALUES (2); INSERT INTO things VALUES (3);",
};
const BROKEN: Migration = Migration {
    version: 2,
    name: "broken",
    sql: "INSERT INTO things VALUES (2); INSERT INTO nowhere VALUES (3);",
};
const EDITED: Migration = Migration {
    sql: "CREATE TABLE things (id BIGINT PRIMARY KEY NOT NULL, name TEXT);",
    ..ONE
};

async fn things(db: &Db) -> i64 {
    on_reader!(db, c => sqlx::query_scalar("SELECT count(*) FROM things").fetch_one(c).await)
        .expect("the table exists")
}

#[tokio::test]
async fn migrations_are_applied_once_and_in_order() {
    for_each_empty_db(async |db| {
        run_list(&db, &[ONE]).await.expect("the first applies");
        run_list(&db, &[ONE, TWO])
            .await
            .expect("the second applies");
        run_list(&db, &[ONE, TWO])
            .await
            .expect("nothing is left to do");
        assert_eq!(things(&db).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_failing_migration_leaves_nothing_behind() {
    for_each_empty_db(async |db| {
        let error = run_list(&db, &[ONE, BROKEN])
            .await
            .expect_err("it is broken");
        assert_eq!(error.kind, ErrorKind::Schema);
        assert!(
            error
                .message
                .starts_with("cannot apply migration 0002_broken"),
            "{error}"
        );
        assert_eq!(
            things(&db).await,
            1,
            "the statement before the broken one was undone"
        );
        run_list(&db, &[ONE, TWO])
            .await
            .expect("the repaired one applies");
        assert_eq!(things(&db).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_both_versions_are_named() {
    for_each_empty_db(async |db| {
        run_list(&db, &[ONE, TWO])
            .await
            .expect("the newer program migrates");
        let error = run_list(&db, &[ONE])
            .await
            .expect_err("the older program stops");
        assert_eq!(error.kind, ErrorKind::Schema);
        assert!(error.message.contains("has schema version 2"), "{error}");
        assert!(
            error.message.contains("knows versions up to 1 only"),
            "{error}"
        );
        assert_eq!(things(&db).await, 3);
    })
    .await;
}

#[tokio::test]
async fn an_edited_migration_is_detected() {
    for_each_empty_db(async |db| {
        run_list(&db, &[ONE]).await.expect("the original applies");
        let error = run_list(&db, &[EDITED, TWO])
            .await
            .expect_err("it was edited");
        assert_eq!(error.kind, ErrorKind::Schema);
        assert!(
            error
                .message
                .starts_with("migration 0001_things was changed"),
            "{error}"
        );
        assert_eq!(things(&db).await, 1, "later migrations were not applied");
    })
    .await;
}

#[tokio::test]
async fn instances_that_start_together_wait_for_each_other() {
    for_each_empty_db(async |db| {
        let others = [
            second_handle(&db).await,
            second_handle(&db).await,
            second_handle(&db).await,
        ];
        let list = &[ONE, TWO];
        let (a, b, c, d) = tokio::join!(
            run_list(&db, list),
            run_list(&others[0], list),
            run_list(&others[1], list),
            run_list(&others[2], list),
        );
        for outcome in [a, b, c, d] {
            outcome.expect("each instance starts");
        }
        assert_eq!(things(&db).await, 3);
        for other in others {
            other.close().await;
        }
    })
    .await;
}

#[test]
fn line_endings_do_not_change_a_checksum() {
    let windows = Migration {
        sql: "CREATE TABLE things (id BIGINT PRIMARY KEY NOT NULL);\r\nINSERT INTO things VALUES (1);",
        ..ONE
    };
    assert_eq!(windows.checksum(), ONE.checksum());
    assert_ne!(EDITED.checksum(), ONE.checksum());
}

#[tokio::test]
async fn members_of_the_first_schema_are_editors_now() {
    for_each_empty_db(async |db| {
        let all = Migration::all(db.dialect());
        run_list(&db, &all[..2]).await.expect("the first two apply");
        let (org, user) = (crate::OrgId::new(), crate::UserId::new());
        let filled: Result<()> = in_tx!(db, tx => {
            on_tx!(tx, execute => sqlx::query(
                "INSERT INTO organizations (id, name, slug, plan, settings, log_bodies, created_at,
                     updated_at) VALUES ($1, 'A', 'a', 'free', '{}', FALSE, 1, 1)",
            ).bind(org))?;
            on_tx!(tx, execute => sqlx::query(
                "INSERT INTO users (id, email, name, created_at, updated_at)
                 VALUES ($1, 'a@x.org', 'A', 1, 1)",
            ).bind(user))?;
            on_tx!(tx, execute => sqlx::query(
                "INSERT INTO org_members (org_id, user_id, role, joined_at)
                 VALUES ($1, $2, 'member', 1)",
            ).bind(org).bind(user))?;
            Ok(())
        });
        filled.expect("the old schema takes them");
        run_list(&db, all).await.expect("the rest applies");
        let role: String = on_reader!(db, c => {
            sqlx::query_scalar("SELECT role FROM org_members").fetch_one(c).await
        })
        .expect("still there");
        assert_eq!(role, "editor");
        let old =
            crate::on_writer!(db, execute => sqlx::query("UPDATE org_members SET role = 'member'"));
        assert!(old.is_err(), "the old role is refused");
    })
    .await;
}
