"""Each invariant finds the violation planted for it; a clean ledger gives none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from jalon.payments.v1 import awards_pb2 as pb

from services.payments.store.checks import CODES, check
from tests.integration.harness import Served, refused
from tests.integration.payments.payments_people import OFFICER, Desk, register_call

Found = Callable[[str], Awaitable[set[str]]]

# Code → what is written behind the service's back, with triggers and limits off. $1: the application, $2: the call.
OF_AWARD = "WHERE award_id = $1"
OF_FILE = "WHERE application_id = $1"
PLANTED: list[tuple[str, str]] = [
    ("MOVEMENT_UNBALANCED", f"UPDATE entries SET amount_cents = amount_cents + 1 {OF_AWARD} AND account = 'PAID'"),
    ("ENVELOPE_OVERSPENT", "UPDATE envelopes SET used_cents = cap_cents + 1 WHERE call_id = $2"),
    ("ENVELOPE_COUNTER_DRIFTED", "UPDATE envelopes SET used_cents = used_cents + 1 WHERE call_id = $2"),
    ("ENVELOPE_CAP_DRIFTED", "UPDATE envelopes SET cap_cents = cap_cents + 1 WHERE call_id = $2"),
    (
        "ACCOUNT_OVERDRAWN",
        f"UPDATE entries SET amount_cents = 3 * amount_cents {OF_AWARD} AND account = 'COMMITTED' AND amount_cents < 0",
    ),
    ("AWARD_OVERPAID", f"UPDATE entries SET account = 'PAID' {OF_AWARD} AND account = 'VOTED' AND amount_cents > 0"),
    ("AWARD_MISCOUNTED", f"UPDATE entries SET account = 'AVAILABLE' {OF_AWARD} AND account = 'FREED'"),
    ("AWARD_DRIFTED", f"UPDATE awards SET paid_cents = paid_cents + 1 {OF_FILE}"),
    ("INSTALLMENTS_MISCOUNTED", f"UPDATE installments SET amount_cents = amount_cents + 1 {OF_FILE}"),
    ("INSTALLMENT_STATE_WRONG", f"UPDATE installments SET state = 'PLANNED' {OF_FILE} AND number = 1"),
    ("IN_FLIGHT_WRONG", f"UPDATE payment_orders SET state = 'SENT' {OF_FILE}"),
    ("CONFIRMED_AMOUNT_WRONG", f"UPDATE payment_orders SET confirmed_cents = amount_cents - 1 {OF_FILE}"),
    ("ACCOUNT_NOT_VERIFIED", f"UPDATE bank_details SET verified_by = declared_by {OF_FILE}"),
    ("DUTIES_NOT_SEPARATE", "UPDATE payment_runs SET second_seal_by = first_seal_by WHERE call_id = $2"),
    ("RUN_CONTENT_CHANGED", f"UPDATE payment_orders SET account = repeat('0', 64) {OF_FILE}"),
    (
        "PAID_TOO_EARLY",
        f"UPDATE conditions SET since = since + interval '1 year' {OF_FILE} AND code = 'act_executory'",
    ),
    ("NUMBERS_NOT_DENSE", "UPDATE payment_orders SET number = number + 1 WHERE call_id = $2"),
]


@pytest.fixture(scope="module")
async def lived(payments: Served) -> tuple[Desk, pb.Award]:
    """One award, advance and reduced balance paid."""
    desk = await register_call(payments)
    award = await desk.payable(1_000_000, siret="55208131766522")
    await desk.paid(award.installments[0])
    await desk.report(award.application_id, 1_800_000)
    accepted = await desk.accept(award.application_id, 1_800_000)
    await desk.paid(accepted.installments[1])
    return desk, await desk.award(award.application_id)


@pytest.fixture
async def planting(lived: tuple[Desk, pb.Award]) -> AsyncIterator[Found]:
    """Writes what no service may write, checks, and undoes it."""
    desk, award = lived
    async with desk.served.admin.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SET LOCAL search_path = payments; SET LOCAL session_replication_role = replica")
        await _without_limits(connection)

        async def plant(statement: str) -> set[str]:
            given = [award.application_id, desk.call_id]
            asked = "$2" in statement
            statement = statement.replace("$2", "$1")
            await connection.execute(statement, given[asked])
            found = await check(connection, desk.call_id)
            return {violation.code for violation in found.violations}

        yield plant
        await transaction.rollback()


async def _without_limits(connection: Any) -> None:
    rows = await connection.fetch(
        "SELECT conrelid::regclass::text AS owner, string_agg('DROP CONSTRAINT ' || conname, ', ') AS drops"
        " FROM pg_constraint WHERE connamespace = 'payments'::regnamespace"
        " AND (contype = 'c' OR conname = 'payment_orders_call_id_number_key') GROUP BY conrelid"
    )
    await connection.execute(";".join(f"ALTER TABLE {row['owner']} {row['drops']}" for row in rows))
    await connection.execute("DROP INDEX orders_live, orders_key")


async def test_a_life_lived_by_the_rules_violates_nothing(lived: tuple[Desk, pb.Award]) -> None:
    desk, _ = lived
    assert await desk.violations() == []
    everywhere = await desk.read(desk.awards.CheckInvariants, pb.CheckInvariantsRequest(), "AUDITOR")
    assert list(everywhere.violations) == []


@pytest.mark.parametrize(("code", "statement"), PLANTED)
async def test_a_planted_violation_is_found(planting: Found, code: str, statement: str) -> None:
    assert code in await planting(statement)


async def test_an_installment_ordered_twice_is_found(planting: Found) -> None:
    again = (
        "INSERT INTO payment_orders (order_id, payment_run_id, call_id, application_id, installment_id, number,"
        " attempt, amount_cents, bank_version, account, state, liquidated_by, verified_by, ordered_at)"
        " SELECT gen_random_uuid(), payment_run_id, call_id, application_id, installment_id, number + 100, attempt + 1,"
        " amount_cents, bank_version, account, 'SENT', liquidated_by, verified_by, ordered_at"
        f" FROM payment_orders {OF_FILE}"
    )
    assert {"INSTALLMENT_DOUBLED", "IN_FLIGHT_WRONG"} <= await planting(again)


async def test_money_in_flight_for_no_order_is_found(planting: Found) -> None:
    moved = f"UPDATE entries SET subject_id = gen_random_uuid() {OF_AWARD} AND account = 'IN_FLIGHT'"
    assert "IN_FLIGHT_WITHOUT_ORDER" in await planting(moved)


async def test_a_run_whose_bytes_are_gone_or_altered_is_found(payments: Served) -> None:
    desk = await register_call(payments)
    award = await desk.payable()
    run = await desk.sent(await desk.liquidate(award.installments[0]))
    assert await desk.violations() == []
    kept = payments.settings.files_dir / "whole" / run.digest[:2] / run.digest
    data = kept.read_bytes()
    try:
        kept.write_bytes(data.replace(b"700000", b"700001"))
        assert [item.code for item in await desk.violations()] == ["RUN_FILE_MISSING"]
        kept.unlink()
        found = await desk.violations()
        assert [(item.invariant, item.subject) for item in found] == [("I7", run.payment_run_id)]
    finally:
        kept.write_bytes(data)


def test_every_code_is_planted() -> None:
    elsewhere = {"INSTALLMENT_DOUBLED", "IN_FLIGHT_WITHOUT_ORDER", "RUN_FILE_MISSING"}
    assert {code for codes in CODES.values() for code in codes} == {code for code, _ in PLANTED} | elsewhere


FIGURES = ("announced", "reserved", "voted", "committed", "ordered", "paid", "freed", "remaining")


async def _movements(desk: Desk, figure: str, *, size: int = 2) -> tuple[list[pb.Movement], int]:
    """Every page of what a figure of the operating envelope is made of, and its total."""
    asked = pb.ListMovementsRequest(
        call_id=desk.call_id,
        section="OPERATING",
        figure=pb.EnvelopeFigure.Value(f"ENVELOPE_FIGURE_{figure.upper()}"),
        page_size=size,
    )
    found: list[pb.Movement] = []
    while True:
        page = await desk.read(desk.awards.ListMovements, asked, "FINANCE")
        found += page.movements
        if not page.next_page_token:
            return found, page.total_cents
        asked.page_token = page.next_page_token


@pytest.mark.parametrize("figure", FIGURES)
async def test_the_movements_behind_a_figure_add_up_to_it(lived: tuple[Desk, pb.Award], figure: str) -> None:
    desk, _ = lived
    envelope = await desk.envelope()
    movements, total = await _movements(desk, figure)
    assert sum(one.amount_cents for one in movements) == total == getattr(envelope, f"{figure}_cents")
    assert len({one.movement_id for one in movements}) == len(movements)
    instants = [one.occurred_at.ToMicroseconds() for one in movements]
    assert instants == sorted(instants, reverse=True)


async def test_a_movement_names_its_file_and_who_made_it(lived: tuple[Desk, pb.Award]) -> None:
    desk, award = lived
    movements, _ = await _movements(desk, "committed")
    signed = next(one for one in movements if one.kind == "award_committed")
    assert signed.application_id == award.application_id
    assert signed.person_id == OFFICER


async def test_a_figure_must_be_named_and_a_page_serves_its_own_list_alone(lived: tuple[Desk, pb.Award]) -> None:
    desk, _ = lived
    asked = pb.ListMovementsRequest(call_id=desk.call_id, section="OPERATING")
    with refused("REQUIRED", field="figure"):
        await desk.read(desk.awards.ListMovements, asked, "FINANCE")
    asked.figure, asked.page_size = pb.ENVELOPE_FIGURE_COMMITTED, 1
    first = await desk.read(desk.awards.ListMovements, asked, "FINANCE")
    asked.figure, asked.page_token = pb.ENVELOPE_FIGURE_PAID, first.next_page_token
    with refused("PAGE_TOKEN_INVALID"):
        await desk.read(desk.awards.ListMovements, asked, "FINANCE")


async def test_a_file_is_not_named_to_who_is_recused_from_it(lived: tuple[Desk, pb.Award]) -> None:
    desk, award = lived
    recused = str(uuid4())
    await desk.served.admin.execute(
        "INSERT INTO payments.case_relations (person, application_id, call_id, relation)"
        " VALUES ($1, $2, $3, 'recused')",
        recused,
        award.application_id,
        desk.call_id,
    )
    paid = pb.ListMovementsRequest(call_id=desk.call_id, section="OPERATING", figure=pb.ENVELOPE_FIGURE_PAID)
    queue = pb.ListInstallmentsRequest(call_id=desk.call_id)
    for person, named in ((recused, False), (str(uuid4()), True)):
        movements = await desk.read(desk.awards.ListMovements, paid, "INSTRUCTOR", person=person)
        assert movements.movements
        assert {one.application_id == award.application_id for one in movements.movements} == {named}
        installments = await desk.read(desk.awards.ListInstallments, queue, "INSTRUCTOR", person=person)
        assert bool(installments.installments) is named
