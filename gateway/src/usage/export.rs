//! An organization's usage, for its export.

use accounts::{ExportRows, ExportSection, ExportSource};
use futures_util::StreamExt as _;
use futures_util::stream;
use store::{Db, Micros, OrgId};

use super::Writer;
use super::report::{Filter, Pages};

/// Usage rows of all time.
#[derive(Debug, Clone)]
pub(crate) struct UsageExport {
    pub(crate) db: Db,
    pub(crate) writer: Writer,
}

impl ExportSource for UsageExport {
    fn sections(&self, org: OrgId) -> Vec<ExportSection> {
        let filter = Filter::between(Micros(0), Micros(i64::MAX));
        let pages = Pages::new(self.db.clone(), org, filter, None, u64::MAX);
        vec![ExportSection {
            name: "usage",
            rows: rows(pages, self.writer.clone()),
        }]
    }
}

fn rows(pages: Pages, writer: Writer) -> ExportRows {
    // A call that was answered before the export was asked for is in it.
    let stored = async move {
        writer.flush().await;
        Some(pages)
    };
    let next = |state: Option<Pages>| async move {
        let mut pages = state?;
        match pages.next().await {
            Ok(rows) if rows.is_empty() => None,
            Ok(rows) => {
                let lines = rows.iter().map(|row| {
                    // A row is plain data; a failure here is a bug, and an empty object shows it.
                    Ok(serde_json::to_string(row).unwrap_or_else(|_| "{}".to_owned()))
                });
                Some((stream::iter(lines.collect::<Vec<_>>()), Some(pages)))
            }
            Err(error) => Some((stream::iter(vec![Err(error.into())]), None)),
        }
    };
    let rows = move |pages| stream::unfold(pages, next).flatten();
    stream::once(stored).flat_map(rows).boxed()
}
