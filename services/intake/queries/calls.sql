-- name: get_call(call_id, reference)^
-- A call by id, or by its public reference.
SELECT call_id, reference, edition, title_fr, title_en, state, rulebook_version, rulebook_digest, pre_opens_at,
       pre_closes_at, full_opens_at, full_closes_at, opened_at, fictitious
FROM calls
WHERE call_id = :call_id::uuid OR (:call_id::uuid IS NULL AND reference = :reference::text);

-- name: lock_call(call_id)^
-- A call, kept still until the end of the transaction.
SELECT call_id, reference, edition, title_fr, title_en, state, rulebook_version, rulebook_digest, pre_opens_at,
       pre_closes_at, full_opens_at, full_closes_at, opened_at, fictitious
FROM calls WHERE call_id = :call_id FOR NO KEY UPDATE;

-- name: list_calls(drafts, created_before, id_before, limit)
-- Calls people may see, newest first. Drafts are their administrators' affair.
SELECT call_id, reference, edition, title_fr, title_en, state, rulebook_version, rulebook_digest, pre_opens_at,
       pre_closes_at, full_opens_at, full_closes_at, opened_at, fictitious, created_at
FROM calls
WHERE (:drafts::boolean OR state <> 'DRAFT')
  AND (:created_before::timestamptz IS NULL OR (created_at, call_id) < (:created_before, :id_before::uuid))
ORDER BY created_at DESC, call_id DESC LIMIT :limit;

-- name: import_call(call_id, reference, edition, title_fr, title_en, version, digest, pre_opens_at, pre_closes_at, full_opens_at, full_closes_at, fictitious)!
-- Creates a draft call, or gives it the head of a new rulebook version.
INSERT INTO calls (call_id, reference, edition, title_fr, title_en, state, rulebook_version, rulebook_digest, pre_opens_at,
    pre_closes_at, full_opens_at, full_closes_at, fictitious)
VALUES (:call_id, :reference, :edition, :title_fr, :title_en, 'DRAFT', :version, :digest, :pre_opens_at, :pre_closes_at,
    :full_opens_at, :full_closes_at, :fictitious)
ON CONFLICT (call_id) DO UPDATE SET reference = excluded.reference, edition = excluded.edition,
    title_fr = excluded.title_fr, title_en = excluded.title_en, rulebook_version = excluded.rulebook_version,
    rulebook_digest = excluded.rulebook_digest, pre_opens_at = excluded.pre_opens_at,
    pre_closes_at = excluded.pre_closes_at, full_opens_at = excluded.full_opens_at,
    full_closes_at = excluded.full_closes_at, fictitious = excluded.fictitious
WHERE calls.state = 'DRAFT' AND calls.rulebook_version = excluded.rulebook_version - 1;

-- name: save_rulebook(call_id, version, digest, body, saved_by)!
-- Keeps one version of a rulebook.
INSERT INTO rulebooks (call_id, version, digest, body, saved_by) VALUES (:call_id, :version, :digest, :body, :saved_by);

-- name: get_rulebook(call_id)^
-- The rulebook in force for a call, or being drafted.
SELECT r.version, r.digest, r.body, c.state
FROM calls c JOIN rulebooks r ON r.call_id = c.call_id AND r.version = c.rulebook_version
WHERE c.call_id = :call_id;

-- name: open_call(call_id, opened_at, from_state, to_state)!
-- Freezes the rulebook.
UPDATE calls SET state = :to_state, opened_at = :opened_at WHERE call_id = :call_id AND state = :from_state;

-- name: close_call(call_id, closed_at, from_state, to_state)!
-- Ends a call.
UPDATE calls SET state = :to_state, closed_at = :closed_at WHERE call_id = :call_id AND state = :from_state;

-- name: extend_window(call_id, window_name, closes_at, ground, extended_by, extended_at)^
-- Moves a closing instant later, and keeps why; nothing when it is not later.
WITH present AS (
    SELECT call_id, CASE :window_name::text WHEN 'PRE_APPLICATION' THEN pre_closes_at ELSE full_closes_at END AS closed_at
    FROM calls WHERE call_id = :call_id AND state = 'OPEN'
), kept AS (
    INSERT INTO window_extensions (call_id, window_name, closed_at, closes_at, ground, extended_by, extended_at)
    SELECT call_id, :window_name, closed_at, :closes_at, :ground, :extended_by, :extended_at FROM present
    WHERE closed_at < :closes_at
    RETURNING call_id
)
UPDATE calls c SET
    pre_closes_at = CASE :window_name::text WHEN 'PRE_APPLICATION' THEN :closes_at ELSE c.pre_closes_at END,
    full_closes_at = CASE :window_name::text WHEN 'FULL_APPLICATION' THEN :closes_at ELSE c.full_closes_at END
FROM kept WHERE c.call_id = kept.call_id
RETURNING c.call_id;

-- name: count_under_way(call_id)$
-- Applications deposited and not at their end.
SELECT count(*) FROM applications WHERE call_id = :call_id AND state IN ('SUBMITTED', 'INVITED', 'FULL_SUBMITTED');

-- name: ask_again(call_id, subject_kind, subject_id)$
-- Whether a call may hold what is asked again: a file of another call is none of its own.
SELECT true FROM calls c
WHERE c.call_id = :call_id AND (:subject_kind::text <> 'application' OR EXISTS (
    SELECT 1 FROM applications a WHERE a.application_id = :subject_id::uuid AND a.call_id = c.call_id));
