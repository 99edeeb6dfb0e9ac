//! Reading the audit log.

use serde_json::Value;
use store::{Micros, OrgId};

use crate::sql::audit::AuditEntry;
use crate::{Accounts, Page, PageRequest, Result, csv, sql};

/// The columns of the audit log as CSV.
pub(crate) const COLUMNS: [&str; 7] = [
    "id",
    "created_at",
    "actor",
    "action",
    "target",
    "before",
    "after",
];

/// Which entries of the audit log; all when nothing is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who did it: `key:<id>`, `user:<id>`, `command_line` or `system`.
    pub actor: Option<String>,
    /// What was done, such as `key.create`; with a dot at its end, everything that begins so.
    pub action: Option<String>,
    /// The id of what it was done to.
    pub target: Option<String>,
    /// First moment that counts.
    pub from: Option<Micros>,
    /// First moment that no longer counts.
    pub to: Option<Micros>,
}

impl Accounts {
    /// Changes made in an organization, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_audit(
        &self,
        org: OrgId,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>> {
        let rows = sql::audit::list(self.db(), org, filter, page).await?;
        Ok(page.page(rows, |entry| entry.id.uuid()))
    }
}

impl AuditEntry {
    /// The entry as a line of CSV, in the order of [`COLUMNS`].
    pub(crate) fn csv(&self) -> String {
        let text = |text: &dyn std::fmt::Display| Value::String(text.to_string());
        let json = |json: &Option<store::Json<Value>>| match json {
            Some(record) => record.0.clone(),
            None => Value::Null,
        };
        csv::row(&[
            text(&self.id),
            text(&self.created_at),
            text(&self.actor),
            text(&self.action),
            text(&self.target),
            json(&self.before),
            json(&self.after),
        ])
    }
}
