//! An engine on a fresh database, and nodes for tests.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use accounts::{Accounts, AccountsConfig, Principal};
use futures_util::future::BoxFuture;
use gateway::{Gateway, GatewayConfig};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use store::testing::TempDir;
use store::{Db, OrgId, SystemClock};
use tokio_util::sync::CancellationToken;

use crate::graph::{DataType, Edge, EdgeKind, End, Graph, Node as GraphNode, Port, Ports};
use crate::ids::{ProjectId, RunId, WorkflowId};
use crate::mask::Masker;
use crate::node::{
    About, Adapter, AnyNode, Category, Example, Node, NodeContext, NodeError, NodeErrorKind,
    NodeResult, Output, RawSettings, Registry, RunInfo, Services,
};
use crate::run::{
    Catalogue, Compiled, Engine, EngineConfig, EngineParts, Hub, MemoryRun, Options, RunEnd,
    Runnable, Surroundings, Wanted, execute,
};
use crate::value::{Blobs, File, PortValues};

/// How often each place of each run has ended its work: `run:node:iteration`.
pub(super) static FINISHED: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);
static ATTEMPTS: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);
pub(super) static ALIVE: AtomicU64 = AtomicU64::new(0);

/// Counts, waits, fails as told, and hands its value on.
pub(super) struct Probe;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeSettings {
    #[serde(default)]
    value: Value,
    #[serde(default)]
    wait_ms: u64,
    /// Fails this many times.
    #[serde(default)]
    fail: u32,
    #[serde(default)]
    panic: bool,
}

impl Node for Probe {
    type Settings = ProbeSettings;

    const ABOUT: About = About {
        is_repeatable: false,
        ..About::step("data.probe", Category::Data, "Probe", "Counts.")
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("value", DataType::Any, "Value")],
            [Port::new("value", DataType::Any, "Value")],
        )
    }

    async fn run(
        context: &NodeContext,
        settings: ProbeSettings,
        mut input: PortValues,
    ) -> NodeResult {
        struct Guard;
        impl Drop for Guard {
            fn drop(&mut self) {
                ALIVE.fetch_sub(1, Ordering::SeqCst);
            }
        }
        ALIVE.fetch_add(1, Ordering::SeqCst);
        let _guard = Guard;
        assert!(!settings.panic, "told to");
        if settings.wait_ms > 0 {
            tokio::time::sleep(Duration::from_millis(settings.wait_ms)).await;
        }
        let key = context.idempotency_key();
        let attempt = {
            let mut attempts = ATTEMPTS.lock();
            let count = attempts.entry(key.clone()).or_default();
            *count += 1;
            *count
        };
        if attempt <= settings.fail {
            return Err(NodeError::new(NodeErrorKind::Upstream, "told to fail"));
        }
        *FINISHED.lock().entry(key).or_default() += 1;
        let value = input.remove("value").unwrap_or(settings.value);
        Ok(Output::one("value", value).into())
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

static PROBE: Adapter<Probe> = Adapter::NEW;

pub(super) fn registry() -> Registry {
    let mut all: Vec<&'static dyn AnyNode> = crate::nodes::ALL.to_vec();
    all.push(&PROBE);
    Registry::new(&all)
}

/// A graph by short words: `node("a", type, settings)`, `link("a.value", "b.value")`.
#[derive(Default)]
pub(super) struct Draw(pub(super) Graph);

impl Draw {
    pub(super) fn new() -> Self {
        Self::default().node("start", "input.manual", json!({}))
    }

    pub(super) fn node(mut self, id: &str, kind: &str, settings: Value) -> Self {
        let mut node = GraphNode::new(id, kind);
        if let Value::Object(settings) = settings {
            node.settings = settings;
        }
        self.0.nodes.push(node);
        self
    }

    pub(super) fn inside(mut self, parent: &str) -> Self {
        if let Some(node) = self.0.nodes.last_mut() {
            node.parent = Some(parent.into());
        }
        self
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut GraphNode)) -> Self {
        change(self.0.nodes.last_mut().expect("a node was drawn"));
        self
    }

    fn edge(mut self, from: &str, to: &str, kind: EdgeKind) -> Self {
        let end = |text: &str| {
            let (node, port) = text.split_once('.').expect("node.port");
            End::new(node, port)
        };
        let id = format!("e{:03}", self.0.edges.len());
        self.0.edges.push(Edge {
            id: id.into(),
            from: end(from),
            to: end(to),
            kind,
        });
        self
    }

    pub(super) fn link(self, from: &str, to: &str) -> Self {
        self.edge(from, to, EdgeKind::Data)
    }

    pub(super) fn then(self, from: &str, to: &str) -> Self {
        self.edge(from, to, EdgeKind::Control)
    }
}

struct NoBlobs;

impl Blobs for NoBlobs {
    fn put<'a>(
        &'a self,
        _: OrgId,
        _: &'a str,
        _: &'a str,
        _: bytes::Bytes,
    ) -> BoxFuture<'a, Result<File, String>> {
        Box::pin(std::future::ready(Err("no files here".to_owned())))
    }

    fn get<'a>(
        &'a self,
        _: OrgId,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<bytes::Bytes>, String>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

#[derive(Default)]
pub(super) struct Shelf(Mutex<BTreeMap<String, Runnable>>);

impl Catalogue for Shelf {
    fn find<'a>(
        &'a self,
        _: OrgId,
        wanted: &'a Wanted,
    ) -> BoxFuture<'a, Result<Option<Runnable>, NodeError>> {
        let found = match wanted {
            Wanted::Slug(slug, _) => self.0.lock().get(slug).cloned(),
            Wanted::Published(id, _) | Wanted::Draft(id) => {
                let all = self.0.lock();
                all.values().find(|flow| flow.workflow_id == *id).cloned()
            }
        };
        Box::pin(std::future::ready(Ok(found)))
    }

    fn surroundings<'a>(
        &'a self,
        _: OrgId,
        _: ProjectId,
        _: Arc<Masker>,
    ) -> BoxFuture<'a, Result<Surroundings, NodeError>> {
        Box::pin(std::future::ready(Ok(Surroundings::default())))
    }
}

pub(super) struct World {
    pub(super) db: Db,
    pub(super) who: Arc<Principal>,
    pub(super) services: Arc<Services>,
    pub(super) shelf: Arc<Shelf>,
    /// Kept as long as the world.
    pub(super) dirs: Vec<TempDir>,
}

impl World {
    pub(super) async fn new(db: Db) -> Self {
        let dir = TempDir::new();
        let clock = Arc::new(SystemClock);
        let config = AccountsConfig {
            data_dir: dir.path().to_owned(),
            ..AccountsConfig::default()
        };
        let accounts = Accounts::open(db.clone(), clock.clone(), &config).await;
        let accounts = accounts.expect("accounts open");
        let first = accounts.first_start().await.expect("starts");
        let first = first.expect("the database is fresh");
        let who = accounts.authenticate(first.key.expose()).await;
        let gateway = Gateway::start(gateway::Parts {
            db: db.clone(),
            clock: clock.clone(),
            accounts,
            journal_dir: dir.path().join("journal"),
            config: GatewayConfig::default(),
        });
        let services = Services {
            gateway: gateway.await.expect("the gateway starts"),
            clock,
            outbound: outbound::Client::guarded(&outbound::Settings::default()),
            blobs: Arc::new(NoBlobs),
            handles: http::Extensions::new(),
        };
        Self {
            db,
            who: who.expect("the first key is good"),
            services: Arc::new(services),
            shelf: Arc::new(Shelf::default()),
            dirs: vec![dir],
        }
    }

    /// Publishes a graph under a slug.
    pub(super) fn publish(&self, slug: &str, draw: Draw) -> Runnable {
        let flow = Runnable {
            project_id: ProjectId::new(),
            workflow_id: WorkflowId::new(),
            version: Some(1),
            graph: Arc::new(draw.0),
        };
        self.shelf.0.lock().insert(slug.to_owned(), flow.clone());
        flow
    }

    /// Another process, with leases that run out soon.
    pub(super) fn engine(&self) -> Engine {
        self.engine_with(Duration::from_millis(600))
    }

    /// Another process, which a busy machine does not make lose its leases.
    pub(super) fn steady_engine(&self) -> Engine {
        self.engine_with(Duration::from_secs(60))
    }

    fn engine_with(&self, lease: Duration) -> Engine {
        Engine::new(EngineParts {
            db: self.db.clone(),
            services: Arc::clone(&self.services),
            registry: registry(),
            catalogue: Arc::clone(&self.shelf) as Arc<dyn Catalogue>,
            config: EngineConfig {
                lease,
                heartbeat: Duration::from_millis(100),
                ..EngineConfig::default()
            },
        })
    }

    pub(super) async fn run(&self, draw: Draw, input: Value) -> RunEnd {
        self.run_with(draw, input, Options::default(), CancellationToken::new())
            .await
    }

    pub(super) async fn run_with(
        &self,
        draw: Draw,
        input: Value,
        options: Options,
        cancel: CancellationToken,
    ) -> RunEnd {
        let compiled = Compiled::new(draw.0, &registry()).expect("the graph is sound");
        execute(MemoryRun {
            services: Arc::clone(&self.services),
            principal: Arc::clone(&self.who),
            info: RunInfo {
                run_id: RunId::new(),
                org_id: self.who.org_id(),
                project_id: ProjectId::new(),
                workflow_id: WorkflowId::new(),
                version: None,
                trigger: "manual".to_owned(),
                started_at: self.services.clock.now(),
                depth: 0,
            },
            compiled: Arc::new(compiled),
            catalogue: Arc::clone(&self.shelf) as Arc<dyn Catalogue>,
            registry: registry(),
            input,
            options,
            hub: Hub::default(),
            cancel,
        })
        .await
    }
}

/// A world on SQLite, for what does not ask which database it is.
pub(super) async fn alone() -> World {
    let dir = TempDir::new();
    let db = Db::connect(&store::DbConfig::embedded(dir.path())).await;
    let db = db.expect("SQLite opens");
    db.migrate().await.expect("the schema can be made");
    let mut world = World::new(db).await;
    // The database's directory lives as long as the world.
    world.dirs.push(dir);
    world
}
