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
