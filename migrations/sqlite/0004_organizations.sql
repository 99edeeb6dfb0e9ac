-- Organizations as people run them: teams, invitations, plans, alerts, and POST requests that may be
-- sent twice.

ALTER TABLE organizations ADD COLUMN billing_email TEXT;
-- Before there were plans nothing was limited by one, and so it stays for who is here already.
UPDATE organizations SET plan = 'unlimited';

CREATE TABLE team_members (
    team_id BLOB NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_user ON team_members (org_id, user_id);

CREATE TABLE invitations (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Lowercased by the program.
    email TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    team_id BLOB REFERENCES teams (id) ON DELETE SET NULL,
    -- `user:<id>`, `key:<id>` or `command_line`, as in the audit log.
    invited_by TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX invitations_org ON invitations (org_id, id);
CREATE UNIQUE INDEX invitations_open ON invitations (org_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- What other crates still have to forget of organizations that were deleted.
CREATE TABLE deleted_organizations (
    org_id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    deleted_by TEXT NOT NULL,
    deleted_at BIGINT NOT NULL
);

-- Requests that carry an Idempotency-Key, and their answers.
CREATE TABLE idempotency_keys (
    org_id BLOB NOT NULL,
    -- The key or user that sent it, as in the audit log.
    caller TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    -- Absent while the request is under way.
    status BIGINT,
    -- Headers and body, encrypted with the master key.
    answer BLOB,
    -- A request under way that has not ended by then has died.
    locked_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, caller, key_hash)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- Thresholds of budgets that were passed, each once per period.
CREATE TABLE budget_alerts (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    budget_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    scope_id BLOB NOT NULL,
    model TEXT,
    period TEXT NOT NULL,
    unit TEXT NOT NULL,
    period_start BIGINT NOT NULL,
    -- Percent.
    threshold BIGINT NOT NULL,
    spent BIGINT NOT NULL,
    max BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (budget_id, period_start, threshold)
);
CREATE INDEX budget_alerts_org ON budget_alerts (org_id, id);

CREATE TABLE webhooks (
    org_id BLOB PRIMARY KEY NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    -- What it signs with, encrypted with the master key.
    encrypted_data BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE webhook_deliveries (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    -- When it is due; absent once delivered or given up.
    next_attempt_at BIGINT,
    delivered_at BIGINT,
    last_status BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_deliveries_org ON webhook_deliveries (org_id, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at);

-- The audit log is asked by these.
CREATE INDEX audit_log_target ON audit_log (org_id, target, id);
CREATE INDEX audit_log_actor ON audit_log (org_id, actor, id);
