-- Addresses of webhooks, and the ledger of what came in there.

-- One a flow, made when it is first asked for; it stays for as long as the flow.
CREATE TABLE workflow_addresses (
    workflow_id UUID PRIMARY KEY NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Random; who knows it may call.
    token TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE workflow_deliveries (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workflow_id UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    -- The trigger.
    node_id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    -- Behind the `?`, as it came.
    query TEXT NOT NULL,
    client_address TEXT,
    -- received, claimed (a run has begun), done, failed, refused, duplicate
    status TEXT NOT NULL,
    -- The value of the dedupe header.
    dedupe_key TEXT,
    -- Set before the run begins, so that no delivery begins two; of a duplicate the first one's.
    run_id UUID,
    -- The delivery whose request was sent again.
    replay_of UUID,
    -- When somebody else may begin the run, if it has not begun by then.
    due_at BIGINT,
    response_status BIGINT,
    error TEXT,
    body_bytes BIGINT NOT NULL,
    -- The request: headers as JSON, without those that hold secrets, and the body as it came. Absent of
    -- what was refused and of duplicates.
    headers TEXT,
    body BYTEA
);

CREATE UNIQUE INDEX workflow_deliveries_dedupe ON workflow_deliveries (workflow_id, dedupe_key)
    WHERE dedupe_key IS NOT NULL;
CREATE INDEX workflow_deliveries_workflow ON workflow_deliveries (workflow_id, id);
CREATE INDEX workflow_deliveries_received ON workflow_deliveries (received_at);
CREATE INDEX workflow_deliveries_due ON workflow_deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX workflow_deliveries_claimed ON workflow_deliveries (run_id) WHERE status = 'claimed';
