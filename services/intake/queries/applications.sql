-- name: lock_application(application_id)^
-- An application with what its call says, kept still until the end of the transaction.
SELECT a.application_id, a.call_id, a.applicant_id, a.state, a.fictitious, a.pre_version, a.full_version,
       a.pre_submitted_version, a.full_submitted_version, a.number, a.submitted_at, a.full_submitted_at,
       a.full_closes_at AS own_closes_at, a.digest, a.legal_family, a.natural_person, a.ending, c.state AS call_state,
       c.rulebook_version, c.pre_closes_at, c.full_closes_at AS call_full_closes_at
FROM applications a JOIN calls c ON c.call_id = a.call_id
WHERE a.application_id = :application_id
FOR NO KEY UPDATE OF a;

-- name: create_application(application_id, call_id, applicant_id, fictitious)^
-- Makes an empty draft; nothing when it exists.
INSERT INTO applications (application_id, call_id, applicant_id, state, fictitious)
VALUES (:application_id, :call_id, :applicant_id, 'DRAFT', :fictitious)
ON CONFLICT (application_id) DO NOTHING
RETURNING application_id;

-- name: save_pre_application(application_id, version, from_state, content, saved_by, saved_at)^
-- A new version of the first form, on top of the version before it.
WITH moved AS (
    UPDATE applications SET pre_version = :version
    WHERE application_id = :application_id AND state = :from_state AND pre_version = :version - 1
    RETURNING application_id
)
INSERT INTO drafts (application_id, stage, version, content, saved_by, saved_at)
SELECT application_id, 'PRE_APPLICATION', :version, :content::text::jsonb, :saved_by, :saved_at FROM moved
RETURNING version;

-- name: save_full_application(application_id, version, from_state, content, saved_by, saved_at)^
-- A new version of the second form, on top of the version before it.
WITH moved AS (
    UPDATE applications SET full_version = :version
    WHERE application_id = :application_id AND state = :from_state AND full_version = :version - 1
    RETURNING application_id
)
INSERT INTO drafts (application_id, stage, version, content, saved_by, saved_at)
SELECT application_id, 'FULL_APPLICATION', :version, :content::text::jsonb, :saved_by, :saved_at FROM moved
RETURNING version;

-- name: get_draft(application_id, stage, version)$
-- One saved version of a form.
SELECT content::text FROM drafts WHERE application_id = :application_id AND stage = :stage AND version = :version;

-- name: take_number(call_id, year)$
-- The next number of a call and year; the row is held until the deposit is kept, so numbers are dense.
INSERT INTO number_counters (call_id, year, last) VALUES (:call_id, :year, 1)
ON CONFLICT (call_id, year) DO UPDATE SET last = number_counters.last + 1
RETURNING last;

-- name: keep_organization(identity, name, search_name, siret, rna, legal_family, fictitious)$
-- The organization of this identity, made when it is new; a number it lacked is added.
INSERT INTO organizations (identity, name, search_name, siret, rna, legal_family, fictitious)
VALUES (:identity, :name, :search_name, :siret, :rna, :legal_family, :fictitious)
ON CONFLICT (identity) DO UPDATE SET siret = coalesce(organizations.siret, excluded.siret), rna = coalesce(organizations.rna, excluded.rna)
RETURNING organization_id;

-- name: submit_application(application_id, from_state, to_state, version, number, submitted_at, digest, organization_id, organization_name, title, track, communes, legal_family, natural_person, requested_cents, total_cost_cents, search_text)!
-- The first deposit, with what lists show of it.
UPDATE applications SET state = :to_state, pre_submitted_version = :version, number = :number, submitted_at = :submitted_at,
    digest = :digest, organization_id = :organization_id, organization_name = :organization_name, title = :title,
    track = :track, communes = :communes, legal_family = :legal_family, natural_person = :natural_person,
    requested_cents = :requested_cents, total_cost_cents = :total_cost_cents, search_text = :search_text
WHERE application_id = :application_id AND state = :from_state;

-- name: submit_full_application(application_id, from_state, to_state, version, submitted_at, digest, requested_cents, total_cost_cents)!
-- The second deposit.
UPDATE applications SET state = :to_state, full_submitted_version = :version, full_submitted_at = :submitted_at,
    digest = :digest, requested_cents = :requested_cents, total_cost_cents = :total_cost_cents
WHERE application_id = :application_id AND state = :from_state;

-- name: keep_receipt(application_id, number, kind, received_at, digest, body)!
-- What was received, byte for byte.
INSERT INTO receipts (application_id, number, kind, received_at, digest, body)
VALUES (:application_id, :number, :kind, :received_at, :digest, :body);

-- name: list_deposits(application_id)
-- The full application and its corrections as they were received, byte for byte, oldest first.
SELECT kind, received_at, digest, body FROM receipts
WHERE application_id = :application_id AND kind IN ('full_application_submitted', 'correction_submitted')
ORDER BY receipt_id;

-- name: invite_full_application(application_id, from_state, to_state, closes_at)!
-- Opens the second stage; a closing instant of its own never moves earlier.
UPDATE applications SET state = :to_state, full_closes_at = greatest(full_closes_at, :closes_at::timestamptz)
WHERE application_id = :application_id AND state = :from_state;

-- name: end_application(application_id, from_state, to_state, ending, ended_at)^
-- The end, with what was still asked cancelled.
WITH ended AS (
    UPDATE applications SET state = :to_state, ending = :ending, ended_at = :ended_at
    WHERE application_id = :application_id AND state = :from_state
    RETURNING application_id
), cancelled AS (
    UPDATE corrections c SET state = 'CANCELLED' FROM ended e WHERE c.application_id = e.application_id AND c.state = 'OPEN'
)
SELECT application_id FROM ended;

-- name: declare_legal_entity(application_id, organization_id, name, siret, rna, legal_family, declared_at, search_words)!
-- The entity a natural person created; the application is then found under its name and numbers too.
WITH kept AS (
    INSERT INTO legal_entities (application_id, organization_id, name, siret, rna, legal_family, declared_at)
    VALUES (:application_id, :organization_id, :name, :siret, :rna, :legal_family, :declared_at)
    RETURNING application_id, organization_id
)
UPDATE applications a SET organization_id = k.organization_id, search_text = a.search_text || :search_words
FROM kept k WHERE a.application_id = k.application_id;

-- name: entity_declared_at(application_id)$
-- When the entity was named, if it was.
SELECT declared_at FROM legal_entities WHERE application_id = :application_id;

-- name: get_application(application_id, writes)^
-- Everything but pieces and corrections. Who writes reads the newest version of the forms, others the deposited one.
SELECT a.application_id, a.call_id, a.applicant_id, a.state, a.fictitious, a.pre_version, a.full_version,
       a.pre_submitted_version, a.full_submitted_version, a.number, a.submitted_at, a.full_submitted_at,
       a.full_closes_at AS own_closes_at, a.digest, a.legal_family, a.natural_person, a.ending, c.state AS call_state,
       c.rulebook_version, c.pre_closes_at, c.full_closes_at AS call_full_closes_at,
       pre.content::text AS pre_content, full_form.content::text AS full_content,
       e.name AS entity_name, e.siret AS entity_siret, e.rna AS entity_rna, e.legal_family AS entity_family, e.declared_at,
       p.version, p.stage, p.next_event, p.next_event_at, p.blocking_role, p.reviewer_id, p.proposed_cents,
       p.awarded_cents, p.paid_cents, p.ending AS progress_ending
FROM applications a
JOIN calls c ON c.call_id = a.call_id
LEFT JOIN drafts pre ON pre.application_id = a.application_id AND pre.stage = 'PRE_APPLICATION'
    AND pre.version = CASE WHEN :writes::boolean THEN a.pre_version ELSE a.pre_submitted_version END
LEFT JOIN drafts full_form ON full_form.application_id = a.application_id AND full_form.stage = 'FULL_APPLICATION'
    AND full_form.version = CASE WHEN :writes::boolean THEN a.full_version ELSE a.full_submitted_version END
LEFT JOIN legal_entities e ON e.application_id = a.application_id
LEFT JOIN progress p ON p.application_id = a.application_id
WHERE a.application_id = :application_id;

-- name: find_number(number, call_id)^
-- The application of a public number; in the newest call when none is said.
SELECT a.application_id, a.call_id FROM applications a
WHERE a.number = :number AND (:call_id::uuid IS NULL OR a.call_id = :call_id)
ORDER BY a.submitted_at DESC, a.application_id LIMIT 1;
