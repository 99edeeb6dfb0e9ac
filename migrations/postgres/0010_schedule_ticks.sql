-- Schedules: since when each is watched, and the times that were taken, each with the one run it begins.

CREATE TABLE schedule_watches (
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workflow_id UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    node_id TEXT NOT NULL,
    -- Of its times and zone: with others it is another schedule.
    fingerprint TEXT NOT NULL,
    -- All times up to this one are taken or left out.
    seen_until BIGINT NOT NULL,
    PRIMARY KEY (org_id, workflow_id, node_id)
);

CREATE TABLE schedule_ticks (
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workflow_id UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    node_id TEXT NOT NULL,
    scheduled_at BIGINT NOT NULL,
    -- Given out with the claim, before the run is there: whoever begins it, it is begun once.
    run_id UUID NOT NULL,
    -- When an instance last took it upon itself to begin the run.
    claimed_at BIGINT NOT NULL,
    -- When the run was begun, or given up; absent: not yet.
    done_at BIGINT,
    -- Why no run was begun.
    error TEXT,
    PRIMARY KEY (org_id, workflow_id, node_id, scheduled_at)
);

CREATE INDEX schedule_ticks_open ON schedule_ticks (claimed_at) WHERE done_at IS NULL;

-- Who published a version, also by a key: `key:<id>`, `user:<id>`. Runs that nobody calls are theirs.
ALTER TABLE workflow_versions ADD COLUMN published_by TEXT;

CREATE INDEX workflows_live ON workflows (org_id, id, project_id, live_version, updated_at)
    WHERE is_active AND NOT is_archived AND live_version IS NOT NULL;
