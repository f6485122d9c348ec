-- name: case_rights(person, application_id)^
-- The call of a case and the live relations of a person to it.
SELECT a.call_id,
       ARRAY(SELECT r.relation FROM case_relations r
             WHERE r.application_id = a.application_id AND r.person = :person
               AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
             ORDER BY r.relation) AS relations
FROM awards a WHERE a.application_id = :application_id;

-- name: reserve_award(application_id, call_id, envelope_id, section, eligible_base_cents)$
-- A reservation without money yet; nothing when the application has an award.
INSERT INTO awards (application_id, call_id, envelope_id, section, state, eligible_base_cents)
VALUES (:application_id, :call_id, :envelope_id, :section, 'RESERVED', :eligible_base_cents)
ON CONFLICT (application_id) DO NOTHING
RETURNING application_id;

-- name: lock_award(application_id)^
-- An award, kept still until the end of the transaction.
SELECT application_id, call_id, envelope_id, section, state, eligible_base_cents, reserved_cents, voted_cents,
       committed_cents, in_flight_cents, paid_cents, freed_cents, to_recover_cents, voted_at
FROM awards WHERE application_id = :application_id
FOR NO KEY UPDATE;

-- name: reserve_award_again(application_id, envelope_id, section, eligible_base_cents, from_state)$
-- A new proposal after a reservation that fell before any vote.
UPDATE awards SET state = 'RESERVED', envelope_id = :envelope_id, section = :section,
    eligible_base_cents = :eligible_base_cents
WHERE application_id = :application_id AND state = :from_state AND voted_at IS NULL
RETURNING application_id;

-- name: move_award(application_id, from_state, to_state)$
-- The award's next state: after release_award, close_award or the last signature.
UPDATE awards SET state = :to_state WHERE application_id = :application_id AND state = :from_state
RETURNING application_id;

-- name: vote_award(application_id, from_state, voted_at, voted_year)$
-- The award is voted.
UPDATE awards SET state = 'VOTED', voted_at = :voted_at, voted_year = :voted_year
WHERE application_id = :application_id AND state = :from_state
RETURNING application_id;

-- name: claim_overpayment(application_id, to_recover_cents)!
-- What was paid beyond the entitlement.
UPDATE awards SET to_recover_cents = :to_recover_cents WHERE application_id = :application_id;

-- name: record_condition(application_id, code, since)$
-- A fact holds since an instant; nothing comes back when that was known.
INSERT INTO conditions (application_id, code, since) VALUES (:application_id, :code, :since)
ON CONFLICT (application_id, code) DO UPDATE SET since = excluded.since WHERE conditions.since <> excluded.since
RETURNING code;

-- name: register_beneficiary(application_id, applicant_id, number, name, siret, rna, legal_family, project_title, project_ends_on, fictitious)!
-- Who is paid, as last told.
INSERT INTO beneficiaries (application_id, applicant_id, number, name, siret, rna, legal_family, project_title, project_ends_on, fictitious)
VALUES (:application_id, :applicant_id, :number, :name, :siret, :rna, :legal_family, :project_title, :project_ends_on, :fictitious)
ON CONFLICT (application_id) DO UPDATE SET applicant_id = excluded.applicant_id, number = excluded.number,
    name = excluded.name, siret = excluded.siret, rna = excluded.rna, legal_family = excluded.legal_family,
    project_title = excluded.project_title, project_ends_on = excluded.project_ends_on,
    fictitious = excluded.fictitious;

-- name: get_beneficiary(application_id)^
-- Who is paid.
SELECT application_id, applicant_id, number, name, siret, rna, identity, legal_family, project_title, project_ends_on, fictitious
FROM beneficiaries WHERE application_id = :application_id;

-- name: get_award(application_id)^
-- An award with its number, the facts of its conditions, and the latest agreement, account and report.
SELECT a.application_id, a.call_id, a.envelope_id, a.section, a.state, a.eligible_base_cents, a.reserved_cents,
       a.voted_cents, a.committed_cents, a.in_flight_cents, a.paid_cents, a.freed_cents, a.to_recover_cents, a.voted_at,
       coalesce(b.number, '') AS number,
       f.act_executory_at, f.decision_notified_at, f.agreement_signed_at, f.report_accepted_at,
       f.bank_details_verified_at, f.annual_cumul_cents,
       g.agreement_id, g.state AS agreement_state, g.digest, g.size_bytes, g.prepared_at, g.sent_at, g.closes_at,
       g.signed_by_beneficiary_at, g.signed_at,
       d.version AS bank_version, d.state AS bank_state, d.key_id, d.sealed, d.fingerprint, d.iban_masked, d.holder_match,
       d.foreign_account, d.shared_account, d.declared_at, d.verified_at, d.verified_by,
       r.version AS report_version, r.state AS report_state, r.due_at, r.submitted_at, r.planned_cents, r.spent_cents,
       r.other_public_cents, r.jobs_actual
FROM awards a
JOIN award_facts f ON f.application_id = a.application_id
LEFT JOIN beneficiaries b ON b.application_id = a.application_id
LEFT JOIN LATERAL (
    SELECT x.agreement_id, x.state, x.digest, x.size_bytes, x.prepared_at, x.sent_at, x.closes_at,
           x.signed_by_beneficiary_at, x.signed_at
    FROM agreements x WHERE x.application_id = a.application_id ORDER BY x.prepared_at DESC, x.agreement_id LIMIT 1
) g ON true
LEFT JOIN LATERAL (
    SELECT x.version, x.state, x.key_id, x.sealed, x.fingerprint, x.iban_masked, x.holder_match, x.foreign_account,
           x.shared_account, x.declared_at, x.verified_at, x.verified_by
    FROM bank_details x WHERE x.application_id = a.application_id ORDER BY x.version DESC LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT x.version, x.state, x.due_at, x.submitted_at, x.planned_cents, x.spent_cents, x.other_public_cents, x.jobs_actual
    FROM financial_reports x WHERE x.application_id = a.application_id ORDER BY x.version DESC LIMIT 1
) r ON true
WHERE a.application_id = :application_id;

-- name: list_entitlement(application_id)
-- The explanation, in order.
SELECT code, amount_cents, rule, line_values::text AS line_values FROM entitlement_lines
WHERE application_id = :application_id ORDER BY position;

-- name: add_entitlement(application_id, codes, amounts, rules, line_values)!
-- The explanation, written once.
INSERT INTO entitlement_lines (application_id, position, code, amount_cents, rule, line_values)
SELECT :application_id, l.position, l.code, l.amount_cents, l.rule, l.line_values::jsonb
FROM unnest(:codes::text[], :amounts::bigint[], :rules::text[], :line_values::text[])
    WITH ORDINALITY AS l(code, amount_cents, rule, line_values, position);
