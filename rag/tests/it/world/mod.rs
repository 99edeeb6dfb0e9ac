//! Worlds to test in: a database, an index, a collection.

pub(crate) mod models;
pub(crate) mod qdrant;

use std::future::Future;
use std::sync::Arc;

use accounts::{Accounts, AccountsConfig};
use rag::index::{Embedded, EmbeddedConfig, Place, Qdrant, QdrantConfig, VectorStore};
use rag::library::{
    Collection, CreateCollection, NewChunk, NewDocument, PublishedFacts, Space, SpaceSpec,
};
use rag::search::{Search, SearchAnswer, SearchRequest};
use rag::{DocumentId, Library, SpaceId};
use store::testing::{TempDir, for_each_db};
use store::{Db, OrgId, TestClock};

use models::Words;
use qdrant::StandIn;

/// The length of the vectors that [`Words`] makes.
pub(crate) const DIMENSIONS: u32 = 64;

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: TestClock,
    pub(crate) org: OrgId,
    pub(crate) place: Place,
    pub(crate) space: Space,
    pub(crate) library: Library,
    pub(crate) search: Search,
    pub(crate) models: Words,
    pub(crate) accounts: Accounts,
    /// The server that plays Qdrant, where the index is in one.
    pub(crate) server: Option<StandIn>,
    pub(crate) dir: TempDir,
}

/// The index of a new world.
enum Index {
    Embedded,
    Qdrant,
}

/// Runs `test` with each index, on each database that the index works with.
pub(crate) async fn in_each_world<T: Future<Output = ()>>(test: impl Fn(World) -> T) {
    for_each_db(|db| async { test(World::new(db, Index::Embedded).await).await }).await;
    with_qdrant(test).await;
}

/// Runs `test` with the embedded index.
pub(crate) async fn embedded<T: Future<Output = ()>>(test: impl Fn(World) -> T) {
    for_each_db(|db| async { test(World::new(db, Index::Embedded).await).await }).await;
}

/// Runs `test` with Qdrant, on each database. The server is that of `TEST_QDRANT_URL`, else one that
/// plays it.
pub(crate) async fn with_qdrant<T: Future<Output = ()>>(test: impl Fn(World) -> T) {
    for_each_db(|db| async { test(World::new(db, Index::Qdrant).await).await }).await;
}

impl World {
    async fn new(db: Db, index: Index) -> Self {
        let (dir, clock) = (TempDir::new(), TestClock::default());
        let config = AccountsConfig {
            data_dir: dir.path().to_owned(),
            ..AccountsConfig::default()
        };
        let accounts = Accounts::open(db.clone(), Arc::new(clock.clone()), &config)
            .await
            .expect("opens");
        let org = accounts
            .create_organization("Acme", "acme")
            .await
            .expect("made")
            .id;
        let mut server = None;
        let store: Arc<dyn VectorStore> = match index {
            Index::Embedded => {
                let config = EmbeddedConfig::default();
                let clock = Arc::new(clock.clone());
                Arc::new(Embedded::new(db.clone(), clock, config))
            }
            Index::Qdrant => {
                let (config, stand_in) = qdrant_config().await;
                server = stand_in;
                Arc::new(qdrant(&db, &config))
            }
        };
        let library = Library::new(db.clone(), Arc::new(clock.clone()), store);
        let collection = collection(&library, org, "handbook").await;
        let space = space(&library, org, "words").await;
        library
            .begin_space(collection.place(), space.id)
            .await
            .expect("begins");
        Self {
            search: Search::new(library.clone()),
            models: Words::default(),
            place: collection.place(),
            db,
            clock,
            org,
            space,
            library,
            accounts,
            server,
            dir,
        }
    }

    /// Adds a document with these chunks, embedded.
    pub(crate) async fn add(&self, name: &str, texts: &[&str]) -> DocumentId {
        self.add_with(name, texts, NewDocument::default()).await
    }

    pub(crate) async fn add_with(
        &self,
        name: &str,
        texts: &[&str],
        new: NewDocument,
    ) -> DocumentId {
        let new = NewDocument {
            name: name.to_owned(),
            ..new
        };
        let document = self
            .library
            .add_document(self.place, new)
            .await
            .expect("added");
        self.write(document.id, texts, Some(self.space.id)).await;
        document.id
    }

    /// Publishes a new revision of a document.
    pub(crate) async fn write(&self, id: DocumentId, texts: &[&str], space: Option<SpaceId>) {
        let revision = self
            .library
            .begin_revision(self.place, id)
            .await
            .expect("begun");
        let chunks = chunks(texts);
        self.library
            .add_chunks(self.place, id, revision, space, chunks)
            .await
            .expect("added");
        self.library
            .publish(self.place, id, revision, &PublishedFacts::default())
            .await
            .expect("published");
    }

    pub(crate) async fn find(&self, request: SearchRequest) -> SearchAnswer {
        self.search
            .run(&self.models, self.place, request)
            .await
            .expect("answers")
    }

    /// Texts that a question finds, best first.
    pub(crate) async fn texts(&self, request: SearchRequest) -> Vec<String> {
        let answer = self.find(request).await;
        answer.hits.into_iter().map(|hit| hit.chunk.text).collect()
    }
}

pub(crate) fn chunks(texts: &[&str]) -> Vec<NewChunk> {
    let chunk = |(at, text): (usize, &&str)| NewChunk {
        ordinal: at as u32,
        text: (*text).to_owned(),
        token_count: text.split(' ').count() as u32,
        vector: Some(models::vector(text)),
        ..NewChunk::default()
    };
    texts.iter().enumerate().map(chunk).collect()
}

pub(crate) async fn collection(library: &Library, org: OrgId, slug: &str) -> Collection {
    let wanted = CreateCollection {
        name: slug.to_owned(),
        slug: slug.to_owned(),
        description: String::new(),
        settings: Default::default(),
    };
    library.create_collection(org, wanted).await.expect("made")
}

pub(crate) async fn space(library: &Library, org: OrgId, model: &str) -> Space {
    let spec = SpaceSpec {
        model: model.to_owned(),
        dimensions: DIMENSIONS,
        file_hash: String::new(),
    };
    library.space(org, &spec).await.expect("made")
}

pub(crate) fn qdrant(db: &Db, config: &QdrantConfig) -> Qdrant {
    let client = outbound::Client::trusted(&outbound::Settings::default());
    Qdrant::new(db.clone(), client, config)
}

async fn qdrant_config() -> (QdrantConfig, Option<StandIn>) {
    let prefix = format!("test-{}", uuid::Uuid::now_v7().simple());
    if let Ok(url) = std::env::var("TEST_QDRANT_URL") {
        let api_key = None;
        return (
            QdrantConfig {
                url,
                api_key,
                prefix,
            },
            None,
        );
    }
    let server = StandIn::start().await;
    let config = QdrantConfig {
        url: server.url(),
        api_key: Some("secret".to_owned()),
        prefix,
    };
    (config, Some(server))
}
