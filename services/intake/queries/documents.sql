-- name: begin_upload(document_id, application_id, piece, stage, file_name, size_bytes, digest, issued_on, begun_by, begun_at)^
-- Announces a piece; nothing when the id is taken.
INSERT INTO documents (document_id, application_id, piece, stage, file_name, size_bytes, digest, state, issued_on, begun_by, begun_at)
VALUES (:document_id, :application_id, :piece, :stage, :file_name, :size_bytes, :digest, 'UPLOADING', :issued_on, :begun_by, :begun_at)
ON CONFLICT (document_id) DO NOTHING
RETURNING document_id;

-- name: lock_document(document_id, application_id)^
-- A piece of this application, kept still.
SELECT document_id, application_id, piece, stage, file_name, media_type, size_bytes, digest, state, refusal, issued_on,
       received_at, deposited_at
FROM documents WHERE document_id = :document_id AND application_id = :application_id
FOR NO KEY UPDATE;

-- name: get_document(document_id, application_id)^
-- A piece of this application.
SELECT document_id, application_id, piece, stage, file_name, media_type, size_bytes, digest, state, refusal, issued_on,
       received_at, deposited_at
FROM documents WHERE document_id = :document_id AND application_id = :application_id;

-- name: list_documents(application_id, deposited)
-- Pieces of an application by code and age; only those deposited, or all. What goes with messages is not among them.
SELECT document_id, application_id, piece, stage, file_name, media_type, size_bytes, digest, state, refusal, issued_on,
       received_at, deposited_at
FROM documents
WHERE application_id = :application_id AND (deposited_at IS NOT NULL OR NOT :deposited::boolean) AND stage <> 'MESSAGE'
ORDER BY piece, begun_at, document_id;

-- name: list_attachments(document_ids)
-- What goes with messages.
SELECT document_id, file_name, media_type, size_bytes FROM documents
WHERE document_id = ANY(:document_ids::uuid[]) AND stage = 'MESSAGE'
ORDER BY begun_at, document_id;

-- name: complete_upload(document_id, from_state, to_state, media_type, received_at, deposited_at)!
-- The piece is whole and is what it claims.
UPDATE documents SET state = :to_state, media_type = :media_type, received_at = :received_at, deposited_at = :deposited_at
WHERE document_id = :document_id AND state = :from_state;

-- name: refuse_document(document_id, from_state, to_state, refusal, media_type)!
-- The piece is not what it claims; what it is, when its bytes say so.
UPDATE documents SET state = :to_state, refusal = :refusal, media_type = :media_type
WHERE document_id = :document_id AND state = :from_state;

-- name: deposit_documents(document_ids, deposited_at)!
-- Pieces deposited with their stage or their correction.
UPDATE documents SET deposited_at = :deposited_at
WHERE document_id = ANY(:document_ids::uuid[]) AND state = 'RECEIVED' AND deposited_at IS NULL;
