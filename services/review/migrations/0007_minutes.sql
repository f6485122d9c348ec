-- The minutes of a session as a document: each version is kept as it was drawn up.
CREATE TABLE minutes (
    session_id uuid NOT NULL REFERENCES sessions,
    version    integer NOT NULL CHECK (version >= 1),
    document   bytea NOT NULL,
    digest     text NOT NULL,
    drawn_by   text NOT NULL,
    drawn_at   timestamptz NOT NULL,
    PRIMARY KEY (session_id, version),
    CONSTRAINT digest_of_document CHECK (digest = encode(sha256(document), 'hex'))
);
REVOKE UPDATE, DELETE, TRUNCATE ON minutes FROM jalon_review;
