-- name: prepare_payment_run(payment_run_id, call_id, number, digest, total_cents, prepared_by, prepared_at)$
-- A prepared run; nothing when its id is taken.
INSERT INTO payment_runs (payment_run_id, call_id, number, state, digest, total_cents, prepared_by, prepared_at)
VALUES (:payment_run_id, :call_id, :number, 'PREPARED', :digest, :total_cents, :prepared_by, :prepared_at)
ON CONFLICT (payment_run_id) DO NOTHING
RETURNING payment_run_id;

-- name: run_exists(payment_run_id)$
-- Whether a run of this id was prepared.
SELECT EXISTS (SELECT 1 FROM payment_runs WHERE payment_run_id = :payment_run_id);

-- name: rejected_attempts(installment_ids)
-- How many orders of each installment the accountant rejected.
SELECT installment_id, count(*) AS rejected FROM payment_orders
WHERE installment_id = ANY(:installment_ids::uuid[]) AND state = 'REJECTED'
GROUP BY installment_id;

-- name: create_order(order_id, payment_run_id, call_id, application_id, installment_id, number, attempt, amount_cents, bank_version, account, liquidated_by, verified_by, ordered_at)!
-- An order: what it says of amount and account never changes.
INSERT INTO payment_orders (order_id, payment_run_id, call_id, application_id, installment_id, number, attempt,
    amount_cents, bank_version, account, state, liquidated_by, verified_by, ordered_at)
VALUES (:order_id, :payment_run_id, :call_id, :application_id, :installment_id, :number, :attempt, :amount_cents,
    :bank_version, :account, 'PREPARED', :liquidated_by, :verified_by, :ordered_at);

-- name: get_run(call_id, payment_run_id)^
-- A run of this call.
SELECT payment_run_id, call_id, number, state, digest, total_cents, prepared_by, prepared_at, first_seal_by,
       first_seal_at, first_seal_digest, second_seal_by, second_seal_at, second_seal_digest, sent_at, settled_at
FROM payment_runs WHERE payment_run_id = :payment_run_id AND call_id = :call_id;

-- name: lock_run(call_id, payment_run_id)^
-- A run of this call, kept still.
SELECT payment_run_id, call_id, number, state, digest, total_cents, prepared_by, prepared_at, first_seal_by,
       first_seal_at, first_seal_digest, second_seal_by, second_seal_at, second_seal_digest, sent_at, settled_at
FROM payment_runs WHERE payment_run_id = :payment_run_id AND call_id = :call_id
FOR NO KEY UPDATE;

-- name: list_runs(call_id, before, limit)
-- The runs of a call, newest first.
SELECT payment_run_id, call_id, number, state, digest, total_cents, prepared_by, prepared_at, first_seal_by,
       first_seal_at, first_seal_digest, second_seal_by, second_seal_at, second_seal_digest, sent_at, settled_at
FROM payment_runs WHERE call_id = :call_id AND number < :before ORDER BY number DESC LIMIT :limit;

-- name: list_orders(payment_run_ids)
-- The orders of some runs, by number.
SELECT o.order_id, o.payment_run_id, o.call_id, o.application_id, o.installment_id, o.number, o.attempt, o.amount_cents,
       o.bank_version, o.account, o.state, o.reason, o.settled_at, i.number AS installment
FROM payment_orders o JOIN installments i USING (installment_id)
WHERE o.payment_run_id = ANY(:payment_run_ids::uuid[]) ORDER BY o.call_id, o.number;

-- name: lock_order(payment_run_id, order_id)^
-- An order of this run, kept still.
SELECT o.order_id, o.payment_run_id, o.call_id, o.application_id, o.installment_id, o.number, o.attempt, o.amount_cents,
       o.bank_version, o.account, o.state, o.reason, o.settled_at, i.number AS installment
FROM payment_orders o JOIN installments i USING (installment_id)
WHERE o.payment_run_id = :payment_run_id AND o.order_id = :order_id
FOR NO KEY UPDATE OF o;

-- name: list_sent_orders(after_sent_at, after_order, limit)
-- What the accountant has to do, oldest first.
SELECT o.order_id, o.payment_run_id, o.call_id, o.application_id, o.installment_id, o.number, o.attempt, o.amount_cents,
       o.bank_version, o.account, o.state, o.reason, o.settled_at, i.number AS installment, r.sent_at
FROM payment_orders o JOIN payment_runs r USING (payment_run_id) JOIN installments i USING (installment_id)
WHERE o.state IN ('SENT', 'TAKEN_IN_CHARGE')
  AND (r.sent_at, o.order_id) > (:after_sent_at::timestamptz, :after_order::uuid)
ORDER BY r.sent_at, o.order_id
LIMIT :limit;

-- name: stale_accounts(payment_run_id)
-- Orders whose account is no longer the beneficiary's verified one.
SELECT o.number FROM payment_orders o
JOIN bank_details d ON d.application_id = o.application_id AND d.version = o.bank_version
WHERE o.payment_run_id = :payment_run_id AND o.state = 'PREPARED' AND d.state <> 'VERIFIED'
ORDER BY o.number;

-- name: seal_payment_run(payment_run_id, from_state, person, sealed_at, digest)$
-- The first seal.
UPDATE payment_runs SET state = 'SEALED_ONCE', first_seal_by = :person, first_seal_at = :sealed_at,
    first_seal_digest = :digest
WHERE payment_run_id = :payment_run_id AND state = :from_state AND digest = :digest
RETURNING payment_run_id;

-- name: counterseal_payment_run(payment_run_id, from_state, person, sealed_at, digest)$
-- The second seal.
UPDATE payment_runs SET state = 'SEALED', second_seal_by = :person, second_seal_at = :sealed_at,
    second_seal_digest = :digest
WHERE payment_run_id = :payment_run_id AND state = :from_state AND digest = :digest
RETURNING payment_run_id;

-- name: unseal_run(payment_run_id, from_state, digest, total_cents)$
-- The content changed: seals fall.
UPDATE payment_runs SET state = 'PREPARED', digest = :digest, total_cents = :total_cents, first_seal_by = NULL,
    first_seal_at = NULL, first_seal_digest = NULL, second_seal_by = NULL, second_seal_at = NULL, second_seal_digest = NULL
WHERE payment_run_id = :payment_run_id AND state = :from_state
RETURNING payment_run_id;

-- name: send_payment_run(payment_run_id, from_state, sent_at, digest)$
-- The run leaves for the treasury, its orders with it.
WITH sent AS (
    UPDATE payment_runs SET state = 'SENT', sent_at = :sent_at
    WHERE payment_run_id = :payment_run_id AND state = :from_state AND digest = :digest
    RETURNING payment_run_id
), gone AS (
    UPDATE payment_orders o SET state = 'SENT' FROM sent s
    WHERE o.payment_run_id = s.payment_run_id AND o.state = 'PREPARED'
    RETURNING o.order_id
)
SELECT s.payment_run_id FROM sent s;

-- name: settle_payment_run(payment_run_id, from_state, settled_at)$
-- Every order is at its end.
UPDATE payment_runs SET state = 'SETTLED', settled_at = :settled_at
WHERE payment_run_id = :payment_run_id AND state = :from_state
RETURNING payment_run_id;

-- name: remove_order(order_id, from_state, reason)$
-- Taken out before sending.
UPDATE payment_orders SET state = 'REMOVED', reason = :reason WHERE order_id = :order_id AND state = :from_state
RETURNING order_id;

-- name: take_order_in_charge(order_id, from_state, reference, taken_at)$
-- Taken in charge by the accountant.
UPDATE payment_orders SET state = 'TAKEN_IN_CHARGE', reference = :reference, taken_at = :taken_at
WHERE order_id = :order_id AND state = :from_state
RETURNING order_id;

-- name: pay_order(order_id, from_state, reference, confirmed_cents, settled_at)$
-- Paid by the accountant.
UPDATE payment_orders SET state = 'PAID', reference = :reference, confirmed_cents = :confirmed_cents,
    settled_at = :settled_at
WHERE order_id = :order_id AND state = :from_state
RETURNING order_id;

-- name: reject_order(order_id, from_state, reference, reason, settled_at)$
-- Rejected by the accountant.
UPDATE payment_orders SET state = 'REJECTED', reference = :reference, reason = :reason, settled_at = :settled_at
WHERE order_id = :order_id AND state = :from_state
RETURNING order_id;
