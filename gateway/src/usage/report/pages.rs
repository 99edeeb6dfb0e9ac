//! Attempts page by page, newest first.

use serde::Serialize;
use store::{Db, OrgId};
use utoipa::ToSchema;

use super::{AttemptRow, Cursor, Filter, sql};

/// Rows that an export reads at a time.
const EXPORT_ROWS: u64 = 500;

/// One page of attempts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page {
    /// The attempts, newest first.
    pub data: Vec<AttemptRow>,
    /// Give it back as `cursor` for the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// A walk over all attempts that a filter lets through. No more than one page is in memory, and
/// nothing is held open in the database between pages.
#[derive(Debug)]
pub struct Pages {
    db: Db,
    org: OrgId,
    filter: Filter,
    cursor: Option<Cursor>,
    left: u64,
}

impl Pages {
    /// A walk over at most `limit` rows behind `cursor`.
    pub fn new(db: Db, org: OrgId, filter: Filter, cursor: Option<Cursor>, limit: u64) -> Self {
        Self {
            db,
            org,
            filter,
            cursor,
            left: limit,
        }
    }

    /// The next rows; empty when there are no more.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn next(&mut self) -> store::Result<Vec<AttemptRow>> {
        let rows = self.left.min(EXPORT_ROWS);
        if rows == 0 {
            return Ok(Vec::new());
        }
        let rows = sql::list(&self.db, self.org, &self.filter, self.cursor, rows).await?;
        self.left = match rows.last() {
            Some(last) => {
                self.cursor = Some(last.cursor());
                self.left.saturating_sub(rows.len() as u64)
            }
            None => 0,
        };
        Ok(rows)
    }
}

impl Page {
    /// One page of `limit` rows behind `cursor`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn read(
        db: &Db,
        org: OrgId,
        filter: &Filter,
        cursor: Option<Cursor>,
        limit: u64,
    ) -> store::Result<Self> {
        // One more than the page has, to see whether another page follows.
        let mut data = sql::list(db, org, filter, cursor, limit + 1).await?;
        let more = data.len() as u64 > limit;
        data.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let last = data.last().filter(|_| more);
        Ok(Self {
            next_cursor: last.map(|row| row.cursor().to_string()),
            data,
        })
    }
}

impl AttemptRow {
    fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            id: self.id,
        }
    }
}
