-- name: list_events(subject_kind, subject_id, after, limit)
-- The chain of a subject, oldest first.
SELECT subject_kind, subject_id, sequence, body, previous_hash, hash, source, recorded_at, trace_id
FROM events
WHERE subject_kind = :subject_kind AND subject_id = :subject_id AND sequence > :after
ORDER BY sequence LIMIT :limit;

-- name: list_matching_events(needles, amount, trace_id, from_at, to_at, before, limit)
-- Links of every chain whose body holds every needle (a quoted value), an amount (the end of a fact's name and its
-- cents, no digit after) and that fit the trace and the instants; in the reverse order of their arrival.
SELECT subject_kind, subject_id, sequence, entry_id, body, previous_hash, hash, source, recorded_at, trace_id
FROM events
WHERE entry_id < :before
  AND (:trace_id::text = '' OR trace_id = :trace_id::text)
  AND NOT EXISTS (SELECT 1 FROM unnest(:needles::bytea[]) AS needle WHERE position(needle IN body) = 0)
  AND (:amount::bytea = '' OR position(:amount::bytea || ','::bytea IN body) > 0
       OR position(:amount::bytea || '}'::bytea IN body) > 0)
  AND (:from_at::timestamptz IS NULL OR (convert_from(body, 'UTF8')::jsonb ->> 'occurred_at')::timestamptz >= :from_at)
  AND (:to_at::timestamptz IS NULL OR (convert_from(body, 'UTF8')::jsonb ->> 'occurred_at')::timestamptz < :to_at)
ORDER BY entry_id DESC LIMIT :limit;

-- name: tie_of_case(application_id, person)^
-- How a person is tied to an application, as its own chain tells: the call it was deposited for, and whether she stood
-- aside.
WITH told AS (
    SELECT convert_from(body, 'UTF8')::jsonb AS body FROM events
    WHERE subject_kind = 'application' AND subject_id = :application_id
)
SELECT max(body -> 'facts' ->> 'call_id') FILTER (WHERE body ->> 'event' = 'application_submitted') AS call_id,
       coalesce(bool_or(
           body -> 'facts' ->> 'person' = :person::text
           AND (body ->> 'event' = 'conflict_declared'
                OR (body ->> 'event' = 'person_related' AND body -> 'facts' ->> 'relation' = 'recused'))
       ), false) AS recused
FROM told;

-- name: applications_of_trace(trace_id)
-- The applications a trace is about.
SELECT DISTINCT application_id FROM spans WHERE trace_id = :trace_id AND application_id IS NOT NULL ORDER BY 1;

-- name: list_subjects(subject_kind, after_kind, after_id, limit)
-- Subjects that have a chain, by kind then id; an empty kind asks for all.
SELECT subject_kind, subject_id, length, head_hash
FROM chains
WHERE (:subject_kind::text = '' OR subject_kind = :subject_kind::text)
  AND (subject_kind, subject_id) > (:after_kind::text, :after_id::uuid)
ORDER BY subject_kind, subject_id LIMIT :limit;

-- name: links_of_subject(subject_kind, subject_id)
-- One chain with what its head says; read through a cursor. An event without a chain, or a chain without events, too.
SELECT subject_kind, subject_id, c.length, c.head_hash,
       e.sequence, e.body, e.previous_hash, e.hash, e.source, e.recorded_at, e.trace_id
FROM (SELECT * FROM chains WHERE subject_kind = :subject_kind AND subject_id = :subject_id) AS c
FULL JOIN (SELECT * FROM events WHERE subject_kind = :subject_kind AND subject_id = :subject_id) AS e
    USING (subject_kind, subject_id)
ORDER BY e.sequence;

-- name: links_of_all(after_kind, after_id)
-- Every chain after a key with what its head says, in one pass through a cursor.
SELECT subject_kind, subject_id, c.length, c.head_hash,
       e.sequence, e.body, e.previous_hash, e.hash, e.source, e.recorded_at, e.trace_id
FROM (SELECT * FROM chains WHERE (subject_kind, subject_id) > (:after_kind::text, :after_id::uuid)) AS c
FULL JOIN (SELECT * FROM events WHERE (subject_kind, subject_id) > (:after_kind::text, :after_id::uuid)) AS e
    USING (subject_kind, subject_id)
ORDER BY subject_kind, subject_id, e.sequence;

-- name: keep_spans(spans)!
-- Spans received, as one JSON array; one that is already there stays as it is.
INSERT INTO spans (trace_id, span_id, parent_span_id, name, service, kind, started_at, duration_us, failed,
                   application_id, attributes, links)
SELECT trace_id, span_id, parent_span_id, name, service, kind, started_at, duration_us, failed,
       application_id, attributes, links
FROM jsonb_to_recordset(:spans::text::jsonb) AS received(
    trace_id text, span_id text, parent_span_id text, name text, service text, kind text,
    started_at timestamptz, duration_us bigint, failed boolean, application_id uuid, attributes jsonb, links text[])
ON CONFLICT (trace_id, span_id) DO NOTHING;

-- name: spans_of_trace(trace_id, limit)
-- One trace, by start.
SELECT trace_id, span_id, parent_span_id, name, service, kind, started_at, duration_us, failed,
       attributes::text AS attributes, links
FROM spans WHERE trace_id = :trace_id
ORDER BY started_at, span_id LIMIT :limit;

-- name: list_traces(application_id, before_at, before_id, limit)
-- The traces in which something was done to an application, newest first: those that only read are left out, or
-- whoever looks would fill what she looks at. A trace is named after its root, or its first span.
WITH named AS (
    SELECT trace_id FROM spans WHERE application_id = :application_id
    GROUP BY trace_id
    HAVING bool_or(name ~ '^/' AND name !~ '/(Get|List|Count|Read|Verify)[A-Za-z]*$') OR NOT bool_or(name ~ '^/')
), whole AS (
    SELECT s.trace_id,
           min(s.started_at) AS started_at,
           max(s.started_at + s.duration_us * interval '1 microsecond') AS ended_at,
           count(*) AS spans,
           (array_agg(s.name ORDER BY s.parent_span_id <> '', s.started_at, s.span_id))[1] AS name
    FROM named JOIN spans AS s USING (trace_id)
    GROUP BY s.trace_id
)
SELECT trace_id, name, started_at, spans, (extract(epoch FROM ended_at - started_at) * 1000000)::bigint AS duration_us
FROM whole
WHERE (started_at, trace_id) < (:before_at::timestamptz, :before_id::text)
ORDER BY started_at DESC, trace_id DESC LIMIT :limit;

-- name: forget_spans(days, limit)$
-- Spans received more than so many days ago, a bounded number at a time; says how many went.
WITH old AS (
    SELECT trace_id, span_id FROM spans
    WHERE received_at < clock_timestamp() - :days::int * interval '1 day'
    ORDER BY received_at LIMIT :limit
), gone AS (
    DELETE FROM spans USING old WHERE spans.trace_id = old.trace_id AND spans.span_id = old.span_id
    RETURNING 1
)
SELECT count(*) AS gone FROM gone;
