-- Calls, cases, and each step of a case. Every move says from which state it goes: no row back means it changed meanwhile.

-- name: register_call(call_id, rulebook_digest, rulebook)$
-- Takes the frozen rulebook; no row when the call is registered already.
INSERT INTO calls (call_id, rulebook_digest, rulebook) VALUES (:call_id, :rulebook_digest, :rulebook)
ON CONFLICT (call_id) DO NOTHING
RETURNING call_id;

-- name: get_rulebook(call_id)^
-- The frozen rulebook of a call and its digest.
SELECT rulebook_digest, rulebook FROM calls WHERE call_id = :call_id;

-- name: lock_call(call_id)!
-- One money decision of a call at a time (closing of a session, act), until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(:call_id::text, 4));

-- name: case_rights(person, application_id)^
-- The call of a case and the live relations of a person to it; the person may be nobody (null).
SELECT c.call_id, ARRAY(
    SELECT r.relation FROM case_relations r
    WHERE r.person = :person::uuid AND r.application_id = c.application_id
      AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
    ORDER BY r.relation
) AS relations
FROM cases c WHERE c.application_id = :application_id;

-- name: recused_from(person, call_id)
-- The cases of a call that do not exist for a person.
SELECT DISTINCT application_id FROM case_relations
WHERE person = :person AND call_id = :call_id AND relation = 'recused'
  AND from_at <= clock.now() AND (to_at IS NULL OR to_at > clock.now())
ORDER BY application_id;

-- name: open_case(application_id, call_id, track, applicant_id, received_at, digest, requested_cents, total_cost_cents)$
-- Opens the case of an application received; no row when it is open already.
INSERT INTO cases (application_id, call_id, track, applicant_id, received_at, deposit_digest,
                   first_requested_cents, total_cost_cents, requested_cents)
VALUES (:application_id, :call_id, :track, :applicant_id, :received_at, :digest,
        :requested_cents, :total_cost_cents, :requested_cents)
ON CONFLICT (application_id) DO NOTHING
RETURNING application_id;

-- name: opening_of(application_id)^
-- The facts a case was opened with.
SELECT call_id, track, applicant_id, received_at, deposit_digest AS digest,
       first_requested_cents AS requested_cents, total_cost_cents
FROM cases WHERE application_id = :application_id;

-- name: lock_case(application_id)^
-- A case about to move.
SELECT application_id, call_id, track, applicant_id, received_at, state, admissibility, inadmissible_because,
       admissibility_by, inadmissible_by, ground_id, ground_version, completeness, full_received_at, legal_family,
       eligible_cost_cents, requested_cents, section, review, reviewer_id, eligible_base_cents, instructed_cents,
       shortlist, hearing, hearing_at, proposal, session_id, proposed_cents, rank, decision, act_id, granted_cents,
       notified_at
FROM cases WHERE application_id = :application_id FOR NO KEY UPDATE;

-- name: get_case(application_id)^
-- A case as people read it.
SELECT application_id, call_id, track, applicant_id, received_at, state, admissibility, inadmissible_because,
       admissibility_by, inadmissible_by, ground_id, ground_version, completeness, full_received_at, legal_family,
       eligible_cost_cents, requested_cents, section, review, reviewer_id, eligible_base_cents, instructed_cents,
       shortlist, hearing, hearing_at, proposal, session_id, proposed_cents, rank, decision, act_id, granted_cents,
       notified_at, executory_on, requested_ats, closes_ats, answered_ats, opinions
FROM case_sheets WHERE application_id = :application_id;

-- name: list_cases(call_id, person, after_at, after_id, limit)
-- The cases of a call by reception, without those a person is recused from; keyset, nulls for the first page.
SELECT application_id, call_id, track, applicant_id, received_at, state, admissibility, inadmissible_because,
       admissibility_by, inadmissible_by, ground_id, ground_version, completeness, full_received_at, legal_family,
       eligible_cost_cents, requested_cents, section, review, reviewer_id, eligible_base_cents, instructed_cents,
       shortlist, hearing, hearing_at, proposal, session_id, proposed_cents, rank, decision, act_id, granted_cents,
       notified_at, executory_on, requested_ats, closes_ats, answered_ats, opinions
FROM case_sheets c
WHERE call_id = :call_id
  AND (:after_at::timestamptz IS NULL OR (received_at, application_id) > (:after_at, :after_id::uuid))
  AND NOT EXISTS (
      SELECT 1 FROM case_relations r
      WHERE r.person = :person::uuid AND r.application_id = c.application_id AND r.relation = 'recused'
        AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
  )
ORDER BY received_at, application_id
LIMIT :limit;

-- name: decide_admissibility(application_id, from_state, to_state, reasons, person, ground_id, ground_version)$
-- Admissible, or inadmissible proposed with its reasons.
UPDATE cases
SET admissibility = :to_state, inadmissible_because = :reasons, admissibility_by = :person,
    ground_id = :ground_id, ground_version = :ground_version
WHERE application_id = :application_id AND state = 'OPEN' AND admissibility = :from_state
RETURNING application_id;

-- name: confirm_inadmissibility(application_id, from_state, to_state, reasons, first, second)$
-- Confirmed by a second person; or sent back, as if nothing had been proposed.
UPDATE cases
SET admissibility = :to_state, inadmissible_because = :reasons, admissibility_by = :first, inadmissible_by = :second
WHERE application_id = :application_id AND state = 'OPEN' AND admissibility = :from_state
RETURNING application_id;

-- name: receive_full_application(application_id, from_state, to_state, received_at, digest, requested_cents, section, eligible_cost_cents, legal_family)$
-- The facts of the full application; its completeness is to check.
UPDATE cases
SET completeness = :to_state, full_received_at = :received_at, full_digest = :digest,
    requested_cents = :requested_cents, section = :section, eligible_cost_cents = :eligible_cost_cents,
    legal_family = :legal_family
WHERE application_id = :application_id AND state = 'OPEN' AND completeness = :from_state
RETURNING application_id;

-- name: full_application_of(application_id)^
-- The facts of the full application received.
SELECT full_received_at AS received_at, full_digest AS digest FROM cases WHERE application_id = :application_id;

-- name: assign_reviewer(application_id, from_state, to_state, reviewer_id)$
-- Names the reviewer.
UPDATE cases SET review = :to_state, reviewer_id = :reviewer_id
WHERE application_id = :application_id AND state = 'OPEN' AND review = :from_state
RETURNING application_id;

-- name: conclude_review(application_id, from_state, to_state, eligible_base_cents, instructed_cents, section, analysis_id, analysis_version)$
-- The record: eligible base, amount, section, analysis.
UPDATE cases
SET review = :to_state, eligible_base_cents = :eligible_base_cents, instructed_cents = :instructed_cents,
    section = coalesce(:section, section), analysis_id = :analysis_id, analysis_version = :analysis_version
WHERE application_id = :application_id AND state = 'OPEN' AND review = :from_state
RETURNING application_id;

-- name: decide_shortlist(application_id, from_state, to_state)$
-- Kept for the hearings, or not.
UPDATE cases SET shortlist = :to_state
WHERE application_id = :application_id AND state = 'OPEN' AND shortlist = :from_state
RETURNING application_id;

-- name: schedule_hearing(application_id, from_state, to_state, hearing_at)$
-- Convoked, or moved.
UPDATE cases SET hearing = :to_state, hearing_at = :hearing_at
WHERE application_id = :application_id AND state = 'OPEN' AND hearing = :from_state
RETURNING application_id;

-- name: record_hearing(application_id, from_state, to_state)$
-- Heard, or absent.
UPDATE cases SET hearing = :to_state
WHERE application_id = :application_id AND state = 'OPEN' AND hearing = :from_state
RETURNING application_id;

-- name: record_proposal(application_id, from_state, to_state, session_id, proposed_cents, section, rank, explanation)$
-- The jury's result for one file.
UPDATE cases
SET proposal = :to_state, session_id = :session_id, proposed_cents = :proposed_cents,
    section = coalesce(:section, section), rank = :rank, explanation = :explanation
WHERE application_id = :application_id AND state = 'OPEN' AND proposal = :from_state
RETURNING application_id;

-- name: record_decision(application_id, from_state, to_state, act_id, granted_cents)$
-- The vote's result for one file. Nobody has been told of it yet.
UPDATE cases SET decision = :to_state, act_id = :act_id, granted_cents = :granted_cents, notified_at = NULL
WHERE application_id = :application_id AND state = 'OPEN' AND decision = :from_state
RETURNING application_id;

-- name: notify_decision(application_id, from_state, notified_at)$
-- The decision is told.
UPDATE cases SET notified_at = :notified_at
WHERE application_id = :application_id AND state = 'OPEN' AND decision = :from_state AND notified_at IS NULL
RETURNING application_id;

-- name: withdraw_case(application_id, from_state, to_state)$
-- Given up by the applicant.
UPDATE cases SET state = :to_state
WHERE application_id = :application_id AND state = :from_state
RETURNING application_id;

-- name: close_case(application_id, from_state, to_state)$
-- The end.
UPDATE cases SET state = :to_state
WHERE application_id = :application_id AND state = :from_state
RETURNING application_id;

-- name: list_told(application_id, events, before, limit)
-- What the applicant may know of her own case, newest first: nothing of what is still being decided.
SELECT journal_id, event, subject_id, actor, role, issuer, occurred_at, recorded_at, request_id, trace_id,
       facts::text AS facts, words
FROM journal
WHERE subject_kind = 'application' AND subject_id = :application_id AND journal_id < :before
  AND (event = ANY(:events::text[]) OR (event = 'admissibility_decided' AND facts @> '{"admissible": true}'))
ORDER BY journal_id DESC
LIMIT :limit;
