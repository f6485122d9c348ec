"""The tables hold by themselves: every query prepared, every CHECK broken once, nothing rewritten by the service."""

from __future__ import annotations

import asyncpg
import pytest
from jalon.payments.v1 import awards_pb2 as pb

from kit.journal import plumbing
from services.payments.store.rows import queries
from tests.integration.harness import Served, check_broken, check_names, prepare_every_query
from tests.integration.payments.payments_people import LIQUIDATOR, SEALER, VERIFIER, Desk, register_call

OF_CALL = "calls envelopes payment_runs payment_orders"
BROKEN: list[tuple[str, str, str]] = [
    ("calls", "rulebook_digest = 'x'", "calls_digest"),
    ("calls", "last_order = -1", "calls_counters"),
    ("envelopes", "section = 'OTHER'", "envelopes_section"),
    ("envelopes", "used_cents = cap_cents + 1", "envelopes_bounds"),
    ("awards", "section = 'OTHER'", "awards_section"),
    ("awards", "state = 'HALF'", "awards_state"),
    ("awards", "eligible_base_cents = 0", "awards_base"),
    ("awards", "reserved_cents = -1", "awards_reserved"),
    ("awards", "voted_cents = -1", "awards_voted"),
    ("awards", "committed_cents = -1", "awards_committed"),
    ("awards", "in_flight_cents = -1", "awards_in_flight"),
    ("awards", "paid_cents = -1, to_recover_cents = 0", "awards_paid"),
    ("awards", "freed_cents = -1", "awards_freed"),
    ("awards", "to_recover_cents = paid_cents + 1", "awards_recover"),
    ("awards", "voted_year = NULL", "awards_vote"),
    ("awards", "voted_at = NULL, voted_year = NULL", "awards_voted_first"),
    ("awards", "state = 'CLOSED', committed_cents = 1", "awards_ended"),
    ("movements", "kind = 'A b'", "movements_kind"),
    ("entries", "account = 'OTHER'", "entries_account"),
    ("entries", "amount_cents = 0", "entries_amount"),
    ("beneficiaries", "name = ''", "beneficiaries_name"),
    ("beneficiaries", "siret = '1'", "beneficiaries_siret"),
    ("conditions", "code = 'other'", "conditions_code"),
    ("agreements", "state = 'HALF'", "agreements_signed"),
    ("agreements", "digest = 'x'", "agreements_digest"),
    ("agreements", "size_bytes = 0", "agreements_size"),
    ("agreements", "sent_at = closes_at", "agreements_window"),
    ("agreements", "closes_at = NULL, sent_at = NULL", "agreements_sent"),
    ("agreements", "signed_by_beneficiary_at = closes_at", "agreements_in_time"),
    ("agreements", "signer_name = ''", "agreements_signed_by"),
    ("agreements", "countersigned_by = NULL", "agreements_signed"),
    ("agreements", "state = 'HALF', signed_at = NULL, countersigned_by = NULL", "agreements_state"),
    ("agreements", "countersigned_by = signed_by", "agreements_two_people"),
    ("bank_details", "version = 0", "bank_details_version"),
    ("bank_details", "state = 'HALF'", "bank_details_state"),
    ("bank_details", "iban_masked = 'FR7630001007941234567890185'", "bank_details_masked"),
    ("bank_details", "fingerprint = 'x'", "bank_details_fingerprint"),
    ("bank_details", "holder_match = 'MAYBE'", "bank_details_match"),
    ("bank_details", "method = 'GUESS'", "bank_details_method"),
    ("bank_details", "verified_by = NULL", "bank_details_verified"),
    ("bank_details", "verified_by = declared_by", "bank_details_two_people"),
    ("bank_details", "reason = 'AC04'", "bank_details_reason"),
    ("installments", "number = 0", "installments_number"),
    ("installments", "kind = 'other'", "installments_kind"),
    ("installments", "state = 'HALF', paid_at = NULL", "installments_state"),
    ("installments", "amount_cents = 0", "installments_amount"),
    ("installments", "liquidated_by = NULL", "installments_liquidated"),
    ("installments", "paid_at = NULL", "installments_paid"),
    ("payment_runs", "number = 0", "runs_number"),
    ("payment_runs", "state = 'HALF', settled_at = NULL", "runs_state"),
    ("payment_runs", "digest = 'x', first_seal_digest = 'x', second_seal_digest = 'x'", "runs_digest"),
    ("payment_runs", "total_cents = -1", "runs_total"),
    ("payment_runs", "first_seal_at = NULL", "runs_seals"),
    ("payment_runs", "state = 'PREPARED', settled_at = NULL", "runs_state_seals"),
    ("payment_runs", "first_seal_digest = repeat('ab', 32)", "runs_seal_digests"),
    ("payment_runs", "second_seal_by = first_seal_by", "runs_two_seals"),
    ("payment_runs", "first_seal_by = prepared_by", "runs_preparer"),
    ("payment_runs", "state = 'SENT', settled_at = NULL, sent_at = NULL", "runs_sent"),
    ("payment_runs", "settled_at = NULL", "runs_settled"),
    ("payment_orders", "number = 0", "orders_number"),
    ("payment_orders", "attempt = 0", "orders_attempt"),
    ("payment_orders", "amount_cents = 0, confirmed_cents = 0", "orders_amount"),
    ("payment_orders", "account = 'FR76'", "orders_account"),
    ("payment_orders", "state = 'HALF', confirmed_cents = NULL, settled_at = NULL", "orders_state"),
    ("payment_orders", "liquidated_by = verified_by", "orders_separate"),
    ("payment_orders", "reason = 'AC04'", "orders_reason"),
    ("payment_orders", "confirmed_cents = amount_cents - 1", "orders_confirmed"),
    ("payment_orders", "confirmed_cents = NULL", "orders_paid"),
    ("payment_orders", "settled_at = NULL", "orders_settled"),
    ("financial_reports", "version = 0", "reports_version"),
    (
        "financial_reports",
        "state = 'HALF', accepted_spent_cents = NULL, decided_at = NULL, decided_by = NULL",
        "reports_state",
    ),
    ("financial_reports", "lines = '{}'", "reports_lines"),
    ("financial_reports", "planned_cents = -1", "reports_amounts"),
    ("financial_reports", "jobs_actual = -1", "reports_jobs"),
    ("financial_reports", "submitted_by = NULL", "reports_submitted"),
    ("financial_reports", "accepted_spent_cents = NULL", "reports_accepted"),
    ("financial_reports", "accepted_spent_cents = spent_cents + 1", "reports_accepted_spent"),
    ("financial_reports", "decided_by = NULL", "reports_decided"),
    ("financial_reports", "reason = 'PROOF_MISSING'", "reports_reason"),
    ("entitlement_lines", "position = 0", "entitlement_lines_position"),
    ("entitlement_lines", "code = 'a b'", "entitlement_lines_code"),
    ("entitlement_lines", "amount_cents = -1", "entitlement_lines_amount"),
]


@pytest.fixture(scope="session")
async def settled(payments: Served) -> tuple[Desk, pb.Award]:
    """A call with one award paid, reported on, and paid again: a row in every table."""
    desk = await register_call(payments)
    award = await desk.payable(1_000_000, siret="73282932000074")
    await desk.paid(award.installments[0])
    await desk.report(award.application_id, 1_800_000)
    accepted = await desk.accept(award.application_id, 1_800_000)
    await desk.paid(accepted.installments[1])
    return desk, await desk.award(award.application_id)


def _rows(table: str, desk: Desk, award: pb.Award) -> str:
    """The rows of this call in a table."""
    if table in OF_CALL.split():
        return f"call_id = '{desk.call_id}'"
    ours = f"SELECT movement_id FROM entries WHERE award_id = '{award.application_id}'"
    if table in ("movements", "entries"):
        return f"movement_id IN ({ours})"
    return f"application_id = '{award.application_id}'"


@pytest.mark.parametrize(("table", "change", "constraint"), BROKEN)
async def test_every_check_breaks(settled: tuple[Desk, pb.Award], table: str, change: str, constraint: str) -> None:
    desk, award = settled
    async with desk.served.admin.acquire() as connection:
        await connection.execute("SET search_path = payments")
        async with check_broken(connection, constraint):
            await connection.execute(f"UPDATE {table} SET {change} WHERE {_rows(table, desk, award)}")


async def test_no_check_is_left_unbroken(payments: Served) -> None:
    common = await check_names(payments.admin, "audit")
    plumbing_checks = {
        name
        for name in await check_names(payments.admin, "payments")
        if name.startswith(("requests_", "journal_", "outbox_", "case_relations_"))
    }
    mine = await check_names(payments.admin, "payments") - common - plumbing_checks
    assert mine == {constraint for _, _, constraint in BROKEN}


async def test_every_query_is_prepared(payments: Served) -> None:
    assert await prepare_every_query(payments.pool, queries) > 60
    assert await prepare_every_query(payments.pool, plumbing) > 5


async def test_the_entries_of_a_movement_add_up_to_zero(settled: tuple[Desk, pb.Award]) -> None:
    desk, award = settled
    async with desk.served.pool.acquire() as connection, check_broken(connection, "entries_balanced"):
        await connection.execute(
            "INSERT INTO entries (movement_id, account, subject_id, amount_cents, envelope_id, award_id)"
            " SELECT movement_id, account, subject_id, 1, envelope_id, award_id FROM entries"
            " WHERE award_id = $1 ORDER BY entry_id LIMIT 1",
            award.application_id,
        )


@pytest.mark.parametrize("person", [VERIFIER, LIQUIDATOR])
async def test_who_verified_or_liquidated_never_seals_in_sql_either(desk: Desk, person: str) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    sealing = (
        "UPDATE payment_runs SET state = 'SEALED_ONCE', first_seal_by = $2, first_seal_at = clock.now(),"
        " first_seal_digest = digest WHERE payment_run_id = $1"
    )
    async with desk.served.pool.acquire() as connection:
        async with check_broken(connection, "runs_sealers_separate"):
            await connection.execute(sealing, run.payment_run_id, person)
        await connection.execute(sealing, run.payment_run_id, SEALER)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET amount_cents = 1",
        "DELETE FROM entries",
        "TRUNCATE entries, movements",
        "UPDATE movements SET kind = 'x'",
        "UPDATE bank_details SET sealed = 'x'",
        "UPDATE bank_details SET fingerprint = 'x'",
        "UPDATE payment_orders SET amount_cents = 1",
        "UPDATE payment_orders SET bank_version = 1",
        "UPDATE agreements SET digest = 'x'",
        "UPDATE calls SET rulebook = 'x'",
        "UPDATE entitlement_lines SET amount_cents = 1",
        "DELETE FROM awards",
        "DELETE FROM payment_runs",
        "UPDATE journal SET event = 'x'",
        "SELECT sequence FROM audit.events",
    ],
)
async def test_the_service_rewrites_nothing(payments: Served, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await payments.pool.execute(statement)


async def test_one_order_lives_for_an_installment(settled: tuple[Desk, pb.Award]) -> None:
    desk, award = settled
    copied = (
        "INSERT INTO payment_orders (order_id, payment_run_id, call_id, application_id, installment_id, number,"
        " attempt, amount_cents, bank_version, account, state, liquidated_by, verified_by, ordered_at)"
        " SELECT gen_random_uuid(), payment_run_id, call_id, application_id, installment_id, number + 100, $2,"
        " amount_cents, bank_version, account, 'PREPARED', liquidated_by, verified_by, ordered_at"
        " FROM payment_orders WHERE application_id = $1 AND number = 1"
    )
    for attempt in (1, 2):
        with pytest.raises(asyncpg.UniqueViolationError):
            await desk.served.pool.execute(copied, award.application_id, attempt)
