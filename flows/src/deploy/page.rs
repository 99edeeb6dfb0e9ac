//! Published flows as pages for people: a chat, a form; at an address that cannot be guessed, on their
//! own or inside of other sites.
//!
//! A page is there while it is on, its flow is active, and the live version has the trigger: all of
//! that is looked up for each request, so that switching off acts at once. Runs begin in the name of
//! who published the live version, as webhooks' do; the organization pays, within the page's limits.

mod chat;
mod form;
pub(crate) mod http;
mod limits;
pub(in crate::deploy) mod settings;
mod turn;
mod upload;
mod visit;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

pub use visit::router;

use super::{Deployments, is_token};
use crate::graph::{Graph, Node};
use crate::run::Runnable;
use crate::sql::pages::{self, PageRow};
use crate::{Error, Result};
use settings::{PageAccess, PageKind, PageSettings};

/// A page that is there for its visitors.
struct OpenPage {
    row: PageRow,
    kind: PageKind,
    access: PageAccess,
    settings: PageSettings,
    /// What it is called where its settings do not say.
    flow_name: String,
    flow: Runnable,
    trigger: Node,
}

impl OpenPage {
    fn title(&self) -> &str {
        let own = self.settings.title.trim();
        if own.is_empty() { &self.flow_name } else { own }
    }
}

/// Who may show a page inside of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFrame {
    /// Origins such as `https://www.example.org`, or `*` for all; this server's own pages always may.
    pub origins: Vec<String>,
}

/// 192 random bits as text.
fn random() -> String {
    let mut bytes = [0_u8; 24];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret or an address.
fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

fn trigger_of(graph: &Graph, kind: PageKind) -> Option<&Node> {
    let mut nodes = graph.nodes.iter();
    nodes.find(|node| node.kind == kind.trigger() && !node.disabled)
}

impl Deployments {
    /// The page at an address, if it is on and its flow's live version has the trigger.
    async fn page(&self, token: &str) -> Result<Option<OpenPage>> {
        if !is_token(token) {
            return Ok(None);
        }
        let db = self.flows.db();
        let Some(row) = pages::find(db, token).await?.filter(|row| row.is_on) else {
            return Ok(None);
        };
        let flow = crate::sql::workflows::get(db, row.org_id, row.workflow_id).await?;
        let is_on = |flow: &crate::sql::workflows::Workflow| {
            flow.is_active && !flow.is_archived && flow.live_version.is_some()
        };
        let Some(flow) = flow.filter(is_on) else {
            return Ok(None);
        };
        let (kind, access, settings) = settings::read(&row)?;
        let runnable = self.live(&flow).await?;
        let Some(trigger) = trigger_of(&runnable.graph, kind).cloned() else {
            return Ok(None);
        };
        Ok(Some(OpenPage {
            row,
            kind,
            access,
            settings,
            flow_name: flow.name,
            flow: runnable,
            trigger,
        }))
    }

    /// Who may show the page at this address inside of theirs; `None`: there is no such page.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn page_frame(&self, kind: &str, token: &str) -> Result<Option<PageFrame>> {
        let page = self.page(token).await?;
        let page = page.filter(|page| page.kind.word() == kind);
        Ok(page.map(|page| PageFrame {
            origins: page.settings.allowed_origins,
        }))
    }

    /// Forgets conversations in which nothing was said for long, and counters of the past.
    pub(super) async fn forget_pages(&self) -> Result<()> {
        let (db, now) = (self.flows.db(), self.flows.now());
        while pages::delete_conversations(db, now.minus(turn::KEPT), 200).await? > 0 {}
        pages::delete_counts(db, now.minus(limits::KEPT)).await?;
        Ok(())
    }
}

fn unavailable(error: Error) -> accounts::http::ApiError {
    if error.kind == crate::ErrorKind::Internal {
        tracing::error!(%error, "a page cannot be served");
    }
    error.into()
}
