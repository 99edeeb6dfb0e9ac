-- Published flows as tools of MCP clients.

CREATE TABLE workflow_tools (
    workflow_id BLOB PRIMARY KEY NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    is_on BOOLEAN NOT NULL,
    -- What models are told of it; the flow's own description when empty.
    description TEXT NOT NULL,
    timeout_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX workflow_tools_org ON workflow_tools (org_id);
