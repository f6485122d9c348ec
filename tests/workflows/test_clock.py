"""The clock of demonstrations, on the real server and a real database."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from entity_example import Decide, Grant, GrantState
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from deploy.local.places import CHECKOUT
from deploy.local.postgres import Postgres, own_url
from rehearsal.clock import Clock, ClockStuck, DatabaseOffset, NotADemonstration
from tests.workflows.conftest import BUSINESS_START, Desk, HeldClock
from tests.workflows.starting import start
from workflows.state import Answer, instant

VERBS = ("decide", "extend", "settle", "lapse_reminder", "lapse_report")
Handle = WorkflowHandle[Grant, str]


async def quiet() -> None:
    """Nothing but the engine is under way here."""


async def begin(client: Client, queue: str, business_start: datetime) -> Handle:
    grant_id = str(uuid4())
    state = GrantState(business_start=business_start.isoformat(), grant_id=grant_id)
    return await start(client, queue, Grant.run, state, workflow_id=f"grant/{grant_id}")


async def date_of(client: Client, handle: Handle) -> datetime:
    standing = await handle.query(Grant.standing)
    engine = await TimeSkipper(client).get_current_time(handle)
    return engine + (instant(standing.business_start) - instant(standing.engine_start))


def worker(client: Client, queue: str, desk: Desk) -> Worker:
    return Worker(client, task_queue=queue, workflows=[Grant], activities=desk.activities(*VERBS))


async def test_workflows_started_at_different_dates_live_the_same_one_never_early(
    client: Client, queue: str, clock: HeldClock, desk: Desk
) -> None:
    mover = Clock(client, clock, quiet=quiet)
    async with worker(client, queue, desk):
        handles = []
        for days in (40, 1, 13):
            handles += [await begin(client, queue, clock.read()) for _ in range(3)]
            await mover.advance(by=timedelta(days=days))
        for handle in handles:
            assert timedelta(0) < clock.read() - await date_of(client, handle) < timedelta(seconds=3)


async def test_an_advance_to_a_date_already_passed_moves_nothing(
    client: Client, queue: str, clock: HeldClock, desk: Desk
) -> None:
    mover = Clock(client, clock, quiet=quiet)
    before = clock.offset
    await mover.advance(to=BUSINESS_START - timedelta(days=1))
    assert clock.offset == before


async def test_what_an_interrupted_advance_left_behind_is_made_up(
    client: Client, queue: str, clock: HeldClock, desk: Desk
) -> None:
    mover = Clock(client, clock, quiet=quiet)
    async with worker(client, queue, desk):
        handle = await begin(client, queue, clock.read())
        await mover.level()
        decide = Decide(clock.context(), 5)
        await handle.execute_update("decide", decide, id=decide.context.request_id, result_type=Answer)
        await clock.rise(timedelta(days=21))  # the process died before it reached the workflows
        await mover.level()
        assert desk.done() == ["decide", "lapse_reminder"]


async def test_a_workflow_that_cannot_follow_is_named_and_follows_next_time(
    client: Client, queue: str, clock: HeldClock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rehearsal.clock.REST_SECONDS", 0.3)
    mover = Clock(client, clock, quiet=quiet)
    handle = await begin(client, queue, clock.read())  # no worker: its first task is pending
    with pytest.raises(ClockStuck) as caught:
        await mover.advance(by=timedelta(days=5))
    assert caught.value.workflow_ids == [handle.id]
    async with worker(client, queue, desk):
        await handle.query(Grant.standing)
        await asyncio.sleep(0.2)
        await mover.level()
        assert clock.read() - await date_of(client, handle) < timedelta(seconds=2)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The administrative address of a PostgreSQL of this module's own."""
    folder = Path(tempfile.mkdtemp(prefix="jalon-clock-"))
    folder.chmod(0o755)
    (folder / "postgres.password").write_text("only-for-this-test")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Postgres(folder / "pg", port=port, secrets=folder, log=folder / "postgres.log")
    server.start()
    yield own_url(folder, port=port).removesuffix("/jalon") + "/postgres"
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def admin(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    await connection.execute("drop schema if exists clock cascade")
    await connection.execute((CHECKOUT / "deploy" / "postgres" / "clock.sql").read_text())
    yield connection
    await connection.close()


async def test_the_offset_in_the_database_rises(admin: asyncpg.Connection) -> None:
    await admin.execute("insert into clock.installation (kind) values ('demonstration')")
    offset = DatabaseOffset(admin)
    await offset.rise(timedelta(days=400))
    await offset.rise(timedelta(hours=1))
    ahead = await offset.now() - datetime.now(UTC)
    assert abs(ahead - timedelta(days=400, hours=1)) < timedelta(seconds=2)


async def test_a_real_installation_cannot_be_moved(admin: asyncpg.Connection) -> None:
    await admin.execute("insert into clock.installation (kind) values ('real')")
    with pytest.raises(NotADemonstration):
        await DatabaseOffset(admin).rise(timedelta(days=1))
    assert abs(await DatabaseOffset(admin).now() - datetime.now(UTC)) < timedelta(seconds=2)
