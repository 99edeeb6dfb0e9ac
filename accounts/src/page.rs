//! Lists in pages: newest first, continued by an opaque cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Error, Result};

/// Rows a page has when nothing is asked for.
pub const DEFAULT_LIMIT: u32 = 50;
/// Rows a page has at most.
pub const MAX_LIMIT: u32 = 500;

/// Which page of a list.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest {
    limit: u32,
    after: Option<Uuid>,
}

impl PageRequest {
    /// The first page with the default number of rows.
    pub const fn first() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            after: None,
        }
    }

    /// From what a request says.
    ///
    /// # Errors
    /// `Invalid` when `limit` is not 1 to 500 or the cursor is not one of ours.
    pub fn new(limit: Option<u32>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 || limit > MAX_LIMIT {
            return Err(Error::invalid(format!(
                "`limit` must be 1 to {MAX_LIMIT}, not {limit}"
            )));
        }
        let after = cursor.map(decode).transpose()?;
        Ok(Self { limit, after })
    }

    /// Rows to read: one more than the page has, to see whether another page follows.
    pub const fn rows(self) -> i64 {
        self.limit as i64 + 1
    }

    /// Only rows with smaller ids; the largest of all on the first page.
    pub fn below(self) -> Uuid {
        self.after.unwrap_or(Uuid::max())
    }

    /// Makes the page of the rows read.
    pub fn page<T>(self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Page<T> {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|last| URL_SAFE_NO_PAD.encode(id(last)));
        Page {
            data: rows,
            next_cursor,
        }
    }
}

fn decode(cursor: &str) -> Result<Uuid> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| Uuid::from_slice(&bytes).ok())
        .ok_or_else(|| Error::invalid("`cursor` is not one that this list gave out"))
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows, newest first.
    pub data: Vec<T>,
    /// Give it back as `cursor` for the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_behind_the_last_row() {
        let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).rev().collect();
        let request = PageRequest::new(Some(2), None).expect("valid");
        let page = request.page(ids.clone(), |id| *id);
        assert_eq!(page.data, ids[..2]);
        let next = PageRequest::new(Some(2), page.next_cursor.as_deref()).expect("valid");
        assert_eq!(next.below(), ids[1]);
        assert_eq!(request.page(ids[..2].to_vec(), |id| *id).next_cursor, None);
    }

    #[test]
    fn wrong_limits_and_cursors_are_refused() {
        assert!(PageRequest::new(Some(0), None).is_err());
        assert!(PageRequest::new(Some(MAX_LIMIT + 1), None).is_err());
        assert!(PageRequest::new(None, Some("abc")).is_err());
    }
}
