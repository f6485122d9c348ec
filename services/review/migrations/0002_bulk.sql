-- Bulk acts: who asked for which act on which files, and what came of each.

CREATE TABLE bulks (
    bulk_id     uuid PRIMARY KEY,
    call_id     uuid NOT NULL REFERENCES calls,
    person      uuid NOT NULL,
    act         text NOT NULL CHECK (act IN ('ASSIGN_REVIEWER', 'REQUEST_CORRECTION', 'DECIDE_SHORTLIST', 'NOTIFY_DECISION')),
    state       text NOT NULL CHECK (state IN ('RUNNING', 'STOPPED', 'FINISHED')),
    reviewer_id uuid,
    items       jsonb NOT NULL,
    closes_at   timestamptz,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT bulk_says_what CHECK ((act = 'ASSIGN_REVIEWER') = (reviewer_id IS NOT NULL)
        AND (act = 'REQUEST_CORRECTION') = (closes_at IS NOT NULL)),
    CONSTRAINT bulk_finished_once_over CHECK ((state = 'FINISHED') = (finished_at IS NOT NULL))
);
CREATE INDEX bulks_by_call ON bulks (call_id, started_at DESC, bulk_id DESC);

-- One file of a bulk act. Its result is a reason, or DONE; empty until the end.
CREATE TABLE bulk_files (
    bulk_id        uuid NOT NULL REFERENCES bulks,
    application_id uuid NOT NULL REFERENCES cases,
    position       integer NOT NULL,
    result         text NOT NULL DEFAULT '' CHECK (result ~ '^[A-Z_]*$'),
    PRIMARY KEY (bulk_id, application_id)
);

REVOKE DELETE, TRUNCATE ON bulks, bulk_files FROM jalon_review;
