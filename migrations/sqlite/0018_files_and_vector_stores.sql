-- Files of `/v1/files`, and what `/v1/vector_stores` knows of collections and documents.

CREATE TABLE files (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    blob_key TEXT NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX files_org ON files (org_id, id);
CREATE INDEX files_blob ON files (blob_key);
CREATE INDEX files_due ON files (expires_at) WHERE expires_at IS NOT NULL;

-- Each collection is a vector store; a row is there once something of it was set.
CREATE TABLE vector_stores (
    collection_id BLOB PRIMARY KEY NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    org_id BLOB NOT NULL,
    -- Made as a vector store: keys without admin scope may change it.
    made_here BOOLEAN NOT NULL,
    -- A JSON object of texts.
    metadata TEXT NOT NULL,
    -- How long after its last use it expires.
    expires_days BIGINT,
    last_active_at BIGINT NOT NULL,
    expires_at BIGINT,
    -- Its documents are gone.
    expired BOOLEAN NOT NULL
);
CREATE INDEX vector_stores_due ON vector_stores (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE vector_store_batches (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB NOT NULL,
    collection_id BLOB NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    cancelled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX vector_store_batches_store ON vector_store_batches (collection_id);

-- Documents that were made of files.
CREATE TABLE vector_store_files (
    document_id BLOB PRIMARY KEY NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    org_id BLOB NOT NULL,
    collection_id BLOB NOT NULL,
    file_id BLOB NOT NULL,
    -- How this document is cut, JSON; as its collection does where there is none.
    chunking TEXT,
    -- The batch that it came with last.
    batch_id BLOB REFERENCES vector_store_batches (id) ON DELETE SET NULL,
    UNIQUE (collection_id, file_id)
);
CREATE INDEX vector_store_files_file ON vector_store_files (org_id, file_id);
CREATE INDEX vector_store_files_batch ON vector_store_files (batch_id);
