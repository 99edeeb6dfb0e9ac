-- Folders and buckets that collections are kept in step with.

CREATE TABLE collection_sources (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    collection_id UUID NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- A folder of this server or a bucket, as JSON, without its secret.
    location TEXT NOT NULL,
    -- The bucket's secret key, in the vault.
    credential_id UUID REFERENCES credentials (id) ON DELETE SET NULL,
    -- Globs, JSON arrays.
    include TEXT NOT NULL,
    exclude TEXT NOT NULL,
    -- Whether documents go when their files are gone.
    delete_missing BOOLEAN NOT NULL,
    interval_minutes BIGINT,
    next_sync_at BIGINT,
    -- In whose name it syncs by itself: a key or a person.
    acts_for TEXT NOT NULL,
    -- What the last sync found, JSON.
    counts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX collection_sources_org ON collection_sources (org_id, collection_id, id);
CREATE INDEX collection_sources_due ON collection_sources (next_sync_at)
    WHERE next_sync_at IS NOT NULL;

CREATE TABLE source_files (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL,
    collection_id UUID NOT NULL,
    source_id UUID NOT NULL REFERENCES collection_sources (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    -- Tells one content from another: an ETag, or time and size. Empty: it shall be read again.
    fingerprint TEXT NOT NULL,
    document_id UUID REFERENCES documents (id) ON DELETE SET NULL,
    -- Why it was not taken.
    error TEXT,
    -- The job that saw it last.
    seen_by UUID,
    updated_at BIGINT NOT NULL,
    UNIQUE (source_id, path)
);
CREATE INDEX source_files_document ON source_files (document_id);
CREATE INDEX source_files_list ON source_files (source_id, id);

ALTER TABLE ingestion_jobs ADD COLUMN source_id UUID
    REFERENCES collection_sources (id) ON DELETE SET NULL;
-- A source has one job that waits or runs, whoever begins it.
CREATE UNIQUE INDEX ingestion_jobs_source ON ingestion_jobs (source_id)
    WHERE state IN ('queued', 'running');
