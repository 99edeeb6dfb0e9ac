//! Webhooks: the public addresses of flows, and the ledger of what came in there.
//!
//! A request is written down with the id of the run that it shall begin before it is answered and before
//! that run begins. Whoever dies in between leaves a delivery that is due: it is taken up again, and as
//! the run's id is known, it begins once.
//!
//! A run begins on behalf of who published the live version, as schedules' runs do.

mod answer;
mod auth;
pub(crate) mod http;
mod receive;
mod request;

use std::sync::Arc;
use std::time::Duration;

use accounts::Principal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use serde::Serialize;
use store::OrgId;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

pub use receive::router;

use super::{Deployments, is_token};
use crate::graph::{Graph, NodeId};
use crate::ids::RunId;
use crate::node::{NodeError, NodeErrorKind};
use crate::nodes::webhook::{Method, Settings};
use crate::run::{Options, Runnable, Start, Started};
use crate::sql::deliveries::{self, Fate, Request};
use crate::sql::workflows::Workflow;
use crate::{Error, ErrorKind, Result};

/// The trigger of these flows.
const TRIGGER: &str = "input.webhook";
/// How long the one that wrote a delivery down has to begin its run.
const LEASE: Duration = Duration::from_secs(30);
/// How often deliveries are looked for whose run has not begun.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long deliveries are kept.
const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// Deliveries deleted in one statement.
const BATCH: i64 = 500;
/// Looks between two cleanings.
const CLEAN_EVERY: u32 = 60;

/// Where a flow's webhook is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct WebhookAddress {
    /// The path; it cannot be guessed and stays for as long as the flow.
    path: String,
    /// Methods that it takes.
    methods: Vec<String>,
    /// Who may call: `none`, `basic`, `header`, `jwt` or `hmac`.
    auth: String,
}

/// A published flow that begins with a webhook.
struct Hook {
    org: OrgId,
    flow: Runnable,
    node: NodeId,
    settings: Settings,
}

impl Hook {
    /// Methods that it takes, in words.
    fn methods(&self) -> Vec<String> {
        methods_of(&self.settings)
    }
}

fn methods_of(settings: &Settings) -> Vec<String> {
    if settings.methods.is_empty() {
        return vec!["POST".to_owned()];
    }
    let word = |method: &Method| match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    let words = settings.methods.iter().map(word);
    words.map(str::to_owned).collect()
}

fn trigger_of(graph: &Graph) -> Result<Option<(NodeId, Settings)>> {
    let mut nodes = graph.nodes.iter();
    let Some(node) = nodes.find(|node| node.kind == TRIGGER && !node.disabled) else {
        return Ok(None);
    };
    let settings = serde_json::Value::Object(node.settings.clone());
    let settings = serde_json::from_value(settings).map_err(|error| {
        Error::invalid(format!(
            "the settings of the webhook `{}` cannot be read, write them without expressions: {error}",
            node.id
        ))
    })?;
    Ok(Some((node.id.clone(), settings)))
}

/// Why a delivery began no run.
enum Refusal {
    /// The request cannot be read.
    Request(String),
    /// The flow cannot run.
    Flow(String),
    /// For the moment; it is taken up again.
    Later(String),
}

impl Deployments {
    /// The address of a flow whose live version begins with a webhook; made when there is none.
    pub(super) async fn webhook_address(
        &self,
        flow: &Workflow,
        live: &Graph,
    ) -> Result<Option<WebhookAddress>> {
        let Ok(Some((_, settings))) = trigger_of(live) else {
            return Ok(None);
        };
        let db = self.flows.db();
        let token = match deliveries::address(db, flow.org_id, flow.id).await? {
            Some(token) => token,
            None => {
                let mut bytes = [0_u8; 24];
                rand::rng().fill_bytes(&mut bytes);
                let token = URL_SAFE_NO_PAD.encode(bytes);
                let now = self.flows.now();
                deliveries::put_address(db, flow.org_id, flow.id, &token, now).await?
            }
        };
        Ok(Some(WebhookAddress {
            path: format!("/hooks/{token}"),
            methods: methods_of(&settings),
            auth: settings.auth.kind().to_owned(),
        }))
    }

    /// The flow behind an address, if it is on and its live version has a webhook.
    async fn hook(&self, token: &str) -> Result<Option<Hook>> {
        if !is_token(token) {
            return Ok(None);
        }
        let db = self.flows.db();
        let Some((org, id)) = deliveries::find_address(db, token).await? else {
            return Ok(None);
        };
        match crate::sql::workflows::get(db, org, id).await? {
            Some(flow) if flow.is_active && !flow.is_archived => self.hook_of(&flow).await,
            _ => Ok(None),
        }
    }

    /// What the webhook of a flow's live version begins.
    async fn hook_of(&self, flow: &Workflow) -> Result<Option<Hook>> {
        if flow.live_version.is_none() {
            return Ok(None);
        }
        let version = self.flows.live_version(flow.org_id, flow.id).await?;
        let graph = version.graph.0;
        Ok(trigger_of(&graph)?.map(|(node, settings)| Hook {
            org: flow.org_id,
            node,
            settings,
            flow: Runnable {
                project_id: flow.project_id,
                workflow_id: flow.id,
                version: u32::try_from(version.number).ok(),
                graph: Arc::new(graph),
            },
        }))
    }

    /// Begins the run of a delivery that is written down, and notes that, or why not.
    async fn begin(
        &self,
        hook: &Hook,
        who: Option<&Arc<Principal>>,
        request: &Request,
        run: RunId,
    ) -> Result<Started, Refusal> {
        let outcome = self.try_begin(hook, who, request, run).await;
        let fate = |status, error| Fate {
            status,
            error,
            response_status: None,
        };
        let fate = match &outcome {
            Ok(_) => fate("claimed", None),
            Err(Refusal::Request(why) | Refusal::Flow(why)) => fate("failed", Some(why.as_str())),
            Err(Refusal::Later(why)) => {
                tracing::warn!(delivery = %request.id, why, "a delivery waits to be taken up again");
                return outcome;
            }
        };
        let noted = deliveries::settle(self.flows.db(), hook.org, request.id, fate).await;
        if let Err(error) = noted {
            // It stays due, and is found begun when it is taken up.
            tracing::warn!(%error, delivery = %request.id, "cannot note how a delivery went");
        }
        outcome
    }

    async fn try_begin(
        &self,
        hook: &Hook,
        who: Option<&Arc<Principal>>,
        request: &Request,
        run: RunId,
    ) -> Result<Started, Refusal> {
        let own = self.publisher(hook.org, &hook.flow).await;
        let own = own.map_err(|error| Refusal::Later(error.to_string()))?;
        let who = who.or(own.as_ref());
        let who = who.ok_or_else(|| Refusal::Flow("the organization is gone".to_owned()))?;
        let blobs = &self.engine.services().blobs;
        let input = request::input_of(&**blobs, request).await;
        let start = Start {
            flow: hook.flow.clone(),
            input: input.map_err(Refusal::Request)?,
            trigger: "webhook".to_owned(),
            options: Options {
                trigger_node: Some(hook.node.clone()),
                ..Options::default()
            },
            depth: 0,
        };
        let refused = |error: NodeError| match error.kind {
            NodeErrorKind::Internal => Refusal::Later(error.to_string()),
            _ => Refusal::Flow(error.to_string()),
        };
        self.engine.start_as(who, run, start).await.map_err(refused)
    }

    /// Sees to deliveries until `stop`: begins runs that should have begun, and forgets what is old.
    pub async fn keep_deliveries(&self, stop: CancellationToken) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut looks = 0_u32;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => {}
            }
            if let Err(error) = self.take_up_deliveries().await {
                tracing::warn!(%error, "cannot look for deliveries of webhooks; will retry");
            }
            if looks.is_multiple_of(CLEAN_EVERY)
                && let Err(error) = self.forget_deliveries().await
            {
                tracing::warn!(%error, "cannot clean the ledger of webhooks; will retry");
            }
            if looks.is_multiple_of(CLEAN_EVERY)
                && let Err(error) = self.forget_pages().await
            {
                tracing::warn!(%error, "cannot forget old conversations of pages; will retry");
            }
            looks = looks.wrapping_add(1);
        }
    }

    /// Begins the runs of deliveries whose receiver did not come to it; gives how many deliveries.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn take_up_deliveries(&self) -> Result<usize> {
        let now = self.flows.now();
        let db = self.flows.db();
        let due = deliveries::take_due(db, now, now.plus(LEASE)).await?;
        let count = due.len();
        for request in due {
            self.take_up(&request).await?;
        }
        Ok(count)
    }

    async fn take_up(&self, request: &Request) -> Result<()> {
        let db = self.flows.db();
        let (org, id) = (request.org_id, request.id);
        let fate = |status, error| Fate {
            status,
            error,
            response_status: None,
        };
        let Some(run) = request.run_id else {
            let why = "there is no run to begin";
            return Ok(deliveries::settle(db, org, id, fate("failed", Some(why))).await?);
        };
        if self.engine.row(org, run).await?.is_some() {
            return Ok(deliveries::settle(db, org, id, fate("claimed", None)).await?);
        }
        let flow = crate::sql::workflows::get(db, org, request.workflow_id).await?;
        let hook = match flow {
            Some(flow) => self.hook_of(&flow).await?,
            None => None,
        };
        let Some(hook) = hook else {
            let why = "the flow has no published webhook any more";
            return Ok(deliveries::settle(db, org, id, fate("failed", Some(why))).await?);
        };
        // Why it did not begin is in the ledger.
        let _ = self.begin(&hook, None, request, run).await;
        Ok(())
    }

    /// Notes how runs of deliveries ended, and deletes deliveries that are no longer kept; gives how
    /// many.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget_deliveries(&self) -> Result<u64> {
        let db = self.flows.db();
        deliveries::settle_ended(db).await?;
        let before = self.flows.now().minus(KEPT);
        let mut deleted = 0;
        loop {
            let some = deliveries::delete_old(db, before, BATCH).await?;
            deleted += some;
            if some == 0 {
                return Ok(deleted);
            }
        }
    }
}

fn unavailable(error: Error) -> accounts::http::ApiError {
    if error.kind == ErrorKind::Internal {
        tracing::error!(%error, "a webhook cannot be answered");
    }
    error.into()
}
