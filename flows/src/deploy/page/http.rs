//! Switching a flow's pages on and off, and saying how they look.

use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use accounts::{Actor, Change, Permission};
use axum::Json;
use axum::extract::{Path, State};
use store::{OrgId, in_tx};

use super::settings::{FlowPage, PageAccess, PageKind, PutPage};
use super::{random, trigger_of};
use crate::deploy::Deployments;
use crate::graph::Graph;
use crate::ids::WorkflowId;
use crate::sql::pages::{self, PageRow};
use crate::{Error, Result};

/// Set a page of a flow
///
/// Switches the chat page or the form of a flow on or off and says how it looks, who may use it and how
/// much. It can be visited while the flow is switched on and its live version begins with "Chat message"
/// or "Form". A page keeps its address; what is left out goes back to its default, the password excepted.
#[utoipa::path(
    put, path = "/api/v1/workflows/{id}/pages/{kind}", tag = "Deployments", operation_id = "put_page",
    params(
        ("id" = WorkflowId, Path, description = "The flow's id"),
        ("kind" = String, Path, description = "`chat` or `form`"),
    ),
    request_body = PutPage, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:publish"))),
    responses((status = 200, body = FlowPage), (status = "4XX", body = ErrorBody)),
)]
pub(in crate::deploy) async fn put(
    State(deployments): State<Deployments>,
    member: Member,
    Path((id, kind)): Path<(String, String)>,
    StrictJson(wanted): StrictJson<PutPage>,
) -> Result<Json<FlowPage>, ApiError> {
    member.require(Permission::FlowsPublish)?;
    let wrong = |error: store::ParseIdError| ApiError::invalid(error.to_string());
    let id: WorkflowId = id.parse().map_err(wrong)?;
    let kind = PageKind::read(&kind)?;
    let page = deployments
        .put_page(&member.actor(), id, kind, wanted)
        .await?;
    Ok(Json(page))
}

impl Deployments {
    async fn put_page(
        &self,
        actor: &Actor,
        id: WorkflowId,
        kind: PageKind,
        wanted: PutPage,
    ) -> Result<FlowPage> {
        let org = actor.org_id();
        self.flows.get_workflow(org, id).await?;
        let settings = wanted.settings.checked()?;
        let settings = serde_json::to_value(settings);
        let settings = settings.map_err(|error| Error::invalid(error.to_string()))?;
        let old = pages::get(self.flows.db(), org, id, kind.word()).await?;
        let password_hash = match &wanted.password {
            Some(password) => {
                let accounts = self.flows.accounts();
                Some(accounts.hash_page_password(password).await?)
            }
            None => old.as_ref().and_then(|old| old.password_hash.clone()),
        };
        if wanted.access == PageAccess::Password && password_hash.is_none() {
            return Err(Error::invalid(
                "`password` is missing: the page has none yet",
            ));
        }
        let kept = old.as_ref().filter(|_| !wanted.new_address);
        let now = self.flows.now();
        let row = PageRow {
            workflow_id: id,
            kind: kind.word().to_owned(),
            org_id: org,
            token: kept.map_or_else(random, |old| old.token.clone()),
            is_on: wanted.is_on,
            access: wanted.access.word().to_owned(),
            password_hash,
            settings: store::Json(settings),
            created_at: old.as_ref().map_or(now, |old| old.created_at),
            updated_at: now,
        };
        let before = old.as_ref().map(noted).transpose()?;
        let after = noted(&row)?;
        in_tx!(self.flows.db(), tx: Error => {
            pages::put(tx, &row).await?;
            self.flows.accounts().audit(tx, actor, Change {
                action: "workflow_page.put",
                target: format!("{id}/{}", kind.word()),
                before: before.as_ref(),
                after: Some(&after),
            }).await?;
            Ok(())
        })?;
        FlowPage::of(&row)
    }

    /// The pages that a flow can have: those whose trigger the live version has.
    pub(in crate::deploy) async fn pages_of(
        &self,
        org: OrgId,
        id: WorkflowId,
        live: &Graph,
    ) -> Result<Vec<FlowPage>> {
        let mut found = Vec::new();
        for kind in [PageKind::Chat, PageKind::Form] {
            if trigger_of(live, kind).is_none() {
                continue;
            }
            let row = pages::get(self.flows.db(), org, id, kind.word()).await?;
            found.push(match row {
                Some(row) => FlowPage::of(&row)?,
                None => FlowPage::new(kind),
            });
        }
        Ok(found)
    }
}

/// As the audit log has it: without the address, which is enough to use the page, and the picture.
fn noted(row: &PageRow) -> Result<FlowPage> {
    let mut page = FlowPage::of(row)?;
    page.path = None;
    page.settings.logo.truncate(22);
    Ok(page)
}
