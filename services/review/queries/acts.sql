-- The assembly's acts.

-- name: record_act(act_id, call_id, session_id, number, session_on, application_ids, decisions, cents, sections)$
-- An act with its rows; no row when its id or its number is taken.
WITH made AS (
    INSERT INTO acts (act_id, call_id, session_id, number, session_on)
    VALUES (:act_id, :call_id, :session_id, :number, :session_on)
    ON CONFLICT DO NOTHING
    RETURNING act_id
), listed AS (
    INSERT INTO act_rows (act_id, application_id, decision, granted_cents, section)
    SELECT made.act_id, g.application_id, g.decision, g.cents, g.section
    FROM made, unnest(:application_ids::uuid[], :decisions::text[], :cents::bigint[], :sections::text[])
         AS g (application_id, decision, cents, section)
)
SELECT act_id FROM made;

-- name: votable(session_id)
-- What a session proposes and no act has settled yet: files alive, their proposal recorded.
SELECT c.application_id, c.proposal, c.section, c.proposed_cents, c.rank
FROM cases c
WHERE c.session_id = :session_id AND c.state = 'OPEN' AND c.proposal <> 'NONE'
  AND NOT EXISTS (SELECT 1 FROM act_rows r WHERE r.application_id = c.application_id AND r.decision <> 'WAITING')
ORDER BY c.rank = 0, c.rank, c.application_id;

-- name: granted_before(call_id)
-- What the acts of a call granted already, by section: not to files withdrawn since.
SELECT r.section, sum(r.granted_cents)::bigint AS cents
FROM act_rows r JOIN acts a USING (act_id) JOIN cases c USING (application_id)
WHERE a.call_id = :call_id AND r.decision = 'GRANTED' AND c.state <> 'WITHDRAWN'
GROUP BY r.section ORDER BY r.section;

-- name: get_act(act_id)^
-- An act.
SELECT act_id, call_id, session_id, number, state, session_on, transmitted_on, executory_on, notified_at FROM acts
WHERE act_id = :act_id;

-- name: lock_act(act_id)^
-- An act about to move.
SELECT act_id, call_id, session_id, number, state, session_on, transmitted_on, executory_on, notified_at FROM acts
WHERE act_id = :act_id FOR NO KEY UPDATE;

-- name: list_acts(call_id)
-- The acts of a call, newest first.
SELECT act_id, call_id, session_id, number, state, session_on, transmitted_on, executory_on, notified_at FROM acts
WHERE call_id = :call_id ORDER BY session_on DESC, number DESC;

-- name: list_act_rows(act_id)
-- Its rows.
SELECT r.application_id, r.decision, r.granted_cents, r.section, c.act_id IS NOT DISTINCT FROM r.act_id AS recorded
FROM act_rows r JOIN cases c USING (application_id) WHERE r.act_id = :act_id ORDER BY r.application_id;

-- name: get_act_row(act_id, application_id)^
-- What an act says of one file.
SELECT r.application_id, r.decision, r.granted_cents, r.section, c.act_id IS NOT DISTINCT FROM r.act_id AS recorded
FROM act_rows r JOIN cases c USING (application_id) WHERE r.act_id = :act_id AND r.application_id = :application_id;

-- name: record_transmission(act_id, from_state, to_state, transmitted_on)$
-- Sent to the préfet.
UPDATE acts SET state = :to_state, transmitted_on = :transmitted_on
WHERE act_id = :act_id AND state = :from_state
RETURNING act_id;

-- name: record_executory(act_id, from_state, to_state, executory_on)$
-- Executory since.
UPDATE acts SET state = :to_state, executory_on = :executory_on
WHERE act_id = :act_id AND state = :from_state
RETURNING act_id;

-- name: undecided_rows(act_id)$
-- How many rows have not reached their case yet.
SELECT count(*)::integer FROM act_rows r JOIN cases c USING (application_id)
WHERE r.act_id = :act_id AND c.state = 'OPEN' AND c.act_id IS DISTINCT FROM r.act_id;

-- name: notify_decisions(act_id, from_state, notified_at)$
-- All its decisions are told together.
UPDATE acts SET notified_at = :notified_at
WHERE act_id = :act_id AND state = :from_state AND notified_at IS NULL
RETURNING act_id;
