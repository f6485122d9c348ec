-- name: begin_request(request_id, verb, person, request_hash)^
-- Takes a request: waits for a twin under way; says whether it is new, with the clock.
WITH taken AS (
    INSERT INTO requests (request_id, verb, person, request_hash)
    VALUES (:request_id, :verb, :person, :request_hash)
    ON CONFLICT (request_id) DO NOTHING
    RETURNING request_id
)
SELECT EXISTS (SELECT 1 FROM taken) AS fresh, clock.now() AS now;

-- name: answer_of(request_id)^
-- A request already carried out, with its answer.
SELECT verb, person, request_hash, answer, recorded_at FROM requests WHERE request_id = :request_id;

-- name: finish_request(request_id, answer)!
-- Keeps the answer with the change.
UPDATE requests SET answer = :answer WHERE request_id = :request_id;

-- name: record_event(subject_kind, subject_id, event, actor, role, issuer, assertion, occurred_at, request_id, trace_id, facts, words)!
-- One line of history.
INSERT INTO journal (subject_kind, subject_id, event, actor, role, issuer, assertion, occurred_at, request_id, trace_id, facts, words)
VALUES (:subject_kind, :subject_id, :event, :actor, :role, :issuer, :assertion, :occurred_at, :request_id, :trace_id, :facts::text::jsonb, :words);

-- name: append_leaf(subject_kind, subject_id, body, trace_id)!
-- The audit's one door; stores the bytes unchanged.
SELECT audit.append(:subject_kind, :subject_id, :body, :trace_id);

-- name: emit_fact(fact, subject_id, request_id, occurred_at, facts, traceparent)!
-- A fact to relay.
INSERT INTO outbox (fact, subject_id, request_id, occurred_at, facts, traceparent)
VALUES (:fact, :subject_id, :request_id, :occurred_at, :facts::text::jsonb, :traceparent);

-- name: pull_outbox(held, limit)
-- Facts not yet relayed, oldest first, but those of entities being told already.
SELECT outbox_id, fact, subject_id, request_id, occurred_at, facts::text AS facts, traceparent
FROM outbox WHERE acked_at IS NULL AND NOT (subject_id = ANY(:held::uuid[])) ORDER BY outbox_id LIMIT :limit;

-- name: outbox_age()^
-- How much waits, since when, and the clock.
SELECT count(*) AS waiting, min(recorded_at) AS oldest_at, clock.now() AS now,
       (array_agg(fact ORDER BY outbox_id))[1] AS oldest_fact
FROM outbox WHERE acked_at IS NULL;

-- name: ack_outbox(outbox_ids)!
-- Relayed; a second time changes nothing.
UPDATE outbox SET acked_at = clock.now() WHERE outbox_id = ANY(:outbox_ids::bigint[]) AND acked_at IS NULL;

-- name: leave_fact(outbox_id)^
-- Relayed to nobody; a second time changes nothing.
UPDATE outbox SET acked_at = clock.now() WHERE outbox_id = :outbox_id AND acked_at IS NULL RETURNING fact, subject_id;

-- name: list_journal(application_id, before, limit)
-- What happened to an application, newest first.
SELECT journal_id, event, subject_id, actor, role, issuer, occurred_at, recorded_at, request_id, trace_id, facts::text AS facts, words
FROM journal
WHERE subject_kind = 'application' AND subject_id = :application_id AND journal_id < :before
ORDER BY journal_id DESC LIMIT :limit;

-- name: relate_person(person, application_id, call_id, relation)!
-- Ties a person to a case; a second time changes nothing.
INSERT INTO case_relations (person, application_id, call_id, relation)
SELECT :person, :application_id, :call_id, :relation
WHERE NOT EXISTS (
    SELECT 1 FROM case_relations
    WHERE person = :person AND application_id = :application_id AND relation = :relation AND to_at IS NULL
);

-- name: end_relation(person, application_id, relation)!
-- Ends a tie.
UPDATE case_relations SET to_at = clock.now()
WHERE person = :person AND application_id = :application_id AND relation = :relation AND to_at IS NULL;
