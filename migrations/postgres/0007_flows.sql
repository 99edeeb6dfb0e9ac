-- Projects, their flows (`workflows`) with drafts and immutable versions, variables, secrets, save points.

CREATE TABLE projects (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    is_archived BOOLEAN NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX projects_org ON projects (org_id, id);

CREATE TABLE workflows (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- Names the flow in calls (`flow/<slug>`) and in other flows.
    slug TEXT NOT NULL,
    description TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_archived BOOLEAN NOT NULL,
    -- The draft, JSON.
    graph TEXT NOT NULL,
    node_count BIGINT NOT NULL,
    -- Rises with each change; who saves says which one it has seen.
    revision BIGINT NOT NULL,
    -- The revision of the draft that was published last; 0: none.
    published_revision BIGINT NOT NULL,
    -- The version that triggers run; absent: none.
    live_version BIGINT,
    -- The highest version; 0: none.
    latest_version BIGINT NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, slug)
);

CREATE INDEX workflows_org ON workflows (org_id, id);
CREATE INDEX workflows_project ON workflows (project_id, id);

CREATE TABLE workflow_versions (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workflow_id UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    graph TEXT NOT NULL,
    -- Variables, and names of secrets, of the project at that time, JSON.
    environment TEXT NOT NULL,
    notes TEXT NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL,
    UNIQUE (workflow_id, number)
);

CREATE INDEX workflow_versions_org ON workflow_versions (org_id, workflow_id, number);

CREATE TABLE project_variables (
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    description TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, name)
);

CREATE TABLE project_secrets (
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- Where the encrypted value is.
    credential_id UUID NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    description TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, name)
);

CREATE INDEX project_secrets_credential ON project_secrets (credential_id);

CREATE TABLE save_points (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The exported project, JSON.
    document TEXT NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL
);

CREATE INDEX save_points_project ON save_points (project_id, id);
