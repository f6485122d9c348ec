-- Bulk acts: one act asked of many files, and what came of each.

-- name: bulk_chosen(call_id, person, application_ids, reviewer_id)
-- Files as a bulk act would find them, in the order asked, without those the person is recused from.
SELECT application_id, call_id, track, applicant_id, received_at, c.state, admissibility, inadmissible_because,
       admissibility_by, inadmissible_by, ground_id, ground_version, completeness, full_received_at, legal_family,
       eligible_cost_cents, requested_cents, section, review, reviewer_id, eligible_base_cents, instructed_cents,
       shortlist, hearing, hearing_at, proposal, c.session_id, proposed_cents, rank, decision, act_id, granted_cents,
       c.notified_at, a.state AS act_state,
       EXISTS (
           SELECT 1 FROM case_relations r
           WHERE r.person = :reviewer_id::uuid AND r.application_id = c.application_id AND r.relation = 'recused'
             AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
       ) AS reviewer_recused
FROM cases c LEFT JOIN acts a USING (call_id, act_id)
WHERE call_id = :call_id AND application_id = ANY(:application_ids::uuid[])
  AND NOT EXISTS (
      SELECT 1 FROM case_relations r
      WHERE r.person = :person::uuid AND r.application_id = c.application_id AND r.relation = 'recused'
        AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
  )
ORDER BY array_position(:application_ids, application_id);

-- name: start_bulk(bulk_id, call_id, person, act, reviewer_id, items, closes_at, started_at, application_ids)$
-- Keeps what is asked and of which files; no row when the id serves already.
WITH made AS (
    INSERT INTO bulks (bulk_id, call_id, person, act, state, reviewer_id, items, closes_at, started_at)
    VALUES (:bulk_id, :call_id, :person, :act, 'RUNNING', :reviewer_id, :items::text::jsonb, :closes_at, :started_at)
    ON CONFLICT (bulk_id) DO NOTHING
    RETURNING bulk_id
), filed AS (
    INSERT INTO bulk_files (bulk_id, position, application_id)
    SELECT made.bulk_id, f.position, f.application_id
    FROM made, unnest(:application_ids::uuid[]) WITH ORDINALITY AS f (application_id, position)
)
SELECT bulk_id FROM made;

-- name: lock_bulk(bulk_id)^
-- A bulk act about to stop, to go on or to end.
SELECT bulk_id, call_id, person, act, state, reviewer_id, items::text AS items, closes_at, started_at, finished_at
FROM bulks WHERE bulk_id = :bulk_id FOR NO KEY UPDATE;

-- name: move_bulk(bulk_id, from_state, to_state, finished_at)$
-- stop_bulk, resume_bulk, finish_bulk.
UPDATE bulks SET state = :to_state, finished_at = :finished_at
WHERE bulk_id = :bulk_id AND state = :from_state
RETURNING bulk_id;

-- name: finish_bulk(bulk_id, application_ids, results)!
-- The result of every file.
UPDATE bulk_files f SET result = r.result
FROM unnest(:application_ids::uuid[], :results::text[]) AS r (application_id, result)
WHERE f.bulk_id = :bulk_id AND f.application_id = r.application_id;

-- name: get_bulk(bulk_id)^
-- A bulk act as people read it.
SELECT b.bulk_id, b.call_id, b.person, b.act, b.state, b.reviewer_id, b.items::text AS items, b.closes_at, b.started_at,
       b.finished_at, count(f.application_id)::integer AS total, (count(*) FILTER (WHERE f.result = 'DONE'))::integer AS done
FROM bulks b LEFT JOIN bulk_files f USING (bulk_id)
WHERE b.bulk_id = :bulk_id
GROUP BY b.bulk_id;

-- name: bulk_files(bulk_id, person)
-- Its files in the order asked, without those the reader is recused from.
SELECT application_id, result FROM bulk_files f
WHERE bulk_id = :bulk_id
  AND NOT EXISTS (
      SELECT 1 FROM case_relations r
      WHERE r.person = :person::uuid AND r.application_id = f.application_id AND r.relation = 'recused'
        AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
  )
ORDER BY position;

-- name: list_bulks(call_id, person, before_at, before_id, limit)
-- The bulk acts of a call, newest first; of one person, or of everybody (null); keyset, nulls for the first page.
SELECT b.bulk_id, b.call_id, b.person, b.act, b.state, b.reviewer_id, b.items::text AS items, b.closes_at, b.started_at,
       b.finished_at, count(f.application_id)::integer AS total, (count(*) FILTER (WHERE f.result = 'DONE'))::integer AS done
FROM bulks b LEFT JOIN bulk_files f USING (bulk_id)
WHERE b.call_id = :call_id AND (:person::uuid IS NULL OR b.person = :person)
  AND (:before_at::timestamptz IS NULL OR (b.started_at, b.bulk_id) < (:before_at, :before_id::uuid))
GROUP BY b.bulk_id
ORDER BY b.started_at DESC, b.bulk_id DESC LIMIT :limit;
