"""At rest: no received fact waits for the relay. The clock of a demonstration moves only then."""

from __future__ import annotations

import asyncio

import asyncpg

REST_SECONDS = 60.0
PAUSE_SECONDS = 0.05
SCHEMAS = ("intake", "review", "payments")


class NotAtRest(Exception):
    """Facts still wait for the relay: is the worker running?"""


class Quiet:
    """Waits until every outbox is empty."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self._admin = admin

    async def __call__(self) -> None:
        """Raises :class:`NotAtRest` after a minute."""
        waiting = " + ".join(f"(SELECT count(*) FROM {name}.outbox WHERE acked_at IS NULL)" for name in SCHEMAS)
        try:
            async with asyncio.timeout(REST_SECONDS):
                while await self._admin.fetchval(f"SELECT {waiting}"):  # noqa: ASYNC110 (the event is in another process)
                    await asyncio.sleep(PAUSE_SECONDS)
        except TimeoutError as late:
            raise NotAtRest("des faits reçus attendent encore le relais : le worker tourne-t-il ?") from late
