-- The jury's sessions: members, files, recusals, scores, result.

-- name: prepare_session(session_id, call_id, quorum, held_at, place_id, place_version, member_ids, chair_id, application_ids)$
-- A session with its members and files; no row when the id is taken.
WITH made AS (
    INSERT INTO sessions (session_id, call_id, quorum, held_at, place_id, place_version)
    VALUES (:session_id, :call_id, :quorum, :held_at, :place_id, :place_version)
    ON CONFLICT (session_id) DO NOTHING
    RETURNING session_id
), seated AS (
    INSERT INTO session_members (session_id, person_id, role)
    SELECT session_id, person_id, CASE WHEN person_id = :chair_id THEN 'CHAIR' ELSE 'MEMBER' END
    FROM made, unnest(:member_ids::uuid[]) AS person_id
), laid AS (
    INSERT INTO session_files (session_id, application_id)
    SELECT session_id, application_id FROM made, unnest(:application_ids::uuid[]) AS application_id
)
SELECT session_id FROM made;

-- name: shortlisted(call_id, application_ids)
-- Which of these files are alive and shortlisted in this call.
SELECT application_id FROM cases
WHERE call_id = :call_id AND application_id = ANY(:application_ids::uuid[])
  AND state = 'OPEN' AND shortlist = 'SHORTLISTED' AND proposal = 'NONE'
ORDER BY application_id;

-- name: get_session(session_id)^
-- A session.
SELECT s.session_id, s.call_id, s.state, s.quorum, s.held_at, s.opened_at, s.closed_at, s.result_digest, t.body AS place
FROM sessions s LEFT JOIN texts t ON t.text_id = s.place_id AND t.version = s.place_version
WHERE s.session_id = :session_id;

-- name: share_session(session_id)^
-- A session that must not move while a score is laid in it; members score side by side.
SELECT s.session_id, s.call_id, s.state, s.quorum, s.held_at, s.opened_at, s.closed_at, s.result_digest, t.body AS place
FROM sessions s LEFT JOIN texts t ON t.text_id = s.place_id AND t.version = s.place_version
WHERE s.session_id = :session_id FOR SHARE OF s;

-- name: lock_session(session_id)^
-- A session about to move.
SELECT s.session_id, s.call_id, s.state, s.quorum, s.held_at, s.opened_at, s.closed_at, s.result_digest, t.body AS place
FROM sessions s LEFT JOIN texts t ON t.text_id = s.place_id AND t.version = s.place_version
WHERE s.session_id = :session_id FOR NO KEY UPDATE OF s;

-- name: list_sessions(call_id, person_id, hidden)
-- The sessions of a call, or those of it a person sits in, soonest first; files she is recused from are not counted.
SELECT s.session_id, s.state, s.quorum, s.held_at, t.body AS place,
       (SELECT count(*) FROM session_members m WHERE m.session_id = s.session_id)::integer AS members,
       (SELECT count(*) FROM session_files f WHERE f.session_id = s.session_id
           AND NOT f.application_id = ANY(:hidden::uuid[]))::integer AS files,
       (SELECT count(*) FROM results r JOIN cases c USING (application_id) WHERE r.session_id = s.session_id
           AND c.state = 'OPEN' AND c.proposal = 'NONE' AND r.proposal <> 'NONE')::integer AS unrecorded,
       (SELECT coalesce(max(p.version), 0) FROM minutes p WHERE p.session_id = s.session_id) AS minutes_version
FROM sessions s LEFT JOIN texts t ON t.text_id = s.place_id AND t.version = s.place_version
WHERE s.call_id = :call_id AND (:person_id::uuid IS NULL OR EXISTS (
    SELECT 1 FROM session_members m WHERE m.session_id = s.session_id AND m.person_id = :person_id))
ORDER BY s.held_at, s.session_id;

-- name: list_members(session_id)
-- Its members.
SELECT person_id, role, presence FROM session_members WHERE session_id = :session_id ORDER BY person_id;

-- name: list_files(session_id)
-- Its files as contenders: alive ones only are ranked.
SELECT f.application_id, c.track, c.section, c.instructed_cents, c.received_at, c.hearing, c.state
FROM session_files f JOIN cases c USING (application_id)
WHERE f.session_id = :session_id ORDER BY f.application_id;

-- name: lock_files(session_id)
-- The cases of a session, held as they are until the result is written.
SELECT c.application_id FROM session_files f JOIN cases c USING (application_id)
WHERE f.session_id = :session_id ORDER BY c.application_id FOR SHARE OF c;

-- name: list_recusals(session_id)
-- Recusals of its members on its files: declared here, or known otherwise.
SELECT person_id, application_id, nature, declared_at FROM recusals WHERE session_id = :session_id
UNION ALL
SELECT r.person, r.application_id, 'other', min(r.from_at)
FROM case_relations r
JOIN session_members m ON m.session_id = :session_id AND m.person_id = r.person
JOIN session_files f ON f.session_id = :session_id AND f.application_id = r.application_id
WHERE r.relation = 'recused' AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
  AND NOT EXISTS (
      SELECT 1 FROM recusals d
      WHERE d.session_id = :session_id AND d.person_id = r.person AND d.application_id = r.application_id
  )
GROUP BY r.person, r.application_id
ORDER BY application_id, person_id;

-- name: list_sheets(session_id)
-- Score sheets with their marks: criterion, value, words cited.
SELECT s.application_id, s.person_id, s.state,
       array_agg(m.criterion ORDER BY m.criterion) AS criteria,
       array_agg(m.value ORDER BY m.criterion) AS values,
       array_agg(m.reason_id ORDER BY m.criterion) AS reason_ids,
       array_agg(m.reason_version ORDER BY m.criterion) AS reason_versions
FROM score_sheets s JOIN marks m USING (session_id, application_id, person_id)
WHERE s.session_id = :session_id
GROUP BY s.application_id, s.person_id, s.state
ORDER BY s.application_id, s.person_id;

-- name: convoke_session(session_id, from_state, to_state)$
-- Members are convoked.
UPDATE sessions SET state = :to_state WHERE session_id = :session_id AND state = :from_state RETURNING session_id;

-- name: relate_members(session_id)!
-- Opens the files of a session to its members, save to those recused; a second time changes nothing.
INSERT INTO case_relations (person, application_id, call_id, relation)
SELECT m.person_id, f.application_id, s.call_id, r.relation
FROM sessions s
JOIN session_members m USING (session_id)
JOIN session_files f USING (session_id)
CROSS JOIN (VALUES ('jury_member'), ('jury_chair')) AS r (relation)
WHERE s.session_id = :session_id AND (r.relation = 'jury_member' OR m.role = 'CHAIR')
  AND NOT EXISTS (
      SELECT 1 FROM recusals d
      WHERE d.session_id = s.session_id AND d.person_id = m.person_id AND d.application_id = f.application_id
  )
  AND NOT EXISTS (
      SELECT 1 FROM case_relations x
      WHERE x.person = m.person_id AND x.application_id = f.application_id AND x.to_at IS NULL
        AND x.relation IN (r.relation, 'recused')
  );

-- name: declare_conflict(session_id, person_id, application_id, nature, declared_at)$
-- The recusal, and the member's sheet of that file voided with it; no row when it was declared already.
WITH voided AS (
    UPDATE score_sheets SET state = 'VOIDED'
    WHERE session_id = :session_id AND person_id = :person_id AND application_id = :application_id
)
INSERT INTO recusals (session_id, person_id, application_id, nature, declared_at)
VALUES (:session_id, :person_id, :application_id, :nature, :declared_at)
ON CONFLICT (session_id, application_id, person_id) DO NOTHING
RETURNING person_id;

-- name: submit_score(session_id, application_id, person_id, submitted_at, criteria, values, reason_ids, reason_versions)!
-- The whole grid of one member for one file; until the closing, her last word replaces the one before.
WITH sheet AS (
    INSERT INTO score_sheets (session_id, application_id, person_id, state, submitted_at)
    VALUES (:session_id, :application_id, :person_id, 'SUBMITTED', :submitted_at)
    ON CONFLICT (session_id, application_id, person_id)
    DO UPDATE SET submitted_at = excluded.submitted_at WHERE score_sheets.state = 'SUBMITTED'
    RETURNING session_id, application_id, person_id
)
INSERT INTO marks (session_id, application_id, person_id, criterion, value, reason_id, reason_version)
SELECT s.session_id, s.application_id, s.person_id, g.criterion, g.value, g.reason_id, g.reason_version
FROM sheet s,
     unnest(:criteria::text[], :values::integer[], :reason_ids::uuid[], :reason_versions::integer[])
         AS g (criterion, value, reason_id, reason_version)
ON CONFLICT (session_id, application_id, person_id, criterion)
DO UPDATE SET value = excluded.value, reason_id = excluded.reason_id, reason_version = excluded.reason_version;

-- name: save_score_draft(session_id, application_id, person_id, marks)$
-- What a member has written so far: her last word replaces the one before.
INSERT INTO score_drafts (session_id, application_id, person_id, marks)
VALUES (:session_id, :application_id, :person_id, :marks::jsonb)
ON CONFLICT (session_id, application_id, person_id) DO UPDATE SET marks = excluded.marks, saved_at = clock.now()
RETURNING saved_at;

-- name: get_score_draft(session_id, application_id, person_id)^
-- A member's draft.
SELECT marks::text AS marks, saved_at FROM score_drafts
WHERE session_id = :session_id AND application_id = :application_id AND person_id = :person_id;

-- name: list_scores(session_id, application_id)
-- The grids of a file with the words of their reasons.
SELECT s.person_id, s.submitted_at, m.criterion, m.value, t.body AS reason
FROM score_sheets s
JOIN marks m USING (session_id, application_id, person_id)
JOIN texts t ON t.text_id = m.reason_id AND t.version = m.reason_version
WHERE s.session_id = :session_id AND s.application_id = :application_id AND s.state = 'SUBMITTED'
ORDER BY s.person_id, m.criterion;

-- name: get_revision(session_id)^
-- Changes whenever a member, a grid, a recusal, a result or the session itself does.
SELECT s.call_id, md5(concat_ws('/', s.state, s.opened_at, s.closed_at,
    (SELECT string_agg(concat(m.person_id, m.presence), ',' ORDER BY m.person_id) FROM session_members m WHERE m.session_id = s.session_id),
    (SELECT concat(count(*), max(x.submitted_at)) FROM score_sheets x WHERE x.session_id = s.session_id),
    (SELECT concat(count(*), max(r.declared_at)) FROM recusals r WHERE r.session_id = s.session_id),
    (SELECT max(b.counted_at) FROM ballots b WHERE b.session_id = s.session_id),
    (SELECT count(*) FROM minutes p WHERE p.session_id = s.session_id),
    (SELECT string_agg(concat(c.state, c.proposal, c.hearing), ',' ORDER BY c.application_id)
        FROM session_files f JOIN cases c USING (application_id) WHERE f.session_id = s.session_id))) AS revision
FROM sessions s WHERE s.session_id = :session_id;

-- name: open_session(session_id, from_state, to_state, opened_at, present_ids)$
-- In session: who is there, who is not.
WITH moved AS (
    UPDATE sessions SET state = :to_state, opened_at = coalesce(opened_at, :opened_at)
    WHERE session_id = :session_id AND state = :from_state
    RETURNING session_id
), seen AS (
    UPDATE session_members m
    SET presence = CASE WHEN m.person_id = ANY(:present_ids::uuid[]) THEN 'PRESENT' ELSE 'ABSENT' END
    FROM moved WHERE m.session_id = moved.session_id
)
SELECT session_id FROM moved;

-- name: adjourn_session(session_id, from_state, to_state, held_at)$
-- Interrupted until another date: everybody is expected again.
WITH moved AS (
    UPDATE sessions SET state = :to_state, held_at = :held_at
    WHERE session_id = :session_id AND state = :from_state
    RETURNING session_id
), expected AS (
    UPDATE session_members m SET presence = 'EXPECTED' FROM moved WHERE m.session_id = moved.session_id
)
SELECT session_id FROM moved;

-- name: cancel_session(session_id, from_state, to_state)$
-- Given up before any result.
UPDATE sessions SET state = :to_state WHERE session_id = :session_id AND state = :from_state
RETURNING session_id;

-- name: end_member_relations(session_id)
-- The ties of a session's members to its files, save where another session that was convoked needs them.
UPDATE case_relations x SET to_at = clock.now()
FROM session_members m JOIN session_files f USING (session_id)
WHERE m.session_id = :session_id AND x.person = m.person_id AND x.application_id = f.application_id
  AND x.relation IN ('jury_member', 'jury_chair') AND x.to_at IS NULL
  AND NOT EXISTS (
      SELECT 1 FROM sessions s JOIN session_members n USING (session_id) JOIN session_files g USING (session_id)
      WHERE s.session_id <> m.session_id AND s.state NOT IN ('PREPARED', 'CANCELLED')
        AND n.person_id = m.person_id AND g.application_id = f.application_id
  )
RETURNING x.person, x.application_id, x.relation;

-- name: spent_elsewhere(call_id, session_id)
-- What other closed sessions of the call propose already, by section: not for files withdrawn or refused since.
SELECT r.section, sum(r.proposed_cents)::bigint AS cents
FROM results r JOIN sessions s USING (session_id) JOIN cases c USING (application_id)
WHERE s.call_id = :call_id AND s.session_id <> :session_id AND r.proposal = 'PROPOSED'
  AND c.state <> 'WITHDRAWN' AND c.decision IN ('UNDECIDED', 'GRANTED')
GROUP BY r.section ORDER BY r.section;

-- name: close_session(session_id, from_state, to_state, closed_at, record, digest, minutes_id, minutes_version)$
-- Closed; its record is frozen.
UPDATE sessions
SET state = :to_state, closed_at = :closed_at, record = :record, result_digest = :digest,
    minutes_id = :minutes_id, minutes_version = :minutes_version
WHERE session_id = :session_id AND state = :from_state
RETURNING session_id;

-- name: keep_results(session_id, application_ids, ranks, numerators, denominators, proposals, cents, sections, explanations, ties)!
-- The result of each file.
INSERT INTO results (session_id, application_id, rank, mean_numerator, mean_denominator, proposal, proposed_cents,
                     section, explanation, tie_broken_by)
SELECT :session_id, g.application_id, g.rank, g.numerator, g.denominator, g.proposal, g.cents, g.section, g.explanation, g.tie
FROM unnest(:application_ids::uuid[], :ranks::integer[], :numerators::bigint[], :denominators::bigint[],
            :proposals::text[], :cents::bigint[], :sections::text[], :explanations::text[], :ties::text[])
     AS g (application_id, rank, numerator, denominator, proposal, cents, section, explanation, tie);

-- name: keep_uses(session_id, sections, envelopes, proposed)!
-- What the session found in each section, and what it proposes of it.
INSERT INTO result_sections (session_id, section, envelope_cents, proposed_cents)
SELECT :session_id, g.section, g.envelope, g.proposed
FROM unnest(:sections::text[], :envelopes::bigint[], :proposed::bigint[]) AS g (section, envelope, proposed);

-- name: list_results(session_id)
-- The frozen result: by rank, then those not heard.
SELECT r.application_id, r.rank, r.mean_numerator, r.mean_denominator, r.proposal, r.proposed_cents, r.section, r.explanation,
       r.tie_broken_by, c.session_id IS NOT DISTINCT FROM r.session_id AND c.proposal <> 'NONE' AS recorded,
       coalesce(c.instructed_cents, 0) AS instructed_cents
FROM results r JOIN cases c USING (application_id)
WHERE r.session_id = :session_id ORDER BY r.rank = 0, r.rank, r.application_id;

-- name: list_uses(session_id)
-- The frozen envelope.
SELECT section, envelope_cents, proposed_cents FROM result_sections WHERE session_id = :session_id ORDER BY section;

-- name: get_result(session_id, application_id)^
-- The frozen result of one file.
SELECT r.application_id, r.rank, r.mean_numerator, r.mean_denominator, r.proposal, r.proposed_cents, r.section, r.explanation,
       r.tie_broken_by, c.session_id IS NOT DISTINCT FROM r.session_id AND c.proposal <> 'NONE' AS recorded,
       coalesce(c.instructed_cents, 0) AS instructed_cents
FROM results r JOIN cases c USING (application_id)
WHERE r.session_id = :session_id AND r.application_id = :application_id;

-- name: get_record(session_id)$
-- The frozen record of a closed session.
SELECT record FROM sessions WHERE session_id = :session_id;

-- name: draw_up_minutes(session_id, document, digest, drawn_by, drawn_at)$
-- One more version of the minutes.
INSERT INTO minutes (session_id, version, document, digest, drawn_by, drawn_at)
SELECT :session_id::uuid, coalesce(max(version), 0) + 1, :document, :digest, :drawn_by, :drawn_at
FROM minutes WHERE session_id = :session_id
RETURNING version;

-- name: latest_minutes(session_id)^
-- The latest minutes, without the document.
SELECT version, digest, drawn_at, octet_length(document) AS size_bytes FROM minutes
WHERE session_id = :session_id ORDER BY version DESC LIMIT 1;

-- name: read_minutes(session_id, version, place, length)$
-- A part of the minutes; ``place`` counts bytes from 1.
SELECT substring(document FROM :place::integer FOR :length::integer) FROM minutes
WHERE session_id = :session_id AND version = :version;

-- name: record_ballot(session_id, application_id, in_favor, against, abstained, counted_at)!
-- A show of hands; the last one holds.
INSERT INTO ballots (session_id, application_id, in_favor_count, against_count, abstained_count, counted_at)
VALUES (:session_id, :application_id, :in_favor, :against, :abstained, :counted_at)
ON CONFLICT (session_id, application_id) DO UPDATE SET in_favor_count = excluded.in_favor_count,
    against_count = excluded.against_count, abstained_count = excluded.abstained_count, counted_at = excluded.counted_at;

-- name: list_ballots(session_id)
-- The shows of hands of a session, in their order.
SELECT application_id, in_favor_count, against_count, abstained_count, counted_at FROM ballots
WHERE session_id = :session_id ORDER BY counted_at, application_id;
