-- What the flows of a project keep between their runs. Keys are at most 200 characters.
CREATE TABLE project_values (
    id UUID NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, key)
);

CREATE INDEX project_values_page ON project_values (project_id, id);
