use std::fs;
use std::path::Path;
use std::time::Duration;

use store::Db;
use store::testing::{TempDir, for_each_db};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::rows::{begun, row};
use super::sql::{days, hide_table, refuse_equal_upstream_ids, refuse_nothing, show_table, stored};
use crate::usage::journal::Journal;
use crate::usage::{UsageRecord, Writer};

fn journal(dir: &TempDir) -> Journal {
    Journal::open(dir.path()).expect("opens").0
}

fn segments(dir: &Path) -> usize {
    fs::read_dir(dir).expect("a directory").count()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task of a test ends with its runtime"
)]
fn run(writer: &Writer, db: &Db) -> JoinHandle<()> {
    let (writer, db) = (writer.clone(), db.clone());
    tokio::spawn(async move { writer.run(db).await })
}

async fn stop(task: JoinHandle<()>) {
    task.abort();
    assert!(task.await.is_err_and(|end| end.is_cancelled()));
}

/// Begins and ends an attempt.
fn attempt(writer: &Writer, row: &UsageRecord) {
    let hold = writer.begin(&begun(row));
    writer.finish(row.clone(), Some(hold));
}

async fn restart(db: &Db, dir: &TempDir) -> u64 {
    let (journal, leftovers) = Journal::open(dir.path()).expect("opens");
    leftovers.replay(db, &journal).await.expect("stored")
}

#[tokio::test]
async fn rows_reach_the_database_and_the_journal_is_empty_then() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let writer = Writer::new(journal(&dir));
        let task = run(&writer, &db);
        let org = Uuid::now_v7();
        for _ in 0..1_000 {
            attempt(&writer, &row(org));
        }
        writer.flush().await;
        assert_eq!((stored(&db).await.len(), writer.backlog()), (1_000, 0));
        assert_eq!(writer.deferred(), 0);
        stop(task).await;
        drop(writer);
        assert_eq!(segments(dir.path()), 0);
    })
    .await;
}

#[tokio::test]
async fn a_refused_row_holds_up_no_other_and_stays_in_the_journal() {
    for_each_db(|db| async move {
        refuse_equal_upstream_ids(&db).await;
        let dir = TempDir::new();
        let writer = Writer::new(journal(&dir));
        let task = run(&writer, &db);
        let org = Uuid::now_v7();
        let rows: Vec<_> = (0..101)
            .map(|n| UsageRecord {
                upstream_id: matches!(n, 10 | 50 | 77).then(|| "same".to_owned()),
                ..row(org)
            })
            .collect();
        for row in &rows {
            attempt(&writer, row);
        }
        writer.flush().await;
        assert_eq!((stored(&db).await.len(), writer.backlog()), (99, 0));
        assert_eq!(writer.deferred(), 2);
        let requests: i64 = days(&db).await.iter().map(|day| day.1).sum();
        assert_eq!(requests, 99);
        // Rows after it are stored as if nothing had been.
        attempt(&writer, &row(org));
        writer.flush().await;
        assert_eq!(stored(&db).await.len(), 100);
        stop(task).await;
        drop(writer);

        refuse_nothing(&db).await;
        restart(&db, &dir).await;
        let stored = stored(&db).await;
        assert_eq!(stored.len(), 102);
        assert!(stored.iter().all(|(_, status)| status == "success"));
        assert_eq!(segments(dir.path()), 0);
    })
    .await;
}

#[tokio::test]
async fn rows_wait_for_a_database_that_takes_nothing() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let writer = Writer::new(journal(&dir));
        let task = run(&writer, &db);
        hide_table(&db).await;
        let rows = [row(Uuid::now_v7()), row(Uuid::now_v7())];
        rows.iter().for_each(|row| attempt(&writer, row));
        writer.flush().await;
        assert_eq!(writer.backlog(), 2);
        assert_eq!(
            writer.deferred(),
            0,
            "a missing table is not the rows' fault"
        );
        show_table(&db).await;
        writer.flush().await;
        assert_eq!((stored(&db).await.len(), writer.backlog()), (2, 0));
        stop(task).await;
        drop(writer);
        assert_eq!(segments(dir.path()), 0);
    })
    .await;
}

#[tokio::test]
async fn rows_without_room_wait_in_the_journal_for_the_next_start() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let writer = Writer::with_room(journal(&dir), 3);
        let rows: Vec<_> = (0..5).map(|_| row(Uuid::now_v7())).collect();
        rows.iter().for_each(|row| attempt(&writer, row));
        assert_eq!((writer.backlog(), writer.deferred()), (3, 2));
        let task = run(&writer, &db);
        writer.flush().await;
        assert_eq!(stored(&db).await.len(), 3);
        stop(task).await;
        drop(writer);
        restart(&db, &dir).await;
        assert_eq!(stored(&db).await.len(), 5);
        assert_eq!(segments(dir.path()), 0);
    })
    .await;
}

#[tokio::test]
async fn rows_that_were_never_stored_survive_the_writer() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let writer = Writer::new(journal(&dir));
        attempt(&writer, &row(Uuid::now_v7()));
        let open = writer.begin(&begun(&row(Uuid::now_v7())));
        drop(writer);
        drop(open);
        assert_eq!(restart(&db, &dir).await, 2);
        let mut states: Vec<_> = stored(&db).await.into_iter().map(|(_, s)| s).collect();
        states.sort();
        assert_eq!(states, ["interrupted", "success"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_waits_for_a_writer_that_has_ended() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let writer = Writer::new(journal(&dir));
        let task = run(&writer, &db);
        writer.flush().await;
        stop(task).await;
        let wait = tokio::time::timeout(Duration::from_secs(5), writer.flush());
        wait.await.expect("returns at once");
    })
    .await;
}
