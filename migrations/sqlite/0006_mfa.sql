-- Second factors of people, passkeys, and their accounts at other providers.

-- Codes of an app. The secret is encrypted with the master key, bound to the person.
CREATE TABLE totp_factors (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    encrypted_data BLOB NOT NULL,
    -- The last 30-second step whose code was used: a code works once.
    last_step BIGINT NOT NULL,
    -- Absent until the person has shown a code.
    confirmed_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of person and code.
    code_hash BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE passkeys (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The id that the authenticator gave it.
    credential_id BLOB NOT NULL UNIQUE,
    -- In COSE form.
    public_key BLOB NOT NULL,
    sign_count BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- JSON list of the ways to reach the authenticator, such as ["internal"].
    transports TEXT NOT NULL,
    is_backup_eligible BOOLEAN NOT NULL,
    is_backed_up BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkeys_user ON passkeys (user_id, id);

-- Accounts at other providers that sign a person in.
CREATE TABLE identities (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The provider's name in the configuration when it was linked.
    provider TEXT NOT NULL,
    -- The provider itself, and the person's unchangeable id there.
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- For people: the address that the provider named last.
    email TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    UNIQUE (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id, id);
