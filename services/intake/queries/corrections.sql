-- name: open_correction(correction_id, application_id, items, opened_at, closes_at)!
-- Asks the applicant to correct or complete.
INSERT INTO corrections (correction_id, application_id, state, items, opened_at, closes_at)
VALUES (:correction_id, :application_id, 'OPEN', :items::text::jsonb, :opened_at, :closes_at);

-- name: get_correction(correction_id, application_id)^
-- A correction of this application.
SELECT correction_id, application_id, state, items::text AS items, opened_at, closes_at, submitted_at
FROM corrections WHERE correction_id = :correction_id AND application_id = :application_id;

-- name: current_correction(application_id)^
-- The correction still open, if any.
SELECT correction_id, application_id, state, items::text AS items, opened_at, closes_at, submitted_at
FROM corrections WHERE application_id = :application_id AND state = 'OPEN';

-- name: list_corrections(application_id)
-- Every correction of an application, oldest first.
SELECT correction_id, application_id, state, items::text AS items, opened_at, closes_at, submitted_at
FROM corrections WHERE application_id = :application_id ORDER BY opened_at, correction_id;

-- name: submit_correction(correction_id, from_state, to_state, submitted_at, digest)!
-- The answer arrived.
UPDATE corrections SET state = :to_state, submitted_at = :submitted_at, digest = :digest
WHERE correction_id = :correction_id AND state = :from_state;

-- name: move_correction(correction_id, from_state, to_state)!
-- The answer never arrived.
UPDATE corrections SET state = :to_state WHERE correction_id = :correction_id AND state = :from_state;

-- name: deposit_correction(application_id, version, digest, requested_cents, total_cost_cents)!
-- The corrected form becomes the deposited one.
UPDATE applications SET full_submitted_version = :version, digest = :digest, requested_cents = :requested_cents,
    total_cost_cents = :total_cost_cents
WHERE application_id = :application_id AND state = 'FULL_SUBMITTED' AND full_version = :version;
