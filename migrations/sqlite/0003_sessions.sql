-- People who sign in: passwords, sessions, links that work once, and the mails that carry them.

-- SQLite cannot change a CHECK: the table is made again. The old role `member` is `editor` now.
CREATE TABLE org_members_new (
    org_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
INSERT INTO org_members_new (org_id, user_id, role, joined_at)
    SELECT org_id, user_id, CASE role WHEN 'member' THEN 'editor' ELSE role END, joined_at
    FROM org_members;
DROP TABLE org_members;
ALTER TABLE org_members_new RENAME TO org_members;
CREATE INDEX org_members_user ON org_members (user_id);

-- Argon2id in PHC form; absent for people who never set one.
ALTER TABLE users ADD COLUMN password_hash TEXT;
ALTER TABLE users ADD COLUMN password_changed_at BIGINT;
ALTER TABLE users ADD COLUMN email_verified_at BIGINT;
ALTER TABLE users ADD COLUMN is_instance_owner BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';
-- JSON list of the kinds of second factor that a login must ask for, such as ["totp"].
ALTER TABLE users ADD COLUMN second_factors TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN last_login_at BIGINT;

CREATE TABLE user_avatars (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    content_type TEXT NOT NULL,
    image BLOB NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The organization it works in.
    org_id BLOB REFERENCES organizations (id) ON DELETE SET NULL,
    transport TEXT NOT NULL CHECK (transport IN ('cookie', 'bearer')),
    -- How the person proved who it is, such as `password`.
    method TEXT NOT NULL,
    csrf_token TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_revoked ON sessions (revoked_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- A session's family of refresh tokens: each works once and is followed by the next.
CREATE TABLE refresh_tokens (
    -- SHA-256 of the token.
    token_hash BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

-- Links that work once: verification, reset, invitation, setup.
CREATE TABLE one_time_tokens (
    -- SHA-256 of the token.
    token_hash BLOB PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    org_id BLOB REFERENCES organizations (id) ON DELETE CASCADE,
    email TEXT,
    -- JSON that the purpose needs; no secrets.
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);

-- Attempts that count against an account and an address until they are old.
CREATE TABLE login_attempts (
    id BLOB PRIMARY KEY NOT NULL,
    -- SHA-256 of the address that was tried, so that typing errors store nothing personal.
    account_hash BLOB NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX login_attempts_account ON login_attempts (account_hash, created_at);
CREATE INDEX login_attempts_address ON login_attempts (address, created_at);
CREATE INDEX login_attempts_time ON login_attempts (created_at);

-- Mails to be sent, and those that were.
CREATE TABLE emails (
    id BLOB PRIMARY KEY NOT NULL,
    org_id BLOB REFERENCES organizations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- Texts, encrypted with the master key; absent once sent, because links in them are secrets.
    body BLOB,
    attempts BIGINT NOT NULL,
    -- When it is due; absent once sent or given up.
    next_attempt_at BIGINT,
    sent_at BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX emails_due ON emails (next_attempt_at);
CREATE INDEX emails_expiry ON emails (expires_at);

INSERT INTO revisions (name, value) VALUES ('members', 0), ('sessions', 0);
