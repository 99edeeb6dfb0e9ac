-- Outputs that nodes of a draft have in tests, and what people keep for themselves.

CREATE TABLE workflow_pins (
    workflow_id UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    node_id TEXT NOT NULL,
    -- Values by port.
    outputs TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workflow_id, node_id)
);

CREATE TABLE user_preferences (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, name)
);
