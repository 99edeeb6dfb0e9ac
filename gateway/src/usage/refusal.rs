//! Rows that the database will never take.
//!
//! Rows are stored many at a time, so one bad row would fail its whole batch again and again. A
//! refused batch is halved until the bad row stands alone; everything else is stored.

use std::error::Error as _;

use store::Db;

use super::record::UsageRecord;
use super::sql;

/// A row that the database refuses for good.
#[derive(Debug)]
pub(super) struct Refused {
    /// Position in what was to be stored.
    pub(super) index: usize,
    reason: store::Error,
}

impl Refused {
    pub(super) fn log(&self, row: &UsageRecord) {
        tracing::error!(
            error = %self.reason,
            row = %row.id,
            request_id = row.request_id,
            "the database refuses a usage row for good; it stays in the journal for the next start"
        );
    }
}

/// Stores rows and gives those that the database refuses.
///
/// # Errors
/// When the database takes nothing at the moment. Some rows may be stored then; doing it again does
/// not double them.
pub(super) async fn store_accepted(db: &Db, rows: &[UsageRecord]) -> store::Result<Vec<Refused>> {
    let mut refused = Vec::new();
    let mut parts = vec![(0, rows.len())];
    while let Some((start, end)) = parts.pop() {
        let Err(reason) = sql::insert_records(db, &rows[start..end]).await else {
            continue;
        };
        if !is_refusal(&reason) {
            return Err(reason);
        }
        if end - start <= 1 {
            refused.push(Refused {
                index: start,
                reason,
            });
            continue;
        }
        let middle = start.midpoint(end);
        parts.push((middle, end));
        parts.push((start, middle));
    }
    Ok(refused)
}

/// Whether it is the row's own content that the database refuses, now and at every further try.
/// Anything that an operator can repair (a missing table, a full disk, a lost connection) is not.
fn is_refusal(error: &store::Error) -> bool {
    let driver = error
        .source()
        .and_then(|source| source.downcast_ref::<sqlx::Error>());
    match driver {
        Some(sqlx::Error::Encode(_)) => true,
        Some(sqlx::Error::Database(database)) => {
            database.code().is_some_and(|code| refuses_row(&code))
        }
        _ => false,
    }
}

/// PostgreSQL's classes "data exception", "integrity constraint violation" and "program limit
/// exceeded"; SQLite's TOOBIG, CONSTRAINT, MISMATCH and RANGE. Sources: PostgreSQL 15 appendix A,
/// sqlite.org/rescode.html, read 2026-11-22.
fn refuses_row(code: &str) -> bool {
    if code.len() == 5 {
        return matches!(&code[..2], "22" | "23" | "54");
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 18 | 19 | 20 | 25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_of_the_rows_content_are_refusals() {
        for (code, refusal) in [
            ("22021", true),
            ("23505", true),
            ("54000", true),
            ("19", true),
            ("2067", true),
            ("18", true),
            ("42P01", false),
            ("40P01", false),
            ("53100", false),
            ("5", false),
            ("13", false),
            ("1", false),
        ] {
            assert_eq!(refuses_row(code), refusal, "{code}");
        }
        let ours = store::Error::new(store::ErrorKind::Conflict, "not the driver's");
        assert!(!is_refusal(&ours));
    }
}
