//! Flows of the database as the engine wants them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use store::OrgId;

use super::shared::{Catalogue, Runnable, Surroundings, Wanted};
use crate::ids::{ProjectId, WorkflowId};
use crate::mask::Masker;
use crate::node::{NodeError, NodeErrorKind};
use crate::{ErrorKind, Flows, Result};

impl Flows {
    async fn runnable(&self, org: OrgId, wanted: &Wanted) -> Result<Runnable> {
        let published = async |id: WorkflowId, number: Option<u32>| {
            let project_id = self.get_workflow(org, id).await?.project_id;
            let version = match number {
                Some(number) => self.get_version(org, id, i64::from(number)).await?,
                None => self.live_version(org, id).await?,
            };
            Ok(Runnable {
                project_id,
                workflow_id: id,
                version: u32::try_from(version.number).ok(),
                graph: Arc::new(version.graph.0),
            })
        };
        match wanted {
            Wanted::Published(id, number) => published(*id, *number).await,
            Wanted::Slug(slug, number) => {
                let found = self.find_workflow(org, slug).await?;
                let found = found.ok_or_else(|| crate::Error::not_found("flow", slug))?;
                published(found.id, *number).await
            }
            Wanted::Draft(id) => {
                let flow = self.get_workflow(org, *id).await?;
                Ok(Runnable {
                    project_id: flow.project_id,
                    workflow_id: *id,
                    version: None,
                    graph: Arc::new(flow.graph.0),
                })
            }
        }
    }

    async fn project_values(
        &self,
        org: OrgId,
        project: ProjectId,
        masker: Arc<Masker>,
    ) -> Result<Surroundings> {
        let variables = crate::sql::variables::list(self.db(), org, project).await?;
        let variables = variables
            .into_iter()
            .map(|variable| (variable.name, variable.value.0));
        Ok(Surroundings {
            variables: variables.collect(),
            secrets: self.secrets_for_run(org, project, masker).await?,
        })
    }
}

fn unreadable(error: &crate::Error) -> NodeError {
    tracing::error!(error = %error.message, "what a run needs cannot be read");
    let message = "the flow cannot be read at the moment; the server's log says why";
    NodeError::new(NodeErrorKind::Internal, message)
}

impl Catalogue for Flows {
    fn find<'a>(
        &'a self,
        org: OrgId,
        wanted: &'a Wanted,
    ) -> BoxFuture<'a, Result<Option<Runnable>, NodeError>> {
        Box::pin(async move {
            match self.runnable(org, wanted).await {
                Ok(found) => Ok(Some(found)),
                Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unreadable(&error)),
            }
        })
    }

    fn surroundings<'a>(
        &'a self,
        org: OrgId,
        project: ProjectId,
        masker: Arc<Masker>,
    ) -> BoxFuture<'a, Result<Surroundings, NodeError>> {
        Box::pin(async move {
            let found = self.project_values(org, project, masker).await;
            found.map_err(|error| unreadable(&error))
        })
    }
}
