-- name: announce_messages(message_ids, kind, deadline_at, facts, keep, at)!
-- Tells those whom messages are for that there is one: the file's people, or its reviewer when one of them wrote it.
-- Never somebody recused, nor a reviewer who is none any more. ``keep``: kept to be read here, nothing is sent.
INSERT INTO mails (mail_id, call_id, application_id, message_id, person_id, email, kind, locale, site, path, opens, facts,
    deadline_at, state, written_at, next_try_at, settled_at)
SELECT gen_random_uuid(), a.call_id, a.application_id, m.message_id, p.person_id, p.email, :kind, 'fr', r.site,
    CASE r.site WHEN 'portal' THEN '/demandes/' || a.application_id || '/courriers' ELSE '/dossiers/' || a.number || '/messagerie' END,
    false, jsonb_build_object('call', c.title_fr, 'number', coalesce(a.number, '')) || :facts::text::jsonb, :deadline_at::timestamptz,
    CASE WHEN :keep::boolean THEN 'KEPT' ELSE 'QUEUED' END, :at,
    CASE WHEN NOT :keep::boolean THEN clock.now() END, CASE WHEN :keep::boolean THEN clock.now() END
FROM messages m JOIN applications a ON a.application_id = m.application_id JOIN calls c ON c.call_id = a.call_id
CROSS JOIN LATERAL (
    SELECT DISTINCT t.person AS person_id, 'portal' AS site FROM case_relations t
    WHERE t.application_id = m.application_id AND t.relation IN ('applicant', 'co_editor') AND (t.to_at IS NULL OR t.to_at > clock.now())
    UNION ALL
    SELECT g.reviewer_id, 'backoffice' FROM progress g JOIN role_grants h ON h.person_id = g.reviewer_id
    WHERE g.application_id = m.application_id AND h.call_id = a.call_id AND h.role = 'INSTRUCTOR'
      AND h.from_at <= clock.now() AND (h.to_at IS NULL OR h.to_at > clock.now())
) r
JOIN persons p ON p.person_id = r.person_id
WHERE m.message_id = ANY(:message_ids::uuid[]) AND length(p.email) >= 3
  AND (r.site = 'backoffice') = m.from_applicants
  AND NOT EXISTS (SELECT 1 FROM case_relations x WHERE x.application_id = m.application_id AND x.person = p.person_id
      AND x.relation = 'recused' AND (x.to_at IS NULL OR x.to_at > clock.now()))
ORDER BY m.position, r.site, p.person_id
ON CONFLICT (message_id, email) WHERE message_id IS NOT NULL DO NOTHING;

-- name: send_mail(mail_id, call_id, application_id, person_id, email, kind, locale, site, path, opens, facts, deadline_at, keep, at)!
-- A mail that announces no message of a thread. ``keep``: kept to be read here, nothing is sent.
INSERT INTO mails (mail_id, call_id, application_id, person_id, email, kind, locale, site, path, opens, facts, deadline_at,
    state, written_at, next_try_at, settled_at)
VALUES (:mail_id, :call_id, :application_id, :person_id, :email, :kind, :locale, :site, :path, :opens,
    jsonb_build_object('call', coalesce(
        (SELECT CASE :locale WHEN 'en' THEN c.title_en ELSE c.title_fr END FROM calls c WHERE c.call_id = :call_id), '')) || :facts::text::jsonb,
    :deadline_at,
    CASE WHEN :keep::boolean THEN 'KEPT' ELSE 'QUEUED' END, :at,
    CASE WHEN NOT :keep::boolean THEN clock.now() END, CASE WHEN :keep::boolean THEN clock.now() END);

-- name: people_of_file(application_id)
-- Those who carry a file and may be written to.
SELECT DISTINCT p.person_id, p.display_name, p.email, p.fictitious
FROM case_relations t JOIN persons p ON p.person_id = t.person
WHERE t.application_id = :application_id AND t.relation IN ('applicant', 'co_editor') AND (t.to_at IS NULL OR t.to_at > clock.now())
  AND length(p.email) >= 3
ORDER BY p.person_id;

-- name: get_mail(call_id, mail_id)^
-- One mail of a call.
SELECT m.position, m.mail_id, m.email, m.kind, m.locale, m.site, m.path, m.facts::text AS facts, m.deadline_at, m.state, m.attempts,
       m.failure, m.written_at, m.next_try_at, m.settled_at, m.application_id, m.message_id, coalesce(a.number, '') AS number
FROM mails m LEFT JOIN applications a ON a.application_id = m.application_id
WHERE m.call_id = :call_id AND m.mail_id = :mail_id;

-- name: list_mails(call_id, application_id, state, email, viewer, before, limit)
-- Mail newest first: of a call, of a file, in a state, to an address; without that of files the viewer is recused from.
SELECT m.position, m.mail_id, m.email, m.kind, m.locale, m.site, m.path, m.facts::text AS facts, m.deadline_at, m.state, m.attempts,
       m.failure, m.written_at, m.next_try_at, m.settled_at, m.application_id, m.message_id, coalesce(a.number, '') AS number
FROM mails m LEFT JOIN applications a ON a.application_id = m.application_id
WHERE m.position < :before::bigint
  AND (:call_id::uuid IS NULL OR m.call_id = :call_id)
  AND (:application_id::uuid IS NULL OR m.application_id = :application_id)
  AND (:state::text = '' OR m.state = :state)
  AND (:email::text = '' OR lower(m.email) = lower(:email))
  AND NOT EXISTS (SELECT 1 FROM case_relations r WHERE r.application_id = m.application_id AND r.person = :viewer::uuid
      AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
ORDER BY m.position DESC LIMIT :limit;

-- name: retry_mail(call_id, mail_id)$
-- A mail given up is tried again from the start.
UPDATE mails SET state = 'QUEUED', attempts = 0, next_try_at = clock.now(), settled_at = NULL
WHERE call_id = :call_id AND mail_id = :mail_id AND state = 'GIVEN_UP' AND path <> '' RETURNING mail_id;

-- name: drop_mails()$
-- What has no object any more is not sent: to somebody recused since or no longer tied to the file, a reminder of a form that
-- was deposited or given up meanwhile. How many.
WITH dropped AS (
    UPDATE mails m SET state = 'GIVEN_UP', failure = 'WITHOUT_OBJECT', next_try_at = NULL, settled_at = clock.now()
    FROM applications a
    WHERE m.state = 'QUEUED' AND m.next_try_at <= clock.now() AND a.application_id = m.application_id
      AND (EXISTS (SELECT 1 FROM case_relations r WHERE r.application_id = a.application_id AND r.person = m.person_id
              AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
        OR (m.site = 'portal' AND m.person_id IS NOT NULL AND NOT EXISTS (
              SELECT 1 FROM case_relations r WHERE r.application_id = a.application_id AND r.person = m.person_id
              AND r.relation IN ('applicant', 'co_editor') AND (r.to_at IS NULL OR r.to_at > clock.now())))
        OR (m.kind = 'draft_reminder' AND a.state NOT IN ('DRAFT', 'INVITED')))
    RETURNING m.mail_id
)
SELECT count(*) FROM dropped;

-- name: take_mail(pause)^
-- The mail that is due for the longest time, held by one sender: its next try is put off before it is sent.
UPDATE mails SET attempts = attempts + 1, next_try_at = clock.now() + :pause::interval
WHERE mail_id = (SELECT mail_id FROM mails WHERE state = 'QUEUED' AND next_try_at <= clock.now()
                 ORDER BY next_try_at, position LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING mail_id, email, kind, locale, site, path, facts::text AS facts, deadline_at, attempts, written_at;

-- name: settle_mail(mail_id, state, failure)!
-- Sent, or given up; a link that opens by itself is forgotten.
UPDATE mails SET state = :state, failure = :failure, next_try_at = NULL, settled_at = clock.now(),
    path = CASE WHEN opens THEN '' ELSE path END
WHERE mail_id = :mail_id AND state = 'QUEUED';

-- name: put_off_mail(mail_id, failure, pause)!
-- Tried in vain: why, and when again.
UPDATE mails SET failure = :failure, next_try_at = clock.now() + :pause::interval WHERE mail_id = :mail_id AND state = 'QUEUED';
