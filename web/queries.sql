-- Time here is the machine's: a demonstration that moves its clock forward signs nobody out.

-- name: read_session(digest, site)$
-- The data of a session that lives.
SELECT data FROM sessions WHERE digest = :digest AND site = :site AND expires_at > clock_timestamp() AND ended_at IS NULL;

-- name: write_session(digest, site, data, seconds)!
-- Keeps a session; one that ended stays ended; the same data again is written only when half of its life is gone.
INSERT INTO sessions AS s (digest, site, data, expires_at)
VALUES (:digest, :site, :data, clock_timestamp() + interval '1 second' * :seconds::integer)
ON CONFLICT (digest) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at
WHERE s.ended_at IS NULL AND s.site = excluded.site
  AND (s.data <> excluded.data OR s.expires_at < clock_timestamp() + interval '1 second' * (:seconds::integer / 2));

-- name: end_session(digest)!
-- Ends a session for ever.
UPDATE sessions SET data = '', ended_at = clock_timestamp() WHERE digest = :digest AND ended_at IS NULL;

-- name: forget_sessions()!
-- Removes what is long over.
DELETE FROM sessions WHERE expires_at < clock_timestamp() - interval '1 day';

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
