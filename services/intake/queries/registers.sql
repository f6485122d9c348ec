-- name: keep_register_answer(application_id, number, register, outcome, name, siret, rna, legal_family, read_at)!
-- What a register said of a number, for one file.
INSERT INTO register_answers (application_id, number, register, outcome, name, siret, rna, legal_family, read_at)
VALUES (:application_id, :number, :register, :outcome, :name, :siret, :rna, :legal_family, :read_at);

-- name: last_register_answer(application_id, numbers)^
-- What was last said of one of these numbers; what was found counts before what was not.
SELECT register, outcome, name, siret, rna, legal_family, read_at FROM register_answers
WHERE application_id = :application_id AND number = ANY(:numbers::text[])
ORDER BY (outcome = 'FOUND') DESC, answer_id DESC LIMIT 1;
