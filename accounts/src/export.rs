//! Everything of an organization, for whoever leaves with it.
//!
//! Each crate that keeps rows of organizations registers an [`ExportSource`]; the sections of all of
//! them are streamed as one JSON object. Secrets are in none: they are not readable through the types
//! that sections are made of.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use serde::Serialize;
use store::{OrgId, in_tx};

use crate::accounts::Change;
use crate::{Accounts, Actor, AuditFilter, Error, ErrorKind, Page, PageRequest, Result};

/// Rows of a section, each as JSON.
pub type ExportRows = BoxStream<'static, Result<String>>;

/// A list in the export.
pub struct ExportSection {
    /// Its name in the object, such as `api_keys`.
    pub name: &'static str,
    /// Its rows.
    pub rows: ExportRows,
}

/// Something that keeps rows of organizations.
pub trait ExportSource: Send + Sync {
    /// The sections of one organization, without secrets.
    fn sections(&self, org: OrgId) -> Vec<ExportSection>;
}

/// The form of the export; rises when readers have to learn something.
const FORMAT: &str = "nocode-ai-organization/1";

/// Asks for a page of a list.
type Pager<T> =
    Arc<dyn Fn(PageRequest) -> BoxFuture<'static, Result<Page<T>>> + Send + Sync + 'static>;

/// All rows of a list that comes in pages.
fn pages<T: Serialize + Send + 'static>(pager: Pager<T>) -> ExportRows {
    let next = move |state: Option<PageRequest>| {
        let pager = Arc::clone(&pager);
        async move {
            let page = match state {
                Some(request) => pager(request).await,
                None => return None,
            };
            match page {
                Ok(page) => {
                    let rest = page.next_cursor.as_deref();
                    let next =
                        rest.and_then(|cursor| PageRequest::new(Some(500), Some(cursor)).ok());
                    let rows: Vec<Result<String>> = page.data.iter().map(row).collect();
                    Some((stream::iter(rows), next))
                }
                Err(error) => Some((stream::iter(vec![Err(error)]), None)),
            }
        }
    };
    let first = PageRequest::new(Some(500), None).ok();
    stream::unfold(first, next).flatten().boxed()
}

fn row<T: Serialize>(record: &T) -> Result<String> {
    serde_json::to_string(record).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("a row cannot be written as JSON: {error}"),
        )
    })
}

macro_rules! section {
    ($accounts:expr, $org:expr, $name:literal, $list:ident) => {{
        let (accounts, org) = ($accounts.clone(), $org);
        ExportSection {
            name: $name,
            rows: pages(Arc::new(move |page| {
                let accounts = accounts.clone();
                Box::pin(async move { accounts.$list(org, page).await })
            })),
        }
    }};
}

impl Accounts {
    /// Adds what another crate keeps of organizations to their exports.
    pub fn register_export(&self, source: Arc<dyn ExportSource>) {
        self.inner.exports.write().push(source);
    }

    /// Notes in the audit log that somebody took everything along.
    pub(crate) async fn note_export(&self, actor: &Actor) -> Result<()> {
        let change = Change::<()> {
            action: "organization.export",
            target: actor.org_id().to_string(),
            before: None,
            after: None,
        };
        in_tx!(self.db(), tx: Error => self.audit(tx, actor, change).await)
    }

    fn own_sections(&self, org: OrgId) -> Vec<ExportSection> {
        let accounts = self.clone();
        let audit = ExportSection {
            name: "audit_log",
            rows: pages(Arc::new(move |page| {
                let accounts = accounts.clone();
                Box::pin(async move {
                    accounts
                        .list_audit(org, &AuditFilter::default(), page)
                        .await
                })
            })),
        };
        vec![
            section!(self, org, "members", list_members),
            section!(self, org, "teams", list_teams),
            section!(self, org, "invitations", list_invitations),
            section!(self, org, "api_keys", list_keys),
            section!(self, org, "limits", list_limits),
            section!(self, org, "budgets", list_budgets),
            section!(self, org, "credentials", list_credentials),
            audit,
        ]
    }

    /// Everything of an organization as the pieces of one JSON object. A failure in the middle ends
    /// the stream with an error, so that half an export does not pass for a whole one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn export_organization(&self, org: OrgId) -> Result<ExportRows> {
        let organization = self.get_organization(org).await?;
        let mut sections = self.own_sections(org);
        for source in self.inner.exports.read().iter() {
            sections.extend(source.sections(org));
        }
        let head = format!(
            "{{\"format\":\"{FORMAT}\",\"exported_at\":\"{}\",\"organization\":{}",
            self.now(),
            row(&organization)?
        );
        let body = stream::iter(sections).flat_map(write_section);
        let pieces = stream::once(std::future::ready(Ok(head)))
            .chain(body)
            .chain(stream::once(std::future::ready(Ok("}\n".to_owned()))));
        Ok(pieces.boxed())
    }
}

fn write_section(section: ExportSection) -> ExportRows {
    let open = format!(",\n\"{}\":[", section.name);
    let rows = section.rows.enumerate().map(|(position, row)| {
        let comma = if position > 0 { "," } else { "" };
        row.map(|row| format!("{comma}\n{row}"))
    });
    stream::once(std::future::ready(Ok(open)))
        .chain(rows)
        .chain(stream::once(std::future::ready(Ok("]".to_owned()))))
        .boxed()
}
