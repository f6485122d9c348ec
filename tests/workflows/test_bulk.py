"""One act on many files: each row once whatever is killed, stopped and resumed, left stopped."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from rehearsal.clock import Clock
from tests.workflows.bulk_worker import kept
from tests.workflows.conftest import Desk, HeldClock
from tests.workflows.desk_of_files import Handle, standing_at, tell
from tests.workflows.starting import eventually, start
from workflows.__main__ import RUNNER
from workflows.application import ApplicationWorkflow
from workflows.application.state import Position as At
from workflows.bulk import BulkState, BulkWorkflow
from workflows.contract.bulk import BulkFile, ResumeBulk, StartBulk, StopBulk
from workflows.contract.names import APPLICATION, BULK

MANY = 30


def asked(clock: HeldClock, handle: Handle, files: list[BulkFile]) -> StartBulk:
    bulk_id = handle.id.partition("/")[2]
    return StartBulk(clock.context(str(uuid4())), str(uuid4()), bulk_id, "ASSIGN_REVIEWER", files, str(uuid4()))


async def begin(client: Client, queue: str, clock: HeldClock) -> Handle:
    state = BulkState(business_start=clock.read().isoformat(), call_id=str(uuid4()), bulk_id=str(uuid4()))
    return await start(client, queue, BulkWorkflow.run, state, workflow_id=BULK.id_of(state.bulk_id))


async def results(handle: Handle) -> dict[str, str]:
    """The result of each file."""
    rows: dict[str, str] = await handle.query(BulkWorkflow.row_results)
    return {row.partition("/")[2]: result for row, result in rows.items()}


@asynccontextmanager
async def process(address: str, queue: str, effects: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in its own process; killed at the end."""
    module = "tests.workflows.bulk_worker"
    worker = await asyncio.create_subprocess_exec(sys.executable, "-m", module, address, queue, str(effects))
    try:
        yield worker
    finally:
        worker.kill()
        await worker.wait()


async def test_a_worker_killed_in_the_middle_carries_each_row_out_once(
    client: Client, engine_address: str, queue: str, clock: HeldClock, tmp_path: Path
) -> None:
    effects = tmp_path / "effects"
    states = [standing_at(At.REVIEW, clock) for _ in range(MANY)]
    for state in states:
        workflow_id = APPLICATION.id_of(state.application_id)
        await client.start_workflow(
            ApplicationWorkflow.run, state, id=workflow_id, task_queue=queue, task_timeout=timedelta(seconds=3)
        )
    handle = await begin(client, queue, clock)
    files = [BulkFile(state.application_id, state.version) for state in states]

    def assigned() -> Counter[str]:
        return Counter(application for verb, _, application in kept(effects) if verb == "assign_reviewer")

    async def a_third() -> bool:
        return len(assigned()) >= MANY // 3

    async with process(engine_address, queue, effects):
        await tell(handle, "start_bulk", asked(clock, handle, files))
        await eventually(a_third)
    assert len(assigned()) < MANY
    async with process(engine_address, queue, effects):
        await handle.result()
        assert await results(handle) == {state.application_id: "done" for state in states}
    assert assigned() == Counter({state.application_id: 1 for state in states})
    assert [verb for verb, *_ in kept(effects)].count("finish_bulk") == 1


@dataclass
class Rows(Desk):
    """The desk of rows: a door holds them, some are refused."""

    door: asyncio.Event = field(default_factory=asyncio.Event)
    told: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    finished: list[dict[str, str]] = field(default_factory=list)

    def _activity(self, verb: str) -> Any:
        async def run(message: dict[str, Any], progress: dict[str, Any] | None = None) -> dict[str, Any]:
            if verb == "finish_bulk":
                self.finished = message["files"]
            if verb == "tell_application":
                application_id = message["application_id"]
                self.told.append(application_id)
                await self.door.wait()
                if reason := self.refused.get(application_id):
                    raise ApplicationError(reason, type=reason, non_retryable=True)
            return {}

        return activity.defn(name=verb)(run)


@asynccontextmanager
async def serving(client: Client, queue: str, rows: Rows) -> AsyncIterator[None]:
    verbs = ("start_bulk", "stop_bulk", "resume_bulk", "finish_bulk", "tell_application")
    async with Worker(
        client, task_queue=queue, workflows=[BulkWorkflow], activities=rows.activities(*verbs), workflow_runner=RUNNER
    ):
        yield


@pytest.fixture
def files() -> list[BulkFile]:
    return [BulkFile(str(uuid4()), 3) for _ in range(4)]


async def _stopped(client: Client, queue: str, clock: HeldClock, *, rows: Rows, files: list[BulkFile]) -> Handle:
    """Stopped while its first row is under way; the door is open again."""
    handle = await begin(client, queue, clock)
    message = asked(clock, handle, files)
    await tell(handle, "start_bulk", message)

    async def under_way() -> bool:
        return len(rows.told) == 1

    await eventually(under_way)
    stop = StopBulk(clock.context(), message.call_id, message.bulk_id)
    stopping = asyncio.create_task(tell(handle, "stop_bulk", stop))
    rows.door.set()
    await stopping
    return handle


async def test_stopped_no_row_begins_and_resumed_the_rest_is_done(
    client: Client, queue: str, clock: HeldClock, files: list[BulkFile]
) -> None:
    rows = Rows(refused={files[-1].application_id: "STALE"})
    async with serving(client, queue, rows):
        handle = await _stopped(client, queue, clock, rows=rows, files=files)
        begun = len(rows.told)
        assert begun < len(files)
        assert list((await results(handle)).values()).count("waiting") == len(files) - begun
        resume = ResumeBulk(clock.context(), str(uuid4()), handle.id.partition("/")[2])
        await tell(handle, "resume_bulk", resume)
        await handle.result()
    assert rows.told == [file.application_id for file in files]
    assert [row["result"] for row in rows.finished] == ["DONE", "DONE", "DONE", "STALE"]


async def test_left_stopped_what_waits_is_given_up(
    client: Client, queue: str, clock: HeldClock, files: list[BulkFile]
) -> None:
    rows = Rows()
    mover = Clock(client, clock, quiet=quiet)
    async with serving(client, queue, rows):
        handle = await _stopped(client, queue, clock, rows=rows, files=files)
        await mover.advance(by=timedelta(days=8))
        await handle.result()
    left = len(files) - len(rows.told)
    assert left > 0
    assert [row["result"] for row in rows.finished] == ["DONE"] * len(rows.told) + ["BULK_GIVEN_UP"] * left


async def quiet() -> None:
    """Nothing but the engine is under way here."""
