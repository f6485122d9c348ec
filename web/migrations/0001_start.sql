-- The two sites: who is signed in, links to sign in, saved views. Nothing of the files is here.

-- A session, by the digest of its id: who reads the table cannot take a session over.
CREATE TABLE sessions (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    site       text NOT NULL CHECK (site IN ('portal', 'backoffice')),
    data       bytea NOT NULL CHECK (length(data) <= 65536),
    expires_at timestamptz NOT NULL,
    -- ended by its person: what a page still under way would write is not kept
    ended_at   timestamptz,
    CONSTRAINT empty_once_ended CHECK (ended_at IS NULL OR length(data) = 0)
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- A link to sign in, by the digest of its token: short, for one use.
CREATE TABLE sign_in_tokens (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    site       text NOT NULL CHECK (site IN ('portal', 'backoffice')),
    person_id  uuid NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CONSTRAINT expires_after_it_is_made CHECK (expires_at > made_at),
    used_at    timestamptz CONSTRAINT used_while_it_lives CHECK (used_at >= made_at AND used_at < expires_at)
);
CREATE INDEX sign_in_tokens_expiry ON sign_in_tokens (expires_at);

-- A list as a person set it: its address, under the name she gave.
CREATE TABLE saved_views (
    view_id   uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    page      text NOT NULL CHECK (page ~ '^[a-z_]{1,40}$'),
    name      text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    query     text NOT NULL CHECK (length(query) <= 2000),
    saved_at  timestamptz NOT NULL,
    CONSTRAINT one_view_of_a_name UNIQUE (person_id, page, name)
);
