-- Notes: of a person for herself, or for the agents of the file. One's own may be rewritten, and taken away.

CREATE TABLE notes (
    note_id        uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES cases,
    audience       text NOT NULL CHECK (audience IN ('SELF', 'FILE')),
    author         uuid NOT NULL,
    body           text NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
    version        integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    written_at     timestamptz NOT NULL
);
CREATE INDEX notes_of_case ON notes (application_id, written_at DESC, note_id);

REVOKE TRUNCATE ON notes FROM jalon_review;
