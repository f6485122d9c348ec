-- name: list_accounts(application_id)
-- Every version of an account, oldest first, kept still.
SELECT version AS bank_version, state AS bank_state, key_id, sealed, fingerprint, iban_masked, holder_match,
       foreign_account, shared_account, declared_at, verified_at, verified_by
FROM bank_details WHERE application_id = :application_id ORDER BY version
FOR NO KEY UPDATE;

-- name: sealed_account(application_id, version)^
-- One version as it is sealed, for disclose_bank_details.
SELECT key_id, sealed FROM bank_details WHERE application_id = :application_id AND version = :version;

-- name: declared_elsewhere(application_id, fingerprints)$
-- Whether another beneficiary declared the same account.
SELECT EXISTS (
    SELECT 1 FROM bank_details d
    JOIN beneficiaries other ON other.application_id = d.application_id
    JOIN beneficiaries mine ON mine.application_id = :application_id
    WHERE d.fingerprint = ANY(:fingerprints::bytea[]) AND other.identity <> mine.identity
);

-- name: declare_bank_details(application_id, version, key_id, sealed, fingerprint, iban_masked, holder_match, foreign_account, shared_account, document_id, declared_by, declared_at)!
-- A new version; it is never edited.
INSERT INTO bank_details (application_id, version, state, key_id, sealed, fingerprint, iban_masked, holder_match,
    foreign_account, shared_account, document_id, declared_by, declared_at)
VALUES (:application_id, :version, 'DECLARED', :key_id, :sealed, :fingerprint, :iban_masked, :holder_match,
    :foreign_account, :shared_account, :document_id, :declared_by, :declared_at);

-- name: move_bank_details(application_id, version, from_state, to_state, reason)$
-- A version's next state: superseded, or reject_bank_details with its reason.
UPDATE bank_details SET state = :to_state, reason = :reason
WHERE application_id = :application_id AND version = :version AND state = :from_state
RETURNING version;

-- name: verify_bank_details(application_id, version, from_state, verified_by, verified_at, method)$
-- A person verified this version.
UPDATE bank_details SET state = 'VERIFIED', verified_by = :verified_by, verified_at = :verified_at, method = :method
WHERE application_id = :application_id AND version = :version AND state = :from_state
RETURNING version;

-- name: duties_of_cases(application_ids)^
-- Who acted as instructor, verified, liquidated and sealed on these cases.
SELECT ARRAY(SELECT DISTINCT j.actor FROM journal j
             WHERE j.subject_kind = 'application' AND j.subject_id = ANY(:application_ids::uuid[])
               AND j.role = 'INSTRUCTOR') AS instructor,
       ARRAY(SELECT DISTINCT d.verified_by::text FROM bank_details d
             WHERE d.application_id = ANY(:application_ids::uuid[]) AND d.verified_by IS NOT NULL) AS account_verifier,
       ARRAY(SELECT DISTINCT i.liquidated_by::text FROM installments i
             WHERE i.application_id = ANY(:application_ids::uuid[]) AND i.liquidated_by IS NOT NULL) AS liquidator,
       ARRAY(SELECT DISTINCT r.first_seal_by::text FROM payment_orders o JOIN payment_runs r USING (payment_run_id)
             WHERE o.application_id = ANY(:application_ids::uuid[]) AND o.state <> 'REMOVED'
               AND r.first_seal_by IS NOT NULL) AS first_seal,
       ARRAY(SELECT DISTINCT r.second_seal_by::text FROM payment_orders o JOIN payment_runs r USING (payment_run_id)
             WHERE o.application_id = ANY(:application_ids::uuid[]) AND o.state <> 'REMOVED'
               AND r.second_seal_by IS NOT NULL) AS second_seal;
