-- Review: the case of each application from admissibility to notification, the jury's sessions, the assembly's acts.

-- A call as handed over at its opening: its rulebook, frozen.
CREATE TABLE calls (
    call_id         uuid PRIMARY KEY,
    rulebook_digest text NOT NULL,
    rulebook        bytea NOT NULL,
    registered_at   timestamptz NOT NULL DEFAULT clock.now(),
    CONSTRAINT digest_of_rulebook CHECK (rulebook_digest = encode(sha256(rulebook), 'hex'))
);

-- Words, saved first and by version; acts cite them. A version is never rewritten.
CREATE TABLE texts (
    text_id        uuid NOT NULL,
    version        integer NOT NULL CHECK (version >= 1),
    call_id        uuid NOT NULL,
    application_id uuid,
    kind           text NOT NULL CHECK (kind IN (
        'ADMISSIBILITY', 'CORRECTION', 'ANALYSIS', 'OPINION', 'SHORTLIST', 'SCORE', 'MINUTES', 'DECISION')),
    author         text NOT NULL,
    body           text NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
    saved_at       timestamptz NOT NULL DEFAULT clock.now(),
    PRIMARY KEY (text_id, version),
    -- only what concerns a whole session or act belongs to no application
    CONSTRAINT text_of_a_case CHECK (application_id IS NOT NULL OR kind IN ('MINUTES', 'DECISION'))
);

-- One application as review sees it: the state of each thing, and the figures decided so far.
CREATE TABLE cases (
    application_id         uuid PRIMARY KEY,
    call_id                uuid NOT NULL REFERENCES calls,
    track                  text NOT NULL CHECK (length(track) BETWEEN 1 AND 40),
    applicant_id           uuid NOT NULL,
    received_at            timestamptz NOT NULL,
    deposit_digest         text NOT NULL CHECK (deposit_digest ~ '^[0-9a-f]{64}$'),
    first_requested_cents  bigint NOT NULL CHECK (first_requested_cents >= 0),
    total_cost_cents       bigint NOT NULL CHECK (total_cost_cents >= 0),
    requested_cents        bigint NOT NULL CHECK (requested_cents >= 0),
    state                  text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'WITHDRAWN', 'CLOSED')),

    admissibility          text NOT NULL DEFAULT 'PENDING'
        CHECK (admissibility IN ('PENDING', 'ADMISSIBLE', 'INADMISSIBLE_PROPOSED', 'INADMISSIBLE')),
    inadmissible_because   text[] NOT NULL DEFAULT '{}',
    admissibility_by       text,
    inadmissible_by        text,
    ground_id              uuid,
    ground_version         integer,

    completeness           text NOT NULL DEFAULT 'NOT_STARTED'
        CHECK (completeness IN ('NOT_STARTED', 'TO_CHECK', 'INCOMPLETE', 'COMPLETE', 'LAPSED')),
    full_received_at       timestamptz,
    full_digest            text CHECK (full_digest ~ '^[0-9a-f]{64}$'),
    legal_family           text,
    eligible_cost_cents    bigint CHECK (eligible_cost_cents >= 0),
    section                text CHECK (section ~ '^[A-Z][A-Z_]{1,39}$'),

    review                 text NOT NULL DEFAULT 'NOT_STARTED'
        CHECK (review IN ('NOT_STARTED', 'UNDER_REVIEW', 'CONCLUDED')),
    reviewer_id            uuid,
    eligible_base_cents    bigint CHECK (eligible_base_cents > 0),
    instructed_cents       bigint CHECK (instructed_cents > 0),
    analysis_id            uuid,
    analysis_version       integer,

    shortlist              text NOT NULL DEFAULT 'UNDECIDED'
        CHECK (shortlist IN ('UNDECIDED', 'SHORTLISTED', 'NOT_SHORTLISTED')),
    hearing                text NOT NULL DEFAULT 'NOT_SCHEDULED'
        CHECK (hearing IN ('NOT_SCHEDULED', 'SCHEDULED', 'HEARD', 'ABSENT')),
    hearing_at             timestamptz,

    proposal               text NOT NULL DEFAULT 'NONE'
        CHECK (proposal IN ('NONE', 'PROPOSED', 'WAITING_LIST', 'DECLINED')),
    session_id             uuid,
    proposed_cents         bigint NOT NULL DEFAULT 0,
    rank                   integer NOT NULL DEFAULT 0 CHECK (rank >= 0),
    explanation            text NOT NULL DEFAULT '',

    decision               text NOT NULL DEFAULT 'UNDECIDED'
        CHECK (decision IN ('UNDECIDED', 'GRANTED', 'WAITING', 'REFUSED')),
    act_id                 uuid,
    granted_cents          bigint NOT NULL DEFAULT 0,
    notified_at            timestamptz,

    FOREIGN KEY (ground_id, ground_version) REFERENCES texts (text_id, version),
    FOREIGN KEY (analysis_id, analysis_version) REFERENCES texts (text_id, version),
    CONSTRAINT admissibility_by_somebody CHECK (admissibility = 'PENDING' OR admissibility_by IS NOT NULL),
    -- two people, and a reason, for an inadmissibility
    CONSTRAINT inadmissible_with_reasons
        CHECK ((admissibility IN ('INADMISSIBLE_PROPOSED', 'INADMISSIBLE')) = (cardinality(inadmissible_because) > 0)),
    CONSTRAINT inadmissible_by_two
        CHECK (admissibility <> 'INADMISSIBLE' OR (inadmissible_by IS NOT NULL AND inadmissible_by <> admissibility_by)),
    CONSTRAINT full_application_of_admissible
        CHECK (completeness = 'NOT_STARTED' OR (admissibility = 'ADMISSIBLE' AND full_received_at IS NOT NULL
            AND eligible_cost_cents IS NOT NULL AND section IS NOT NULL AND legal_family IS NOT NULL)),
    CONSTRAINT reviewed_by_somebody CHECK (review = 'NOT_STARTED' OR reviewer_id IS NOT NULL),
    CONSTRAINT concluded_with_record
        CHECK (review <> 'CONCLUDED' OR (completeness = 'COMPLETE' AND eligible_base_cents IS NOT NULL AND analysis_id IS NOT NULL)),
    CONSTRAINT base_within_cost CHECK (eligible_base_cents <= eligible_cost_cents),
    CONSTRAINT instructed_within_request CHECK (instructed_cents <= requested_cents),
    CONSTRAINT shortlisted_with_amount CHECK (shortlist <> 'SHORTLISTED' OR instructed_cents IS NOT NULL),
    CONSTRAINT heard_if_shortlisted
        CHECK (hearing = 'NOT_SCHEDULED' OR (shortlist = 'SHORTLISTED' AND hearing_at IS NOT NULL)),
    CONSTRAINT proposal_of_a_session CHECK (proposal = 'NONE' OR session_id IS NOT NULL),
    CONSTRAINT proposed_amount
        CHECK ((proposal = 'PROPOSED') = (proposed_cents > 0) AND proposed_cents BETWEEN 0 AND coalesce(instructed_cents, 0)),
    CONSTRAINT decided_by_an_act CHECK (decision = 'UNDECIDED' OR act_id IS NOT NULL),
    CONSTRAINT granted_amount CHECK ((decision = 'GRANTED') = (granted_cents > 0) AND granted_cents >= 0),
    CONSTRAINT notified_once_decided CHECK (notified_at IS NULL OR decision <> 'UNDECIDED')
);
CREATE INDEX cases_of_call ON cases (call_id, received_at, application_id);

-- Documents received for the checklist. Each is a fact; a later one does not erase it.
CREATE TABLE pieces (
    application_id uuid NOT NULL REFERENCES cases,
    piece          text NOT NULL CHECK (length(piece) BETWEEN 1 AND 60),
    digest         text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    issued_on      date,
    received_at    timestamptz NOT NULL,
    PRIMARY KEY (application_id, piece, digest)
);

-- What was asked of the applicant and until when: the clock of silence stops meanwhile (CRPA L114-5).
CREATE TABLE corrections (
    correction_id  uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES cases,
    round          integer NOT NULL CHECK (round >= 1),
    items          jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array' AND items <> '[]'),
    requested_by   text NOT NULL,
    requested_at   timestamptz NOT NULL,
    closes_at      timestamptz NOT NULL,
    words_id       uuid,
    words_version  integer,
    answered_at    timestamptz,
    answer_digest  text CHECK (answer_digest ~ '^[0-9a-f]{64}$'),
    lapsed_at      timestamptz,
    UNIQUE (application_id, round),
    FOREIGN KEY (words_id, words_version) REFERENCES texts (text_id, version),
    CONSTRAINT closes_after_request CHECK (closes_at > requested_at),
    CONSTRAINT answered_with_digest CHECK ((answered_at IS NULL) = (answer_digest IS NULL)),
    CONSTRAINT lapsed_unanswered CHECK (lapsed_at IS NULL OR answered_at IS NULL)
);
CREATE UNIQUE INDEX one_correction_at_a_time ON corrections (application_id)
    WHERE answered_at IS NULL AND lapsed_at IS NULL;

-- Opinions asked outside.
CREATE TABLE opinions (
    opinion_id     uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES cases,
    expert_id      uuid NOT NULL,
    state          text NOT NULL DEFAULT 'REQUESTED' CHECK (state IN ('REQUESTED', 'GIVEN', 'EXPIRED', 'CANCELLED')),
    requested_at   timestamptz NOT NULL,
    closes_at      timestamptz NOT NULL,
    given_at       timestamptz,
    favourable     boolean,
    words_id       uuid,
    words_version  integer,
    FOREIGN KEY (words_id, words_version) REFERENCES texts (text_id, version),
    CONSTRAINT opinion_closes_later CHECK (closes_at > requested_at),
    CONSTRAINT given_with_words
        CHECK ((state = 'GIVEN') = (given_at IS NOT NULL AND favourable IS NOT NULL AND words_id IS NOT NULL)),
    CONSTRAINT given_in_time CHECK (given_at < closes_at)
);
CREATE INDEX opinions_of_case ON opinions (application_id, requested_at, opinion_id);

-- The jury's sessions. The result is frozen with the closing: its record, canonical (RFC 8785), and its digest.
CREATE TABLE sessions (
    session_id     uuid PRIMARY KEY,
    call_id        uuid NOT NULL REFERENCES calls,
    state          text NOT NULL DEFAULT 'PREPARED'
        CHECK (state IN ('PREPARED', 'CONVOKED', 'OPEN', 'ADJOURNED', 'CLOSED')),
    quorum         integer NOT NULL CHECK (quorum >= 1),
    held_at        timestamptz NOT NULL,
    opened_at      timestamptz,
    closed_at      timestamptz,
    minutes_id     uuid,
    minutes_version integer,
    record         bytea,
    result_digest  text,
    FOREIGN KEY (minutes_id, minutes_version) REFERENCES texts (text_id, version),
    CONSTRAINT closed_with_record CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL AND record IS NOT NULL)),
    CONSTRAINT digest_of_record CHECK (result_digest IS NOT DISTINCT FROM encode(sha256(record), 'hex'))
);
CREATE INDEX sessions_of_call ON sessions (call_id, held_at, session_id);

-- Those who score and vote.
CREATE TABLE session_members (
    session_id uuid NOT NULL REFERENCES sessions,
    person_id  uuid NOT NULL,
    role       text NOT NULL CHECK (role IN ('CHAIR', 'MEMBER')),
    presence   text NOT NULL DEFAULT 'EXPECTED' CHECK (presence IN ('EXPECTED', 'PRESENT', 'ABSENT')),
    PRIMARY KEY (session_id, person_id)
);
CREATE UNIQUE INDEX one_chair ON session_members (session_id) WHERE role = 'CHAIR';

-- The files a session sits on.
CREATE TABLE session_files (
    session_id     uuid NOT NULL REFERENCES sessions,
    application_id uuid NOT NULL REFERENCES cases,
    PRIMARY KEY (session_id, application_id)
);

-- A declared link: it holds for the whole file, before and after, and has no reversal.
CREATE TABLE recusals (
    session_id     uuid NOT NULL,
    person_id      uuid NOT NULL,
    application_id uuid NOT NULL,
    nature         text NOT NULL CHECK (nature IN ('employer', 'member', 'family', 'other')),
    declared_at    timestamptz NOT NULL,
    PRIMARY KEY (session_id, application_id, person_id),
    FOREIGN KEY (session_id, person_id) REFERENCES session_members,
    FOREIGN KEY (session_id, application_id) REFERENCES session_files
);

-- One member's grid for one file.
CREATE TABLE score_sheets (
    session_id     uuid NOT NULL,
    application_id uuid NOT NULL,
    person_id      uuid NOT NULL,
    state          text NOT NULL CHECK (state IN ('SUBMITTED', 'VOIDED')),
    submitted_at   timestamptz NOT NULL,
    PRIMARY KEY (session_id, application_id, person_id),
    FOREIGN KEY (session_id, person_id) REFERENCES session_members,
    FOREIGN KEY (session_id, application_id) REFERENCES session_files
);

-- Its marks, each with the words that say why.
CREATE TABLE marks (
    session_id     uuid NOT NULL,
    application_id uuid NOT NULL,
    person_id      uuid NOT NULL,
    criterion      text NOT NULL CHECK (length(criterion) BETWEEN 1 AND 60),
    value          integer NOT NULL CHECK (value BETWEEN 0 AND 1000),
    reason_id      uuid NOT NULL,
    reason_version integer NOT NULL,
    PRIMARY KEY (session_id, application_id, person_id, criterion),
    FOREIGN KEY (session_id, application_id, person_id) REFERENCES score_sheets,
    FOREIGN KEY (reason_id, reason_version) REFERENCES texts (text_id, version)
);

-- The result of a closed session, a row per file.
CREATE TABLE results (
    session_id       uuid NOT NULL,
    application_id   uuid NOT NULL,
    rank             integer NOT NULL CHECK (rank >= 0),
    mean_numerator   bigint NOT NULL CHECK (mean_numerator >= 0),
    mean_denominator bigint NOT NULL CHECK (mean_denominator >= 0),
    proposal         text NOT NULL CHECK (proposal IN ('NONE', 'PROPOSED', 'WAITING_LIST', 'DECLINED')),
    proposed_cents   bigint NOT NULL,
    section          text NOT NULL,
    explanation      text NOT NULL CHECK (explanation IN (
        'FULL', 'REMAINDER', 'ENVELOPE_ENDED', 'UNDER_THRESHOLD', 'NOT_HEARD', 'NOT_SCORED')),
    tie_broken_by    text NOT NULL,
    PRIMARY KEY (session_id, application_id),
    FOREIGN KEY (session_id, application_id) REFERENCES session_files,
    CONSTRAINT result_amount CHECK ((proposal = 'PROPOSED') = (proposed_cents > 0) AND proposed_cents >= 0),
    CONSTRAINT unranked_if_not_heard CHECK ((rank = 0) = (explanation = 'NOT_HEARD'))
);
CREATE UNIQUE INDEX one_file_a_rank ON results (session_id, rank) WHERE rank > 0;

-- The envelope a closed session spent from, by section.
CREATE TABLE result_sections (
    session_id     uuid NOT NULL REFERENCES sessions,
    section        text NOT NULL,
    envelope_cents bigint NOT NULL CHECK (envelope_cents >= 0),
    proposed_cents bigint NOT NULL,
    PRIMARY KEY (session_id, section),
    CONSTRAINT within_envelope CHECK (proposed_cents BETWEEN 0 AND envelope_cents)
);

-- The assembly's acts (délibérations): voted, sent to the préfet, executory (CGCT L3131-1).
CREATE TABLE acts (
    act_id         uuid PRIMARY KEY,
    call_id        uuid NOT NULL REFERENCES calls,
    session_id     uuid NOT NULL REFERENCES sessions,
    number         text NOT NULL CHECK (number ~ '^[0-9A-Z_]{2,15}$'),
    state          text NOT NULL DEFAULT 'RECORDED' CHECK (state IN ('RECORDED', 'TRANSMITTED', 'EXECUTORY')),
    session_on     date NOT NULL,
    transmitted_on date,
    executory_on   date,
    notified_at    timestamptz,
    UNIQUE (call_id, number),
    CONSTRAINT transmitted_after_vote CHECK (transmitted_on >= session_on),
    CONSTRAINT executory_after_transmission CHECK (executory_on >= transmitted_on),
    CONSTRAINT dates_of_state
        CHECK ((state <> 'RECORDED') = (transmitted_on IS NOT NULL) AND (state = 'EXECUTORY') = (executory_on IS NOT NULL)),
    CONSTRAINT notified_once_executory CHECK (notified_at IS NULL OR state = 'EXECUTORY')
);

-- Its beneficiaries, and those it refuses or keeps waiting.
CREATE TABLE act_rows (
    act_id         uuid NOT NULL REFERENCES acts,
    application_id uuid NOT NULL REFERENCES cases,
    decision       text NOT NULL CHECK (decision IN ('GRANTED', 'WAITING', 'REFUSED')),
    granted_cents  bigint NOT NULL,
    section        text NOT NULL,
    PRIMARY KEY (act_id, application_id),
    CONSTRAINT row_amount CHECK ((decision = 'GRANTED') = (granted_cents > 0) AND granted_cents >= 0)
);
ALTER TABLE cases ADD FOREIGN KEY (session_id) REFERENCES sessions, ADD FOREIGN KEY (act_id) REFERENCES acts;

-- A case as people read it: its corrections (they stop the clock of silence), its opinions, the date of its act.
CREATE VIEW case_sheets AS
SELECT c.*, a.executory_on, k.rounds, k.requested_ats, k.closes_ats, k.answered_ats, coalesce(o.opinions, '[]') AS opinions
FROM cases c
LEFT JOIN acts a USING (act_id)
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS rounds,
           coalesce(array_agg(requested_at ORDER BY round), '{}') AS requested_ats,
           coalesce(array_agg(closes_at ORDER BY round), '{}') AS closes_ats,
           coalesce(array_agg(answered_at ORDER BY round), '{}') AS answered_ats
    FROM corrections WHERE application_id = c.application_id
) k
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
               'opinion_id', opinion_id, 'expert_id', expert_id, 'state', state, 'closes_at', closes_at,
               'given_at', given_at, 'favourable', favourable) ORDER BY requested_at, opinion_id)::text AS opinions
    FROM opinions WHERE application_id = c.application_id
) o;

-- What was written stays written.
REVOKE DELETE, TRUNCATE ON ALL TABLES IN SCHEMA review FROM jalon_review;
REVOKE UPDATE ON calls, texts, session_files, recusals, results, result_sections, act_rows FROM jalon_review;
