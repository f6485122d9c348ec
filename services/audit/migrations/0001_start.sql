-- Chains of events, one per subject, written through one door; and the spans of traces.
-- A later migration may lay a global log over the events (entry_id gives it their order of arrival), and checkpoints.

CREATE TABLE chains (
    subject_kind text NOT NULL,
    subject_id   uuid NOT NULL,
    length       bigint NOT NULL,
    head_hash    bytea NOT NULL,
    PRIMARY KEY (subject_kind, subject_id),
    CONSTRAINT chains_kind CHECK (subject_kind ~ '^[a-z][a-z_]{0,39}$'),
    CONSTRAINT chains_length CHECK (length >= 0),
    CONSTRAINT chains_head CHECK (octet_length(head_hash) = 32)
);

CREATE TABLE events (
    subject_kind  text NOT NULL,
    subject_id    uuid NOT NULL,
    sequence      bigint NOT NULL,
    entry_id      bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    body          bytea NOT NULL,
    previous_hash bytea NOT NULL,
    hash          bytea NOT NULL,
    source        text NOT NULL,
    recorded_at   timestamptz NOT NULL,
    trace_id      text NOT NULL,
    PRIMARY KEY (subject_kind, subject_id, sequence),
    CONSTRAINT events_kind CHECK (subject_kind ~ '^[a-z][a-z_]{0,39}$'),
    CONSTRAINT events_sequence CHECK (sequence >= 1),
    CONSTRAINT events_size CHECK (octet_length(body) <= 65536),
    CONSTRAINT events_body CHECK (body IS JSON OBJECT WITH UNIQUE KEYS),
    CONSTRAINT events_previous CHECK (octet_length(previous_hash) = 32),
    CONSTRAINT events_hash CHECK (octet_length(hash) = 32),
    CONSTRAINT events_trace CHECK (trace_id ~ '^([0-9a-f]{32})?$')
);

CREATE TABLE spans (
    trace_id       text NOT NULL,
    span_id        text NOT NULL,
    parent_span_id text NOT NULL,
    name           text NOT NULL,
    service        text NOT NULL,
    kind           text NOT NULL,
    started_at     timestamptz NOT NULL,
    duration_us    bigint NOT NULL,
    failed         boolean NOT NULL,
    application_id uuid,
    attributes     jsonb NOT NULL,
    links          text[] NOT NULL,
    -- the machine's clock: how long technical traces are kept does not depend on a demonstration's calendar
    received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trace_id, span_id),
    CONSTRAINT spans_trace CHECK (trace_id ~ '^[0-9a-f]{32}$'),
    CONSTRAINT spans_span CHECK (span_id ~ '^[0-9a-f]{16}$'),
    CONSTRAINT spans_parent CHECK (parent_span_id ~ '^([0-9a-f]{16})?$'),
    CONSTRAINT spans_kind CHECK (kind IN ('SERVER', 'CLIENT', 'INTERNAL', 'PRODUCER', 'CONSUMER')),
    CONSTRAINT spans_duration CHECK (duration_us >= 0),
    CONSTRAINT spans_attributes CHECK (jsonb_typeof(attributes) = 'object')
);
CREATE INDEX spans_application ON spans (application_id, trace_id) WHERE application_id IS NOT NULL;
CREATE INDEX spans_received ON spans (received_at);

-- The bytes a link's hash covers: each part preceded by its length (8 bytes, big-endian), in this order.
-- services.audit.domain.link_hash derives the same; every column of an event but entry_id is covered.
CREATE FUNCTION link_part(part bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN int8send(octet_length(part)::bigint) || part;

CREATE FUNCTION link_hash(
    subject_kind text, subject_id uuid, sequence bigint, previous_hash bytea,
    source text, recorded_at timestamptz, trace_id text, body bytea
) RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN sha256(
    link_part(convert_to('jalon.link/1', 'UTF8'))
    || link_part(convert_to(subject_kind, 'UTF8'))
    || link_part(uuid_send(subject_id))
    || link_part(int8send(sequence))
    || link_part(previous_hash)
    || link_part(convert_to(source, 'UTF8'))
    || link_part(int8send((extract(epoch FROM recorded_at) * 1000000)::bigint))
    || link_part(convert_to(trace_id, 'UTF8'))
    || link_part(body)
);

-- The one door. Called last in a transaction, subjects in id order. Stores the bytes unchanged; gives the sequence.
CREATE FUNCTION append(subject_kind text, subject_id uuid, body bytea, trace_id text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
#variable_conflict use_column
DECLARE
    chain chains;
    written_at timestamptz;
    link bytea;
BEGIN
    IF append.subject_kind IS NULL OR append.subject_id IS NULL OR append.body IS NULL OR append.trace_id IS NULL THEN
        RAISE EXCEPTION 'audit: an argument is missing' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF octet_length(append.body) > 65536 THEN
        RAISE EXCEPTION 'audit: the body is larger than 64 KiB' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF NOT audit.is_event_body(append.body) THEN
        RAISE EXCEPTION 'audit: the body is not a JSON object in UTF-8' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO chain FROM chains AS c
    WHERE c.subject_kind = append.subject_kind AND c.subject_id = append.subject_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO chains (subject_kind, subject_id, length, head_hash)
        VALUES (append.subject_kind, append.subject_id, 0, decode(repeat('00', 32), 'hex'))
        ON CONFLICT DO NOTHING;
        SELECT * INTO STRICT chain FROM chains AS c
        WHERE c.subject_kind = append.subject_kind AND c.subject_id = append.subject_id FOR NO KEY UPDATE;
    END IF;
    written_at := clock.now();
    link := link_hash(append.subject_kind, append.subject_id, chain.length + 1, chain.head_hash,
                      session_user::text, written_at, append.trace_id, append.body);
    INSERT INTO events (subject_kind, subject_id, sequence, body, previous_hash, hash, source, recorded_at, trace_id)
    VALUES (append.subject_kind, append.subject_id, chain.length + 1, append.body, chain.head_hash, link,
            session_user::text, written_at, append.trace_id);
    UPDATE chains SET length = chain.length + 1, head_hash = link
    WHERE chains.subject_kind = append.subject_kind AND chains.subject_id = append.subject_id;
    RETURN chain.length + 1;
END $$;

CREATE FUNCTION is_event_body(body bytea) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = audit, pg_temp AS $$
BEGIN
    RETURN body IS JSON OBJECT WITH UNIQUE KEYS;
EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
    RETURN false;
END $$;

-- What happened is never rewritten, not even by the owner of the tables; a chain only grows, link by link.
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'audit: % on % is refused, history is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION refuse_shrinking() RETURNS trigger LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
    IF (NEW.subject_kind, NEW.subject_id, NEW.length) IS DISTINCT FROM (OLD.subject_kind, OLD.subject_id, OLD.length + 1) THEN
        RAISE EXCEPTION 'audit: a chain only grows by one link' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON chains
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER grows BEFORE UPDATE ON chains
    FOR EACH ROW EXECUTE FUNCTION refuse_shrinking();

REVOKE ALL ON chains, events, spans FROM PUBLIC, jalon_audit;
GRANT SELECT ON chains, events TO jalon_audit;
GRANT SELECT, INSERT, DELETE ON spans TO jalon_audit;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC, jalon_audit;
GRANT EXECUTE ON FUNCTION link_part, link_hash TO jalon_audit;
GRANT EXECUTE ON FUNCTION append TO jalon_intake, jalon_review, jalon_payments;
