-- A link to give one opinion, by the digest of its token: for one use, the newest of an opinion alone lives.

CREATE TABLE opinion_links (
    digest         bytea PRIMARY KEY CHECK (length(digest) = 32),
    opinion_id     uuid NOT NULL UNIQUE,
    application_id uuid NOT NULL,
    call_id        uuid NOT NULL,
    person_id      uuid NOT NULL,
    name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    expires_at     timestamptz NOT NULL
);
