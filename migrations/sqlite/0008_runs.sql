-- Runs of flows, their steps (checkpoints), and questions to people.

-- Each graph that ran, once; runs keep the graph they began with.
CREATE TABLE run_graphs (
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    graph TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, hash)
);

CREATE TABLE runs (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id BLOB NOT NULL,
    workflow_id BLOB NOT NULL,
    version BIGINT,
    graph_hash TEXT NOT NULL,
    trigger_kind TEXT NOT NULL,
    -- queued, running, waiting, paused, completed, failed, cancelled
    state TEXT NOT NULL,
    input TEXT NOT NULL,
    output TEXT,
    error TEXT,
    -- Rises with each claim; only the holder of the latest may write.
    fence BIGINT NOT NULL,
    worker TEXT,
    -- When a worker may take it: at once, when its time has come, or when its holder's lease is over.
    due_at BIGINT,
    -- Something it waits for has come.
    wake BIGINT NOT NULL,
    -- 1: stop, 2: pause.
    cancel BIGINT NOT NULL,
    parent_run_id BLOB,
    forked_from BLOB,
    depth BIGINT NOT NULL,
    key_id BLOB,
    user_id BLOB,
    options TEXT NOT NULL,
    seq BIGINT NOT NULL,
    steps BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    nano_usd BIGINT NOT NULL,
    active_us BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT
);

CREATE INDEX runs_org ON runs (org_id, id);
CREATE INDEX runs_workflow ON runs (workflow_id, id);
CREATE INDEX runs_due ON runs (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX runs_parent ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL;

CREATE TABLE run_steps (
    run_id BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    node TEXT NOT NULL,
    -- Where in loops: `each:3/inner:0`; empty outside.
    iteration TEXT NOT NULL,
    state TEXT NOT NULL,
    seq BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    detail TEXT NOT NULL,
    input TEXT NOT NULL,
    output TEXT NOT NULL,
    logs TEXT NOT NULL,
    tokens BIGINT NOT NULL,
    nano_usd BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (run_id, node, iteration)
);

CREATE INDEX run_steps_waiting ON run_steps (run_id) WHERE state = 'waiting';
