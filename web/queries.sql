-- Time here is the machine's: a demonstration that moves its clock forward signs nobody out.

-- name: read_session(digest, site, oldest_seconds)$
-- The data of a session that lives: not ended, used lately, and not older than a session may grow.
SELECT data FROM sessions
WHERE digest = :digest AND site = :site AND expires_at > clock_timestamp() AND ended_at IS NULL
  AND made_at > clock_timestamp() - interval '1 second' * :oldest_seconds::integer;

-- name: write_session(digest, site, data, seconds, person_id, device, means)!
-- Keeps a session; one that ended stays ended; the same data again is written only when half of its life is gone.
INSERT INTO sessions AS s (digest, site, data, expires_at, person_id, device, means)
VALUES (:digest, :site, :data, clock_timestamp() + interval '1 second' * :seconds::integer, :person_id, :device, :means)
ON CONFLICT (digest) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at, person_id = excluded.person_id,
    device = excluded.device, means = excluded.means, seen_at = clock_timestamp()
WHERE s.ended_at IS NULL AND s.site = excluded.site
  AND (s.data <> excluded.data OR s.expires_at < clock_timestamp() + interval '1 second' * (:seconds::integer / 2));

-- name: end_session(digest)!
-- Ends a session for ever.
UPDATE sessions SET data = '', ended_at = clock_timestamp() WHERE digest = :digest AND ended_at IS NULL;

-- name: list_sessions(person_id, site)
-- The sessions of a person that live, newest first.
SELECT session_id, digest, device, means, made_at, seen_at FROM sessions
WHERE person_id = :person_id AND site = :site AND ended_at IS NULL AND expires_at > clock_timestamp()
ORDER BY made_at DESC, session_id LIMIT 50;

-- name: end_session_of(person_id, session_id)!
-- Ends one of hers for ever.
UPDATE sessions SET data = '', ended_at = clock_timestamp()
WHERE person_id = :person_id AND session_id = :session_id AND ended_at IS NULL;

-- name: end_other_sessions(person_id, digest)!
-- Ends every one of hers but this one.
UPDATE sessions SET data = '', ended_at = clock_timestamp()
WHERE person_id = :person_id AND digest <> :digest AND ended_at IS NULL;

-- name: forget_sessions()!
-- Removes what is long over.
DELETE FROM sessions WHERE expires_at < clock_timestamp() - interval '1 day';

-- name: make_sign_in_token(digest, site, mailbox, back, seconds, most)$
-- A link to sign in; no row when this mailbox was sent too many of late.
INSERT INTO sign_in_tokens (digest, site, mailbox, back, made_at, expires_at)
SELECT :digest, :site, :mailbox, :back, clock_timestamp(), clock_timestamp() + interval '1 second' * :seconds::integer
WHERE (SELECT count(*) FROM sign_in_tokens t WHERE t.mailbox = :mailbox::text
       AND t.made_at > clock_timestamp() - interval '1 second' * :seconds::integer) < :most::integer
RETURNING expires_at;

-- name: read_sign_in_token(digest, site)^
-- What a link that lives leads to.
SELECT mailbox, back FROM sign_in_tokens
WHERE digest = :digest AND site = :site AND expires_at > clock_timestamp() AND used_at IS NULL;

-- name: use_sign_in_token(digest, site)^
-- The same, used: it opens nothing any more.
UPDATE sign_in_tokens SET used_at = clock_timestamp()
WHERE digest = :digest AND site = :site AND expires_at > clock_timestamp() AND used_at IS NULL
RETURNING mailbox, back;

-- name: forget_sign_in_tokens()!
-- Removes links that are long over.
DELETE FROM sign_in_tokens WHERE expires_at < clock_timestamp() - interval '1 day';

-- name: list_saved_views(person_id, page, limit)
-- A person's views of a list, by name.
SELECT view_id, name, query FROM saved_views WHERE person_id = :person_id AND page = :page
ORDER BY name, view_id LIMIT :limit;

-- name: keep_saved_view(view_id, person_id, page, name, query)!
-- Keeps a view; one of the same name is replaced.
INSERT INTO saved_views (view_id, person_id, page, name, query, saved_at)
VALUES (:view_id, :person_id, :page, :name, :query, clock_timestamp())
ON CONFLICT (person_id, page, name) DO UPDATE SET query = excluded.query, saved_at = excluded.saved_at;

-- name: forget_saved_view(person_id, view_id)!
-- Removes a view of hers.
DELETE FROM saved_views WHERE person_id = :person_id AND view_id = :view_id;

-- name: make_opinion_link(digest, opinion_id, application_id, call_id, person_id, name, days)!
-- A link to give one opinion; the one made before for it dies.
INSERT INTO opinion_links (digest, opinion_id, application_id, call_id, person_id, name, expires_at)
VALUES (:digest, :opinion_id, :application_id, :call_id, :person_id, :name,
        clock_timestamp() + interval '1 day' * :days::integer)
ON CONFLICT (opinion_id) DO UPDATE SET digest = excluded.digest, person_id = excluded.person_id, name = excluded.name,
    expires_at = excluded.expires_at;

-- name: opinion_link(digest)^
-- A link that lives.
SELECT opinion_id, application_id, call_id, person_id, name FROM opinion_links
WHERE digest = :digest AND expires_at > clock_timestamp();

-- name: use_opinion_link(digest)^
-- The same, used: it opens nothing any more.
DELETE FROM opinion_links WHERE digest = :digest AND expires_at > clock_timestamp()
RETURNING opinion_id, application_id, call_id, person_id, name;

-- name: forget_opinion_links()!
-- Removes links that are long over.
DELETE FROM opinion_links WHERE expires_at < clock_timestamp() - interval '1 day';
