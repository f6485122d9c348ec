-- name: register_call(call_id, rulebook_digest, rulebook)$
-- Keeps a call's rulebook; nothing when it is known already.
INSERT INTO calls (call_id, rulebook_digest, rulebook) VALUES (:call_id, :rulebook_digest, :rulebook)
ON CONFLICT (call_id) DO NOTHING
RETURNING call_id;

-- name: get_call(call_id)^
-- A call's rulebook, as it was frozen.
SELECT call_id, rulebook_digest, rulebook FROM calls WHERE call_id = :call_id;

-- name: take_numbers(call_id, runs, orders)^
-- The last numbers of a call after taking some; the row is held, so numbers are dense.
UPDATE calls SET last_run = last_run + :runs, last_order = last_order + :orders
WHERE call_id = :call_id
RETURNING last_run, last_order;

-- name: open_envelope(envelope_id, call_id, section)!
-- An envelope with nothing in it yet.
INSERT INTO envelopes (envelope_id, call_id, section) VALUES (:envelope_id, :call_id, :section);

-- name: find_envelope(call_id, section)$
-- The envelope of a section.
SELECT envelope_id FROM envelopes WHERE call_id = :call_id AND section = :section;

-- name: move_envelope(envelope_id, cap, used)$
-- The one guarded update: what is used never passes what is voted. Nothing comes back when it would.
UPDATE envelopes SET cap_cents = cap_cents + :cap, used_cents = used_cents + :used
WHERE envelope_id = :envelope_id AND used_cents + :used <= cap_cents + :cap
RETURNING cap_cents - used_cents;

-- name: envelope_remaining(envelope_id)$
-- What proposals may still take.
SELECT cap_cents - used_cents FROM envelopes WHERE envelope_id = :envelope_id;

-- name: post_movement(movement_id, kind, request_id, occurred_at, envelope_id, award_id, accounts, subjects, amounts)$
-- One movement: its entries, and the award's amounts kept beside them. Says how many entries were written.
WITH lines AS (
    SELECT l.account, l.subject_id, l.amount_cents
    FROM unnest(:accounts::text[], :subjects::uuid[], :amounts::bigint[]) AS l(account, subject_id, amount_cents)
), moved AS (
    INSERT INTO movements (movement_id, kind, request_id, occurred_at)
    VALUES (:movement_id, :kind, :request_id, :occurred_at)
    RETURNING movement_id
), written AS (
    INSERT INTO entries (movement_id, account, subject_id, amount_cents, envelope_id, award_id)
    SELECT m.movement_id, l.account, l.subject_id, l.amount_cents, :envelope_id, :award_id::uuid
    FROM lines l CROSS JOIN moved m
    RETURNING entry_id
), sums AS (
    SELECT coalesce(sum(amount_cents) FILTER (WHERE account = 'RESERVED'), 0) AS reserved,
           coalesce(sum(amount_cents) FILTER (WHERE account = 'VOTED'), 0) AS voted,
           coalesce(sum(amount_cents) FILTER (WHERE account = 'COMMITTED'), 0) AS committed,
           coalesce(sum(amount_cents) FILTER (WHERE account = 'IN_FLIGHT'), 0) AS in_flight,
           coalesce(sum(amount_cents) FILTER (WHERE account = 'PAID'), 0) AS paid,
           coalesce(sum(amount_cents) FILTER (WHERE account = 'FREED'), 0) AS freed
    FROM lines
), counted AS (
    UPDATE awards a SET reserved_cents = a.reserved_cents + s.reserved, voted_cents = a.voted_cents + s.voted,
        committed_cents = a.committed_cents + s.committed, in_flight_cents = a.in_flight_cents + s.in_flight,
        paid_cents = a.paid_cents + s.paid, freed_cents = a.freed_cents + s.freed
    FROM sums s WHERE a.application_id = :award_id::uuid
    RETURNING a.application_id
)
SELECT count(*) FROM written;

-- name: list_balances(call_id)
-- Balance of each account of each envelope of a call: what its figures are made of.
SELECT v.envelope_id, v.section, e.account, sum(e.amount_cents)::bigint AS amount_cents
FROM envelopes v JOIN entries e ON e.envelope_id = v.envelope_id
WHERE v.call_id = :call_id
GROUP BY v.envelope_id, v.section, e.account
ORDER BY v.section DESC, e.account;

-- name: list_movements(call_id, section, viewer, accounts, before_at, before_id, limit)
-- The movements that some accounts of an envelope feel, newest first, with what each adds to their sum; the file is
-- left out when the viewer is recused from it.
SELECT m.movement_id, m.kind, m.occurred_at, q.person,
       CASE WHEN NOT EXISTS (
           SELECT 1 FROM case_relations r WHERE r.application_id = e.award_id AND r.person = :viewer::uuid
           AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now())) THEN e.award_id END AS application_id,
       sum(e.amount_cents)::bigint AS amount_cents
FROM envelopes v
JOIN entries e ON e.envelope_id = v.envelope_id AND e.account = ANY(:accounts::text[])
JOIN movements m ON m.movement_id = e.movement_id
JOIN requests q ON q.request_id = m.request_id
WHERE v.call_id = :call_id AND v.section = :section
  AND (:before_at::timestamptz IS NULL OR (m.occurred_at, m.movement_id) < (:before_at, :before_id::uuid))
GROUP BY m.movement_id, m.kind, m.occurred_at, q.person, e.award_id
HAVING sum(e.amount_cents) <> 0
ORDER BY m.occurred_at DESC, m.movement_id DESC LIMIT :limit;

-- name: sum_movements(call_id, section, accounts)$
-- What some accounts of an envelope hold together.
SELECT coalesce(sum(e.amount_cents), 0)::bigint
FROM envelopes v JOIN entries e ON e.envelope_id = v.envelope_id AND e.account = ANY(:accounts::text[])
WHERE v.call_id = :call_id AND v.section = :section;
