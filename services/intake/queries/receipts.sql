-- name: verify_receipt(number, digest)^
-- When a receipt was issued, and for what.
SELECT kind, received_at, number FROM receipts WHERE number = :number AND digest = :digest ORDER BY receipt_id LIMIT 1;

-- name: verify_file(digest)^
-- The receipt a file is: its document in a language, or what was deposited.
SELECT r.kind, r.received_at, r.number, CASE WHEN r.digest = :digest THEN 'deposit' ELSE 'receipt' END AS held
FROM receipts r
WHERE r.digest = :digest OR r.receipt_id IN (SELECT p.receipt_id FROM receipt_papers p WHERE p.digest = :digest)
ORDER BY r.receipt_id LIMIT 1;

-- name: get_receipt(application_id, kind, digest)^
-- One receipt of an application, byte for byte, with what its document names.
SELECT r.receipt_id, r.number, r.kind, r.received_at, r.digest, r.body, a.organization_name, a.title, a.call_id, a.fictitious
FROM receipts r JOIN applications a ON a.application_id = r.application_id
WHERE r.application_id = :application_id AND r.kind = :kind AND r.digest = :digest ORDER BY r.receipt_id LIMIT 1;

-- name: get_receipt_paper(receipt_id, language)$
-- The digest of a receipt's document.
SELECT digest FROM receipt_papers WHERE receipt_id = :receipt_id AND language = :language;

-- name: keep_receipt_paper(receipt_id, language, digest)!
-- Keeps it; the first one made is the one.
INSERT INTO receipt_papers (receipt_id, language, digest) VALUES (:receipt_id, :language, :digest)
ON CONFLICT (receipt_id, language) DO NOTHING;
