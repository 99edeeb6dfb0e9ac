//! An organization's routes, for its export.

use accounts::{ExportSection, ExportSource};
use futures_util::{StreamExt as _, stream};
use store::{Db, OrgId};

use super::sql;

/// Routes of an organization.
#[derive(Debug, Clone)]
pub(crate) struct RouteExport(pub(crate) Db);

impl ExportSource for RouteExport {
    fn sections(&self, org: OrgId) -> Vec<ExportSection> {
        let db = self.0.clone();
        let rows = async move {
            let lines = match sql::list(&db, org).await {
                Ok(routes) => routes
                    .iter()
                    // A row is plain data; a failure here is a bug, and an empty object shows it.
                    .map(|row| Ok(serde_json::to_string(row).unwrap_or_else(|_| "{}".to_owned())))
                    .collect(),
                Err(error) => vec![Err(error.into())],
            };
            stream::iter(lines)
        };
        vec![ExportSection {
            name: "model_routes",
            rows: stream::once(rows).flatten().boxed(),
        }]
    }
}
