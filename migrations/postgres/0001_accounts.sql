-- Who is calling: organizations, users, keys, what they may use, and the secrets they own.
-- Times are microseconds in UTC, money is nano-dollars, JSON is text, ids are UUIDv7.

CREATE TABLE organizations (
    id UUID PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    plan TEXT NOT NULL,
    settings TEXT NOT NULL,
    log_bodies BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE users (
    id UUID PRIMARY KEY NOT NULL,
    -- Lowercased by the program.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE org_members (
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id)
);

CREATE INDEX org_members_user ON org_members (user_id);

CREATE TABLE teams (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, name)
);

CREATE TABLE api_keys (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id UUID REFERENCES users (id),
    team_id UUID REFERENCES teams (id),
    name TEXT NOT NULL,
    -- SHA-256 of the whole key.
    key_hash BYTEA NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    last_four TEXT NOT NULL,
    admin BOOLEAN NOT NULL,
    models TEXT NOT NULL,
    endpoints TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tags TEXT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    -- The value of revisions('keys') at the last change: instances load what is newer than theirs.
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX api_keys_org ON api_keys (org_id, id);
CREATE INDEX api_keys_revision ON api_keys (revision);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE INDEX api_keys_team ON api_keys (team_id);

CREATE TABLE limits (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    scope TEXT NOT NULL CHECK (scope IN ('organization', 'team', 'user', 'key')),
    -- The id of the organization, team, user or key.
    scope_id UUID NOT NULL,
    -- A pattern such as openai/*; all models together when absent.
    model TEXT,
    metric TEXT NOT NULL CHECK (metric IN ('requests', 'tokens', 'concurrency')),
    "window" TEXT NOT NULL CHECK ("window" IN ('minute', 'hour', 'day', '')),
    max BIGINT NOT NULL CHECK (max >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((metric = 'concurrency') = ("window" = ''))
);

CREATE INDEX limits_org ON limits (org_id, id);
CREATE UNIQUE INDEX limits_rule ON limits (scope_id, coalesce(model, ''), metric, "window");

CREATE TABLE budgets (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    scope TEXT NOT NULL CHECK (scope IN ('organization', 'team', 'user', 'key')),
    scope_id UUID NOT NULL,
    model TEXT,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
    unit TEXT NOT NULL CHECK (unit IN ('nano_usd', 'tokens')),
    max BIGINT NOT NULL CHECK (max >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX budgets_org ON budgets (org_id, id);
CREATE UNIQUE INDEX budgets_rule ON budgets (scope_id, coalesce(model, ''), period, unit);

CREATE TABLE credentials (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    -- Version byte, nonce, AES-256-GCM ciphertext and tag.
    encrypted_data BYTEA NOT NULL,
    key_version BIGINT NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, provider, name)
);

CREATE INDEX credentials_org ON credentials (org_id, id);

-- Counters that rise with each change, so that other instances see what to load again.
CREATE TABLE revisions (
    name TEXT PRIMARY KEY NOT NULL,
    value BIGINT NOT NULL
);

INSERT INTO revisions (name, value) VALUES
    ('keys', 0), ('keys_all', 0), ('limits', 0), ('organizations', 0), ('credentials', 0),
    ('vault', 0), ('vault_fingerprint', 0);

CREATE TABLE audit_log (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    -- JSON without secrets; absent for creations and deletions.
    before TEXT,
    after TEXT,
    created_at BIGINT NOT NULL
);

CREATE INDEX audit_log_org ON audit_log (org_id, id);
