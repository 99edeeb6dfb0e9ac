//! The hub as the server holds it: the library with everything that works on it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::{Accounts, Actor, Principal, Secret};
use futures_util::future::BoxFuture;
use gateway::Gateway;
use parking_lot::Mutex;
use store::{Db, SharedClock};
use tokio::sync::Notify;

use crate::ask::{Ask, CollectionModels};
use crate::blob::{BlobStore, parsed_key};
use crate::config::RagConfig;
use crate::embed::{Embedder, LocalEmbedders, LocalModelConfig};
use crate::http::FileSearchTool;
use crate::index::{Embedded, EmbeddedConfig, Place, Qdrant, QdrantConfig, VectorStore};
use crate::library::{Collection, Document, EmbeddingSettings, Job, Library, Receipt, Space};
use crate::parse;
use crate::parse::ocr::Tesseract;
use crate::search::{GatewayModels, Models, Search};
use crate::{DocumentId, Error, ErrorKind, JobId, Result};

/// Where files are parsed: away from this process, which holds keys and everybody's data.
pub trait Parser: Send + Sync {
    /// Runs [`parse::job`] on a request.
    ///
    /// # Errors
    /// Why there is no answer: time, memory, a crash.
    fn parse<'a>(
        &'a self,
        request: &'a [u8],
        limits: sandbox::Limits,
    ) -> BoxFuture<'a, Result<Vec<u8>, sandbox::SandboxError>>;
}

impl Parser for sandbox::Pool {
    fn parse<'a>(
        &'a self,
        request: &'a [u8],
        limits: sandbox::Limits,
    ) -> BoxFuture<'a, Result<Vec<u8>, sandbox::SandboxError>> {
        Box::pin(self.run(parse::JOB, request, limits))
    }
}

/// What the hub is made of.
pub struct Parts {
    /// Model calls, callers, the database.
    pub gateway: Gateway,
    /// Time.
    pub clock: SharedClock,
    /// Where files are parsed.
    pub parser: Arc<dyn Parser>,
    /// Where originals are kept.
    pub blobs: Arc<dyn BlobStore>,
    /// Connections to addresses that users enter.
    pub client: outbound::Client,
    /// Where models that are fetched from a hub are kept.
    pub models_dir: PathBuf,
    /// Settings.
    pub config: RagConfig,
}

/// The RAG hub. Clones share everything.
#[derive(Clone)]
pub struct Rag {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) library: Library,
    search: Search,
    ask: Ask,
    pub(crate) gateway: Gateway,
    pub(crate) parser: Arc<dyn Parser>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) client: outbound::Client,
    pub(crate) ocr: Option<Tesseract>,
    local: LocalEmbedders,
    pub(crate) config: RagConfig,
    /// Passwords of files whose job waits or runs. Never stored.
    pub(crate) passwords: Mutex<HashMap<JobId, Secret>>,
    /// Since when jobs of this process embed, for estimates.
    pub(crate) embedding_since: Mutex<HashMap<JobId, Instant>>,
    /// A job was queued.
    pub(crate) queued: Notify,
}

impl std::fmt::Debug for Rag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rag")
            .field("library", &self.inner.library)
            .finish_non_exhaustive()
    }
}

impl Rag {
    /// Opens the hub on a migrated database; loads local models and registers them with the gateway.
    /// Jobs are carried out by [`run`](Self::run).
    ///
    /// # Errors
    /// `NotConfigured`, naming the setting and what to do.
    pub async fn open(parts: Parts) -> Result<Self> {
        let config = parts.config;
        for name in config.models.keys() {
            check_model_name(name)?;
        }
        let models = fetch_models(&config, &parts.models_dir).await?;
        let local = load(config.onnx_runtime.clone(), models).await?;
        if !config.models.is_empty() {
            parts.gateway.register_local(Arc::new(local.clone()));
        }
        let store = open_store(&config, &parts.gateway, &parts.clock)?;
        let library = Library::new(parts.gateway.db().clone(), parts.clock, store);
        let ask = Ask::new(
            library.clone(),
            parts.gateway.clone(),
            config.answer_model.clone(),
        );
        let models = CollectionModels::new(ask.clone());
        parts.gateway.register_local(Arc::new(models));
        let inner = Inner {
            search: Search::new(library.clone()),
            ask,
            ocr: find_ocr(&config),
            library,
            gateway: parts.gateway,
            parser: parts.parser,
            blobs: parts.blobs,
            client: parts.client,
            local,
            config,
            passwords: Mutex::default(),
            embedding_since: Mutex::default(),
            queued: Notify::new(),
        };
        let rag = Self {
            inner: Arc::new(inner),
        };
        let tool = FileSearchTool::of(&rag);
        rag.gateway().set_file_search(Arc::new(tool));
        Ok(rag)
    }

    /// What is written.
    pub fn library(&self) -> &Library {
        &self.inner.library
    }

    /// What is found.
    pub fn search(&self) -> &Search {
        &self.inner.search
    }

    /// What is answered.
    pub fn ask(&self) -> &Ask {
        &self.inner.ask
    }

    /// Model calls.
    pub fn gateway(&self) -> &Gateway {
        &self.inner.gateway
    }

    /// Callers.
    pub fn accounts(&self) -> &Accounts {
        self.inner.gateway.accounts()
    }

    /// Where originals are kept.
    pub fn blobs(&self) -> &dyn BlobStore {
        self.inner.blobs.as_ref()
    }

    /// Settings.
    pub fn config(&self) -> &RagConfig {
        &self.inner.config
    }

    /// The models as this caller may use them.
    pub fn models(&self, who: &Arc<Principal>) -> GatewayModels {
        GatewayModels::new(self.inner.gateway.clone(), Arc::clone(who))
    }

    /// What was read out of a document: pages with their text and where each character stands.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while the document was not read yet.
    pub async fn parsed(&self, place: Place, id: DocumentId) -> Result<parse::Document> {
        let document = self.library().get_document(place, id).await?;
        self.parsed_of(&document).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::Conflict,
                format!("document {id} was not read yet"),
            )
        })
    }

    /// The same for a document that is at hand; `None` while it was not read.
    pub(crate) async fn parsed_of(&self, document: &Document) -> Result<Option<parse::Document>> {
        let Some(key) = &document.blob_key else {
            return Ok(None);
        };
        let bytes = match self.inner.blobs.read(&parsed_key(key)).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let read = postcard::from_bytes(&bytes);
        // Written by another version of this program: it is read anew when it is needed.
        Ok(read.ok())
    }

    /// Deletes a document with its files, on somebody's behalf.
    ///
    /// # Errors
    /// As [`Library::delete_document_as`].
    pub async fn delete_document_as(
        &self,
        actor: &Actor,
        place: Place,
        id: DocumentId,
    ) -> Result<Receipt> {
        let accounts = self.accounts();
        let deleted = self
            .library()
            .delete_document_as(accounts, actor, place, id);
        let receipt = deleted.await?;
        self.delete_blobs(&receipt).await;
        Ok(receipt)
    }

    /// Deletes a collection with the files of its documents, on somebody's behalf.
    ///
    /// # Errors
    /// As [`Library::delete_collection_as`].
    pub async fn delete_collection_as(&self, actor: &Actor, place: Place) -> Result<Receipt> {
        let accounts = self.accounts();
        let sources = self
            .library()
            .list_sources(place, None, usize::MAX >> 1)
            .await?;
        let deleted = self.library().delete_collection_as(accounts, actor, place);
        let receipt = deleted.await?;
        self.forget_secrets(actor, &sources).await;
        self.delete_blobs(&receipt).await;
        Ok(receipt)
    }

    /// Removes the files that a deletion left. One that cannot be removed now is removed by
    /// [`run`](Self::run), which looks after files that no document knows.
    pub(crate) async fn delete_blobs(&self, receipt: &Receipt) {
        for key in &receipt.blob_keys {
            for key in [key.clone(), parsed_key(key)] {
                if let Err(error) = self.inner.blobs.delete(&key).await {
                    tracing::warn!(%error, key, "cannot remove a file; it is tried again later");
                }
            }
        }
    }

    /// How long a job that embeds will take still, by its pace so far. `None` where that is not
    /// known: before the first batch, and for jobs of other processes.
    pub fn time_left(&self, job: &Job) -> Option<Duration> {
        let since = *self.inner.embedding_since.lock().get(&job.id)?;
        let (done, total) = (job.chunks_done, job.chunks_total?);
        let (done, left) = (u32::try_from(done).ok()?, u32::try_from(total - done).ok()?);
        since.elapsed().checked_mul(left)?.checked_div(done)
    }

    /// The embedding model of a collection, as its settings or the configuration name it; `None`
    /// when text search answers alone.
    pub fn embedding_of(&self, collection: &Collection) -> Option<EmbeddingSettings> {
        let settings = collection.settings.embedding.clone();
        settings.filter(|settings| settings.model != NO_MODEL)
    }

    /// The space of a model's vectors.
    ///
    /// # Errors
    /// `Model` when the model refuses.
    pub(crate) async fn space_of(
        &self,
        models: &dyn Models,
        place: Place,
        wanted: &EmbeddingSettings,
    ) -> Result<Space> {
        let local = wanted.model.strip_prefix("local/");
        let local = local.and_then(|name| self.inner.local.get(name));
        let file_hash = local.map_or("", |model| model.file_hash());
        Embedder::new(self.library().clone())
            .space(models, place, &wanted.model, wanted.dimensions, file_hash)
            .await
    }
}

/// In place of a model's name: text search alone, whatever the configuration says.
pub const NO_MODEL: &str = "none";

fn check_model_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(fits) {
        return Err(Error::new(
            ErrorKind::NotConfigured,
            format!("`rag.models`: `{name}` must have letters, digits, `-`, `_` and `.` only"),
        ));
    }
    Ok(())
}

/// The models with their directories, fetched from the hub where they have none of their own.
async fn fetch_models(
    config: &RagConfig,
    folder: &Path,
) -> Result<BTreeMap<String, LocalModelConfig>> {
    let mut models = config.models.clone();
    // The hub is of the instance's own configuration.
    let client = outbound::Client::trusted(&outbound::Settings::default());
    for model in models.values_mut() {
        if let (None, Some(hub)) = (&model.path, &model.hub) {
            model.path = Some(hub.fetch(&client, &config.hub_url, folder).await?);
        }
    }
    Ok(models)
}

async fn load(
    runtime: Option<PathBuf>,
    models: BTreeMap<String, LocalModelConfig>,
) -> Result<LocalEmbedders> {
    let loaded =
        tokio::task::spawn_blocking(move || LocalEmbedders::load(runtime.as_deref(), &models));
    loaded
        .await
        .map_err(|_| Error::internal("a local model brought its loading down"))?
}

fn open_store(
    config: &RagConfig,
    gateway: &Gateway,
    clock: &SharedClock,
) -> Result<Arc<dyn VectorStore>> {
    let db = gateway.db().clone();
    let Some(qdrant) = &config.qdrant else {
        let limits = EmbeddedConfig {
            memory_bytes: config.index_memory_bytes,
            idle: Duration::from_secs(config.index_idle_s),
        };
        return Ok(Arc::new(Embedded::new(db, Arc::clone(clock), limits)));
    };
    Ok(Arc::new(open_qdrant(qdrant, db)?))
}

/// The index in a Qdrant server, its key read from where the configuration says.
///
/// # Errors
/// `NotConfigured` when the key cannot be read.
pub fn open_qdrant(config: &QdrantConfig, db: Db) -> Result<Qdrant> {
    let mut config = config.clone();
    if let Some(key) = &config.api_key {
        let key = gateway::Secrets::read(key).map_err(|why| {
            Error::new(
                ErrorKind::NotConfigured,
                format!("`rag.qdrant.api_key`: {why}"),
            )
        })?;
        config.api_key = Some(key.expose().to_owned());
    }
    let client = outbound::Client::trusted(&outbound::Settings::default());
    Ok(Qdrant::new(db, client, &config))
}

fn find_ocr(config: &RagConfig) -> Option<Tesseract> {
    let found = match config.ocr.as_str() {
        "off" => None,
        "auto" => Tesseract::find(&std::env::var_os("PATH").unwrap_or_default()),
        path => Some(Tesseract::new(path)),
    }?;
    Some(match &config.ocr_languages {
        Some(languages) => found.with_languages(languages.clone()),
        None => found,
    })
}
