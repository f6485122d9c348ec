-- name: plan_installments(application_id, ids, numbers, kinds, amounts, conditions)!
-- The payment plan of an award; each line's conditions are separated by spaces.
INSERT INTO installments (installment_id, application_id, number, kind, amount_cents, state, conditions)
SELECT l.installment_id, :application_id, l.number, l.kind, l.amount_cents, 'PLANNED', string_to_array(l.conditions, ' ')
FROM unnest(:ids::uuid[], :numbers::integer[], :kinds::text[], :amounts::bigint[], :conditions::text[])
    AS l(installment_id, number, kind, amount_cents, conditions);

-- name: list_award_installments(application_id)
-- The installments of an award, with the live order of each.
SELECT i.installment_id, i.application_id, a.call_id, i.number, i.kind, i.amount_cents, i.state, i.conditions,
       i.liquidated_at, i.liquidated_by, i.paid_at, o.order_id, coalesce(b.number, '') AS application_number
FROM installments i
JOIN awards a ON a.application_id = i.application_id
LEFT JOIN beneficiaries b ON b.application_id = i.application_id
LEFT JOIN payment_orders o ON o.installment_id = i.installment_id AND o.state NOT IN ('REJECTED', 'REMOVED')
WHERE i.application_id = :application_id
ORDER BY i.number;

-- name: list_installments_by_id(call_id, installment_ids)
-- Some installments of a call, with the live order of each.
SELECT i.installment_id, i.application_id, a.call_id, i.number, i.kind, i.amount_cents, i.state, i.conditions,
       i.liquidated_at, i.liquidated_by, i.paid_at, o.order_id, coalesce(b.number, '') AS application_number
FROM installments i
JOIN awards a ON a.application_id = i.application_id AND a.call_id = :call_id
LEFT JOIN beneficiaries b ON b.application_id = i.application_id
LEFT JOIN payment_orders o ON o.installment_id = i.installment_id AND o.state NOT IN ('REJECTED', 'REMOVED')
WHERE i.installment_id = ANY(:installment_ids::uuid[])
ORDER BY application_number, i.application_id, i.number;

-- name: list_installments(call_id, viewer, state, after_number, after_application, after_installment, limit)
-- The queue of a call, by number of the file, with what each one's conditions are judged on, without the files the
-- viewer is recused from.
SELECT i.installment_id, i.application_id, a.call_id, i.number, i.kind, i.amount_cents, i.state, i.conditions,
       i.liquidated_at, i.liquidated_by, i.paid_at, o.order_id, coalesce(b.number, '') AS application_number,
       f.act_executory_at, f.decision_notified_at, f.agreement_signed_at, f.report_accepted_at,
       f.bank_details_verified_at, f.annual_cumul_cents,
       CASE WHEN t.state IN ('EXPECTED', 'RETURNED') THEN t.due_at END AS report_due_at
FROM awards a
JOIN installments i ON i.application_id = a.application_id
JOIN award_facts f ON f.application_id = a.application_id
LEFT JOIN beneficiaries b ON b.application_id = a.application_id
LEFT JOIN payment_orders o ON o.installment_id = i.installment_id AND o.state NOT IN ('REJECTED', 'REMOVED')
LEFT JOIN LATERAL (
    SELECT x.state, x.due_at FROM financial_reports x WHERE x.application_id = a.application_id
    ORDER BY x.version DESC LIMIT 1
) t ON true
WHERE a.call_id = :call_id AND (:state::text = '' OR i.state = :state::text)
  AND NOT EXISTS (SELECT 1 FROM case_relations r WHERE r.application_id = a.application_id AND r.person = :viewer::uuid
      AND r.relation = 'recused' AND (r.to_at IS NULL OR r.to_at > clock.now()))
  AND (coalesce(b.number, ''), i.application_id, i.number)
      > (:after_number::text, :after_application::uuid, :after_installment::integer)
ORDER BY coalesce(b.number, ''), i.application_id, i.number
LIMIT :limit;

-- name: move_installment(installment_id, from_state, to_state)$
-- The installment's next state.
UPDATE installments SET state = :to_state WHERE installment_id = :installment_id AND state = :from_state
RETURNING installment_id;

-- name: liquidate_installment(installment_id, from_state, liquidated_at, liquidated_by)$
-- Due, on proof.
UPDATE installments SET state = 'LIQUIDATED', liquidated_at = :liquidated_at, liquidated_by = :liquidated_by
WHERE installment_id = :installment_id AND state = :from_state
RETURNING installment_id;

-- name: pay_installment(installment_id, from_state, paid_at)$
-- Paid by the accountant.
UPDATE installments SET state = 'PAID', paid_at = :paid_at
WHERE installment_id = :installment_id AND state = :from_state
RETURNING installment_id;

-- name: set_balance(installment_id, from_state, to_state, amount_cents)$
-- The amount that remains due, or nothing.
UPDATE installments SET state = :to_state, amount_cents = :amount_cents
WHERE installment_id = :installment_id AND state = :from_state
RETURNING installment_id;
