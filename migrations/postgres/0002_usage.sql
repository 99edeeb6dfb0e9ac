-- One row per attempt at an upstream.
CREATE TABLE usage_records (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL,
    request_id TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    key_id UUID,
    user_id UUID,
    team_id UUID,
    created_at BIGINT NOT NULL,
    operation TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    requested_model TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    status TEXT NOT NULL,
    http_status BIGINT,
    error_kind TEXT,
    error_message TEXT,
    upstream_id TEXT,
    stream BOOLEAN NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cache_read_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    usage_detail TEXT NOT NULL,
    usage_source TEXT NOT NULL,
    cost_nano_usd BIGINT,
    saved_nano_usd BIGINT NOT NULL,
    price_version TEXT,
    latency_us BIGINT NOT NULL,
    first_token_us BIGINT,
    overhead_us BIGINT NOT NULL,
    end_user TEXT,
    tags TEXT NOT NULL,
    metadata TEXT,
    caller TEXT NOT NULL,
    run_id UUID,
    translation TEXT
);
CREATE INDEX usage_records_org_time ON usage_records (org_id, created_at);
CREATE INDEX usage_records_request ON usage_records (org_id, request_id);

-- Sums per UTC day, kept in the same transaction as the rows: what budgets are seeded from.
CREATE TABLE usage_days (
    org_id UUID NOT NULL,
    day_start BIGINT NOT NULL,
    key_id UUID NOT NULL,
    user_id UUID NOT NULL,
    team_id UUID NOT NULL,
    requested_model TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    requests BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    cost_nano_usd BIGINT NOT NULL,
    PRIMARY KEY (org_id, day_start, key_id, user_id, team_id, requested_model, provider, model)
);

-- The prices that rated past rows, by their version.
CREATE TABLE price_versions (
    version TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    prices TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (version, provider, model)
);

-- Answers of /v1/responses that clients asked to keep.
CREATE TABLE stored_responses (
    id TEXT NOT NULL,
    org_id UUID NOT NULL,
    key_id UUID,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    input_items TEXT NOT NULL,
    response TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX stored_responses_expiry ON stored_responses (expires_at);

-- Bodies of calls, only for organizations that switched it on.
CREATE TABLE logged_bodies (
    request_id TEXT NOT NULL,
    org_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    request TEXT NOT NULL,
    response TEXT NOT NULL,
    PRIMARY KEY (org_id, request_id)
);
CREATE INDEX logged_bodies_time ON logged_bodies (created_at);
