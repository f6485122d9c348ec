-- The tables every service has in its own schema: what was asked, what happened, what must be relayed, who is related.

-- What was asked, and what was answered. Keys never expire; only successes are kept.
CREATE TABLE requests (
    request_id   uuid PRIMARY KEY,
    verb         text NOT NULL,
    person       text NOT NULL,
    request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
    answer       bytea,
    recorded_at  timestamptz NOT NULL DEFAULT clock.now()
);

-- What happened, with its words and its proof. Append-only.
CREATE TABLE journal (
    journal_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_kind text NOT NULL,
    subject_id   uuid NOT NULL,
    event        text NOT NULL CHECK (event ~ '^[a-z_]+$'),
    actor        text NOT NULL,
    role         text NOT NULL,
    issuer       text NOT NULL,
    assertion    text NOT NULL,
    occurred_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock.now(),
    request_id   uuid NOT NULL REFERENCES requests,
    trace_id     text NOT NULL DEFAULT '',
    facts        jsonb NOT NULL,
    words        text NOT NULL DEFAULT ''
);
CREATE INDEX journal_subject ON journal (subject_kind, subject_id, journal_id DESC);

-- Facts to be relayed to the engine, once at least.
CREATE TABLE outbox (
    outbox_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fact        text NOT NULL CHECK (fact ~ '^[a-z_]+$'),
    subject_id  uuid NOT NULL,
    request_id  uuid NOT NULL REFERENCES requests,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock.now(),
    facts       jsonb NOT NULL,
    traceparent text NOT NULL DEFAULT '',
    acked_at    timestamptz
);
CREATE INDEX outbox_waiting ON outbox (outbox_id) WHERE acked_at IS NULL;

-- Who is related to which case. A recusal is a relation too: while it lives, the case does not exist for the person.
CREATE TABLE case_relations (
    person         uuid NOT NULL,
    application_id uuid NOT NULL,
    call_id        uuid NOT NULL,
    relation       text NOT NULL CHECK (relation ~ '^[a-z_]+$'),
    from_at        timestamptz NOT NULL DEFAULT clock.now(),
    to_at          timestamptz CHECK (to_at >= from_at),
    PRIMARY KEY (application_id, person, relation, from_at)
);
CREATE INDEX case_relations_person ON case_relations (person, application_id);

-- History is never rewritten by the service itself.
DO $$ BEGIN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON journal FROM %I', 'jalon_' || current_schema());
    EXECUTE format('REVOKE DELETE, TRUNCATE ON requests, outbox, case_relations FROM %I', 'jalon_' || current_schema());
END $$;
