"""Runs and orders refused: what is not due, what was not read, who may not, what the accountant tells wrong."""

from __future__ import annotations

from uuid import uuid4

import pytest
from jalon.payments.v1 import awards_pb2 as pb
from jalon.payments.v1 import runs_pb2

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.payments.payments_people import (
    LIQUIDATOR,
    OFFICER,
    PREPARER,
    SEALER,
    VERIFIER,
    Desk,
    register_call,
)


async def test_a_run_takes_what_is_due_in_its_call(desk: Desk) -> None:
    award = await desk.payable()
    with refused("NOT_IN_THIS_STATE"):
        await desk.prepare_run(award.installments[0])
    due = await desk.liquidate(award.installments[0])
    other = await register_call(desk.served)
    with refused("NOT_FOUND"):
        await other.prepare_run(due)
    with refused("ROWS_OUT_OF_BOUNDS", field="installment_ids"):
        await desk.prepare_run()
    with refused("INSTALLMENT_TWICE", field="installment_ids"):
        await desk.prepare_run(due, due)
    with refused("ID_INVALID", field="installment_ids[0]"):
        await desk.prepare_run(pb.Installment(installment_id="1"))
    run = await desk.prepare_run(due)
    with refused("RUN_ALREADY_PREPARED"):
        await desk.prepare_run(due, run_id=run.payment_run_id)
    with refused("NOT_IN_THIS_STATE"):
        await desk.prepare_run(due)
    with refused("NOT_FOUND"):
        await other.run(run)


async def test_seals_are_set_once_on_what_was_read(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    with refused("NOT_IN_THIS_STATE"):
        await desk.counterseal(run)
    with refused("RUN_CHANGED"):
        await desk.seal(run, digest="ab" * 32)
    with refused("NOT_IN_THIS_STATE"):
        await desk.send_run(run)
    await desk.seal(run)
    with refused("ALREADY_SEALED"):
        await desk.seal(run)
    with refused("RUN_CHANGED"):
        await desk.counterseal(run, digest="ab" * 32)
    await desk.counterseal(run)
    with refused("ALREADY_SEALED"):
        await desk.counterseal(run)
    await desk.send_run(run)
    with refused("NOT_IN_THIS_STATE"):
        await desk.remove(run.orders[0])
    with refused("ORDERS_UNDER_WAY"):
        await desk.settle(run)


async def test_an_empty_run_is_not_sealed(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    emptied = await desk.remove(run.orders[0])
    with refused("RUN_EMPTY"):
        await desk.seal(emptied)


@pytest.mark.parametrize("person", [VERIFIER, LIQUIDATOR, PREPARER])
async def test_who_prepared_verified_or_liquidated_never_seals(desk: Desk, person: str) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    with refused("SAME_PERSON", Kind.DENIED):
        await desk.seal(run, person)
    await desk.seal(run)
    with refused("SAME_PERSON", Kind.DENIED):
        await desk.counterseal(run, person)


async def test_both_seals_are_never_one_persons(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    await desk.seal(run)
    with refused("ALREADY_SEALED"):
        await desk.counterseal(run, SEALER)


async def test_verifier_and_liquidator_are_two_persons(desk: Desk) -> None:
    award = await desk.payable()
    with refused("SAME_PERSON", Kind.DENIED) as told:
        await desk.liquidate(award.installments[0], VERIFIER)
    assert told.value.values == {"first": "account_verifier", "second": "liquidator"}
    await desk.liquidate(award.installments[0])
    await desk.declare(award.application_id)
    with refused("SAME_PERSON", Kind.DENIED):
        await desk.verify(award.application_id, 2, LIQUIDATOR)


async def test_who_sealed_on_a_case_does_not_verify_its_account(desk: Desk) -> None:
    award = await desk.payable()
    await desk.paid(award.installments[0])
    await desk.declare(award.application_id)
    for person in (SEALER, OFFICER):
        with refused("SAME_PERSON", Kind.DENIED):
            await desk.verify(award.application_id, 2, person)


async def test_the_accountant_answers_exactly(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.sent(await desk.liquidate(award.installments[0]))
    order = run.orders[0]
    with refused("NOT_IN_THIS_STATE"):
        await desk.pay(order)
    await desk.take(order)
    with refused("AMOUNT_DIFFERS") as told:
        await desk.pay(order, order.amount_cents - 1)
    assert told.value.values == {"ordered_cents": "700000", "told_cents": "699999"}
    await desk.pay(order)
    for again in (desk.take, desk.pay, desk.reject):
        with refused("NOT_IN_THIS_STATE"):
            await again(order)
    stranger = runs_pb2.PaymentOrder(order_id=str(uuid4()), payment_run_id=run.payment_run_id, amount_cents=1)
    with refused("NOT_FOUND"):
        await desk.pay(stranger)
