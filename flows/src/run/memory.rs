//! Runs that are not stored: tests of flows in the editor, and flows called by such.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::compiled::Compiled;
use super::driver::{Driver, Parts as DriverParts, RunEnd, internal};
use super::events::{Feed, Hub};
use super::journal::Journal;
use super::shared::{Catalogue, Options, RunShared, Wanted};
use crate::ids::RunId;
use crate::mask::Masker;
use crate::node::{Budget, NodeError, NodeErrorKind, Registry, RunInfo, Services};

/// Flows call each other at most this deep.
pub(super) const MAX_DEPTH: u32 = 10;

/// What a run in memory needs.
pub struct MemoryRun {
    /// Shared handles.
    pub services: Arc<Services>,
    /// On whose behalf it runs.
    pub principal: Arc<accounts::Principal>,
    /// Which run it is.
    pub info: RunInfo,
    /// What runs.
    pub compiled: Arc<Compiled>,
    /// Where called flows, variables and secrets come from.
    pub catalogue: Arc<dyn Catalogue>,
    /// Types of called flows' nodes.
    pub registry: Registry,
    /// What it begins with.
    pub input: Value,
    /// How it differs from the usual.
    pub options: Options,
    /// Where its events go.
    pub hub: Hub,
    /// Stops it.
    pub cancel: CancellationToken,
}

impl std::fmt::Debug for MemoryRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryRun")
            .field("run", &self.info.run_id)
            .finish_non_exhaustive()
    }
}

/// Runs a graph in memory to its end. Nothing is stored; long waits sleep, and a question to a person
/// waits until the run is stopped.
pub async fn execute(run: MemoryRun) -> RunEnd {
    let masker = Arc::new(Masker::default());
    let found =
        run.catalogue
            .surroundings(run.info.org_id, run.info.project_id, Arc::clone(&masker));
    let surroundings = match found.await {
        Ok(found) => found,
        Err(error) => return RunEnd::Failed { error, node: None },
    };
    let feed = Feed::new(
        run.hub,
        run.info.org_id,
        run.info.run_id,
        run.info.workflow_id,
        0,
    );
    let shared = Arc::new(RunShared {
        services: run.services,
        principal: run.principal,
        info: Arc::new(run.info),
        masker,
        budget: Arc::new(Budget::new(run.options.limits.max_nano_usd, 0)),
        feed,
        options: run.options,
        secrets: Arc::new(surroundings.secrets),
        variables: surroundings.variables,
        input: run.input.into(),
    });
    drive(
        shared,
        run.compiled,
        run.catalogue,
        run.registry,
        run.cancel,
    )
    .await
}

async fn drive(
    shared: Arc<RunShared>,
    compiled: Arc<Compiled>,
    catalogue: Arc<dyn Catalogue>,
    registry: Registry,
    cancel: CancellationToken,
) -> RunEnd {
    let (_sender, signals) = mpsc::unbounded_channel();
    let mut driver = Driver::new(DriverParts {
        shared,
        compiled,
        catalogue,
        registry,
        journal: Journal::Memory,
        cancel,
        signals,
        restored: Vec::new(),
    });
    driver.run().await
}

pub(super) struct Parts {
    pub(super) shared: Arc<RunShared>,
    pub(super) catalogue: Arc<dyn Catalogue>,
    pub(super) registry: Registry,
    pub(super) cancel: Option<CancellationToken>,
}

/// A flow that a flow in memory calls; it spends from the same budget.
pub(super) fn call(parts: Parts, wanted: Wanted, input: Value) -> BoxFuture<'static, RunEnd> {
    Box::pin(async move {
        match called(&parts, &wanted, input).await {
            Ok(end) => end,
            Err(error) => RunEnd::Failed { error, node: None },
        }
    })
}

async fn called(parts: &Parts, wanted: &Wanted, input: Value) -> Result<RunEnd, NodeError> {
    let outer = &parts.shared;
    if outer.info.depth >= MAX_DEPTH {
        let message = format!("flows call each other more than {MAX_DEPTH} levels deep");
        return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
    }
    let found = parts.catalogue.find(outer.info.org_id, wanted).await?;
    let found = found.ok_or_else(|| missing(wanted))?;
    let compiled = Compiled::new((*found.graph).clone(), &parts.registry)?;
    let surroundings = parts
        .catalogue
        .surroundings(
            outer.info.org_id,
            found.project_id,
            Arc::clone(&outer.masker),
        )
        .await?;
    let info = RunInfo {
        run_id: RunId::new(),
        project_id: found.project_id,
        workflow_id: found.workflow_id,
        version: found.version,
        trigger: "sub_flow".to_owned(),
        depth: outer.info.depth + 1,
        ..(*outer.info).clone()
    };
    let feed = Feed::new(
        Hub::default(),
        info.org_id,
        info.run_id,
        info.workflow_id,
        0,
    );
    let shared = RunShared {
        services: Arc::clone(&outer.services),
        principal: Arc::clone(&outer.principal),
        info: Arc::new(info),
        masker: Arc::clone(&outer.masker),
        budget: Arc::clone(&outer.budget),
        feed,
        options: Options {
            limits: outer.options.limits.clone(),
            ..Options::default()
        },
        secrets: Arc::new(surroundings.secrets),
        variables: surroundings.variables,
        input: input.into(),
    };
    let cancel = parts.cancel.clone().unwrap_or_default();
    let end = drive(
        Arc::new(shared),
        Arc::new(compiled),
        Arc::clone(&parts.catalogue),
        parts.registry.clone(),
        cancel,
    )
    .await;
    Ok(match end {
        RunEnd::Waiting(_) => internal("a flow in memory cannot wait"),
        end => end,
    })
}

pub(super) fn missing(wanted: &Wanted) -> NodeError {
    let message = match wanted {
        Wanted::Slug(slug, Some(version)) => {
            format!("there is no flow `{slug:.80}` with the published version {version}")
        }
        Wanted::Slug(slug, None) => format!("there is no published flow `{slug:.80}`"),
        Wanted::Published(id, _) => format!("the flow {id} has no such published version"),
        Wanted::Draft(id) => format!("the flow {id} does not exist"),
    };
    NodeError::new(NodeErrorKind::Missing, message)
}
