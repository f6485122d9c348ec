-- Intake: calls and their rulebooks, people and roles, organizations, applications, corrections, documents, messages,
-- and the progress row every list shows.

-- A call. Windows are the effective ones: the rulebook's, or later ones by extension.
CREATE TABLE calls (
    call_id          uuid PRIMARY KEY,
    reference        text NOT NULL UNIQUE CHECK (length(reference) BETWEEN 1 AND 40),
    edition          integer NOT NULL CHECK (edition >= 1),
    title_fr         text NOT NULL,
    title_en         text NOT NULL,
    state            text NOT NULL CHECK (state IN ('DRAFT', 'OPEN', 'CLOSED')),
    rulebook_version integer NOT NULL CHECK (rulebook_version >= 1),
    rulebook_digest  text NOT NULL CHECK (rulebook_digest ~ '^[0-9a-f]{64}$'),
    pre_opens_at     timestamptz NOT NULL,
    pre_closes_at    timestamptz NOT NULL,
    full_opens_at    timestamptz NOT NULL,
    full_closes_at   timestamptz NOT NULL,
    fictitious       boolean NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT clock.now(),
    opened_at        timestamptz,
    closed_at        timestamptz,
    -- a draft may be badly set; an open call may not
    CONSTRAINT windows_in_order CHECK (state = 'DRAFT' OR (pre_opens_at < pre_closes_at AND full_opens_at < full_closes_at)),
    CONSTRAINT opened_once_open CHECK ((state = 'DRAFT') = (opened_at IS NULL)),
    CONSTRAINT closed_once_closed CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL))
);

-- Every version of a rulebook, in canonical form (RFC 8785). Never rewritten.
CREATE TABLE rulebooks (
    call_id  uuid NOT NULL REFERENCES calls DEFERRABLE INITIALLY DEFERRED,
    version  integer NOT NULL CHECK (version >= 1),
    digest   text NOT NULL,
    body     bytea NOT NULL,
    saved_by text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock.now(),
    PRIMARY KEY (call_id, version),
    CONSTRAINT rulebook_digest_of_body CHECK (digest = encode(sha256(body), 'hex'))
);

-- What moved a closing instant, for everybody, and why.
CREATE TABLE window_extensions (
    extension_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id      uuid NOT NULL REFERENCES calls,
    window_name  text NOT NULL CHECK (window_name IN ('PRE_APPLICATION', 'FULL_APPLICATION')),
    closed_at    timestamptz NOT NULL,
    closes_at    timestamptz NOT NULL,
    ground       text NOT NULL CHECK (length(ground) BETWEEN 1 AND 2000),
    extended_by  text NOT NULL,
    extended_at  timestamptz NOT NULL,
    CONSTRAINT never_earlier CHECK (closes_at > closed_at)
);

-- People seen by a door. Names stay here.
CREATE TABLE persons (
    person_id     uuid PRIMARY KEY,
    display_name  text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 300),
    email         text NOT NULL CHECK (length(email) <= 254),
    fictitious    boolean NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock.now()
);

-- Who acts as what for a call, between dates. The call may not exist yet.
CREATE TABLE role_grants (
    call_id    uuid NOT NULL,
    person_id  uuid NOT NULL,
    role       text NOT NULL CHECK (role IN ('INSTRUCTOR', 'EXPERT', 'ORGANISER', 'ADVISER', 'FUNDER', 'JURY_MEMBER',
        'JURY_CHAIR', 'JURY_SECRETARY', 'AUTHORISING_OFFICER', 'ASSEMBLY_OFFICE', 'FINANCE', 'AUDITOR', 'CALL_ADMIN',
        'ACCOUNTANT')),
    from_at    timestamptz NOT NULL,
    to_at      timestamptz CONSTRAINT role_grants_to_at_after_from_at CHECK (to_at >= from_at),
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT clock.now(),
    PRIMARY KEY (call_id, person_id, role, from_at)
);
CREATE INDEX role_grants_person ON role_grants (person_id, call_id);

-- Who applies, across calls: one row per SIREN, else per RNA, else per application (a natural person).
CREATE TABLE organizations (
    organization_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    identity        text NOT NULL UNIQUE CHECK (identity ~ '^(siren:[0-9]{9}|rna:W[0-9][A-Z0-9][0-9]{7}|application:[0-9a-f-]{36})$'),
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    search_name     text NOT NULL,
    siret           text CHECK (siret ~ '^[0-9]{14}$'),
    rna             text CHECK (rna ~ '^W[0-9][A-Z0-9][0-9]{7}$'),
    legal_family    text NOT NULL,
    fictitious      boolean NOT NULL,
    first_seen_at   timestamptz NOT NULL DEFAULT clock.now()
);
CREATE INDEX organizations_name ON organizations (search_name text_pattern_ops);

-- One application. What lists show of its contents is copied at the first deposit.
CREATE TABLE applications (
    application_id         uuid PRIMARY KEY,
    call_id                uuid NOT NULL REFERENCES calls,
    applicant_id           uuid NOT NULL,
    state                  text NOT NULL CHECK (state IN ('DRAFT', 'SUBMITTED', 'INVITED', 'FULL_SUBMITTED', 'WITHDRAWN', 'LAPSED', 'CLOSED')),
    fictitious             boolean NOT NULL,
    pre_version            integer NOT NULL DEFAULT 0 CHECK (pre_version >= 0),
    full_version           integer NOT NULL DEFAULT 0 CHECK (full_version >= 0),
    pre_submitted_version  integer CONSTRAINT pre_submitted_version_exists CHECK (pre_submitted_version BETWEEN 1 AND pre_version),
    full_submitted_version integer CONSTRAINT full_submitted_version_exists CHECK (full_submitted_version BETWEEN 1 AND full_version),
    number                 text CHECK (number ~ '^[0-9]{4}-[0-9]{3,}$'),
    number_year            integer GENERATED ALWAYS AS (split_part(number, '-', 1)::integer) STORED,
    number_sequence        integer GENERATED ALWAYS AS (split_part(number, '-', 2)::integer) STORED,
    submitted_at           timestamptz,
    full_submitted_at      timestamptz,
    full_closes_at         timestamptz,
    digest                 text CHECK (digest ~ '^[0-9a-f]{64}$'),
    organization_id        uuid REFERENCES organizations,
    organization_name      text NOT NULL DEFAULT '',
    title                  text NOT NULL DEFAULT '',
    track                  text NOT NULL DEFAULT '',
    communes               text[] NOT NULL DEFAULT '{}',
    legal_family           text NOT NULL DEFAULT '',
    natural_person         boolean NOT NULL DEFAULT false,
    requested_cents        bigint NOT NULL DEFAULT 0 CHECK (requested_cents >= 0),
    total_cost_cents       bigint NOT NULL DEFAULT 0 CHECK (total_cost_cents >= 0),
    search_text            text NOT NULL DEFAULT '',
    ending                 text CHECK (ending IN ('PAID', 'PAID_REDUCED', 'INADMISSIBLE', 'LAPSED', 'WITHDRAWN', 'NOT_SHORTLISTED', 'DECLINED', 'WAITING_LIST', 'AGREEMENT_LAPSED')),
    ended_at               timestamptz,
    created_at             timestamptz NOT NULL DEFAULT clock.now(),
    CONSTRAINT number_once UNIQUE (call_id, number),
    CONSTRAINT deposited_once_submitted CHECK ((state = 'DRAFT') = (number IS NULL)
        AND (number IS NULL) = (submitted_at IS NULL) AND (number IS NULL) = (digest IS NULL)
        AND (number IS NULL) = (pre_submitted_version IS NULL) AND (number IS NULL) = (organization_id IS NULL)),
    CONSTRAINT second_stage_after_first CHECK ((full_submitted_at IS NULL) = (full_submitted_version IS NULL)
        AND full_submitted_at >= submitted_at AND (state <> 'FULL_SUBMITTED' OR full_submitted_at IS NOT NULL)
        AND (state NOT IN ('DRAFT', 'SUBMITTED', 'INVITED') OR full_submitted_at IS NULL)),
    CONSTRAINT ended_once_over CHECK ((ending IS NOT NULL) = (state IN ('WITHDRAWN', 'LAPSED', 'CLOSED'))
        AND (ending IS NULL) = (ended_at IS NULL)),
    CONSTRAINT ending_fits_state CHECK (ending IS NULL OR (ending = 'WITHDRAWN') = (state = 'WITHDRAWN')
        AND (ending = 'LAPSED') = (state = 'LAPSED'))
);
CREATE INDEX applications_by_number ON applications (call_id, number_year, number_sequence) WHERE number IS NOT NULL;
CREATE INDEX applications_by_applicant ON applications (applicant_id);

-- The last number given, per call and year of deposit: numbers are dense.
CREATE TABLE number_counters (
    call_id uuid NOT NULL REFERENCES calls,
    year    integer NOT NULL CHECK (year BETWEEN 2000 AND 9999),
    last    integer NOT NULL CHECK (last >= 1),
    PRIMARY KEY (call_id, year)
);

-- Every saved version of both forms; who and when. Never rewritten.
CREATE TABLE drafts (
    application_id uuid NOT NULL REFERENCES applications,
    stage          text NOT NULL CHECK (stage IN ('PRE_APPLICATION', 'FULL_APPLICATION')),
    version        integer NOT NULL CHECK (version >= 1),
    content        jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
    saved_by       text NOT NULL,
    saved_at       timestamptz NOT NULL,
    PRIMARY KEY (application_id, stage, version)
);

-- What was received, byte for byte: the digest on a receipt is that of the body.
CREATE TABLE receipts (
    receipt_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES applications,
    number         text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('application_submitted', 'full_application_submitted', 'correction_submitted', 'application_withdrawn', 'legal_entity_declared')),
    received_at    timestamptz NOT NULL,
    digest         text NOT NULL,
    body           bytea NOT NULL,
    CONSTRAINT receipt_digest_of_body CHECK (digest = encode(sha256(body), 'hex'))
);
CREATE INDEX receipts_number ON receipts (number, digest);
CREATE UNIQUE INDEX receipts_once ON receipts (application_id, kind) WHERE kind <> 'correction_submitted';

-- The legal entity a natural person created.
CREATE TABLE legal_entities (
    application_id  uuid PRIMARY KEY REFERENCES applications,
    organization_id uuid NOT NULL REFERENCES organizations,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    siret           text CHECK (siret ~ '^[0-9]{14}$'),
    rna             text CHECK (rna ~ '^W[0-9][A-Z0-9][0-9]{7}$'),
    legal_family    text NOT NULL,
    declared_at     timestamptz NOT NULL,
    CONSTRAINT identified CHECK (siret IS NOT NULL OR rna IS NOT NULL)
);

-- What was asked from an applicant, and until when. Items are fields, pieces and reason codes.
CREATE TABLE corrections (
    correction_id  uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES applications,
    state          text NOT NULL CHECK (state IN ('OPEN', 'SUBMITTED', 'LAPSED', 'CANCELLED')),
    items          jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array' AND items <> '[]'),
    opened_at      timestamptz NOT NULL,
    closes_at      timestamptz NOT NULL CONSTRAINT corrections_closes_after_opening CHECK (closes_at > opened_at),
    submitted_at   timestamptz,
    digest         text CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT answered_in_time CHECK ((state = 'SUBMITTED') = (submitted_at IS NOT NULL)
        AND (submitted_at IS NULL) = (digest IS NULL) AND submitted_at < closes_at)
);
CREATE UNIQUE INDEX corrections_one_open ON corrections (application_id) WHERE state = 'OPEN';
CREATE INDEX corrections_of ON corrections (application_id, opened_at);

-- Pieces. Bytes are elsewhere, named by their digest.
CREATE TABLE documents (
    document_id    uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES applications,
    piece          text NOT NULL,
    stage          text NOT NULL CHECK (stage IN ('PRE_APPLICATION', 'FULL_APPLICATION', 'AGREEMENT', 'REPORT')),
    file_name      text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 255),
    media_type     text,
    size_bytes     bigint NOT NULL CHECK (size_bytes > 0),
    digest         text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    state          text NOT NULL CHECK (state IN ('UPLOADING', 'RECEIVED', 'REFUSED')),
    refusal        text,
    issued_on      date,
    begun_by       text NOT NULL,
    begun_at       timestamptz NOT NULL,
    received_at    timestamptz,
    deposited_at   timestamptz,
    CONSTRAINT whole_once_received CHECK ((state = 'RECEIVED') = (received_at IS NOT NULL)
        AND (received_at IS NULL OR media_type IS NOT NULL)),
    CONSTRAINT refused_with_reason CHECK ((state = 'REFUSED') = (refusal IS NOT NULL)),
    CONSTRAINT deposited_once_whole CHECK (deposited_at IS NULL OR deposited_at >= received_at)
);
CREATE INDEX documents_of ON documents (application_id, piece, begun_at);

-- The thread of a file.
CREATE TABLE messages (
    position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id     uuid NOT NULL UNIQUE,
    application_id uuid NOT NULL REFERENCES applications,
    template       text NOT NULL CHECK (template ~ '^[a-z_]*$'),
    sentence       jsonb NOT NULL CHECK (jsonb_typeof(sentence) = 'object'),
    body           text NOT NULL CHECK (length(body) <= 10000),
    author         text NOT NULL,
    posted_at      timestamptz NOT NULL,
    CONSTRAINT says_something CHECK (template <> '' OR body <> '')
);
CREATE INDEX messages_of ON messages (application_id, position DESC);
CREATE UNIQUE INDEX messages_reminded_once ON messages (application_id, (sentence ->> 'window'))
    WHERE template = 'draft_reminder';

-- What lists show: a projection written by the engine, monotone by version; 0 is the deposit's own.
CREATE TABLE progress (
    application_id uuid PRIMARY KEY REFERENCES applications,
    version        bigint NOT NULL CHECK (version >= 0),
    stage          text NOT NULL CHECK (stage ~ '^[A-Z_]+$'),
    next_event     text NOT NULL CHECK (next_event ~ '^[A-Z_]+$'),
    next_event_at  timestamptz,
    blocking_role  text CHECK (blocking_role ~ '^[A-Z_]+$'),
    reviewer_id    uuid,
    proposed_cents bigint NOT NULL DEFAULT 0 CHECK (proposed_cents >= 0),
    awarded_cents  bigint NOT NULL DEFAULT 0 CHECK (awarded_cents >= 0),
    paid_cents     bigint NOT NULL DEFAULT 0 CHECK (paid_cents >= 0),
    ending         text CHECK (ending ~ '^[A-Z_]+$'),
    written_at     timestamptz NOT NULL DEFAULT clock.now()
);
CREATE INDEX progress_stage ON progress (stage, application_id);

-- What was saved, received or said is never rewritten by the service itself, and nothing is deleted.
REVOKE UPDATE, DELETE, TRUNCATE ON rulebooks, window_extensions, drafts, receipts, messages, legal_entities FROM jalon_intake;
REVOKE DELETE, TRUNCATE ON calls, persons, role_grants, organizations, applications, number_counters, corrections, documents, progress
    FROM jalon_intake;

-- The rulebook of an open call is frozen, whoever writes.
CREATE FUNCTION keep_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'DRAFT' AND (NEW.rulebook_version, NEW.rulebook_digest, NEW.fictitious) IS DISTINCT FROM (OLD.rulebook_version, OLD.rulebook_digest, OLD.fictitious) THEN
        RAISE EXCEPTION 'the rulebook of an open call is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'rulebook_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_frozen BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION keep_frozen();
