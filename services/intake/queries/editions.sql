-- name: list_public_calls()
-- Calls run here whose every file knows its decision, newest first: none waits for the vote's result to be notified any
-- more (a file on the waiting list was notified), and at least one award stands.
WITH files AS (
    SELECT a.call_id, a.full_closes_at, a.full_submitted_at, coalesce(a.ending, p.ending, '') AS ending,
           p.stage IN ('LEGAL_ENTITY', 'AGREEMENT', 'PAYMENT', 'REPORT', 'BALANCE') AS granted,
           p.awarded_cents, p.next_event, a.ending IS NOT NULL OR p.stage = 'CLOSED' AS ended
    FROM applications a JOIN progress p ON p.application_id = a.application_id
    WHERE a.number IS NOT NULL
), funnel AS (
    SELECT call_id, count(*) AS received,
           count(*) FILTER (WHERE full_closes_at IS NOT NULL) AS admitted,
           count(*) FILTER (WHERE full_submitted_at IS NOT NULL) AS examined,
           count(*) FILTER (WHERE full_submitted_at IS NOT NULL
               AND ending NOT IN ('INADMISSIBLE', 'LAPSED', 'WITHDRAWN', 'NOT_SHORTLISTED')) AS heard,
           count(*) FILTER (WHERE awarded_cents > 0 AND ending NOT IN ('AGREEMENT_LAPSED', 'WITHDRAWN')) AS chosen,
           coalesce(sum(awarded_cents) FILTER (WHERE ending NOT IN ('AGREEMENT_LAPSED', 'WITHDRAWN')), 0)::bigint
               AS awarded_cents
    FROM files GROUP BY call_id
    HAVING bool_and(ended OR granted OR next_event = 'REPLACE_FROM_WAITING_LIST')
)
SELECT c.reference, c.edition AS number, extract(year FROM c.pre_opens_at AT TIME ZONE 'Europe/Paris')::integer AS year,
       c.fictitious, f.received, f.admitted, f.examined, f.heard, f.chosen, f.awarded_cents
FROM funnel f JOIN calls c ON c.call_id = f.call_id
WHERE f.chosen > 0
ORDER BY c.pre_opens_at DESC, c.reference;

-- name: list_public_awards()
-- The awards of those calls that stand, by number. A natural person is never named: her entity is, once declared.
WITH open_calls AS (
    SELECT a.call_id FROM applications a JOIN progress p ON p.application_id = a.application_id
    WHERE a.number IS NOT NULL AND a.ending IS NULL AND p.next_event <> 'REPLACE_FROM_WAITING_LIST'
      AND p.stage NOT IN ('LEGAL_ENTITY', 'AGREEMENT', 'PAYMENT', 'REPORT', 'BALANCE', 'CLOSED')
)
SELECT c.reference, CASE WHEN a.natural_person THEN coalesce(e.name, '') ELSE a.organization_name END AS organization,
       a.track, a.communes, a.title, a.total_cost_cents, p.awarded_cents, a.fictitious
FROM applications a
JOIN calls c ON c.call_id = a.call_id
JOIN progress p ON p.application_id = a.application_id
LEFT JOIN legal_entities e ON e.application_id = a.application_id
WHERE a.number IS NOT NULL AND p.awarded_cents > 0 AND coalesce(a.ending, '') NOT IN ('AGREEMENT_LAPSED', 'WITHDRAWN')
  AND NOT EXISTS (SELECT FROM open_calls o WHERE o.call_id = a.call_id)
ORDER BY c.pre_opens_at DESC, c.reference, a.number_year, a.number_sequence;
