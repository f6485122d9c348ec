-- name: expect_report(application_id, due_at)$
-- A first report is expected before an instant; nothing when one is expected or came already.
INSERT INTO financial_reports (application_id, version, state, due_at) VALUES (:application_id, 1, 'EXPECTED', :due_at)
ON CONFLICT (application_id, version) DO NOTHING
RETURNING version;

-- name: latest_report(application_id)^
-- The latest version of the report, kept still.
SELECT version AS report_version, state AS report_state, due_at, submitted_at, planned_cents, spent_cents,
       other_public_cents, jobs_actual
FROM financial_reports WHERE application_id = :application_id ORDER BY version DESC LIMIT 1
FOR NO KEY UPDATE;

-- name: submit_report(application_id, version, due_at, submitted_at, submitted_by, lines, planned_cents, spent_cents, other_public_cents, jobs_actual, comments)$
-- A report arrived: the one expected, or a new version after one sent back.
INSERT INTO financial_reports (application_id, version, state, due_at, submitted_at, submitted_by, lines, planned_cents,
    spent_cents, other_public_cents, jobs_actual, comments)
VALUES (:application_id, :version, 'SUBMITTED', :due_at, :submitted_at, :submitted_by, :lines::text::jsonb, :planned_cents,
    :spent_cents, :other_public_cents, :jobs_actual, :comments)
ON CONFLICT (application_id, version) DO UPDATE SET state = 'SUBMITTED', submitted_at = excluded.submitted_at,
    submitted_by = excluded.submitted_by, lines = excluded.lines, planned_cents = excluded.planned_cents,
    spent_cents = excluded.spent_cents, other_public_cents = excluded.other_public_cents,
    jobs_actual = excluded.jobs_actual, comments = excluded.comments
WHERE financial_reports.state = 'EXPECTED'
RETURNING version;

-- name: accept_report(application_id, version, from_state, accepted_spent_cents, decided_at, decided_by)$
-- Accepted, with the spend accepted.
UPDATE financial_reports SET state = 'ACCEPTED', accepted_spent_cents = :accepted_spent_cents, decided_at = :decided_at,
    decided_by = :decided_by
WHERE application_id = :application_id AND version = :version AND state = :from_state
RETURNING version;

-- name: return_report(application_id, version, from_state, reason, decided_at, decided_by)$
-- Sent back with a reason.
UPDATE financial_reports SET state = 'RETURNED', reason = :reason, decided_at = :decided_at, decided_by = :decided_by
WHERE application_id = :application_id AND version = :version AND state = :from_state
RETURNING version;
