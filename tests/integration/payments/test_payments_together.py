"""Pressed together: what must happen once happens once, and no sum is ever exceeded."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

from kit.errors import Refused
from tests.integration.payments.payments_people import Desk, register_call, rulebook, someone


async def outcomes(*calls: Awaitable[Any]) -> Counter[str]:
    """How many passed, and the reasons of those refused."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    found: Counter[str] = Counter()
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Refused):
            raise answer
        found[answer.reason if isinstance(answer, Refused) else "PASSED"] += 1
    return found


async def test_fifty_proposals_on_an_envelope_that_bears_one(desk: Desk) -> None:
    envelopes = [{"section": "operating", "announced_cents": 1_000_000}]
    desk = await register_call(desk.served, rulebook(envelopes=envelopes))
    found = await outcomes(*(desk.reserve(str(uuid4()), 700_000) for _ in range(50)))
    assert found == {"PASSED": 1, "ENVELOPE_EXCEEDED": 49}
    envelope = await desk.envelope()
    assert (envelope.reserved_cents, envelope.remaining_cents) == (700_000, 300_000)
    assert await desk.violations() == []


async def test_one_proposal_made_many_times_reserves_once(desk: Desk) -> None:
    application_id = str(uuid4())
    found = await outcomes(*(desk.reserve(application_id, 700_000) for _ in range(10)))
    assert found == {"PASSED": 10}
    assert (await desk.envelope()).reserved_cents == 700_000


async def test_one_request_sent_many_times_answers_alike(desk: Desk) -> None:
    application_id, request_id, at = str(uuid4()), str(uuid4()), await desk.now()
    answers = await asyncio.gather(
        *(desk.reserve(application_id, 700_000, request_id=request_id, occurred_at=at) for _ in range(10))
    )
    assert all(answer == answers[0] for answer in answers)
    assert await desk.served.pool.fetchval("SELECT count(*) FROM movements WHERE request_id = $1", request_id) == 1


async def test_two_liquidations_of_one_installment(desk: Desk) -> None:
    award = await desk.payable()
    found = await outcomes(
        desk.liquidate(award.installments[0]), desk.liquidate(award.installments[0], someone("colleague"))
    )
    assert found == {"PASSED": 1, "NOT_IN_THIS_STATE": 1}


async def test_an_account_verified_and_an_installment_liquidated_by_one_person(desk: Desk) -> None:
    award = await desk.payable()
    await desk.declare(award.application_id)
    await desk.verify(award.application_id, 2)
    for _ in range(3):
        await desk.declare(award.application_id)
    person = someone("hasty")
    found = await outcomes(desk.verify(award.application_id, 5, person), desk.liquidate(award.installments[0], person))
    assert found["PASSED"] == 1


async def test_one_installment_in_two_runs(desk: Desk) -> None:
    award = await desk.payable()
    due = await desk.liquidate(award.installments[0])
    found = await outcomes(*(desk.prepare_run(due) for _ in range(5)))
    assert found == {"PASSED": 1, "NOT_IN_THIS_STATE": 4}
    assert await desk.violations() == []


async def test_runs_prepared_together_are_numbered_without_a_gap(desk: Desk) -> None:
    due = []
    for _ in range(6):
        award = await desk.payable(300_000)
        due.append(await desk.liquidate(award.installments[0]))
    runs = await asyncio.gather(*(desk.prepare_run(*reversed(due[n : n + 2])) for n in (0, 2, 4)))
    numbers = sorted(order.number for run in runs for order in run.orders)
    assert numbers == [f"ESS-2023-M{n:04d}" for n in range(1, 7)]
    assert await desk.violations() == []


async def test_the_second_seal_pressed_by_two_officers_at_once(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    await desk.seal(run)
    found = await outcomes(desk.counterseal(run), desk.counterseal(run, someone("deputy")))
    assert found == {"PASSED": 1, "NOT_IN_THIS_STATE": 1}


async def test_one_officer_presses_the_second_seal_twice(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    await desk.seal(run)
    found = await outcomes(desk.counterseal(run), desk.counterseal(run))
    assert found == {"PASSED": 1, "ALREADY_SEALED": 1}


async def test_an_order_removed_while_it_is_sealed(desk: Desk) -> None:
    first, second = await desk.payable(400_000), await desk.payable(600_000)
    run = await desk.prepare_run(
        await desk.liquidate(first.installments[0]), await desk.liquidate(second.installments[0])
    )
    await outcomes(desk.seal(run), desk.remove(run.orders[0]))
    after = await desk.run(run)
    assert after.digest != run.digest
    assert not after.HasField("first_seal")
    assert await desk.violations() == []


async def test_an_order_paid_twice_at_once(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.sent(await desk.liquidate(award.installments[0]))
    await desk.take(run.orders[0])
    found = await outcomes(desk.pay(run.orders[0]), desk.pay(run.orders[0]), desk.reject(run.orders[0]))
    assert found == {"PASSED": 1, "NOT_IN_THIS_STATE": 2}
    assert await desk.violations() == []


async def test_a_signature_and_its_expiry_at_once(desk: Desk) -> None:
    agreement = await desk.send(await desk.prepare(await desk.notified()))
    found = await outcomes(desk.sign(agreement), desk.sign(agreement))
    assert found == {"PASSED": 1, "ALREADY_SIGNED": 1}
    assert [fact for fact, _ in await desk.facts(agreement.application_id)] == ["agreement_signed"]
