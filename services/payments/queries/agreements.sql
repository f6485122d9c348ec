-- name: lock_agreement(application_id, agreement_id)^
-- An agreement of this application, kept still.
SELECT agreement_id, state AS agreement_state, digest, size_bytes, prepared_at, sent_at, closes_at,
       signed_by_beneficiary_at, signed_at
FROM agreements WHERE application_id = :application_id AND agreement_id = :agreement_id
FOR NO KEY UPDATE;

-- name: live_agreement(application_id)^
-- The agreement under way, if any, kept still.
SELECT agreement_id, state AS agreement_state, digest, size_bytes, prepared_at, sent_at, closes_at,
       signed_by_beneficiary_at, signed_at
FROM agreements WHERE application_id = :application_id AND state NOT IN ('EXPIRED', 'CANCELLED')
FOR NO KEY UPDATE;

-- name: prepare_agreement(agreement_id, application_id, digest, size_bytes, prepared_at, prepared_by)$
-- A drafted agreement; nothing when its id is taken.
INSERT INTO agreements (agreement_id, application_id, state, digest, size_bytes, prepared_at, prepared_by)
VALUES (:agreement_id, :application_id, 'DRAFTED', :digest, :size_bytes, :prepared_at, :prepared_by)
ON CONFLICT (agreement_id) DO NOTHING
RETURNING agreement_id;

-- name: move_agreement(agreement_id, from_state, to_state)$
-- The agreement's next state, when it needs nothing else: lapse_agreement, or cancelled with its award.
UPDATE agreements SET state = :to_state WHERE agreement_id = :agreement_id AND state = :from_state
RETURNING agreement_id;

-- name: send_agreement(agreement_id, from_state, sent_at, closes_at)$
-- Sent, to be signed before an instant.
UPDATE agreements SET state = 'SENT', sent_at = :sent_at, closes_at = :closes_at
WHERE agreement_id = :agreement_id AND state = :from_state
RETURNING agreement_id;

-- name: sign_agreement(agreement_id, from_state, signed_at, signed_by, signer_name)$
-- Signed by the beneficiary; the first act stands.
UPDATE agreements SET state = 'SIGNED_BY_BENEFICIARY', signed_by_beneficiary_at = :signed_at, signed_by = :signed_by,
    signer_name = :signer_name
WHERE agreement_id = :agreement_id AND state = :from_state
RETURNING agreement_id;

-- name: countersign_agreement(agreement_id, from_state, signed_at, countersigned_by)$
-- Signed by both.
UPDATE agreements SET state = 'SIGNED', signed_at = :signed_at, countersigned_by = :countersigned_by
WHERE agreement_id = :agreement_id AND state = :from_state
RETURNING agreement_id;

-- name: list_agreements(call_id, viewer, after_rank, after_at, after_number, after_application, limit)
-- The latest agreement of each award notified, those to be signed first and the soonest to expire before, without the
-- files the viewer is recused from.
SELECT application_id, number, awarded_cents, agreement_state, sent_at, closes_at, signed_by_beneficiary_at, signed_at,
       rank, ends_at
FROM (
    SELECT a.application_id, b.number,
           a.voted_cents + a.committed_cents + a.in_flight_cents + a.paid_cents AS awarded_cents,
           coalesce(g.state, '') AS agreement_state, g.sent_at, g.closes_at, g.signed_by_beneficiary_at, g.signed_at,
           CASE g.state WHEN 'SENT' THEN 1 WHEN 'SIGNED_BY_BENEFICIARY' THEN 2 WHEN 'EXPIRED' THEN 4 WHEN 'SIGNED' THEN 5
               WHEN 'CANCELLED' THEN 6 ELSE 3 END AS rank,
           coalesce(g.closes_at, 'epoch'::timestamptz) AS ends_at
    FROM awards a
    JOIN beneficiaries b ON b.application_id = a.application_id
    LEFT JOIN LATERAL (
        SELECT x.state, x.sent_at, x.closes_at, x.signed_by_beneficiary_at, x.signed_at
        FROM agreements x WHERE x.application_id = a.application_id ORDER BY x.prepared_at DESC, x.agreement_id LIMIT 1
    ) g ON true
    WHERE a.call_id = :call_id AND (g.state IS NOT NULL OR a.state IN ('VOTED', 'COMMITTED'))
      AND NOT EXISTS (SELECT 1 FROM case_relations r WHERE r.application_id = a.application_id
          AND r.person = :viewer::uuid AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
) listed
WHERE (rank, ends_at, number, application_id)
    > (:after_rank::integer, :after_at::timestamptz, :after_number::text, :after_application::uuid)
ORDER BY rank, ends_at, number, application_id
LIMIT :limit;
