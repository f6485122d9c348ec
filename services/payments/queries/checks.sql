-- name: check_entries(call_id)
-- Every entry of the ledger.
SELECT e.movement_id, e.account, e.subject_id, e.amount_cents, e.envelope_id, e.award_id
FROM entries e JOIN envelopes v ON v.envelope_id = e.envelope_id
WHERE :call_id::uuid IS NULL OR v.call_id = :call_id::uuid
ORDER BY e.entry_id;

-- name: check_envelopes(call_id)
-- Every limit with its counter.
SELECT envelope_id, cap_cents, used_cents FROM envelopes
WHERE :call_id::uuid IS NULL OR call_id = :call_id::uuid
ORDER BY envelope_id;

-- name: check_orders(call_id)
-- Every order with the amount the accountant confirmed.
SELECT o.order_id, o.application_id, i.number AS installment, o.state, o.amount_cents, o.confirmed_cents
FROM payment_orders o JOIN installments i ON i.installment_id = o.installment_id
WHERE :call_id::uuid IS NULL OR o.call_id = :call_id::uuid
ORDER BY o.order_id;

-- name: check_runs(call_id)
-- Every run.
SELECT payment_run_id, call_id, number, state, digest, total_cents, prepared_by, prepared_at, first_seal_by,
       first_seal_at, first_seal_digest, second_seal_by, second_seal_at, second_seal_digest, sent_at, settled_at
FROM payment_runs WHERE :call_id::uuid IS NULL OR call_id = :call_id::uuid
ORDER BY payment_run_id;

-- name: check_award_amounts(call_id)
-- I3: the amounts kept on an award are the sums of its entries.
WITH kept AS (
    SELECT a.application_id, k.account, k.amount_cents
    FROM awards a CROSS JOIN LATERAL (VALUES ('RESERVED', a.reserved_cents), ('VOTED', a.voted_cents),
        ('COMMITTED', a.committed_cents), ('IN_FLIGHT', a.in_flight_cents), ('PAID', a.paid_cents),
        ('FREED', a.freed_cents)) AS k(account, amount_cents)
    WHERE :call_id::uuid IS NULL OR a.call_id = :call_id::uuid
), summed AS (
    SELECT e.award_id, e.account, sum(e.amount_cents) AS amount_cents FROM entries e
    WHERE e.award_id IS NOT NULL GROUP BY e.award_id, e.account
)
SELECT 'AWARD_DRIFTED' AS code, k.application_id::text || '/' || k.account AS subject, k.amount_cents AS found,
       coalesce(s.amount_cents, 0) AS expected
FROM kept k LEFT JOIN summed s ON s.award_id = k.application_id AND s.account = k.account
WHERE k.amount_cents <> coalesce(s.amount_cents, 0)
ORDER BY subject;

-- name: check_award_installments(call_id)
-- I3: once planned, the installments that live and what was freed add up to the award.
SELECT 'INSTALLMENTS_MISCOUNTED' AS code, a.application_id::text AS subject,
       coalesce(sum(i.amount_cents) FILTER (WHERE i.state <> 'CANCELLED'), 0) + a.freed_cents AS found,
       a.voted_cents + a.committed_cents + a.in_flight_cents + a.paid_cents + a.freed_cents AS expected
FROM awards a JOIN installments i ON i.application_id = a.application_id
WHERE :call_id::uuid IS NULL OR a.call_id = :call_id::uuid
GROUP BY a.application_id
HAVING coalesce(sum(i.amount_cents) FILTER (WHERE i.state <> 'CANCELLED'), 0) + a.freed_cents
    <> a.voted_cents + a.committed_cents + a.in_flight_cents + a.paid_cents + a.freed_cents
ORDER BY subject;

-- name: check_installment_states(call_id)
-- I4: an installment is paid when its order is, ordered while one lives, and not otherwise.
SELECT 'INSTALLMENT_STATE_WRONG' AS code, i.installment_id::text AS subject,
       count(o.order_id) FILTER (WHERE o.state <> 'PAID') AS found,
       count(o.order_id) FILTER (WHERE o.state = 'PAID') AS expected
FROM installments i JOIN awards a ON a.application_id = i.application_id
LEFT JOIN payment_orders o ON o.installment_id = i.installment_id AND o.state NOT IN ('REJECTED', 'REMOVED')
WHERE :call_id::uuid IS NULL OR a.call_id = :call_id::uuid
GROUP BY i.installment_id
HAVING (i.state = 'PAID') <> (count(o.order_id) FILTER (WHERE o.state = 'PAID') = 1)
    OR (i.state = 'ORDERED') <> (count(o.order_id) FILTER (WHERE o.state <> 'PAID') = 1)
ORDER BY subject;

-- name: check_accounts(call_id)
-- I5: an order sealed or sent froze an account verified before its seals, by the person it names.
SELECT 'ACCOUNT_NOT_VERIFIED' AS code, o.order_id::text AS subject, d.version AS found, o.bank_version AS expected
FROM payment_orders o
JOIN payment_runs r ON r.payment_run_id = o.payment_run_id
JOIN bank_details d ON d.application_id = o.application_id AND d.version = o.bank_version
WHERE (:call_id::uuid IS NULL OR o.call_id = :call_id::uuid) AND o.state <> 'REMOVED'
  AND (d.verified_at IS NULL OR d.verified_by <> o.verified_by OR encode(d.fingerprint, 'hex') <> o.account
       OR d.verified_at > least(r.first_seal_at, r.second_seal_at, o.ordered_at))
ORDER BY subject;

-- name: check_duties(call_id)
-- I6: verifier, liquidator, both sealers and preparer of each order are who they must be.
SELECT 'DUTIES_NOT_SEPARATE' AS code, o.order_id::text AS subject, 0 AS found, 1 AS expected
FROM payment_orders o JOIN payment_runs r ON r.payment_run_id = o.payment_run_id
WHERE (:call_id::uuid IS NULL OR o.call_id = :call_id::uuid) AND o.state <> 'REMOVED'
  AND (o.verified_by = o.liquidated_by OR r.first_seal_by IN (o.verified_by, o.liquidated_by, r.prepared_by)
       OR r.second_seal_by IN (o.verified_by, o.liquidated_by, r.prepared_by, r.first_seal_by))
ORDER BY subject;

-- name: check_order_instants(call_id)
-- I10: no order before the vote, the executory act, the notification, the agreement, the report it waits for.
SELECT 'PAID_TOO_EARLY' AS code, o.order_id::text AS subject, 0 AS found, count(*) AS expected
FROM payment_orders o
JOIN awards a ON a.application_id = o.application_id
JOIN installments i ON i.installment_id = o.installment_id
CROSS JOIN LATERAL unnest(i.conditions || ARRAY['act_executory', 'decision_notified']) AS asked(code)
LEFT JOIN conditions c ON c.application_id = o.application_id AND c.code = asked.code
WHERE (:call_id::uuid IS NULL OR o.call_id = :call_id::uuid) AND o.state <> 'REMOVED'
  AND (a.voted_at IS NULL OR a.voted_at > o.ordered_at
       OR (asked.code IN ('act_executory', 'decision_notified', 'agreement_signed', 'report_accepted')
           AND (c.since IS NULL OR c.since > o.ordered_at)))
GROUP BY o.order_id
ORDER BY subject;

-- name: check_numbers(call_id)
-- I18: runs and orders of a call, installments of an award and attempts of an installment are numbered without a gap.
WITH counted AS (
    SELECT 'run/' || r.call_id AS subject, max(r.number) AS last, count(*) AS rows FROM payment_runs r
    WHERE :call_id::uuid IS NULL OR r.call_id = :call_id::uuid GROUP BY r.call_id
    UNION ALL
    SELECT 'order/' || o.call_id, max(o.number), count(*) FROM payment_orders o
    WHERE :call_id::uuid IS NULL OR o.call_id = :call_id::uuid GROUP BY o.call_id
    UNION ALL
    SELECT 'installment/' || i.application_id, max(i.number), count(*)
    FROM installments i JOIN awards a ON a.application_id = i.application_id
    WHERE :call_id::uuid IS NULL OR a.call_id = :call_id::uuid GROUP BY i.application_id
    UNION ALL
    SELECT 'attempt/' || o.installment_id, max(o.attempt), count(*) FROM payment_orders o
    WHERE (:call_id::uuid IS NULL OR o.call_id = :call_id::uuid) AND o.state <> 'REMOVED' GROUP BY o.installment_id
)
SELECT 'NUMBERS_NOT_DENSE' AS code, subject, last AS found, rows AS expected FROM counted WHERE last <> rows
ORDER BY subject;
