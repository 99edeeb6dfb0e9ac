//! Composition: from a configuration to running handles.

use std::path::PathBuf;
use std::sync::Arc;

use accounts::{Accounts, AccountsConfig, Secret};
use anyhow::{Context, Result, anyhow};
use flows::deploy::{Deployments, FlowModels};
use flows::node::{Registry, Services};
use flows::run::{Engine, EngineConfig, EngineParts};
use flows::{Flows, StoredFiles};
use gateway::{Gateway, Parts};
use outbound::Network;
use rag::Rag;
use rag::blob::FileStore;
use store::{Db, DbConfig, SystemClock};

use crate::admin::Instance;
use crate::config::Config;
use crate::lock::make_private;

/// The handles.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Callers.
    pub accounts: Accounts,
    /// Model calls.
    pub gateway: Gateway,
    /// Documents.
    pub rag: Rag,
    /// Workers for users' code and uploaded files; none runs before the first job.
    pub sandbox: sandbox::Pool,
    /// Projects and flows.
    pub flows: Flows,
    /// Runs of flows.
    pub engine: Engine,
    /// Published flows at addresses of their own.
    pub deployments: Deployments,
    /// What is known of the running program.
    pub instance: Arc<Instance>,
}

/// Opens the database and brings it to this program's version.
///
/// # Errors
/// What is wrong with the database, and what to do.
pub async fn open_db(config: &Config) -> Result<Db> {
    make_private(&config.server.data_dir)?;
    let db = Db::connect(&DbConfig {
        url: config.database.url.clone(),
        data_dir: config.server.data_dir.clone(),
    })
    .await?;
    db.migrate().await?;
    Ok(db)
}

/// Opens accounts on a migrated database.
///
/// # Errors
/// What is wrong with the master key or the database.
pub async fn open_accounts(config: &Config, db: Db) -> Result<Accounts> {
    let master_key = std::env::var("NOCODE_AI_MASTER_KEY").ok().map(Secret::new);
    let config = AccountsConfig {
        data_dir: config.server.data_dir.clone(),
        master_key,
        public_url: config.server.public_url.clone(),
        registration: config.accounts.registration,
        smtp: config.email.smtp()?,
        log_links: config.email.log_links,
        oidc: config.auth.providers()?,
        trusted_proxies: trusted_proxies(config)?,
        plans: config.plans()?,
    };
    Ok(Accounts::open(db, Arc::new(SystemClock), &config).await?)
}

fn trusted_proxies(config: &Config) -> Result<Vec<Network>> {
    let ranges = config.server.trusted_proxies.iter();
    ranges
        .map(|text| text.parse().map_err(|why: String| anyhow!(why)))
        .collect::<Result<_>>()
        .context("`server.trusted_proxies`")
}

impl App {
    /// Builds everything. The caller holds the data directory.
    ///
    /// # Errors
    /// Which part cannot be built, and why.
    pub async fn build(config: &Config) -> Result<Self> {
        let db = open_db(config).await?;
        let accounts = open_accounts(config, db.clone()).await?;
        let gateway = Gateway::start(Parts {
            db: db.clone(),
            clock: Arc::new(SystemClock),
            accounts: accounts.clone(),
            journal_dir: config.server.data_dir.join("journal"),
            config: config.gateway(),
        })
        .await
        .map_err(|why| anyhow!(why))
        .context("cannot start the gateway")?;
        Self::assemble(config, db, accounts, gateway).await
    }

    /// Builds what stands above the gateway.
    ///
    /// # Errors
    /// Which part cannot be built, and why.
    pub(crate) async fn assemble(
        config: &Config,
        db: Db,
        accounts: Accounts,
        gateway: Gateway,
    ) -> Result<Self> {
        let sandbox = crate::commands::worker::pool(config.sandbox.clone())
            .context("cannot find this program's own file")?;
        let rag = Rag::open(rag::Parts {
            gateway: gateway.clone(),
            clock: Arc::new(SystemClock),
            parser: Arc::new(sandbox.clone()),
            blobs: Arc::new(FileStore::new(config.server.data_dir.join("blobs"))),
            client: outbound::Client::guarded(&config.outbound()),
            models_dir: config.server.data_dir.join("models"),
            config: config.rag.clone(),
        });
        let rag = rag.await?;
        let library = rag.library().clone();
        let flows = Flows::with(accounts.clone(), Registry::default(), Some(library));
        let mut handles = http::Extensions::new();
        handles.insert(sandbox.clone());
        handles.insert(rag.clone());
        let files = config.server.data_dir.join("files");
        let outbound = outbound::Client::guarded(&config.outbound());
        let engine = engine(&flows, &gateway, handles, files, outbound);
        let deployments = Deployments::new(flows.clone(), engine.clone());
        gateway.register_local(Arc::new(FlowModels(deployments.clone())));
        Ok(Self {
            db,
            flows,
            engine,
            deployments,
            instance: Arc::new(Instance::new(config)),
            accounts,
            gateway,
            rag,
            sandbox,
        })
    }
}

/// The engine that runs flows, with all that their nodes may reach.
fn engine(
    flows: &Flows,
    gateway: &Gateway,
    handles: http::Extensions,
    files: PathBuf,
    outbound: outbound::Client,
) -> Engine {
    let services = Services {
        gateway: gateway.clone(),
        clock: Arc::new(SystemClock),
        outbound,
        blobs: Arc::new(StoredFiles::new(FileStore::new(files))),
        handles,
    };
    Engine::new(EngineParts {
        db: flows.db().clone(),
        services: Arc::new(services),
        registry: flows.registry().clone(),
        catalogue: Arc::new(flows.clone()),
        config: EngineConfig::default(),
    })
}
