-- Documents that can be searched: collections, documents, chunks, vectors, and what works on them.

CREATE TABLE collections (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    description TEXT NOT NULL,
    -- Chunking, embedding, search defaults.
    settings TEXT NOT NULL,
    -- How its texts were split into terms; an index is only read with the analyzer that wrote it.
    analyzer TEXT NOT NULL,
    -- The embedding space that answers, and the one that is being filled to replace it.
    space_id UUID,
    shadow_space_id UUID,
    state TEXT NOT NULL,
    -- Raised by each change of what can be found.
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, slug)
);
CREATE INDEX collections_org ON collections (org_id, id);

-- Vectors can be compared inside one space only: a model, a length, and (local models) one file.
CREATE TABLE embedding_spaces (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    dimensions BIGINT NOT NULL,
    file_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (org_id, model, dimensions, file_hash)
);

CREATE TABLE documents (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    collection_id UUID NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    blob_key TEXT,
    content_hash BYTEA NOT NULL,
    source TEXT,
    status TEXT NOT NULL,
    error TEXT,
    -- Poor text, parts that were left out, and other things to tell.
    notes TEXT NOT NULL,
    attributes TEXT NOT NULL,
    tags TEXT NOT NULL,
    language TEXT,
    page_count BIGINT NOT NULL,
    chunk_count BIGINT NOT NULL,
    token_count BIGINT NOT NULL,
    -- Chunks of this revision are found; 0 while none was published.
    revision BIGINT NOT NULL,
    -- The collection's generation at the last change of this document.
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX documents_org ON documents (org_id, collection_id, id);
CREATE INDEX documents_hash ON documents (collection_id, content_hash);
CREATE INDEX documents_generation ON documents (collection_id, generation);

CREATE TABLE chunks (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL,
    collection_id UUID NOT NULL,
    document_id UUID NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    parent_id UUID,
    -- Parents are shown, not searched.
    searchable BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    edited BOOLEAN NOT NULL,
    text TEXT NOT NULL,
    headings TEXT NOT NULL,
    page_start BIGINT,
    page_end BIGINT,
    offset_start BIGINT,
    offset_end BIGINT,
    boxes TEXT,
    hash BYTEA NOT NULL,
    token_count BIGINT NOT NULL,
    -- The text index: hashed terms with their frequencies, and their sum.
    terms BYTEA NOT NULL,
    term_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX chunks_document ON chunks (document_id, revision, ordinal);
CREATE INDEX chunks_org ON chunks (org_id, collection_id, id);
CREATE INDEX chunks_hash ON chunks (org_id, hash);

CREATE TABLE vectors (
    space_id UUID NOT NULL,
    chunk_id UUID NOT NULL REFERENCES chunks (id) ON DELETE CASCADE,
    org_id UUID NOT NULL,
    -- Little-endian 16-bit floats of length 1.
    bytes BYTEA NOT NULL,
    PRIMARY KEY (space_id, chunk_id)
);
CREATE INDEX vectors_chunk ON vectors (chunk_id);

-- Chunks whose copy in the vector server may be old.
CREATE TABLE vector_outbox (
    chunk_id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL,
    collection_id UUID NOT NULL,
    -- Changes with each entry, so that a delivery only removes what it has read.
    version UUID NOT NULL
);
CREATE INDEX vector_outbox_collection ON vector_outbox (org_id, collection_id);

CREATE TABLE embedding_cache (
    org_id UUID NOT NULL,
    space_id UUID NOT NULL,
    hash BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, space_id, hash)
);
CREATE INDEX embedding_cache_used ON embedding_cache (used_at);

CREATE TABLE ingestion_jobs (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL,
    collection_id UUID NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    document_id UUID REFERENCES documents (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    pages_done BIGINT NOT NULL,
    pages_total BIGINT,
    chunks_done BIGINT NOT NULL,
    chunks_total BIGINT,
    cost_nano_usd BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    error TEXT,
    cancel_requested BOOLEAN NOT NULL,
    lease_owner UUID,
    lease_until BIGINT,
    progressed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX ingestion_jobs_state ON ingestion_jobs (state, id);
CREATE INDEX ingestion_jobs_org ON ingestion_jobs (org_id, collection_id, id);
CREATE INDEX ingestion_jobs_document ON ingestion_jobs (document_id);

CREATE TABLE evaluation_cases (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL,
    collection_id UUID NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    question TEXT NOT NULL,
    expected TEXT NOT NULL,
    note TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX evaluation_cases_org ON evaluation_cases (org_id, collection_id, id);

CREATE TABLE evaluation_runs (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL,
    collection_id UUID NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    metrics TEXT NOT NULL,
    results TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX evaluation_runs_org ON evaluation_runs (org_id, collection_id, id);
