-- Words: saved first, by version, then cited.

-- name: newest_text(text_id)^
-- The newest version of a text, without its words.
SELECT text_id, version, call_id, application_id, kind, author FROM texts
WHERE text_id = :text_id ORDER BY version DESC LIMIT 1;

-- name: save_text(text_id, version, call_id, application_id, kind, author, body)$
-- One more version; no row when somebody saved it first.
INSERT INTO texts (text_id, version, call_id, application_id, kind, author, body)
VALUES (:text_id, :version, :call_id, :application_id::uuid, :kind, :author, :body)
ON CONFLICT (text_id, version) DO NOTHING
RETURNING saved_at;

-- name: cited_text(text_id, version, kind, call_id, application_id)^
-- The very version an act cites, if it is of that kind and that case (or of no case, when none is given).
SELECT author, body FROM texts
WHERE text_id = :text_id AND version = :version AND kind = :kind AND call_id = :call_id
  AND application_id IS NOT DISTINCT FROM :application_id::uuid;

-- name: cited_reasons(text_ids, versions, author, application_id)
-- Which of the reasons of a score sheet exist: written by its member, for that file.
SELECT t.text_id, t.version FROM texts t
JOIN unnest(:text_ids::uuid[], :versions::integer[]) AS cited (text_id, version) USING (text_id, version)
WHERE t.kind = 'SCORE' AND t.author = :author AND t.application_id = :application_id
ORDER BY t.text_id, t.version;
