"""The one place that moves time, and only in a demonstration installation (design: one clock).

An advance raises the installation's offset, then fast-forwards every open workflow until it lives the same date. Each
workflow is levelled on the clock rather than pushed by a difference: what an interrupted advance left behind, or a
second lost at a timer, is made up by the next one. A workflow is left a little late, never early, so that its
deadlines are never asked about before the services' clock agrees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import asyncpg
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from workflows.state import Standing, instant

AT_ONCE = 64
LATE = timedelta(milliseconds=250)
"""How far behind the clock a workflow is left."""
WORTH_A_SKIP = timedelta(seconds=1)
REST_SECONDS = 30.0
"""How long a workflow may take to finish its pending activities before it is skipped."""
SKIP_SECONDS = 180.0
"""The longest one workflow's skip may take: about a second of real time per timer crossed."""
MOST_SKIPS = 10_000
"""Timers one advance may cross in one workflow; the server's own default is 200."""

TURN = 0x74656D7073
"""One process moves the clock at a time ("temps")."""

Handle = WorkflowHandle[object, object]
Quiet = Callable[[], Awaitable[None]]
"""Waits until no act and no outbox row is pending."""


class Offset(Protocol):
    """The installation's clock, which only rises."""

    async def now(self) -> datetime: ...
    async def rise(self, by: timedelta) -> None: ...


class DatabaseOffset:
    """The offset every process reads, moved with an administrative connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def now(self) -> datetime:
        """The installation's date."""
        now: datetime = await self._connection.fetchval("select clock.now()")
        return now

    async def rise(self, by: timedelta) -> None:
        """Raise the offset; refused by SQL's own condition in a real installation."""
        raised = await self._connection.execute(
            "update clock.installation set clock_offset = clock_offset + $1 where kind = 'demonstration'", by
        )
        if raised != "UPDATE 1":
            raise NotADemonstration("time moves only in a demonstration installation")


class NotADemonstration(Exception):
    """The installation's clock is the machine's: nothing can move it."""


class ClockStuck(Exception):
    """Some workflow could not follow the clock; the next advance tries again. ``workflow_ids`` names them."""

    def __init__(self, workflow_ids: list[str]) -> None:
        super().__init__(f"these workflows do not follow the clock: {', '.join(workflow_ids)}")
        self.workflow_ids = workflow_ids


async def take_turn(connection: asyncpg.Connection, *, patiently: bool = False) -> bool:
    """True once this connection alone may move the clock, until it is closed; ``patiently``: waits for its turn."""
    if patiently:
        await connection.execute("SELECT pg_advisory_lock($1)", TURN)
        return True
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", TURN))


class Clock:
    """Moves an installation's time forward. One advance at a time, at rest, from one process."""

    def __init__(self, client: Client, offset: Offset, *, quiet: Quiet) -> None:
        self._client = client
        self._offset = offset
        self._quiet = quiet
        self._skipper = TimeSkipper(client, config=TimeSkippingConfig(max_session_skip_count=MOST_SKIPS))
        self._open: set[str] = set()
        self._shifts: dict[str, timedelta] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def now(self) -> datetime:
        """The installation's date."""
        return await self._offset.now()

    async def advance(self, *, by: timedelta | None = None, to: datetime | None = None) -> datetime:
        """Move to a date (one already passed moves nothing) or by a duration; returns the new date.

        Raises :class:`ClockStuck` when a workflow did not follow: everything else did.
        """
        await self._quiet()
        now = await self._offset.now()
        step = by if by is not None else (to or now) - now
        if step > timedelta(0):
            await self._offset.rise(step)
        await self.level()
        await self._quiet()
        return await self._offset.now()

    async def level(self) -> None:
        """Bring every open workflow to the clock's date; also what a resumed demonstration begins with.

        The engine's list is a moment late: a workflow that has just continued as new is in it as ended, so those
        known to be open are followed whatever it says; and it is asked again until nothing new appears.
        """
        base, start = await self._offset.now(), asyncio.get_running_loop().time()

        def clock() -> datetime:
            return base + timedelta(seconds=asyncio.get_running_loop().time() - start)

        done: set[str] = set()
        stuck: list[str] = []
        while fresh := (await self._listed() | self._open) - done:
            done |= fresh
            self._open |= fresh
            names = sorted(fresh)
            followed = await asyncio.gather(*(self._follow(name, clock) for name in names))
            stuck += [name for name, ok in zip(names, followed, strict=True) if not ok]
        if stuck:
            raise ClockStuck(stuck)

    async def _listed(self) -> set[str]:
        return {item.id async for item in self._client.list_workflows("ExecutionStatus='Running'")}

    async def _follow(self, workflow_id: str, clock: Callable[[], datetime]) -> bool:
        async with self._room:
            handle: Handle = self._client.get_workflow_handle(workflow_id)
            try:
                described = await self._at_rest(handle)
                if described is None:
                    return False
                if described.status is not WorkflowExecutionStatus.RUNNING:
                    self._open.discard(workflow_id)
                    return True
                lag = clock() - await self._date_of(handle, described) - LATE
                if lag > WORTH_A_SKIP:
                    await asyncio.wait_for(self._skipper.fast_forward(handle, lag), SKIP_SECONDS)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    return False
                self._open.discard(workflow_id)  # closed meanwhile
            except TimeoutError:
                return False
            return True

    async def _at_rest(self, handle: Handle) -> WorkflowExecutionDescription | None:
        """What the engine says of the workflow once nothing of it is pending; None when that takes too long."""
        end = asyncio.get_running_loop().time() + REST_SECONDS
        while asyncio.get_running_loop().time() < end:
            described = await handle.describe()
            raw = described.raw_description
            if not raw.pending_activities and not raw.HasField("pending_workflow_task"):
                return described
            await asyncio.sleep(0.02)
        return None

    async def _date_of(self, handle: Handle, described: WorkflowExecutionDescription) -> datetime:
        """The business date the workflow lives. Its distance from the engine's never changes, so it is asked once."""
        if handle.id not in self._shifts:
            standing: Standing = await handle.query("standing", result_type=Standing)
            self._shifts[handle.id] = instant(standing.business_start) - instant(standing.engine_start)
        extended = described.raw_description.workflow_extended_info
        if not extended.HasField("time_skipping_info"):
            return datetime.now(UTC) + self._shifts[handle.id]
        return extended.time_skipping_info.current_time.ToDatetime(tzinfo=UTC) + self._shifts[handle.id]
