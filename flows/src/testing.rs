//! For tests of this and other crates: everything a node needs to run. Product code does not use this.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::{Accounts, AccountsConfig, Actor, CreateKey, Principal};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use gateway::{Gateway, GatewayConfig, Parts};
use parking_lot::Mutex;
use serde_json::Value;
use store::testing::TempDir;
use store::{Db, Micros, OrgId, TestClock};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::expression::{Scope, evaluate_settings};
use crate::ids::{ProjectId, RunId, WorkflowId};
use crate::mask::Masker;
use crate::node::{
    AnyNode, Budget, Iteration, Level, NodeContext, NodeResult, RawSettings, Recorder, RunInfo,
    Services,
};
use crate::value::{Blobs, File, PortValues};
use crate::{CreateProject, Flows};

/// 2026-01-01T00:00:00Z, the time at which a [`World`] begins.
pub const BEGIN: Micros = Micros(1_767_225_600_000_000);

/// One organization with a key, a gateway and all node types.
pub struct World {
    /// Projects and flows.
    pub flows: Flows,
    /// Who makes changes.
    pub actor: Actor,
    /// On whose behalf nodes run.
    pub principal: Arc<Principal>,
    /// The admin key of `principal`.
    pub key: String,
    /// What nodes share.
    pub services: Arc<Services>,
    /// Turned by the test.
    pub clock: TestClock,
    /// The project of nodes that run by themselves, once one has.
    project: OnceCell<ProjectId>,
    _dir: TempDir,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// Builds everything on a migrated database.
    ///
    /// # Panics
    /// When a part cannot be built.
    pub async fn new(db: Db) -> Self {
        Self::with(db, GatewayConfig::default()).await
    }

    /// The same with these vendors and models.
    ///
    /// # Panics
    /// When a part cannot be built.
    pub async fn with(db: Db, config: GatewayConfig) -> Self {
        let vendors = config;
        let (dir, clock) = (TempDir::new(), TestClock::at(BEGIN));
        let config = AccountsConfig {
            data_dir: dir.path().to_owned(),
            ..AccountsConfig::default()
        };
        let accounts = Accounts::open(db.clone(), Arc::new(clock.clone()), &config);
        let accounts = accounts.await.expect("accounts open");
        let gateway = Gateway::start(Parts {
            db,
            clock: Arc::new(clock.clone()),
            accounts: accounts.clone(),
            journal_dir: dir.path().join("journal"),
            config: vendors,
        });
        let gateway = Box::pin(gateway).await.expect("the gateway starts");
        let (actor, key) = tenant(&accounts, "acme").await;
        let principal = accounts.authenticate(&key).await.expect("the key is good");
        Self {
            flows: Flows::new(accounts),
            actor,
            principal,
            key,
            services: Arc::new(Services {
                gateway,
                clock: Arc::new(clock.clone()),
                outbound: outbound::Client::guarded(&outbound::Settings::default()),
                blobs: Arc::new(MemoryBlobs::default()),
                handles: http::Extensions::new(),
            }),
            clock,
            project: OnceCell::new(),
            _dir: dir,
        }
    }

    /// Another organization, and an admin key of it.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn stranger(&self) -> (Actor, String) {
        tenant(self.flows.accounts(), "other").await
    }

    /// A context for a node of a run of its own.
    pub fn context(&self, scope: Scope, recorder: Arc<dyn Recorder>) -> NodeContext {
        NodeContext {
            services: Arc::clone(&self.services),
            principal: Arc::clone(&self.principal),
            run: Arc::new(RunInfo {
                run_id: RunId::new(),
                org_id: self.principal.org_id(),
                project_id: ProjectId::new(),
                workflow_id: WorkflowId::new(),
                version: None,
                trigger: "manual".to_owned(),
                started_at: BEGIN,
                depth: 0,
            }),
            node: "node".into(),
            iteration: Iteration::default(),
            attempt: 1,
            cancel: CancellationToken::new(),
            recorder,
            scope: Arc::new(scope),
            masker: Arc::new(Masker::default()),
            budget: Arc::new(Budget::default()),
        }
    }

    /// Runs a node as the engine does: expressions evaluated, ports without a value filled from the
    /// settings of the same name, values converted to the ports' types.
    ///
    /// # Errors
    /// The node's own.
    pub async fn run(
        &self,
        node: &dyn AnyNode,
        settings: &RawSettings,
        input: PortValues,
    ) -> NodeResult {
        let scope = Scope {
            incoming: input.clone().into(),
            ..Scope::default()
        };
        let evaluated = evaluate_settings(&node.schema(), settings, &scope)?;
        let mut input = input;
        for port in node.ports(settings).inputs {
            let own = || evaluated.settings.get(&port.name).cloned();
            if let Some(value) = input.remove(&port.name).or_else(own) {
                let value = crate::value::convert(value, &port.kind)
                    .map_err(|error| crate::node::NodeError::input(error.to_string()))?;
                input.insert(port.name, value);
            }
        }
        let mut context = self.context(scope, Arc::new(Notes::default()));
        let run = RunInfo {
            project_id: *self.project.get_or_init(|| self.make_project()).await,
            ..(*context.run).clone()
        };
        context.run = Arc::new(run);
        node.run(&context, evaluated.settings, input).await
    }

    async fn make_project(&self) -> ProjectId {
        let wanted = CreateProject {
            name: "Nodes alone".to_owned(),
            description: String::new(),
        };
        let made = self.flows.create_project(&self.actor, wanted).await;
        made.expect("a project is made").id
    }
}

async fn tenant(accounts: &Accounts, slug: &str) -> (Actor, String) {
    let org = accounts
        .create_organization(slug, slug)
        .await
        .expect("an organization is made");
    let actor = Actor::command_line(org.id);
    let wanted = CreateKey {
        name: "admin".to_owned(),
        admin: true,
        ..CreateKey::default()
    };
    let key = accounts
        .create_key(&actor, wanted)
        .await
        .expect("a key is made");
    (actor, key.key.expose().to_owned())
}

/// Files in memory.
#[derive(Debug, Default)]
pub struct MemoryBlobs(Mutex<BTreeMap<(OrgId, String), Bytes>>);

impl Blobs for MemoryBlobs {
    fn put<'a>(
        &'a self,
        org: OrgId,
        name: &'a str,
        media_type: &'a str,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<File, String>> {
        let mut kept = self.0.lock();
        let blob = format!("blob-{}", kept.len());
        let file = File {
            blob: blob.clone(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size_bytes: bytes.len() as u64,
        };
        kept.insert((org, blob), bytes);
        Box::pin(std::future::ready(Ok(file)))
    }

    fn get<'a>(
        &'a self,
        org: OrgId,
        blob: &'a str,
    ) -> BoxFuture<'a, Result<Option<Bytes>, String>> {
        let found = self.0.lock().get(&(org, blob.to_owned())).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// Keeps what nodes say.
#[derive(Debug, Default)]
pub struct Notes {
    /// Log lines.
    pub lines: Mutex<Vec<(Level, String)>>,
    /// Pieces of outputs.
    pub pieces: Mutex<Vec<(String, Value)>>,
}

impl Recorder for Notes {
    fn log(&self, level: Level, message: &str, _: Value) {
        self.lines.lock().push((level, message.to_owned()));
    }

    fn stream(&self, port: &str, piece: Value) {
        self.pieces.lock().push((port.to_owned(), piece));
    }

    fn spent(&self, _: u64, _: i64) {}
}
