use store::{Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx};

use crate::library::{Collection, CollectionSettings, CollectionState, Space};
use crate::search::Analyzer;
use crate::{CollectionId, SpaceId};

pub(crate) async fn insert(tx: &mut Tx, collection: &Collection) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO collections (id, org_id, name, slug, description, settings, analyzer, space_id,
             shadow_space_id, state, generation, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(collection.id)
    .bind(collection.org_id)
    .bind(&collection.name)
    .bind(&collection.slug)
    .bind(&collection.description)
    .bind(&collection.settings)
    .bind(collection.analyzer)
    .bind(collection.space_id)
    .bind(collection.shadow_space_id)
    .bind(collection.state)
    .bind(collection.generation)
    .bind(collection.created_at)
    .bind(collection.updated_at))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId, id: CollectionId) -> Result<Option<Collection>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, slug, description, settings, analyzer, space_id, shadow_space_id,
             state, generation, created_at, updated_at
         FROM collections WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

/// All collections of all organizations, with their names: for the operator alone.
pub(crate) async fn all(db: &Db) -> Result<Vec<(OrgId, CollectionId, String)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, id, name FROM collections ORDER BY org_id, id",
    ).fetch_all(c).await)
}

pub(crate) async fn get_by_slug(db: &Db, org: OrgId, slug: &str) -> Result<Option<Collection>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, slug, description, settings, analyzer, space_id, shadow_space_id,
             state, generation, created_at, updated_at
         FROM collections WHERE slug = $1 AND org_id = $2",
    ).bind(slug).bind(org).fetch_optional(c).await)
}

/// Newest first, from below `before`.
pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    before: CollectionId,
    rows: i64,
) -> Result<Vec<Collection>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, slug, description, settings, analyzer, space_id, shadow_space_id,
             state, generation, created_at, updated_at
         FROM collections WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    ).bind(org).bind(before).bind(rows).fetch_all(c).await)
}

/// Raises the generation; also the lock that puts writers of one collection into a row.
pub(crate) async fn raise(
    tx: &mut Tx,
    org: OrgId,
    id: CollectionId,
    now: Micros,
) -> Result<Option<i64>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "UPDATE collections SET generation = generation + 1, updated_at = $3
         WHERE id = $1 AND org_id = $2 RETURNING generation",
    ).bind(id).bind(org).bind(now).fetch_optional(c).await)
}

pub(crate) async fn update(
    tx: &mut Tx,
    org: OrgId,
    id: CollectionId,
    name: &str,
    description: &str,
    settings: &Json<CollectionSettings>,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE collections SET name = $3, description = $4, settings = $5
         WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).bind(name).bind(description).bind(settings))?;
    Ok(())
}

pub(crate) async fn set_analyzer(
    tx: &mut Tx,
    org: OrgId,
    id: CollectionId,
    analyzer: &Json<Analyzer>,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE collections SET analyzer = $3 WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).bind(analyzer))?;
    Ok(())
}

pub(crate) async fn set_spaces(
    tx: &mut Tx,
    org: OrgId,
    id: CollectionId,
    active: Option<SpaceId>,
    shadow: Option<SpaceId>,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE collections SET space_id = $3, shadow_space_id = $4 WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).bind(active).bind(shadow))?;
    Ok(())
}

pub(crate) async fn set_state(
    tx: &mut Tx,
    org: OrgId,
    id: CollectionId,
    state: CollectionState,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE collections SET state = $3 WHERE id = $1 AND org_id = $2 AND state <> 'deleting'",
    ).bind(id).bind(org).bind(state))?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: CollectionId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM collections WHERE id = $1 AND org_id = $2")
        .bind(id).bind(org))
}

pub(crate) async fn insert_space(tx: &mut Tx, space: &Space) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO embedding_spaces (id, org_id, model, dimensions, file_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, model, dimensions, file_hash) DO NOTHING",
    )
    .bind(space.id)
    .bind(space.org_id)
    .bind(&space.model)
    .bind(space.dimensions)
    .bind(&space.file_hash)
    .bind(space.created_at))?;
    Ok(())
}

pub(crate) async fn find_space(tx: &mut Tx, wanted: &Space) -> Result<Space> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, model, dimensions, file_hash, created_at FROM embedding_spaces
         WHERE org_id = $1 AND model = $2 AND dimensions = $3 AND file_hash = $4",
    )
    .bind(wanted.org_id)
    .bind(&wanted.model)
    .bind(wanted.dimensions)
    .bind(&wanted.file_hash)
    .fetch_one(c).await)
}

pub(crate) async fn get_space(db: &Db, org: OrgId, id: SpaceId) -> Result<Option<Space>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, model, dimensions, file_hash, created_at FROM embedding_spaces
         WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn get_in(
    tx: &mut Tx,
    org: OrgId,
    id: CollectionId,
) -> Result<Option<Collection>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, name, slug, description, settings, analyzer, space_id, shadow_space_id,
             state, generation, created_at, updated_at
         FROM collections WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

/// Collections whose deletion was begun and not finished, of all organizations.
pub(crate) async fn half_deleted(db: &Db) -> Result<Vec<(OrgId, CollectionId)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, id FROM collections WHERE state = 'deleting' ORDER BY id",
    ).fetch_all(c).await)
}
