"""A move of the clock: from deadline to deadline, so that what each one brings about happens in its order.

It is written down before it begins: killed in the middle, the process goes on from there when it is started again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg
import grpc

from kit.clock import text
from kit.errors import Kind, Refused
from rehearsal.clock import Clock, ClockStuck, DatabaseOffset, take_turn
from rehearsal.mover.deadlines import deadlines
from rehearsal.quiet import NotAtRest, Quiet
from workflows.commands import Door

log = logging.getLogger(__name__)
FARTHEST = timedelta(days=366)
"""The longest single move."""
PAST = timedelta(minutes=1)
"""How far past a deadline a stop is made."""
APART = timedelta(hours=12)
"""Deadlines closer than this are crossed together."""
TRIES = 3


@dataclass(frozen=True)
class Move:
    """The last move: where from, where to, whether it is over; ``failed``: it stopped on the way."""

    from_at: datetime
    to_at: datetime
    over: bool = False
    failed: bool = False


class Mover:
    """Moves the clock, one move at a time. ``admin_url``: the administrative address, which alone may."""

    def __init__(self, door: Door, admin_url: str) -> None:
        self._door = door
        self._admin_url = admin_url
        self._running: asyncio.Task[None] | None = None
        self.last: Move | None = None

    @property
    def moving(self) -> bool:
        """Whether a move is under way."""
        return self._running is not None and not self._running.done()

    async def now(self) -> datetime:
        """The installation's clock, read now."""
        self._door.forget_clock()
        return await self._door.now()

    async def begin(self, to: datetime) -> Move:
        """Begins a move and returns at once. Refused: ``TIME_ALREADY_MOVING``, ``TIME_NOT_LATER``, ``TIME_TOO_FAR``."""
        if self.moving:
            raise Refused("TIME_ALREADY_MOVING")
        now = await self.now()
        if to <= now:
            raise Refused("TIME_NOT_LATER", kind=Kind.INVALID)
        if to > now + FARTHEST:
            raise Refused("TIME_TOO_FAR", kind=Kind.INVALID, values={"latest_at": text(now + FARTHEST)})
        admin = await asyncpg.connect(self._admin_url)
        if not await take_turn(admin):
            await admin.close()
            raise Refused("TIME_ALREADY_MOVING")
        self._start(admin, Move(now, to))
        return Move(now, to)

    async def resume(self) -> None:
        """Goes on with the move that a death interrupted, if there is one."""
        admin = await asyncpg.connect(self._admin_url)
        row = await admin.fetchrow("SELECT from_at, to_at, ended_at FROM clock.advance")
        if row is not None:
            self.last = Move(row["from_at"], row["to_at"], over=row["ended_at"] is not None)
        if self.last is None or self.last.over or not await take_turn(admin):
            await admin.close()
            return
        self._start(admin, self.last)

    async def stop(self) -> None:
        """Ends with the process: what is under way goes on at the next start."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    def _start(self, admin: asyncpg.Connection, move: Move) -> None:
        self.last = move
        self._running = asyncio.create_task(self._through(admin, move))

    async def _through(self, admin: asyncpg.Connection, move: Move) -> None:
        """The whole move, then its end written down; the connection, hence the turn, is given back."""
        try:
            await admin.execute(
                "INSERT INTO clock.advance (from_at, to_at) VALUES ($1, $2) ON CONFLICT (one_row) DO UPDATE"
                " SET from_at = excluded.from_at, to_at = excluded.to_at, ended_at = NULL",
                *(move.from_at, move.to_at),
            )
            await self._patiently(Clock(self._door.client, DatabaseOffset(admin), quiet=Quiet(admin)), move.to_at)
            await admin.execute("UPDATE clock.advance SET ended_at = clock.now()")
            self.last = replace(move, over=True)
        except (ClockStuck, NotAtRest, Refused, grpc.RpcError, asyncpg.PostgresError, OSError):
            log.exception("the clock did not reach %s", move.to_at)
            self.last = replace(move, failed=True)
        finally:
            await admin.close()

    async def _patiently(self, clock: Clock, to: datetime) -> None:
        """A workflow that did not follow is given another chance: an advance makes up for the one before."""
        for attempt in range(1, TRIES + 1):
            try:
                await clock.level()
                while (now := await clock.now()) < to:
                    await clock.advance(to=await self._stop(now, to))
            except (ClockStuck, NotAtRest):
                if attempt == TRIES:
                    raise
            else:
                return

    async def _stop(self, now: datetime, to: datetime) -> datetime:
        """The next instant worth a stop: just past the next deadline."""
        self._door.forget_clock()
        dates = [at async for _, at in deadlines(self._door, after=now, before=to)]
        return min(to, max(min(dates, default=to) + PAST, now + APART))
