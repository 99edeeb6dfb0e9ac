//! A kill is played by copying the directory as it stands on disk, and starting on the copy.

use std::fs;
use std::path::{Path, PathBuf};

use store::Db;
use store::testing::{TempDir, for_each_db};
use uuid::Uuid;

use super::rows::{begun, row};
use super::sql::{days, refuse_equal_upstream_ids, refuse_nothing, stored};
use crate::usage::UsageRecord;
use crate::usage::journal::Journal;
use crate::usage::sql::insert_records;

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory");
    let mut files: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    files.sort();
    files
}

/// The disk as a kill at this moment leaves it.
fn killed(dir: &Path) -> TempDir {
    let copy = TempDir::new();
    for file in files(dir) {
        let name = file.file_name().expect("a name");
        fs::copy(&file, copy.path().join(name)).expect("copied");
    }
    copy
}

/// Starts on what a kill left, and gives how many rows were found.
async fn start(db: &Db, dir: &TempDir) -> (Journal, u64) {
    let (journal, leftovers) = Journal::open(dir.path()).expect("opens");
    let rows = leftovers.replay(db, &journal).await.expect("stored");
    (journal, rows)
}

async fn statuses(db: &Db, rows: &[&UsageRecord]) -> Vec<Option<String>> {
    let stored = stored(db).await;
    let status = |row: &&UsageRecord| {
        let found = stored.iter().find(|(id, _)| *id == row.id);
        found.map(|(_, status)| status.clone())
    };
    rows.iter().map(status).collect()
}

fn words(words: &[&str]) -> Vec<Option<String>> {
    words.iter().map(|word| Some((*word).to_owned())).collect()
}

#[tokio::test]
async fn what_a_killed_process_left_is_stored_once() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let (journal, nothing) = Journal::open(dir.path()).expect("opens");
        assert!(nothing.is_empty());
        let org = Uuid::now_v7();
        let (finished, open) = (row(org), row(org));
        let holds = [
            journal.append(&begun(&finished)),
            journal.append(&begun(&open)),
            journal.append(&finished),
        ];
        let disk = killed(dir.path());
        let again = killed(dir.path());
        for hold in holds {
            hold.release();
        }

        let (journal, rows) = start(&db, &disk).await;
        assert_eq!(rows, 2);
        let wanted = words(&["success", "interrupted"]);
        assert_eq!(statuses(&db, &[&finished, &open]).await, wanted);
        let sums = days(&db).await;
        assert_eq!(files(disk.path()).len(), 1, "only the new segment is left");
        drop(journal);
        assert_eq!(files(disk.path()), [] as [PathBuf; 0]);

        // The kill came before the old segment was removed: the same rows once more.
        start(&db, &again).await;
        assert_eq!(statuses(&db, &[&finished, &open]).await, wanted);
        assert_eq!(days(&db).await, sums);
    })
    .await;
}

#[tokio::test]
async fn a_torn_last_line_leaves_the_attempts_beginning() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let (journal, _) = Journal::open(dir.path()).expect("opens");
        let row = row(Uuid::now_v7());
        let _begun = journal.append(&begun(&row));
        let whole = fs::read(&files(dir.path())[0]).expect("read").len();
        let _ended = journal.append(&row);
        let disk = killed(dir.path());
        let file = &files(disk.path())[0];
        let bytes = fs::read(file).expect("read");
        // Torn anywhere, even right before the line's end.
        for cut in [whole + 1, whole + 40, bytes.len() - 1] {
            let torn = TempDir::new();
            fs::write(torn.path().join("000000000001-a.ndjson"), &bytes[..cut]).expect("written");
            let (_, rows) = start(&db, &torn).await;
            assert_eq!(rows, 1);
            assert_eq!(statuses(&db, &[&row]).await, words(&["interrupted"]));
        }
    })
    .await;
}

#[tokio::test]
async fn a_line_behind_a_torn_one_is_read() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let (first, second) = (row(Uuid::now_v7()), row(Uuid::now_v7()));
        let line = |row| serde_json::to_string(row).expect("serializes");
        let (torn, whole) = (&line(&first)[..50], line(&second));
        let text = format!("{torn}\n{whole}\n");
        fs::write(dir.path().join("000000000007-a.ndjson"), text).expect("written");
        let (journal, rows) = start(&db, &dir).await;
        assert_eq!(rows, 1);
        assert_eq!(statuses(&db, &[&second]).await, words(&["success"]));
        // What could not be read is not thrown away, and segments are numbered on.
        drop(journal);
        let left = files(dir.path());
        assert_eq!(left.len(), 1);
        assert!(left[0].to_string_lossy().contains("000000000008-"));
        assert_eq!(
            fs::read_to_string(&left[0]).expect("read"),
            format!("{torn}\n")
        );
    })
    .await;
}

#[tokio::test]
async fn an_end_in_a_later_segment_wins_over_its_beginning() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        // A segment for each line.
        let (journal, _) = Journal::open_with(dir.path(), 1).expect("opens");
        let row = row(Uuid::now_v7());
        let _begun = journal.append(&begun(&row));
        let _ended = journal.append(&row);
        let disk = killed(dir.path());
        assert_eq!(files(disk.path()).len(), 2);
        start(&db, &disk).await;
        assert_eq!(statuses(&db, &[&row]).await, words(&["success"]));
    })
    .await;
}

#[tokio::test]
async fn a_stored_row_is_not_overwritten_by_its_beginning() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let (journal, _) = Journal::open(dir.path()).expect("opens");
        let row = row(Uuid::now_v7());
        let _begun = journal.append(&begun(&row));
        insert_records(&db, std::slice::from_ref(&row))
            .await
            .expect("stored");
        let sums = days(&db).await;
        start(&db, &killed(dir.path())).await;
        assert_eq!(statuses(&db, &[&row]).await, words(&["success"]));
        assert_eq!(days(&db).await, sums);
    })
    .await;
}

#[tokio::test]
async fn segments_of_a_living_process_are_left_alone() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let (living, _) = Journal::open(dir.path()).expect("opens");
        let row = row(Uuid::now_v7());
        let hold = living.append(&begun(&row));
        let (second, rows) = start(&db, &dir).await;
        assert_eq!((rows, stored(&db).await.len()), (0, 0));
        assert_eq!(files(dir.path()).len(), 2);
        drop(second);
        // Its own end still counts.
        let ended = living.append(&row);
        drop((hold, ended, living));
        let (_, rows) = start(&db, &dir).await;
        assert_eq!(rows, 1);
        assert_eq!(statuses(&db, &[&row]).await, words(&["success"]));
    })
    .await;
}

#[test]
fn a_segment_goes_when_its_last_row_is_stored_and_stays_otherwise() {
    let dir = TempDir::new();
    let (journal, _) = Journal::open_with(dir.path(), 1).expect("opens");
    let row = row(Uuid::now_v7());
    let (a, b, c) = (
        journal.append(&row),
        journal.append(&row),
        journal.append(&row),
    );
    assert_eq!(files(dir.path()).len(), 3);
    a.release();
    assert_eq!(files(dir.path()).len(), 2);
    drop(b);
    assert_eq!(files(dir.path()).len(), 2, "given up without being stored");
    c.release();
    drop(journal);
    assert_eq!(files(dir.path()).len(), 1);
}

#[tokio::test]
async fn a_refused_row_stops_no_start_and_is_tried_at_the_next() {
    for_each_db(|db| async move {
        refuse_equal_upstream_ids(&db).await;
        let dir = TempDir::new();
        let (journal, _) = Journal::open_with(dir.path(), 1).expect("opens");
        let org = Uuid::now_v7();
        let mut rows = [row(org), row(org), row(org), row(org)];
        let [first, twin, ..] = &mut rows;
        first.upstream_id = Some("same".to_owned());
        insert_records(&db, std::slice::from_ref(first))
            .await
            .expect("stored");
        twin.upstream_id = Some("same".to_owned());
        let rows = &rows[1..];
        // The beginning has no vendor's id yet; alone it would be taken.
        let mut twins_beginning = begun(&rows[0]);
        twins_beginning.upstream_id = None;
        let holds: Vec<_> = std::iter::once(&twins_beginning)
            .chain(rows)
            .map(|row| journal.append(row))
            .collect();
        let disk = killed(dir.path());
        drop(holds);

        for _ in 0..3 {
            let (journal, _) = start(&db, &disk).await;
            drop(journal);
            assert_eq!(stored(&db).await.len(), 3, "all but the twin");
            assert_eq!(files(disk.path()).len(), 1);
        }
        refuse_nothing(&db).await;
        start(&db, &disk).await;
        assert_eq!(statuses(&db, &[&rows[0]]).await, words(&["success"]));
        assert_eq!(files(disk.path()), [] as [PathBuf; 0]);
    })
    .await;
}
