"""The machinery of entities on the real server: acts, facts, deadlines, continue-as-new, traces of replay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from entity_example import Decide, Extend, Grant, GrantState, Received
from temporalio.client import Client, WorkflowHandle, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer, Worker

from rehearsal.clock import Clock
from tests.workflows.conftest import BUSINESS_START, Desk, HeldClock
from tests.workflows.starting import eventually, start
from workflows.state import Answer, Context, Standing, digest_of

VERBS = ("decide", "extend", "settle", "lapse_reminder", "lapse_report")
Handle = WorkflowHandle[Grant, str]


@pytest.fixture(params=[1000, 0], ids=["warm", "cold"])
def cached(request: pytest.FixtureRequest) -> int:
    """Workflows kept in memory; with 0 every task replays the history from its start."""
    return int(request.param)


@asynccontextmanager
async def working(client: Client, queue: str, desk: Desk, *, cached: int = 1000) -> AsyncIterator[Worker]:
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Grant],
        activities=desk.activities(*VERBS),
        max_cached_workflows=cached,
    ) as worker:
        yield worker


async def begin(client: Client, queue: str, clock: HeldClock) -> Handle:
    grant_id = str(uuid4())
    state = GrantState(business_start=clock.read().isoformat(), grant_id=grant_id)
    return await start(client, queue, Grant.run, state, workflow_id=f"grant/{grant_id}")


async def send(handle: Handle, verb: str, message: object) -> Answer:
    """Send with an update id of its own, so that the entity's ring answers and not the engine."""
    answer: Answer = await handle.execute_update(verb, message, id=str(uuid4()), result_type=Answer)
    return answer


async def refusal(handle: Handle, verb: str, message: object) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await send(handle, verb, message)
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type or ""


async def quiet() -> None:
    """Nothing but the engine is under way here."""


async def histories(client: Client, handle: Handle) -> list[WorkflowHistory]:
    runs = [item async for item in client.list_workflows(f"WorkflowId = '{handle.id}'")]
    return [await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history() for run in runs]


async def test_an_act_is_done_once_and_answers_the_same_even_after_continue_as_new(
    client: Client, queue: str, clock: HeldClock, desk: Desk, cached: int
) -> None:
    async with working(client, queue, desk, cached=cached):
        handle = await begin(client, queue, clock)
        decide = Decide(clock.context(), 500_000, expected_version=0)
        first = await send(handle, "decide", decide)
        facts = {"verb": "decide", "amount_cents": 500_000}
        assert first == Answer("done", facts, version=1, asked=digest_of("decide", decide))

        async def rolled() -> bool:
            return (await handle.describe()).run_id != handle.first_execution_run_id

        await eventually(rolled)
        assert await send(handle, "decide", decide) == first
        assert await refusal(handle, "decide", Decide(decide.context, 600_000)) == "REQUEST_REUSED"
        assert desk.done() == ["decide"]
        await send(handle, "report_received", Received(clock.context(), "r1"))
        assert await handle.result() == "closed"
        replayed = await histories(client, handle)
        assert len(replayed) == 2
        replayer = Replayer(workflows=[Grant], data_converter=client.data_converter)
        for history in replayed:
            await replayer.replay_workflow(history)


async def test_the_same_request_twice_at_once_has_one_effect(
    client: Client, queue: str, clock: HeldClock, desk: Desk, cached: int
) -> None:
    async with working(client, queue, desk, cached=cached):
        handle = await begin(client, queue, clock)
        decide = Decide(clock.context(), 500_000)
        one, other = await asyncio.gather(send(handle, "decide", decide), send(handle, "decide", decide))
        assert one == other
        assert desk.done() == ["decide"]


async def test_refused_before_it_enters_history(client: Client, queue: str, clock: HeldClock, desk: Desk) -> None:
    async with working(client, queue, desk):
        handle = await begin(client, queue, clock)
        assert await refusal(handle, "extend", Extend(clock.context(), "")) == "NOT_AT_THIS_STAGE"
        assert await refusal(handle, "decide", Decide(clock.context(), 1, expected_version=7)) == "STALE"
        old = Context(str(uuid4()), "signed", (clock.read() - timedelta(minutes=3)).isoformat())
        assert await refusal(handle, "decide", Decide(old, 1)) == "NOT_FRESH"
        early = Context(str(uuid4()), "signed", (clock.read() + timedelta(minutes=3)).isoformat())
        assert await refusal(handle, "decide", Decide(early, 1)) == "NOT_FRESH"
        [history] = await histories(client, handle)
        kinds = [event.event_type for event in history.events]
        assert 41 not in kinds  # EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
        row = Context(old.request_id, old.assertion, old.occurred_at, row="2")
        assert (await send(handle, "decide", Decide(row, 1))).version == 1


async def test_a_service_refusal_comes_back_as_its_reason_and_changes_nothing(
    client: Client, queue: str, clock: HeldClock, desk: Desk
) -> None:
    desk.refusals["decide"] = "OVER_THE_ENVELOPE"
    async with working(client, queue, desk):
        handle = await begin(client, queue, clock)
        decide = Decide(clock.context(), 9)
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await send(handle, "decide", decide)
        cause = caught.value.cause
        assert isinstance(cause, ApplicationError)
        assert (cause.type, list(cause.details), cause.non_retryable) == ("OVER_THE_ENVELOPE", [{"limit": "1"}], True)
        assert desk.attempts == 1
        desk.refusals.clear()
        assert (await send(handle, "decide", decide)).version == 1


async def test_a_fact_is_received_at_every_position(
    client: Client, queue: str, clock: HeldClock, desk: Desk, cached: int
) -> None:
    async with working(client, queue, desk, cached=cached):
        handle = await begin(client, queue, clock)
        late = Context(str(uuid4()), "signed", (clock.read() - timedelta(days=3)).isoformat())
        assert (await send(handle, "report_received", Received(late, "r1"))).status == "done"
        assert await handle.result() == "closed"
        assert desk.done() == ["settle"]


async def test_deadlines_expire_in_order_and_an_extension_moves_one(
    client: Client, queue: str, clock: HeldClock, desk: Desk, cached: int
) -> None:
    mover = Clock(client, clock, quiet=quiet)
    async with working(client, queue, desk, cached=cached):
        handle = await begin(client, queue, clock)
        await mover.level()  # it knows the file before the act: a list is late
        await send(handle, "decide", Decide(clock.context(), 1))
        await mover.advance(by=timedelta(days=21))
        assert desk.done() == ["decide", "lapse_reminder"]
        assert (await handle.query(Grant.standing)).version == 2
        until = (clock.read() + timedelta(days=60)).isoformat()
        await send(handle, "extend", Extend(clock.context(), until))
        await mover.advance(by=timedelta(days=59))
        assert desk.done() == ["decide", "lapse_reminder", "extend"]
        await mover.advance(by=timedelta(days=1, hours=1))
        assert await handle.result() == "lapsed"
        for history in await histories(client, handle):
            await Replayer(workflows=[Grant], data_converter=client.data_converter).replay_workflow(history)


async def test_an_expiry_the_service_answers_with_received_in_time_is_dropped(
    client: Client, queue: str, clock: HeldClock, desk: Desk
) -> None:
    desk.refusals["lapse_report"] = "RECEIVED_IN_TIME"
    mover = Clock(client, clock, quiet=quiet)
    async with working(client, queue, desk):
        handle = await begin(client, queue, clock)
        await mover.level()  # it knows the file before the act: a list is late
        await send(handle, "decide", Decide(clock.context(), 1))
        await mover.advance(by=timedelta(days=31))
        standing: Standing = await handle.query(Grant.standing)
        assert (standing.position, standing.deadlines, standing.parked) == ("reporting", {}, [])
        await send(handle, "report_received", Received(clock.context(), "r1"))
        assert await handle.result() == "closed"


async def test_a_task_refused_unexpectedly_parks_is_seen_and_is_asked_again(
    client: Client, queue: str, clock: HeldClock, desk: Desk
) -> None:
    desk.refusals["settle"] = "RECORD_MISSING"
    async with working(client, queue, desk):
        handle = await begin(client, queue, clock)
        await send(handle, "report_received", Received(clock.context(), "r1"))

        async def parked() -> bool:
            return bool((await handle.query(Grant.standing)).parked)

        await eventually(parked)
        standing: Standing = await handle.query(Grant.standing)
        assert [(item.task.name, item.reason) for item in standing.parked] == [("settle", "RECORD_MISSING")]
        desk.refusals.clear()
        await send(handle, "decide", Decide(clock.context(), 1))
        assert await handle.result() == "closed"
        assert desk.done() == ["decide", "settle"]


async def test_twenty_entities_follow_three_advances(
    client: Client, queue: str, clock: HeldClock, desk: Desk, cached: int
) -> None:
    mover = Clock(client, clock, quiet=quiet)
    async with working(client, queue, desk, cached=cached):
        handles = [await begin(client, queue, clock) for _ in range(20)]
        await mover.level()
        await asyncio.gather(*(send(handle, "decide", Decide(clock.context(), 1)) for handle in handles))
        await mover.advance(by=timedelta(days=10))
        await mover.advance(to=BUSINESS_START + timedelta(days=21))
        assert desk.done().count("lapse_reminder") == 20
        in_time = handles[:15]
        await asyncio.gather(*(send(item, "report_received", Received(clock.context(), "r")) for item in in_time))
        await mover.advance(by=timedelta(days=10))
        ends = await asyncio.gather(*(handle.result() for handle in handles))
        assert ends == ["closed"] * 15 + ["lapsed"] * 5
        assert len(desk.effects) == 20 + 20 + 15 + 5
