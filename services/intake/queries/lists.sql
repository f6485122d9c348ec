-- name: write_progress(application_id, version, stage, next_event, next_event_at, blocking_role, reviewer_id, proposed_cents, awarded_cents, paid_cents, ending)^
-- What lists show, unless a newer version is there; answers with the row that stands.
WITH written AS (
    INSERT INTO progress AS p (application_id, version, stage, next_event, next_event_at, blocking_role, reviewer_id,
        proposed_cents, awarded_cents, paid_cents, ending)
    SELECT a.application_id, :version::bigint, :stage::text, :next_event::text, :next_event_at::timestamptz, :blocking_role::text,
        :reviewer_id::uuid, :proposed_cents::bigint, :awarded_cents::bigint, :paid_cents::bigint, :ending::text
    FROM applications a WHERE a.application_id = :application_id
    ON CONFLICT (application_id) DO UPDATE SET version = excluded.version, stage = excluded.stage,
        next_event = excluded.next_event, next_event_at = excluded.next_event_at, blocking_role = excluded.blocking_role,
        reviewer_id = excluded.reviewer_id, proposed_cents = excluded.proposed_cents, awarded_cents = excluded.awarded_cents,
        paid_cents = excluded.paid_cents, ending = excluded.ending, written_at = clock.now()
    WHERE p.version < excluded.version
    RETURNING application_id, version, stage, next_event, next_event_at, blocking_role, reviewer_id, proposed_cents,
        awarded_cents, paid_cents, ending
)
SELECT application_id, version, stage, next_event, next_event_at, blocking_role, reviewer_id, proposed_cents, awarded_cents,
       paid_cents, ending AS progress_ending
FROM written
UNION ALL
SELECT application_id, version, stage, next_event, next_event_at, blocking_role, reviewer_id, proposed_cents, awarded_cents,
       paid_cents, ending AS progress_ending
FROM progress WHERE application_id = :application_id AND NOT EXISTS (SELECT 1 FROM written);

-- name: list_applications(call_id, viewer, application_ids, stages, track, commune, reviewer_id, ending, blocking_role, next_event, due_before, unread, patterns, named_communes, list_order, after_key, after_year, after_sequence, limit)
-- Deposited applications of a call in the order asked, equals by number, without those the viewer is recused from. The page
-- is found first, by as few columns as its order needs; the rest is read for its rows alone.
SELECT a.application_id, a.number, a.number_year, a.number_sequence, coalesce(e.name, a.organization_name) AS organization,
       a.title, a.track, a.communes, a.requested_cents, a.state, a.submitted_at, a.created_at, a.fictitious,
       p.version, p.stage, p.next_event, p.next_event_at, p.blocking_role, p.reviewer_id, p.proposed_cents, p.awarded_cents,
       p.paid_cents, p.ending AS progress_ending, listed.sort_key, coalesce(u.unread, 0) AS unread
FROM (
    SELECT application_id, sort_key, number_year, number_sequence
    FROM (
        SELECT a.application_id, a.number_year, a.number_sequence,
               (CASE :list_order::text
                   WHEN 'NEXT_EVENT' THEN coalesce(to_char(p.next_event_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '9')
                   WHEN 'ORGANIZATION' THEN o.search_name
                   WHEN 'REQUESTED' THEN lpad((1000000000000000 - a.requested_cents)::text, 16, '0')
                   ELSE '' END) COLLATE "C" AS sort_key
        FROM applications a
        JOIN progress p ON p.application_id = a.application_id
        LEFT JOIN organizations o ON :list_order = 'ORGANIZATION' AND o.organization_id = a.organization_id
        WHERE a.call_id = :call_id AND a.number IS NOT NULL
          AND (:list_order <> '' OR (a.number_year, a.number_sequence) > (:after_year::integer, :after_sequence::integer))
          AND (cardinality(:application_ids::uuid[]) = 0 OR a.application_id = ANY(:application_ids))
          AND (cardinality(:stages::text[]) = 0 OR p.stage = ANY(:stages))
          AND (:track::text = '' OR a.track = :track)
          AND (:commune::text = '' OR a.communes @> ARRAY[:commune::text])
          AND (:reviewer_id::uuid IS NULL OR p.reviewer_id = :reviewer_id)
          AND (:ending::text = '' OR p.ending = :ending)
          AND (:blocking_role::text = '' OR p.blocking_role = :blocking_role)
          AND (:next_event::text = '' OR p.next_event = :next_event)
          AND (:due_before::timestamptz IS NULL OR p.next_event_at < :due_before)
          AND (NOT :unread::boolean OR a.application_id IN (SELECT u.application_id FROM unread_threads u))
          AND (cardinality(:patterns::text[]) = 0 OR a.search_text LIKE ALL(:patterns) OR a.communes && :named_communes::text[])
          AND a.application_id NOT IN (SELECT r.application_id FROM case_relations r WHERE r.person = :viewer::uuid
              AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
    ) ordered
    WHERE (sort_key, number_year, number_sequence) > (:after_key::text COLLATE "C", :after_year::integer, :after_sequence::integer)
    ORDER BY sort_key, number_year, number_sequence LIMIT :limit
) listed
JOIN applications a ON a.application_id = listed.application_id
JOIN progress p ON p.application_id = listed.application_id
LEFT JOIN legal_entities e ON e.application_id = listed.application_id
LEFT JOIN unread_threads u ON u.application_id = listed.application_id
ORDER BY listed.sort_key, listed.number_year, listed.number_sequence;

-- name: get_neighbors(call_id, viewer, application_ids, stages, track, commune, reviewer_id, ending, blocking_role, next_event, due_before, unread, patterns, named_communes, list_order, application_id)^
-- The place of one application in such a list, and the numbers around it.
SELECT position, previous, following, total
FROM (
    SELECT a.application_id, row_number() OVER around AS position, lag(a.number) OVER around AS previous,
           lead(a.number) OVER around AS following, count(*) OVER () AS total
    FROM applications a
    JOIN progress p ON p.application_id = a.application_id
    LEFT JOIN organizations o ON :list_order::text = 'ORGANIZATION' AND o.organization_id = a.organization_id
    WHERE a.call_id = :call_id AND a.number IS NOT NULL
      AND (cardinality(:application_ids::uuid[]) = 0 OR a.application_id = ANY(:application_ids))
      AND (cardinality(:stages::text[]) = 0 OR p.stage = ANY(:stages))
      AND (:track::text = '' OR a.track = :track)
      AND (:commune::text = '' OR a.communes @> ARRAY[:commune::text])
      AND (:reviewer_id::uuid IS NULL OR p.reviewer_id = :reviewer_id)
      AND (:ending::text = '' OR p.ending = :ending)
      AND (:blocking_role::text = '' OR p.blocking_role = :blocking_role)
      AND (:next_event::text = '' OR p.next_event = :next_event)
      AND (:due_before::timestamptz IS NULL OR p.next_event_at < :due_before)
      AND (NOT :unread::boolean OR a.application_id IN (SELECT u.application_id FROM unread_threads u))
      AND (cardinality(:patterns::text[]) = 0 OR a.search_text LIKE ALL(:patterns) OR a.communes && :named_communes::text[])
      AND a.application_id NOT IN (SELECT r.application_id FROM case_relations r WHERE r.person = :viewer::uuid
          AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
    WINDOW around AS (ORDER BY (CASE :list_order::text
               WHEN 'NEXT_EVENT' THEN coalesce(to_char(p.next_event_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '9')
               WHEN 'ORGANIZATION' THEN o.search_name
               WHEN 'REQUESTED' THEN lpad((1000000000000000 - a.requested_cents)::text, 16, '0')
               ELSE '' END) COLLATE "C", a.number_year, a.number_sequence)
) listed
WHERE application_id = :application_id;

-- name: list_my_applications(person, created_before, id_before, limit)
-- Applications a person carries or helps to write, newest first, drafts included.
SELECT a.application_id, coalesce(a.number, '') AS number, coalesce(a.number_year, 0) AS number_year,
       coalesce(a.number_sequence, 0) AS number_sequence,
       coalesce(e.name, nullif(a.organization_name, ''), d.content -> 'applicant' ->> 'name', '') AS organization,
       coalesce(nullif(a.title, ''), d.content ->> 'title', '') AS title, coalesce(nullif(a.track, ''), d.content ->> 'track', '') AS track,
       a.communes, a.requested_cents, a.state, a.submitted_at, a.created_at, a.fictitious,
       p.version, p.stage, p.next_event, p.next_event_at, p.blocking_role, p.reviewer_id, p.proposed_cents,
       p.awarded_cents, p.paid_cents, p.ending AS progress_ending,
       (SELECT count(*) FROM messages m WHERE m.application_id = a.application_id AND NOT m.from_applicants AND m.position > coalesce(
           (SELECT t.position FROM thread_reads t WHERE t.application_id = a.application_id AND t.reader = :person::uuid::text), 0)) AS unread
FROM applications a
LEFT JOIN progress p ON p.application_id = a.application_id
LEFT JOIN legal_entities e ON e.application_id = a.application_id
LEFT JOIN drafts d ON d.application_id = a.application_id AND d.stage = 'PRE_APPLICATION' AND d.version = a.pre_version
WHERE a.application_id IN (
    SELECT r.application_id FROM case_relations r
    WHERE r.person = :person::uuid AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
    GROUP BY r.application_id
    HAVING bool_or(r.relation IN ('applicant', 'co_editor')) AND NOT bool_or(r.relation = 'recused')
  )
  AND (:created_before::timestamptz IS NULL OR (a.created_at, a.application_id) < (:created_before, :id_before::uuid))
ORDER BY a.created_at DESC, a.application_id DESC LIMIT :limit;

-- name: list_assigned_applications(call_id, person, after_year, after_sequence, limit)
-- Applications of a call opened to a member of its jury, by number.
SELECT a.application_id, a.number, a.number_year, a.number_sequence, coalesce(e.name, a.organization_name) AS organization,
       a.title, a.track, a.communes, a.requested_cents, a.state, a.submitted_at, a.created_at, a.fictitious,
       p.version, p.stage, p.next_event, p.next_event_at, p.blocking_role, p.reviewer_id, p.proposed_cents,
       p.awarded_cents, p.paid_cents, p.ending AS progress_ending, 0::bigint AS unread
FROM applications a
JOIN progress p ON p.application_id = a.application_id
LEFT JOIN legal_entities e ON e.application_id = a.application_id
WHERE a.call_id = :call_id AND a.number IS NOT NULL
  AND (a.number_year, a.number_sequence) > (:after_year::integer, :after_sequence::integer)
  AND a.application_id IN (
    SELECT r.application_id FROM case_relations r
    WHERE r.person = :person::uuid AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
    GROUP BY r.application_id
    HAVING bool_or(r.relation IN ('jury_member', 'jury_chair')) AND NOT bool_or(r.relation = 'recused')
  )
ORDER BY a.number_year, a.number_sequence LIMIT :limit;

-- name: count_applications(call_id, viewer, application_ids, stages, track, commune, reviewer_id, ending, blocking_role, next_event, due_before, unread, patterns, named_communes)
-- Deposited applications by stage, by ending and by reviewer, and both deposits, in one pass.
WITH seen AS (
    SELECT a.application_id, a.full_submitted_at, p.stage, p.ending, p.reviewer_id
    FROM applications a JOIN progress p ON p.application_id = a.application_id
    WHERE a.call_id = :call_id AND a.number IS NOT NULL
      AND (cardinality(:application_ids::uuid[]) = 0 OR a.application_id = ANY(:application_ids))
      AND (cardinality(:stages::text[]) = 0 OR p.stage = ANY(:stages))
      AND (:track::text = '' OR a.track = :track)
      AND (:commune::text = '' OR a.communes @> ARRAY[:commune::text])
      AND (:reviewer_id::uuid IS NULL OR p.reviewer_id = :reviewer_id)
      AND (:ending::text = '' OR p.ending = :ending)
      AND (:blocking_role::text = '' OR p.blocking_role = :blocking_role)
      AND (:next_event::text = '' OR p.next_event = :next_event)
      AND (:due_before::timestamptz IS NULL OR p.next_event_at < :due_before)
      AND (NOT :unread::boolean OR a.application_id IN (SELECT u.application_id FROM unread_threads u))
      AND (cardinality(:patterns::text[]) = 0 OR a.search_text LIKE ALL(:patterns) OR a.communes && :named_communes::text[])
      AND a.application_id NOT IN (SELECT r.application_id FROM case_relations r WHERE r.person = :viewer::uuid
          AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
)
SELECT 'stage' AS kind, stage AS key, count(*) AS count FROM seen GROUP BY stage
UNION ALL SELECT 'ending', ending, count(*) FROM seen WHERE ending IS NOT NULL GROUP BY ending
UNION ALL SELECT 'reviewer', reviewer_id::text, count(*) FROM seen WHERE reviewer_id IS NOT NULL GROUP BY reviewer_id
UNION ALL SELECT 'received', '', count(*) FROM seen
UNION ALL SELECT 'full_received', '', count(full_submitted_at) FROM seen
UNION ALL SELECT 'unread', '', count(*) FROM seen JOIN unread_threads u ON u.application_id = seen.application_id
ORDER BY kind, key;

-- name: post_message(message_id, application_id, template, sentence, body, author, posted_at, from_applicants, document_ids)!
-- One more message in the thread.
INSERT INTO messages (message_id, application_id, template, sentence, body, author, posted_at, from_applicants, document_ids)
VALUES (:message_id, :application_id, :template, :sentence::text::jsonb, :body, :author, :posted_at, :from_applicants, :document_ids::uuid[]);

-- name: list_messages(application_id, reader, before, limit)
-- The thread, newest first, with what ``reader`` (a person who carries the file, or DESK) has not read yet.
SELECT m.position, m.message_id, m.application_id, m.template, m.sentence::text AS sentence, m.body, m.author, m.posted_at,
       m.from_applicants, m.document_ids,
       m.from_applicants = (:reader::text = 'DESK') AND m.position > coalesce(
           (SELECT t.position FROM thread_reads t WHERE t.application_id = m.application_id AND t.reader = :reader::text), 0) AS unread
FROM messages m WHERE m.application_id = :application_id AND m.position < :before
ORDER BY m.position DESC LIMIT :limit;

-- name: mark_thread_read(application_id, reader, message_id, read_at)!
-- The thread was read up to a message; never less far than before.
INSERT INTO thread_reads AS t (application_id, reader, position, read_at)
SELECT m.application_id, :reader, m.position, :read_at FROM messages m
WHERE m.application_id = :application_id AND m.message_id = :message_id
ON CONFLICT (application_id, reader) DO UPDATE SET position = greatest(t.position, excluded.position), read_at = excluded.read_at;

-- name: remind_drafts(call_id, state, sentence, posted_at)
-- One reminder per draft not deposited yet, once per window for ever; the messages written.
INSERT INTO messages (message_id, application_id, template, sentence, body, author, posted_at)
SELECT gen_random_uuid(), a.application_id, 'draft_reminder', :sentence::text::jsonb, '', 'SYSTEM', :posted_at
FROM applications a
WHERE a.call_id = :call_id AND a.state = :state
ORDER BY a.application_id
ON CONFLICT (application_id, (sentence ->> 'window')) WHERE template = 'draft_reminder' DO NOTHING
RETURNING message_id;
