-- Notes on a file.

-- name: lock_note(note_id)^
-- One note about to change.
SELECT note_id, application_id, audience, author, body, version, written_at FROM notes
WHERE note_id = :note_id FOR UPDATE;

-- name: add_note(note_id, application_id, audience, author, body, written_at)$
-- write_note: a new one; no row when the id is taken.
INSERT INTO notes (note_id, application_id, audience, author, body, written_at)
VALUES (:note_id, :application_id, :audience, :author, :body, :written_at)
ON CONFLICT (note_id) DO NOTHING
RETURNING note_id;

-- name: rewrite_note(note_id, version, body, written_at)$
-- The same note, said otherwise.
UPDATE notes SET body = :body, version = version + 1, written_at = :written_at
WHERE note_id = :note_id AND version = :version
RETURNING note_id;

-- name: remove_note(note_id)!
-- Taken away.
DELETE FROM notes WHERE note_id = :note_id;

-- name: list_notes(application_id, person, limit)
-- What a person may read: the file's notes and her own, newest first.
SELECT note_id, application_id, audience, author, body, version, written_at FROM notes
WHERE application_id = :application_id AND (audience = 'FILE' OR author = :person::uuid)
ORDER BY written_at DESC, note_id LIMIT :limit;
