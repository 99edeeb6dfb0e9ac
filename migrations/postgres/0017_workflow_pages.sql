-- Published flows as pages of their own: a chat, a form.

CREATE TABLE workflow_pages (
    workflow_id UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    -- chat, form
    kind TEXT NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Random; who knows it may ask for the page.
    token TEXT NOT NULL UNIQUE,
    is_on BOOLEAN NOT NULL,
    -- public, members, password
    access TEXT NOT NULL,
    password_hash TEXT,
    -- JSON
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workflow_id, kind)
);

CREATE TABLE page_conversations (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workflow_id UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- SHA-256 of what its browser holds.
    digest TEXT NOT NULL UNIQUE,
    -- The member it belongs to; nobody where no sign-in is needed.
    user_id UUID,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX page_conversations_workflow ON page_conversations (workflow_id);
CREATE INDEX page_conversations_updated ON page_conversations (updated_at);

CREATE TABLE page_turns (
    id UUID PRIMARY KEY NOT NULL,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    conversation_id UUID NOT NULL REFERENCES page_conversations (id) ON DELETE CASCADE,
    message TEXT NOT NULL,
    -- JSON: names of the files that came along.
    files TEXT NOT NULL,
    -- Set before the run begins.
    run_id UUID NOT NULL,
    -- running, waiting, done, failed
    state TEXT NOT NULL,
    answer TEXT,
    -- JSON
    citations TEXT,
    created_at BIGINT NOT NULL
);

CREATE INDEX page_turns_conversation ON page_turns (conversation_id, id);

-- How often who did what within a window of time.
CREATE TABLE page_counts (
    token TEXT NOT NULL REFERENCES workflow_pages (token) ON DELETE CASCADE ON UPDATE CASCADE,
    org_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- What is counted, and of whom: a digest.
    counter TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (token, counter, window_start)
);

CREATE INDEX page_counts_window ON page_counts (window_start);
