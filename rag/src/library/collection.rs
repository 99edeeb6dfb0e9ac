//! Collections.

use serde::{Deserialize, Serialize};
use store::{Json, Micros, OrgId, in_tx};

use super::{Library, no_collection, raise};
use crate::ask::AskOptions;
use crate::chunk::{ChunkSettings, Strategy};
use crate::index::Place;
use crate::search::{Analyzer, Language};
use crate::{ChunkId, CollectionId, Error, ErrorKind, Result, SpaceId, sql};

/// How a collection cuts its documents. The numbers are tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChunkingSettings {
    /// `structure` (headings, lists, tables), `fixed`, `parent_child` or `rows`.
    pub strategy: String,
    /// Most tokens of a chunk.
    pub max_tokens: u32,
    /// Tokens that a chunk repeats of the one before.
    pub overlap_tokens: u32,
    /// Most tokens of a parent, with `parent_child`.
    pub parent_tokens: u32,
}

impl Default for ChunkingSettings {
    fn default() -> Self {
        Self {
            strategy: "structure".to_owned(),
            max_tokens: 512,
            overlap_tokens: 64,
            parent_tokens: 2048,
        }
    }
}

impl ChunkingSettings {
    /// The same in the chunker's own terms.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn to_chunker(&self) -> Result<ChunkSettings> {
        let strategy = match self.strategy.as_str() {
            "structure" => Strategy::Structure,
            "fixed" => Strategy::Static,
            "parent_child" => Strategy::ParentChild {
                parent_tokens: self.parent_tokens,
            },
            "rows" => Strategy::Questions {
                question: None,
                answer: None,
            },
            other => {
                return Err(Error::invalid(format!(
                    "`chunking.strategy` must be `structure`, `fixed`, `parent_child` or `rows`, not \
                     `{other}`"
                )));
            }
        };
        let settings = ChunkSettings {
            strategy,
            max_tokens: self.max_tokens,
            overlap_tokens: self.overlap_tokens,
            ..ChunkSettings::default()
        };
        let checked = settings.check();
        checked.map_err(|error| Error::invalid(format!("`chunking`: {error}")))?;
        Ok(settings)
    }
}

/// Which model makes a collection's vectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingSettings {
    /// Model, as the gateway names it (`openai/text-embedding-3-small`, `local/minilm`).
    pub model: String,
    /// Wanted length of the vectors, for models that can be asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
}

/// What a search uses where it says nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SearchDefaults {
    /// Results.
    pub limit: u32,
    /// Results below this score are left out; 0 to 1.
    pub score_threshold: f32,
    /// Weight of the vectors in the fusion.
    pub embedding_weight: f32,
    /// Weight of the text in the fusion.
    pub text_weight: f32,
}

impl Default for SearchDefaults {
    fn default() -> Self {
        Self {
            limit: 10,
            score_threshold: 0.0,
            embedding_weight: 1.0,
            text_weight: 1.0,
        }
    }
}

/// What can be set on a collection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CollectionSettings {
    /// How documents are cut.
    pub chunking: ChunkingSettings,
    /// The embedding model; none means that text search answers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<EmbeddingSettings>,
    /// Language of the documents: stems and function words of the text search.
    pub language: Language,
    /// What a search uses where it says nothing else.
    pub search: SearchDefaults,
    /// How questions are answered where they say nothing else, and by `rag/<slug>`.
    #[serde(skip_serializing_if = "AskOptions::is_default")]
    pub answer: AskOptions,
}

/// What a collection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CollectionState {
    /// It answers.
    Ready,
    /// It answers, and is being indexed anew.
    Indexing,
    /// It is being deleted and does not answer.
    Deleting,
}

crate::word::sql_word!(CollectionState {
    Ready = "ready",
    Indexing = "indexing",
    Deleting = "deleting",
});

store::row! {
    /// A collection of documents.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct Collection {
        /// Its id.
        pub id: CollectionId,
        /// The tenant.
        #[serde(skip)]
        pub org_id: OrgId,
        /// Name for people.
        pub name: String,
        /// Name in addresses and model names (`rag/<slug>`).
        pub slug: String,
        /// What is in it.
        pub description: String,
        /// Settings.
        #[schema(value_type = CollectionSettings)]
        pub settings: Json<CollectionSettings>,
        /// The analyzer that its text index was written with.
        #[schema(value_type = Analyzer)]
        pub analyzer: Json<Analyzer>,
        /// The embedding space that answers; `null` means that text search answers alone.
        pub space_id: Option<SpaceId>,
        /// The embedding space that is being filled to replace it.
        pub shadow_space_id: Option<SpaceId>,
        /// What it is doing.
        pub state: CollectionState,
        /// Raised by each change of what can be found.
        pub generation: i64,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

impl Collection {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place {
            org: self.org_id,
            collection: self.id,
        }
    }
}

/// A collection to be made.
#[derive(Debug, Clone, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCollection {
    /// Name for people.
    pub name: String,
    /// Name in addresses: lower case letters, digits and `-`. Unique in the organization.
    pub slug: String,
    /// What is in it.
    #[serde(default)]
    pub description: String,
    /// Settings.
    #[serde(default)]
    pub settings: CollectionSettings,
}

/// What changes of a collection; absent fields stay.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateCollection {
    /// Name for people.
    pub name: Option<String>,
    /// What is in it.
    pub description: Option<String>,
    /// Settings. Another language takes effect with [`Library::reindex_text`], another embedding
    /// model with [`Library::begin_space`].
    pub settings: Option<CollectionSettings>,
}

impl Library {
    /// Makes a collection.
    ///
    /// # Errors
    /// `Invalid` naming the field, `Conflict` when the slug is taken.
    pub async fn create_collection(
        &self,
        org: OrgId,
        wanted: CreateCollection,
    ) -> Result<Collection> {
        check_name(&wanted.name)?;
        check_slug(&wanted.slug)?;
        wanted.settings.check()?;
        let now = self.now();
        let collection = Collection {
            id: CollectionId::new(),
            org_id: org,
            name: wanted.name,
            slug: wanted.slug,
            description: wanted.description,
            analyzer: Json(Analyzer::new(wanted.settings.language)),
            settings: Json(wanted.settings),
            space_id: None,
            shadow_space_id: None,
            state: CollectionState::Ready,
            generation: 0,
            created_at: now,
            updated_at: now,
        };
        let made =
            in_tx!(self.db, tx: store::Error => sql::collections::insert(tx, &collection).await);
        match made {
            Ok(()) => Ok(collection),
            Err(error) if error.is_conflict() => Err(Error::new(
                ErrorKind::Conflict,
                format!("a collection `{}` exists already", collection.slug),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// A collection.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_collection(&self, place: Place) -> Result<Collection> {
        let found = sql::collections::get(&self.db, place.org, place.collection).await?;
        found.ok_or_else(|| no_collection(place))
    }

    /// A collection by its slug.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_collection_by_slug(&self, org: OrgId, slug: &str) -> Result<Collection> {
        let found = sql::collections::get_by_slug(&self.db, org, slug).await?;
        found.ok_or_else(|| Error::not_found(format!("collection `{slug}`")))
    }

    /// Collections, newest first, from below `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_collections(
        &self,
        org: OrgId,
        before: Option<CollectionId>,
        limit: usize,
    ) -> Result<Vec<Collection>> {
        let before = before.unwrap_or(CollectionId::from_uuid(uuid::Uuid::max()));
        Ok(sql::collections::list(&self.db, org, before, limit as i64).await?)
    }

    /// Changes a collection.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn update_collection(
        &self,
        place: Place,
        wanted: UpdateCollection,
    ) -> Result<Collection> {
        if let Some(name) = &wanted.name {
            check_name(name)?;
        }
        if let Some(settings) = &wanted.settings {
            settings.check()?;
        }
        in_tx!(self.db, tx: Error => {
            raise(tx, place, self.clock.now()).await?;
            let now = sql::collections::get_in(tx, place.org, place.collection).await?;
            let mut collection = now.ok_or_else(|| no_collection(place))?;
            collection.name = wanted.name.unwrap_or(collection.name);
            collection.description = wanted.description.unwrap_or(collection.description);
            collection.settings = wanted.settings.map_or(collection.settings, Json);
            sql::collections::update(
                tx, place.org, place.collection, &collection.name, &collection.description,
                &collection.settings,
            ).await?;
            Ok(collection)
        })
    }

    /// Indexes all texts again, with the current analyzer for `language`: after a change of language,
    /// or when this program's analyzer is newer than the collection's. In one transaction: the old
    /// index answers until then.
    ///
    /// # Errors
    /// `NotFound`, and those of the database.
    pub async fn reindex_text(&self, place: Place, language: Language) -> Result<u64> {
        let analyzer = Analyzer::new(language);
        let count = in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, self.clock.now()).await?;
            let mut after = ChunkId::from_uuid(uuid::Uuid::nil());
            let mut count = 0;
            loop {
                let rows = sql::chunks::texts_after(tx, place, after, 200).await?;
                let Some((last, _, _)) = rows.last() else { break };
                after = *last;
                for (id, headings, text) in &rows {
                    let headings: Vec<String> = serde_json::from_str(headings).unwrap_or_default();
                    let terms = analyzer.document(&super::chunk::indexed_text(&headings, text));
                    let length = i64::from(terms.length());
                    sql::chunks::set_terms(tx, place, *id, &terms.encode(), length).await?;
                }
                count += rows.len() as u64;
            }
            sql::collections::set_analyzer(tx, place.org, place.collection, &Json(analyzer)).await?;
            sql::documents::touch_all(tx, place, generation).await?;
            if self.store.needs_outbox() {
                sql::outbox::add_collection(tx, place).await?;
            }
            Ok(count)
        })?;
        self.after_commit(place).await;
        Ok(count)
    }

    /// How many documents and chunks are in a collection.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn totals(&self, place: Place) -> Result<(i64, i64)> {
        Ok(sql::documents::totals(&self.db, place).await?)
    }

    /// Says what a collection is doing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_collection_state(&self, place: Place, state: CollectionState) -> Result<()> {
        in_tx!(self.db, tx => {
            Ok(sql::collections::set_state(tx, place.org, place.collection, state).await?)
        })
    }
}

impl CollectionSettings {
    pub(super) fn check(&self) -> Result<()> {
        self.chunking.to_chunker()?;
        self.answer.check()?;
        let search = &self.search;
        if !(1..=50).contains(&search.limit) {
            return Err(Error::invalid("`search.limit` must be between 1 and 50"));
        }
        if !(0.0..=1.0).contains(&search.score_threshold) {
            return Err(Error::invalid(
                "`search.score_threshold` must be between 0 and 1",
            ));
        }
        let weights = [search.embedding_weight, search.text_weight];
        if weights.iter().any(|w| !(0.0..=100.0).contains(w)) || weights == [0.0, 0.0] {
            return Err(Error::invalid(
                "`search.embedding_weight` and `search.text_weight` must be between 0 and 100, and \
                 not both 0",
            ));
        }
        Ok(())
    }
}

pub(super) fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > 200 {
        return Err(Error::invalid("`name` must have between 1 and 200 letters"));
    }
    Ok(())
}

fn check_slug(slug: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if slug.is_empty() || slug.len() > 64 || !slug.chars().all(fits) {
        return Err(Error::invalid(format!(
            "`slug` must have 1 to 64 lower case letters, digits and `-`, found `{slug}`"
        )));
    }
    Ok(())
}
