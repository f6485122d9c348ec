-- Shows of hands of the jury, one a file: counted again, the last one holds.
CREATE TABLE ballots (
    session_id      uuid NOT NULL,
    application_id  uuid NOT NULL,
    in_favor_count  integer NOT NULL CHECK (in_favor_count >= 0),
    against_count   integer NOT NULL CHECK (against_count >= 0),
    abstained_count integer NOT NULL CHECK (abstained_count >= 0),
    counted_at      timestamptz NOT NULL,
    PRIMARY KEY (session_id, application_id),
    FOREIGN KEY (session_id, application_id) REFERENCES session_files
);
REVOKE DELETE, TRUNCATE ON ballots FROM jalon_review;
