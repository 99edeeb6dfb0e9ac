-- Templates that organizations keep, with their versions; ratings and uses of all templates.

CREATE TABLE templates (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    icon TEXT NOT NULL,
    category TEXT NOT NULL,
    -- A list of words, JSON.
    tags TEXT NOT NULL,
    complexity TEXT NOT NULL,
    setup_minutes BIGINT NOT NULL,
    author TEXT NOT NULL,
    readme TEXT NOT NULL,
    sample_input TEXT NOT NULL,
    -- The graph of the newest version, and the project's variables that it names; JSON.
    graph TEXT NOT NULL,
    variables TEXT NOT NULL,
    node_count BIGINT NOT NULL,
    -- Whether all organizations of the instance see it.
    is_published BOOLEAN NOT NULL,
    is_featured BOOLEAN NOT NULL,
    -- The newest version.
    version BIGINT NOT NULL,
    -- Rises with each change; who saves says which one it has seen.
    revision BIGINT NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX templates_org ON templates (org_id, id);
CREATE INDEX templates_published ON templates (is_published, id);

CREATE TABLE template_versions (
    template_id UUID NOT NULL REFERENCES templates (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    graph TEXT NOT NULL,
    notes TEXT NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (template_id, number)
);

CREATE INDEX template_versions_org ON template_versions (org_id, template_id, number);

CREATE TABLE template_ratings (
    -- A slug of the program's templates, or the id of one that an organization keeps.
    template TEXT NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- 1 to 5.
    stars BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (template, org_id, user_id)
);

CREATE INDEX template_ratings_org ON template_ratings (org_id, template);

CREATE TABLE template_uses (
    -- As in the ratings.
    template TEXT NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Flows that the organization made of it.
    uses BIGINT NOT NULL,
    PRIMARY KEY (template, org_id)
);

CREATE INDEX template_uses_org ON template_uses (org_id, template);
