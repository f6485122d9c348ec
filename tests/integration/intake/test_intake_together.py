"""Many at once: dense numbers, one deposit per application, expiry against deposit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from jalon.intake.v1 import applications_pb2 as apps

from kit.errors import Refused
from tests.integration.intake.conftest import AtClock
from tests.integration.intake.intake_people import Desk, full_application, pre_application


async def _outcome(call: Any) -> str:
    try:
        await call
    except Refused as refused:
        return refused.reason
    return "done"


async def test_twenty_deposits_at_once_get_dense_numbers(desk: Desk) -> None:
    porters = [desk.porter() for _ in range(20)]
    await asyncio.gather(*(porter.save(pre_application()) for porter in porters))
    receipts = await asyncio.gather(*(porter.submit() for porter in porters))
    assert sorted(int(receipt.number[5:]) for receipt in receipts) == list(range(1, 21))
    organizations = await desk.served.pool.fetchval(
        "SELECT count(DISTINCT organization_id) FROM applications WHERE call_id = $1::uuid", desk.call_id
    )
    assert organizations == 1, "one SIREN, one organization"


async def test_a_refused_deposit_takes_no_number(desk: Desk) -> None:
    wrong, right = desk.porter(), desk.porter()
    await wrong.save(pre_application(track="nothing"))
    assert await _outcome(wrong.submit()) == "FIELDS_INVALID"
    assert (await right.deposit()).number.endswith("-001")


async def test_five_presses_at_once_are_one_deposit(desk: Desk) -> None:
    porter, request_id = desk.porter(), str(uuid4())
    await porter.save(pre_application())
    at = await desk.served.caller.now()
    same = await asyncio.gather(*(porter.submit(request_id=request_id, occurred_at=at) for _ in range(5)))
    assert len({receipt.SerializeToString(deterministic=True) for receipt in same}) == 1
    other = desk.porter()
    await other.save(pre_application())
    outcomes = await asyncio.gather(*(_outcome(other.submit()) for _ in range(5)))
    assert sorted(outcomes) == ["ALREADY_SUBMITTED"] * 4 + ["done"]
    for one in (porter, other):
        assert [fact for fact, _ in await one.facts()] == ["application_submitted"]


async def test_two_first_saves_of_one_application_are_one(desk: Desk) -> None:
    porter = desk.porter()
    outcomes = await asyncio.gather(*(_outcome(porter.save(pre_application())) for _ in range(4)))
    assert outcomes.count("done") == 1
    assert set(outcomes) <= {"done", "STALE_DRAFT", "CHANGED_MEANWHILE"}


async def test_deposit_and_expiry_never_both_pass(desk: Desk, at_clock: AtClock) -> None:
    porters = [desk.porter() for _ in range(6)]
    for porter in porters:
        await porter.deposit()
        await porter.invite()
    start = await desk.served.caller.now()
    await at_clock(start + timedelta(days=15))
    for porter in porters:
        await porter.save_full(full_application())
    closes_at = (await porters[0].mine()).full_closes_at.ToDatetime(tzinfo=start.tzinfo)
    await at_clock(closes_at - timedelta(milliseconds=60))

    async def expire(porter: Any) -> str:
        request = apps.LapseFullApplicationRequest(application_id=porter.application_id)
        return await _outcome(desk.system(desk.apps.LapseFullApplication, request))

    asked = [_outcome(porter.submit_full()) for porter in porters] + [expire(porter) for porter in porters]
    outcomes = await asyncio.gather(*asked)
    for deposit, expiry in zip(outcomes[:6], outcomes[6:], strict=True):
        assert deposit in ("done", "WINDOW_CLOSED")
        assert expiry in ("RECEIVED_IN_TIME", "TOO_EARLY"), "expiry waits for what may still be on its way"
    await at_clock(closes_at + timedelta(minutes=2))
    for porter, deposit in zip(porters, outcomes[:6], strict=True):
        assert await expire(porter) == ("RECEIVED_IN_TIME" if deposit == "done" else "done")


async def test_progress_written_in_disorder_ends_at_the_newest(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit()
    requests = [
        apps.WriteProgressRequest(
            progress=apps.Progress(application_id=porter.application_id, version=version, stage=apps.STAGE_REVIEW)
        )
        for version in (5, 1, 9, 3, 7, 2)
    ]
    await asyncio.gather(*(desk.system(desk.apps.WriteProgress, request) for request in requests))
    assert (await porter.mine()).progress.version == 9
