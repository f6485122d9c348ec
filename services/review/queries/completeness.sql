-- Pieces, corrections, opinions: what the checklist and the clock of silence read.

-- name: keep_pieces(application_id, pieces, digests, dates, received_at)!
-- Documents received; the same one again may bear another date.
INSERT INTO pieces (application_id, piece, digest, issued_on, received_at)
SELECT :application_id, piece, digest, issued_on, :received_at
FROM unnest(:pieces::text[], :digests::text[], :dates::date[]) AS given (piece, digest, issued_on)
ON CONFLICT (application_id, piece, digest)
DO UPDATE SET issued_on = excluded.issued_on, received_at = excluded.received_at;

-- name: list_pieces(application_id)
-- Documents received, oldest first.
SELECT piece, digest, issued_on, received_at FROM pieces
WHERE application_id = :application_id ORDER BY received_at, piece, digest;

-- name: request_correction(application_id, from_state, to_state, correction_id, items, person, requested_at, closes_at, words_id, words_version)$
-- Asks for what is missing, with a date; the case is incomplete meanwhile.
WITH moved AS (
    UPDATE cases SET completeness = :to_state
    WHERE application_id = :application_id AND state = 'OPEN' AND completeness = :from_state
    RETURNING application_id
)
INSERT INTO corrections (correction_id, application_id, round, items, requested_by, requested_at, closes_at, words_id, words_version)
SELECT :correction_id, m.application_id,
       1 + (SELECT count(*)::integer FROM corrections k WHERE k.application_id = m.application_id),
       :items::text::jsonb, :person, :requested_at, :closes_at, :words_id::uuid, :words_version::integer
FROM moved m
RETURNING round;

-- name: get_correction(application_id, correction_id)^
-- One request, and its answer.
SELECT correction_id, round, requested_at, closes_at, answered_at, answer_digest, lapsed_at FROM corrections
WHERE application_id = :application_id AND correction_id = :correction_id;

-- name: correction_exists(correction_id)$
-- Whether this id was used for any case.
SELECT EXISTS (SELECT 1 FROM corrections WHERE correction_id = :correction_id);

-- name: record_correction(application_id, from_state, to_state, correction_id, answered_at, digest)$
-- The answer arrived; the case is to check again.
WITH moved AS (
    UPDATE cases SET completeness = :to_state
    WHERE application_id = :application_id AND state = 'OPEN' AND completeness = :from_state
    RETURNING application_id
)
UPDATE corrections k SET answered_at = :answered_at, answer_digest = :digest
FROM moved m
WHERE k.application_id = m.application_id AND k.correction_id = :correction_id
  AND k.answered_at IS NULL AND k.lapsed_at IS NULL
RETURNING k.round;

-- name: lapse_completeness(application_id, from_state, to_state, correction_id, lapsed_at)$
-- Nothing came in time.
WITH moved AS (
    UPDATE cases SET completeness = :to_state
    WHERE application_id = :application_id AND state = 'OPEN' AND completeness = :from_state
    RETURNING application_id
)
UPDATE corrections k SET lapsed_at = :lapsed_at
FROM moved m
WHERE k.application_id = m.application_id AND k.correction_id = :correction_id
  AND k.answered_at IS NULL AND k.lapsed_at IS NULL
RETURNING k.round;

-- name: confirm_completeness(application_id, from_state, to_state)$
-- Everything is there.
UPDATE cases SET completeness = :to_state
WHERE application_id = :application_id AND state = 'OPEN' AND completeness = :from_state
RETURNING application_id;

-- name: request_opinion(opinion_id, application_id, expert_id, requested_at, closes_at)$
-- Asks somebody outside; no row when the id is taken.
INSERT INTO opinions (opinion_id, application_id, expert_id, requested_at, closes_at)
VALUES (:opinion_id, :application_id, :expert_id, :requested_at, :closes_at)
ON CONFLICT (opinion_id) DO NOTHING
RETURNING opinion_id;

-- name: lock_opinion(application_id, opinion_id)^
-- One opinion about to move.
SELECT opinion_id, application_id, expert_id, state, closes_at, given_at, favourable FROM opinions
WHERE application_id = :application_id AND opinion_id = :opinion_id FOR NO KEY UPDATE;

-- name: give_opinion(opinion_id, from_state, to_state, given_at, favourable, words_id, words_version)$
-- Given, with its words.
UPDATE opinions
SET state = :to_state, given_at = :given_at, favourable = :favourable, words_id = :words_id, words_version = :words_version
WHERE opinion_id = :opinion_id AND state = :from_state
RETURNING opinion_id;

-- name: get_opinion(application_id, opinion_id)^
-- One opinion, read.
SELECT opinion_id, application_id, expert_id, state, closes_at, given_at, favourable FROM opinions
WHERE application_id = :application_id AND opinion_id = :opinion_id;

-- name: opinions_of(expert_id, call_id, limit)
-- What was asked of a person who may still read the file: what is to give first, by date; then the newest.
SELECT o.opinion_id, o.application_id, o.expert_id, o.state, o.closes_at, o.given_at, o.favourable
FROM opinions o JOIN cases c USING (application_id)
WHERE o.expert_id = :expert_id AND c.call_id = :call_id AND EXISTS (
    SELECT 1 FROM case_relations r
    WHERE r.person = :expert_id AND r.application_id = o.application_id AND r.relation = 'expert' AND r.to_at IS NULL
)
AND NOT EXISTS (
    SELECT 1 FROM case_relations r
    WHERE r.person = :expert_id AND r.application_id = o.application_id AND r.relation = 'recused' AND r.to_at IS NULL
)
ORDER BY (o.state = 'REQUESTED' AND c.state = 'OPEN') DESC, CASE WHEN o.state = 'REQUESTED' THEN o.closes_at END,
         o.closes_at DESC, o.opinion_id
LIMIT :limit;

-- name: end_opinion(opinion_id, from_state, to_state)$
-- Not given in time (lapse_opinion), or no longer wanted (cancel_opinion).
UPDATE opinions SET state = :to_state
WHERE opinion_id = :opinion_id AND state = :from_state
RETURNING opinion_id;
