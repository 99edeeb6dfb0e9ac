use store::testing::{for_each_db, second_handle};
use store::{
    Clock as _, Conditions, Db, Dialect, Error, ErrorKind, Micros, OrgId, Result, TeamId,
    TestClock, UserId, in_tx, on_reader, on_tx, on_writer, row,
};

row! {
    #[derive(Debug, PartialEq, Eq)]
    struct User {
        id: UserId,
        email: String,
        created_at: Micros,
    }
}

async fn insert(db: &Db, id: UserId, email: &str) -> Result<u64> {
    let now = TestClock::default().now();
    on_writer!(db, execute => sqlx::query(
        "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, '', $3, $3)",
    ).bind(id).bind(email).bind(now))
}

async fn emails(db: &Db) -> Vec<String> {
    on_reader!(db, c => sqlx::query_scalar("SELECT email FROM users ORDER BY email")
        .fetch_all(c).await)
    .expect("readable")
}

#[tokio::test]
async fn rows_come_back_as_they_were_written() {
    for_each_db(|db| async move {
        let id = UserId::new();
        assert_eq!(insert(&db, id, "a@x.org").await.expect("inserted"), 1);
        let user: User = on_reader!(db, c => sqlx::query_as(
            "SELECT id, email, created_at FROM users WHERE id = $1",
        ).bind(id).fetch_one(c).await)
        .expect("found");
        let wanted = User {
            id,
            email: "a@x.org".to_owned(),
            created_at: TestClock::default().now(),
        };
        assert_eq!(user, wanted);
    })
    .await;
}

#[tokio::test]
async fn errors_mean_the_same_on_both_databases() {
    for_each_db(|db| async move {
        insert(&db, UserId::new(), "a@x.org").await.expect("inserted");
        let twice = insert(&db, UserId::new(), "a@x.org").await.expect_err("unique");
        assert_eq!(twice.kind, ErrorKind::Conflict);
        let orphan = on_writer!(db, execute => sqlx::query(
            "INSERT INTO teams (id, org_id, name, created_at, updated_at) VALUES ($1, $2, '', 0, 0)",
        ).bind(TeamId::new()).bind(OrgId::new()))
        .expect_err("no such organization");
        assert_eq!(orphan.kind, ErrorKind::Conflict);
        let missing = on_reader!(db, c => sqlx::query_as::<_, User>(
            "SELECT id, email, created_at FROM users WHERE email = $1",
        ).bind("b@x.org").fetch_one(c).await)
        .expect_err("no such user");
        assert_eq!(missing.kind, ErrorKind::NotFound);
        let wrong = on_reader!(db, c => sqlx::query_scalar::<_, i64>("SELECT nonsense FROM nowhere")
            .fetch_one(c).await)
        .expect_err("no such table");
        assert_eq!(wrong.kind, ErrorKind::Internal);
    })
    .await;
}

async fn rename_twice(db: &Db, id: UserId, fail: bool) -> Result<u64> {
    in_tx!(db, tx => {
        let mut changed = 0;
        for email in ["b@x.org", "c@x.org"] {
            changed += on_tx!(tx, execute => sqlx::query("UPDATE users SET email = $2 WHERE id = $1")
                .bind(id).bind(email))?;
        }
        if fail {
            return Err(Error::not_found("the reason"));
        }
        Ok(changed)
    })
}

#[tokio::test]
async fn a_transaction_commits_on_ok_and_rolls_back_on_err() {
    for_each_db(|db| async move {
        let id = UserId::new();
        insert(&db, id, "a@x.org").await.expect("inserted");
        let error = rename_twice(&db, id, true)
            .await
            .expect_err("it fails at the end");
        assert_eq!(error.message, "the reason does not exist");
        assert_eq!(emails(&db).await, ["a@x.org"]);
        assert_eq!(rename_twice(&db, id, false).await.expect("commits"), 2);
        assert_eq!(emails(&db).await, ["c@x.org"]);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_frees_the_writer() {
    for_each_db(|db| async move {
        let mut tx = db.begin().await.expect("begins");
        on_tx!(tx, execute => sqlx::query(
            "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, 'z', '', 0, 0)",
        ).bind(UserId::new()))
        .expect("inserted");
        drop(tx);
        insert(&db, UserId::new(), "a@x.org").await.expect("the writer is free again");
        assert_eq!(emails(&db).await, ["a@x.org"]);
    })
    .await;
}

#[tokio::test]
async fn transactions_that_read_and_then_write_do_not_lose_updates() {
    for_each_db(|db| async move {
        let other = second_handle(&db).await;
        let add = async |db: &Db| {
            for _ in 0..25 {
                let outcome: Result<()> = in_tx!(db, tx => {
                    let value: i64 = match tx.dialect() {
                        Dialect::Sqlite => on_tx!(tx, c => sqlx::query_scalar(
                            "SELECT value FROM revisions WHERE name = 'keys'",
                        ).fetch_one(c).await)?,
                        Dialect::Postgres => on_tx!(tx, c => sqlx::query_scalar(
                            "SELECT value FROM revisions WHERE name = 'keys' FOR UPDATE",
                        ).fetch_one(c).await)?,
                    };
                    on_tx!(tx, execute => sqlx::query(
                        "UPDATE revisions SET value = $1 WHERE name = 'keys'",
                    ).bind(value + 1))?;
                    Ok(())
                });
                outcome.expect("two processes take turns");
            }
        };
        tokio::join!(add(&db), add(&db), add(&other), add(&other));
        let value: i64 = on_reader!(db, c => sqlx::query_scalar(
            "SELECT value FROM revisions WHERE name = 'keys'",
        ).fetch_one(c).await)
        .expect("readable");
        assert_eq!(value, 100);
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn conditions_are_joined_for_both_databases() {
    for_each_db(|db| async move {
        for email in ["a@x.org", "b@x.org", "b@y.org"] {
            insert(&db, UserId::new(), email).await.expect("inserted");
        }
        for (begin, end, wanted) in [
            (None, None, 3),
            (Some("b%"), None, 2),
            (Some("b%"), Some("%y.org"), 1),
            (None, Some("%x.org"), 2),
        ] {
            let found: i64 = on_reader!(db, c => {
                let mut query = sqlx::QueryBuilder::new("SELECT count(*) FROM users");
                let mut and = Conditions::new();
                for pattern in [begin, end].into_iter().flatten() {
                    and.next(&mut query).push("email LIKE ").push_bind(pattern);
                }
                query.build_query_scalar().fetch_one(c).await
            })
            .expect("readable");
            assert_eq!(found, wanted, "{begin:?} {end:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_reading_connection_to_sqlite_cannot_write() {
    for_each_db(|db| async move {
        if db.dialect() == Dialect::Postgres {
            return;
        }
        let outcome = on_reader!(db, c => sqlx::query("DELETE FROM users").execute(c).await
            .map(|_| ()));
        assert_eq!(
            outcome.expect_err("readers cannot write").kind,
            ErrorKind::Unavailable
        );
    })
    .await;
}

#[tokio::test]
async fn a_disk_that_was_full_for_a_while_can_be_written_to_again() {
    for_each_db(|db| async move {
        if db.dialect() != Dialect::Sqlite {
            return;
        }
        let mut tx = db.begin().await.expect("begun");
        on_tx!(&mut tx, execute => sqlx::query("PRAGMA max_page_count = 1")).expect("limited");
        let long = "a".repeat(1_000_000);
        let full = on_tx!(&mut tx, execute => sqlx::query(
            "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, '', 0, 0)",
        ).bind(UserId::new()).bind(long.as_str()));
        assert_eq!(full.expect_err("full").kind, ErrorKind::Unavailable);
        tx.rollback().await;

        let again: Result<()> = in_tx!(&db, tx => {
            on_tx!(tx, execute => sqlx::query(
                "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, '', 0, 0)",
            ).bind(UserId::new()).bind("b@x.org"))?;
            Ok(())
        });
        again.expect("there is room again");
        assert_eq!(emails(&db).await, ["b@x.org"]);
    })
    .await;
}
