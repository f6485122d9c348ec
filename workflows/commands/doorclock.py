"""The installation's clock as a door reads it: a reading serves two seconds; a demonstration may move it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from kit.errors import Refused

T = TypeVar("T")
SERVES_SECONDS = 2.0
BY_THE_CLOCK = {"NOT_FRESH", "OCCURRED_IN_FUTURE", "ASSERTION_EXPIRED"}
"""Refusals that a reading made before the clock moved explains: read again, try once more."""


class DoorClock:
    """Reads the clock through ``read`` when its last reading is too old."""

    def __init__(self, read: Callable[[], Awaitable[datetime]]) -> None:
        self._read = read
        self._reading: datetime | None = None
        self._read_at = 0.0

    async def now(self) -> datetime:
        """The last reading and the time since, or a new one."""
        elapsed = time.monotonic() - self._read_at
        if self._reading is None or elapsed > SERVES_SECONDS:
            self._reading = await self._read()
            self._read_at, elapsed = time.monotonic(), 0.0
        return self._reading + timedelta(seconds=elapsed)

    def forget(self) -> None:
        """The next question reads the clock."""
        self._reading = None

    async def in_time(self, attempt: Callable[[datetime], Awaitable[T]]) -> T:
        """``attempt(now)``; once more with a new reading when a kept one explains the refusal."""
        kept = self._reading is not None
        try:
            return await attempt(await self.now())
        except Refused as refused:
            if not kept or refused.reason not in BY_THE_CLOCK:
                raise
            self.forget()
            return await attempt(await self.now())
