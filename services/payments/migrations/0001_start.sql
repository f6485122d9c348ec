-- The money of each application. Amounts are cents of euro; people are opaque ids; account numbers are sealed.

-- What each call says of money, frozen; and the counters that keep numbers dense.
CREATE TABLE calls (
    call_id         uuid PRIMARY KEY,
    rulebook_digest text NOT NULL,
    rulebook        bytea NOT NULL,
    last_run        integer NOT NULL DEFAULT 0,
    last_order      integer NOT NULL DEFAULT 0,
    registered_at   timestamptz NOT NULL DEFAULT clock.now(),
    CONSTRAINT calls_digest CHECK (rulebook_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT calls_counters CHECK (last_run >= 0 AND last_order >= 0)
);

-- The limit of each section: never more reserved and awarded than voted. Only the guarded update moves these.
CREATE TABLE envelopes (
    envelope_id uuid PRIMARY KEY,
    call_id     uuid NOT NULL REFERENCES calls,
    section     text NOT NULL,
    cap_cents   bigint NOT NULL DEFAULT 0,
    used_cents  bigint NOT NULL DEFAULT 0,
    UNIQUE (call_id, section),
    CONSTRAINT envelopes_section CHECK (section IN ('OPERATING', 'INVESTMENT')),
    CONSTRAINT envelopes_bounds CHECK (used_cents BETWEEN 0 AND cap_cents)
);

-- One award per application. Its amounts are where its money sits, account by account: no account gives what it has not.
CREATE TABLE awards (
    application_id      uuid PRIMARY KEY,
    call_id             uuid NOT NULL REFERENCES calls,
    envelope_id         uuid NOT NULL REFERENCES envelopes,
    section             text NOT NULL,
    state               text NOT NULL,
    eligible_base_cents bigint NOT NULL,
    reserved_cents      bigint NOT NULL DEFAULT 0,
    voted_cents         bigint NOT NULL DEFAULT 0,
    committed_cents     bigint NOT NULL DEFAULT 0,
    in_flight_cents     bigint NOT NULL DEFAULT 0,
    paid_cents          bigint NOT NULL DEFAULT 0,
    freed_cents         bigint NOT NULL DEFAULT 0,
    to_recover_cents    bigint NOT NULL DEFAULT 0,
    voted_at            timestamptz,
    voted_year          integer,
    CONSTRAINT awards_section CHECK (section IN ('OPERATING', 'INVESTMENT')),
    CONSTRAINT awards_state CHECK (state IN ('RESERVED', 'VOTED', 'COMMITTED', 'CLOSED', 'RELEASED')),
    CONSTRAINT awards_base CHECK (eligible_base_cents > 0),
    CONSTRAINT awards_reserved CHECK (reserved_cents >= 0),
    CONSTRAINT awards_voted CHECK (voted_cents >= 0),
    CONSTRAINT awards_committed CHECK (committed_cents >= 0),
    CONSTRAINT awards_in_flight CHECK (in_flight_cents >= 0),
    CONSTRAINT awards_paid CHECK (paid_cents >= 0),
    CONSTRAINT awards_freed CHECK (freed_cents >= 0),
    CONSTRAINT awards_recover CHECK (to_recover_cents BETWEEN 0 AND paid_cents),
    CONSTRAINT awards_vote CHECK ((voted_at IS NULL) = (voted_year IS NULL)),
    CONSTRAINT awards_voted_first CHECK (state IN ('RESERVED', 'RELEASED') OR voted_at IS NOT NULL),
    CONSTRAINT awards_ended CHECK (
        state NOT IN ('CLOSED', 'RELEASED') OR reserved_cents + voted_cents + committed_cents + in_flight_cents = 0)
);
CREATE INDEX awards_call ON awards (call_id, application_id);

-- Double entry, append-only: what moved, and between which accounts.
CREATE TABLE movements (
    movement_id uuid PRIMARY KEY,
    kind        text NOT NULL,
    request_id  uuid NOT NULL REFERENCES requests,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock.now(),
    CONSTRAINT movements_kind CHECK (kind ~ '^[a-z_]+$')
);
CREATE TABLE entries (
    entry_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    movement_id  uuid NOT NULL REFERENCES movements,
    account      text NOT NULL,
    subject_id   uuid NOT NULL,
    amount_cents bigint NOT NULL,
    envelope_id  uuid NOT NULL REFERENCES envelopes,
    award_id     uuid REFERENCES awards,
    CONSTRAINT entries_account CHECK (account IN (
        'ANNOUNCEMENT', 'ANNOUNCED', 'CREDITS', 'AVAILABLE', 'RESERVED', 'VOTED', 'COMMITTED', 'IN_FLIGHT', 'PAID',
        'FREED', 'FREEING')),
    CONSTRAINT entries_amount CHECK (amount_cents <> 0)
);
CREATE INDEX entries_envelope ON entries (envelope_id, account);
CREATE INDEX entries_movement ON entries (movement_id);

CREATE FUNCTION balance_movement() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT e.movement_id FROM entries e WHERE e.movement_id IN (SELECT added.movement_id FROM added)
        GROUP BY e.movement_id HAVING sum(e.amount_cents) <> 0
    ) THEN
        RAISE EXCEPTION 'the entries of a movement add up to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_balanced';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_balanced AFTER INSERT ON entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION balance_movement();

-- Who is paid. Identity: the SIREN, else the RNA number, else the file itself.
CREATE TABLE beneficiaries (
    application_id uuid PRIMARY KEY REFERENCES awards,
    applicant_id   uuid NOT NULL,
    number         text NOT NULL,
    name           text NOT NULL,
    siret          text NOT NULL,
    rna            text NOT NULL,
    identity       text GENERATED ALWAYS AS (
        coalesce(nullif(left(siret, 9), ''), nullif(rna, ''), application_id::text)) STORED,
    legal_family   text NOT NULL,
    project_title  text NOT NULL,
    project_ends_on date,
    fictitious     boolean NOT NULL,
    CONSTRAINT beneficiaries_name CHECK (name <> ''),
    CONSTRAINT beneficiaries_siret CHECK (siret ~ '^([0-9]{14})?$')
);
CREATE INDEX beneficiaries_identity ON beneficiaries (identity);

-- Facts that payments wait for, each with the instant since which it holds.
CREATE TABLE conditions (
    application_id uuid NOT NULL REFERENCES awards,
    code           text NOT NULL,
    since          timestamptz NOT NULL,
    PRIMARY KEY (application_id, code),
    CONSTRAINT conditions_code CHECK (code IN (
        'act_executory', 'decision_notified', 'agreement_signed', 'report_accepted'))
);

CREATE TABLE agreements (
    agreement_id             uuid PRIMARY KEY,
    application_id           uuid NOT NULL REFERENCES awards,
    state                    text NOT NULL,
    digest                   text NOT NULL,
    size_bytes               bigint NOT NULL,
    prepared_at              timestamptz NOT NULL,
    prepared_by              uuid NOT NULL,
    sent_at                  timestamptz,
    closes_at                timestamptz,
    signed_by_beneficiary_at timestamptz,
    signed_by                uuid,
    signer_name              text NOT NULL DEFAULT '',
    signed_at                timestamptz,
    countersigned_by         uuid,
    CONSTRAINT agreements_state CHECK (
        state IN ('DRAFTED', 'SENT', 'SIGNED_BY_BENEFICIARY', 'SIGNED', 'EXPIRED', 'CANCELLED')),
    CONSTRAINT agreements_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT agreements_size CHECK (size_bytes > 0),
    CONSTRAINT agreements_window CHECK (closes_at > sent_at),
    CONSTRAINT agreements_sent CHECK (state IN ('DRAFTED', 'CANCELLED') OR closes_at IS NOT NULL),
    CONSTRAINT agreements_in_time CHECK (signed_by_beneficiary_at < closes_at),
    CONSTRAINT agreements_signed_by CHECK (
        state NOT IN ('SIGNED_BY_BENEFICIARY', 'SIGNED')
        OR (signed_by IS NOT NULL AND signed_by_beneficiary_at IS NOT NULL AND signer_name <> '')),
    CONSTRAINT agreements_signed CHECK (
        (state = 'SIGNED') = (countersigned_by IS NOT NULL) AND (state = 'SIGNED') = (signed_at IS NOT NULL)),
    CONSTRAINT agreements_two_people CHECK (countersigned_by <> signed_by)
);
CREATE UNIQUE INDEX agreements_live ON agreements (application_id) WHERE state NOT IN ('EXPIRED', 'CANCELLED');
CREATE INDEX agreements_application ON agreements (application_id, prepared_at DESC);

-- Each version of an account. Number, BIC and holder are sealed; the fingerprint (HMAC) only tells two apart.
CREATE TABLE bank_details (
    application_id uuid NOT NULL REFERENCES awards,
    version        integer NOT NULL,
    state          text NOT NULL,
    key_id         text NOT NULL,
    sealed         bytea NOT NULL,
    fingerprint    bytea NOT NULL,
    iban_masked    text NOT NULL,
    holder_match   text NOT NULL,
    foreign_account boolean NOT NULL,
    shared_account boolean NOT NULL,
    document_id    uuid,
    declared_by    uuid NOT NULL,
    declared_at    timestamptz NOT NULL,
    verified_by    uuid,
    verified_at    timestamptz,
    method         text NOT NULL DEFAULT '',
    reason         text NOT NULL DEFAULT '',
    PRIMARY KEY (application_id, version),
    CONSTRAINT bank_details_version CHECK (version >= 1),
    CONSTRAINT bank_details_state CHECK (state IN ('DECLARED', 'VERIFIED', 'REJECTED', 'SUPERSEDED')),
    CONSTRAINT bank_details_masked CHECK (iban_masked ~ '^[A-Z]{2}[0-9]{2} •••• .{3}$'),
    CONSTRAINT bank_details_fingerprint CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT bank_details_match CHECK (holder_match IN ('EXACT', 'CLOSE', 'DIFFERENT')),
    CONSTRAINT bank_details_method CHECK (method IN ('', 'CALL_BACK', 'DOCUMENT')),
    CONSTRAINT bank_details_verified CHECK (
        (verified_by IS NULL) = (verified_at IS NULL) AND (verified_by IS NULL) = (method = '')
        AND (state <> 'VERIFIED' OR verified_by IS NOT NULL)),
    CONSTRAINT bank_details_two_people CHECK (verified_by <> declared_by),
    CONSTRAINT bank_details_reason CHECK (reason ~ '^[A-Z0-9_]{0,40}$' AND (state = 'REJECTED') = (reason <> ''))
);
CREATE UNIQUE INDEX bank_details_live ON bank_details (application_id) WHERE state IN ('DECLARED', 'VERIFIED');
CREATE INDEX bank_details_fingerprints ON bank_details (fingerprint);

CREATE TABLE installments (
    installment_id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES awards,
    number         integer NOT NULL,
    kind           text NOT NULL,
    amount_cents   bigint NOT NULL,
    state          text NOT NULL,
    conditions     text[] NOT NULL,
    liquidated_at  timestamptz,
    liquidated_by  uuid,
    paid_at        timestamptz,
    UNIQUE (application_id, number),
    CONSTRAINT installments_number CHECK (number >= 1),
    CONSTRAINT installments_kind CHECK (kind IN ('single', 'advance', 'interim', 'balance')),
    CONSTRAINT installments_state CHECK (state IN ('PLANNED', 'LIQUIDATED', 'ORDERED', 'PAID', 'CANCELLED')),
    CONSTRAINT installments_amount CHECK (amount_cents > 0 OR (state = 'CANCELLED' AND amount_cents = 0)),
    CONSTRAINT installments_liquidated CHECK (
        (liquidated_by IS NULL) = (liquidated_at IS NULL)
        AND (state IN ('PLANNED', 'CANCELLED') OR liquidated_by IS NOT NULL)),
    CONSTRAINT installments_paid CHECK ((state = 'PAID') = (paid_at IS NOT NULL))
);

CREATE TABLE payment_runs (
    payment_run_id     uuid PRIMARY KEY,
    call_id            uuid NOT NULL REFERENCES calls,
    number             integer NOT NULL,
    state              text NOT NULL,
    digest             text NOT NULL,
    total_cents        bigint NOT NULL,
    prepared_by        uuid NOT NULL,
    prepared_at        timestamptz NOT NULL,
    first_seal_by      uuid,
    first_seal_at      timestamptz,
    first_seal_digest  text,
    second_seal_by     uuid,
    second_seal_at     timestamptz,
    second_seal_digest text,
    sent_at            timestamptz,
    settled_at         timestamptz,
    UNIQUE (call_id, number),
    CONSTRAINT runs_number CHECK (number >= 1),
    CONSTRAINT runs_state CHECK (state IN ('PREPARED', 'SEALED_ONCE', 'SEALED', 'SENT', 'SETTLED')),
    CONSTRAINT runs_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT runs_total CHECK (total_cents >= 0),
    CONSTRAINT runs_seals CHECK (
        (first_seal_by IS NULL) = (first_seal_at IS NULL) AND (first_seal_by IS NULL) = (first_seal_digest IS NULL)
        AND (second_seal_by IS NULL) = (second_seal_at IS NULL)
        AND (second_seal_by IS NULL) = (second_seal_digest IS NULL)),
    CONSTRAINT runs_state_seals CHECK (CASE state
        WHEN 'PREPARED' THEN first_seal_by IS NULL AND second_seal_by IS NULL
        WHEN 'SEALED_ONCE' THEN first_seal_by IS NOT NULL AND second_seal_by IS NULL
        WHEN 'SETTLED' THEN (first_seal_by IS NULL) = (second_seal_by IS NULL)
        ELSE first_seal_by IS NOT NULL AND second_seal_by IS NOT NULL END),
    CONSTRAINT runs_seal_digests CHECK (first_seal_digest = digest AND second_seal_digest = digest),
    CONSTRAINT runs_two_seals CHECK (second_seal_by <> first_seal_by),
    CONSTRAINT runs_preparer CHECK (prepared_by <> first_seal_by AND prepared_by <> second_seal_by),
    CONSTRAINT runs_sent CHECK (state <> 'SENT' OR sent_at IS NOT NULL),
    CONSTRAINT runs_settled CHECK ((state = 'SETTLED') = (settled_at IS NOT NULL))
);

-- The payment key is (installment, attempt); what an order says of amount and account never changes.
CREATE TABLE payment_orders (
    order_id        uuid PRIMARY KEY,
    payment_run_id  uuid NOT NULL REFERENCES payment_runs,
    call_id         uuid NOT NULL REFERENCES calls,
    application_id  uuid NOT NULL REFERENCES awards,
    installment_id  uuid NOT NULL REFERENCES installments,
    number          integer NOT NULL,
    attempt         integer NOT NULL,
    amount_cents    bigint NOT NULL,
    bank_version    integer NOT NULL,
    account         text NOT NULL,
    state           text NOT NULL,
    liquidated_by   uuid NOT NULL,
    verified_by     uuid NOT NULL,
    ordered_at      timestamptz NOT NULL,
    reference       text NOT NULL DEFAULT '',
    reason          text NOT NULL DEFAULT '',
    confirmed_cents bigint,
    taken_at        timestamptz,
    settled_at      timestamptz,
    UNIQUE (call_id, number),
    FOREIGN KEY (application_id, bank_version) REFERENCES bank_details (application_id, version),
    CONSTRAINT orders_number CHECK (number >= 1),
    CONSTRAINT orders_attempt CHECK (attempt >= 1),
    CONSTRAINT orders_amount CHECK (amount_cents > 0),
    CONSTRAINT orders_account CHECK (account ~ '^[0-9a-f]{64}$'),
    CONSTRAINT orders_state CHECK (state IN ('PREPARED', 'SENT', 'TAKEN_IN_CHARGE', 'PAID', 'REJECTED', 'REMOVED')),
    CONSTRAINT orders_separate CHECK (verified_by <> liquidated_by),
    CONSTRAINT orders_reason CHECK (
        reason ~ '^[A-Z0-9_]{0,40}$' AND (state IN ('REJECTED', 'REMOVED')) = (reason <> '')),
    CONSTRAINT orders_confirmed CHECK (confirmed_cents = amount_cents),
    CONSTRAINT orders_paid CHECK ((state = 'PAID') = (confirmed_cents IS NOT NULL)),
    CONSTRAINT orders_settled CHECK ((state IN ('PAID', 'REJECTED')) = (settled_at IS NOT NULL))
);
CREATE UNIQUE INDEX orders_live ON payment_orders (installment_id) WHERE state NOT IN ('REJECTED', 'REMOVED');
CREATE UNIQUE INDEX orders_key ON payment_orders (installment_id, attempt) WHERE state <> 'REMOVED';
CREATE INDEX orders_run ON payment_orders (payment_run_id, number);
CREATE INDEX orders_application ON payment_orders (application_id);
CREATE INDEX orders_sent ON payment_orders (number) WHERE state IN ('SENT', 'TAKEN_IN_CHARGE');

-- Whoever verified an account or liquidated an installment of a run never seals it.
CREATE FUNCTION separate_sealers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM payment_orders o
        WHERE o.payment_run_id = NEW.payment_run_id AND o.state <> 'REMOVED'
          AND (o.liquidated_by IN (NEW.first_seal_by, NEW.second_seal_by)
               OR o.verified_by IN (NEW.first_seal_by, NEW.second_seal_by))
    ) THEN
        RAISE EXCEPTION 'a seal is set by who neither verified nor liquidated'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'runs_sealers_separate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER runs_sealers_separate BEFORE UPDATE OF first_seal_by, second_seal_by ON payment_runs
    FOR EACH ROW EXECUTE FUNCTION separate_sealers();

CREATE TABLE financial_reports (
    application_id       uuid NOT NULL REFERENCES awards,
    version              integer NOT NULL,
    state                text NOT NULL,
    due_at               timestamptz NOT NULL,
    submitted_at         timestamptz,
    submitted_by         uuid,
    lines                jsonb NOT NULL DEFAULT '[]',
    planned_cents        bigint NOT NULL DEFAULT 0,
    spent_cents          bigint NOT NULL DEFAULT 0,
    other_public_cents   bigint NOT NULL DEFAULT 0,
    jobs_actual          integer NOT NULL DEFAULT 0,
    comments             text NOT NULL DEFAULT '',
    accepted_spent_cents bigint,
    decided_at           timestamptz,
    decided_by           uuid,
    reason               text NOT NULL DEFAULT '',
    PRIMARY KEY (application_id, version),
    CONSTRAINT reports_version CHECK (version >= 1),
    CONSTRAINT reports_state CHECK (state IN ('EXPECTED', 'SUBMITTED', 'ACCEPTED', 'RETURNED')),
    CONSTRAINT reports_lines CHECK (jsonb_typeof(lines) = 'array'),
    CONSTRAINT reports_amounts CHECK (planned_cents >= 0 AND spent_cents >= 0 AND other_public_cents >= 0),
    CONSTRAINT reports_jobs CHECK (jobs_actual >= 0),
    CONSTRAINT reports_submitted CHECK (
        (state = 'EXPECTED') = (submitted_at IS NULL) AND (submitted_at IS NULL) = (submitted_by IS NULL)),
    CONSTRAINT reports_accepted CHECK ((state = 'ACCEPTED') = (accepted_spent_cents IS NOT NULL)),
    CONSTRAINT reports_accepted_spent CHECK (accepted_spent_cents BETWEEN 0 AND spent_cents),
    CONSTRAINT reports_decided CHECK (
        (state IN ('ACCEPTED', 'RETURNED')) = (decided_at IS NOT NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT reports_reason CHECK (reason ~ '^[A-Z0-9_]{0,40}$' AND (state = 'RETURNED') = (reason <> ''))
);

-- The computation of what is finally owed, line by line, as it was explained.
CREATE TABLE entitlement_lines (
    application_id uuid NOT NULL REFERENCES awards,
    position       integer NOT NULL,
    code           text NOT NULL,
    amount_cents   bigint NOT NULL,
    rule           text NOT NULL,
    line_values    jsonb NOT NULL,
    PRIMARY KEY (application_id, position),
    CONSTRAINT entitlement_lines_position CHECK (position >= 1),
    CONSTRAINT entitlement_lines_code CHECK (code ~ '^[A-Z_]+$'),
    CONSTRAINT entitlement_lines_amount CHECK (amount_cents >= 0)
);

-- What the conditions of a payment are judged on, for each award: the newest account only, the year's sum of grants.
CREATE VIEW award_facts AS
SELECT a.application_id,
       k.act_executory_at, k.decision_notified_at, k.agreement_signed_at, k.report_accepted_at,
       (SELECT CASE WHEN d.state = 'VERIFIED' THEN d.verified_at END FROM bank_details d
        WHERE d.application_id = a.application_id ORDER BY d.version DESC LIMIT 1) AS bank_details_verified_at,
       coalesce(
           (SELECT sum(o.voted_cents + o.committed_cents + o.in_flight_cents + o.paid_cents)
            FROM beneficiaries mine
            JOIN beneficiaries b ON b.identity = mine.identity
            JOIN awards o ON o.application_id = b.application_id AND o.voted_year = a.voted_year
            WHERE mine.application_id = a.application_id),
           a.voted_cents + a.committed_cents + a.in_flight_cents + a.paid_cents
       )::bigint AS annual_cumul_cents
FROM awards a
LEFT JOIN LATERAL (
    SELECT max(c.since) FILTER (WHERE c.code = 'act_executory') AS act_executory_at,
           max(c.since) FILTER (WHERE c.code = 'decision_notified') AS decision_notified_at,
           max(c.since) FILTER (WHERE c.code = 'agreement_signed') AS agreement_signed_at,
           max(c.since) FILTER (WHERE c.code = 'report_accepted') AS report_accepted_at
    FROM conditions c WHERE c.application_id = a.application_id
) k ON true;

-- The service adds to the ledger and moves states; it never rewrites what was entered, ordered or declared.
DO $$
DECLARE service text := 'jalon_' || current_schema();
BEGIN
    EXECUTE format('REVOKE DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %I FROM %I', current_schema(), service);
    EXECUTE format('REVOKE INSERT, UPDATE ON award_facts FROM %I', service);
    EXECUTE format('REVOKE UPDATE ON movements, entries, entitlement_lines FROM %I', service);
    EXECUTE format('REVOKE UPDATE ON calls, bank_details, agreements, payment_orders FROM %I', service);
    EXECUTE format('GRANT UPDATE (last_run, last_order) ON calls TO %I', service);
    EXECUTE format('GRANT UPDATE (state, verified_by, verified_at, method, reason) ON bank_details TO %I', service);
    EXECUTE format(
        'GRANT UPDATE (state, sent_at, closes_at, signed_by_beneficiary_at, signed_by, signer_name, signed_at, '
        'countersigned_by) ON agreements TO %I', service);
    EXECUTE format(
        'GRANT UPDATE (state, reference, reason, confirmed_cents, taken_at, settled_at) ON payment_orders TO %I',
        service);
END $$;
