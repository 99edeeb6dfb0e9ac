-- Aliases and virtual models of organizations, beside those of the configuration.

CREATE TABLE model_routes (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- What clients call it by; may hold one star.
    name TEXT NOT NULL,
    -- JSON in the shape of [models."name"] of the configuration.
    definition TEXT NOT NULL,
    created_by BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, name)
);

-- The value of revisions('model_routes') at an organization's last change: instances load the routes
-- of organizations whose value is newer than theirs.
CREATE TABLE model_route_revisions (
    org_id BLOB PRIMARY KEY NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL
);

CREATE INDEX model_route_revisions_revision ON model_route_revisions (revision);

INSERT INTO revisions (name, value) VALUES ('model_routes', 0);
