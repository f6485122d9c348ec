-- What waits for a person, over all calls, in the roles she holds now, in somebody's place too. An instructor's are the files
-- she reviews, those of whom she stands in for, and those nobody reviews yet; a file she is recused from is nowhere.

-- name: count_my_tasks(person)
-- By call and by what is awaited.
SELECT a.call_id, p.next_event, count(*) AS count, min(p.next_event_at) AS first_due_at, min(p.written_at) AS waiting_since
FROM (
    SELECT call_id, role, array_agg(DISTINCT coalesce(in_place_of, person_id)) AS owners FROM held_roles
    WHERE person_id = :person AND from_at <= clock.now() AND (to_at IS NULL OR to_at > clock.now())
    GROUP BY call_id, role
) m
JOIN applications a ON a.call_id = m.call_id
JOIN progress p ON p.application_id = a.application_id AND p.blocking_role = m.role
WHERE a.number IS NOT NULL AND (m.role <> 'INSTRUCTOR' OR p.reviewer_id IS NULL OR p.reviewer_id = ANY(m.owners))
  AND a.application_id NOT IN (SELECT r.application_id FROM case_relations r WHERE r.person = :person
      AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
GROUP BY a.call_id, p.next_event
ORDER BY first_due_at NULLS LAST, waiting_since, a.call_id, p.next_event;

-- name: list_my_tasks(person, after_due_at, after_since, after_id, limit)
-- What is due first comes first (no date comes last), then what has waited longest; nulls for the first page.
SELECT application_id, call_id, number, number_year, number_sequence, organization, title, track, communes, requested_cents,
       state, submitted_at, created_at, fictitious, version, stage, next_event, next_event_at, blocking_role, reviewer_id,
       proposed_cents, awarded_cents, paid_cents, progress_ending, waiting_since,
       coalesce((SELECT u.unread FROM unread_threads u WHERE u.application_id = task.application_id), 0) AS unread
FROM (
    SELECT a.application_id, a.call_id, a.number, a.number_year, a.number_sequence,
           coalesce(e.name, a.organization_name) AS organization, a.title, a.track, a.communes, a.requested_cents, a.state,
           a.submitted_at, a.created_at, a.fictitious, p.version, p.stage, p.next_event, p.next_event_at, p.blocking_role,
           p.reviewer_id, p.proposed_cents, p.awarded_cents, p.paid_cents, p.ending AS progress_ending,
           p.written_at AS waiting_since, coalesce(p.next_event_at, 'infinity') AS due_at
    FROM (
        SELECT call_id, role, array_agg(DISTINCT coalesce(in_place_of, person_id)) AS owners FROM held_roles
        WHERE person_id = :person AND from_at <= clock.now() AND (to_at IS NULL OR to_at > clock.now())
    GROUP BY call_id, role
    ) m
    JOIN applications a ON a.call_id = m.call_id
    JOIN progress p ON p.application_id = a.application_id AND p.blocking_role = m.role
    LEFT JOIN legal_entities e ON e.application_id = a.application_id
    WHERE a.number IS NOT NULL AND (m.role <> 'INSTRUCTOR' OR p.reviewer_id IS NULL OR p.reviewer_id = ANY(m.owners))
      AND a.application_id NOT IN (SELECT r.application_id FROM case_relations r WHERE r.person = :person
          AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
) task
WHERE :after_since::timestamptz IS NULL
   OR (due_at, waiting_since, application_id)
      > (coalesce(:after_due_at::timestamptz, 'infinity'), :after_since::timestamptz, :after_id::uuid)
ORDER BY due_at, waiting_since, application_id LIMIT :limit;
