"""The audit service, and hands that write to its chains as the other services do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from jalon.audit.v1 import chains_pb2_grpc

from services.audit.__main__ import build
from services.audit.store import Store
from tests.integration.harness import Database, Served, Services

APPEND = "SELECT audit.append($1, $2, $3, $4)"
Planter = Callable[[], Any]


class Writer:
    """Appends as one service's own login role."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def append(self, subject: UUID, body: bytes = b"{}", *, kind: str = "application", trace: str = "") -> int:
        sequence: int = await self.pool.fetchval(APPEND, kind, subject, body, trace)
        return sequence

    async def chain(self, subject: UUID, count: int) -> None:
        """``count`` links at once."""
        await self.pool.fetch(
            "SELECT audit.append('application', $1, convert_to(format('{\"n\":%s}', n), 'UTF8'), '')"
            " FROM generate_series(1, $2::int) AS n",
            subject,
            count,
        )


async def _writer(database: Database, service: str) -> Writer:
    await database.pool("audit")
    return Writer(await asyncpg.create_pool(database.url(service), min_size=0, max_size=8))


@pytest.fixture(scope="session")
async def review(database: Database) -> AsyncIterator[Writer]:
    writer = await _writer(database, "review")
    yield writer
    await writer.pool.close()


@pytest.fixture(scope="session")
async def payments(database: Database) -> AsyncIterator[Writer]:
    writer = await _writer(database, "payments")
    yield writer
    await writer.pool.close()


@pytest.fixture(scope="session")
async def audit(services: Services) -> Served:
    return await services("audit", build)


@pytest.fixture(scope="session")
def stub(audit: Served) -> Any:
    return chains_pb2_grpc.ChainsServiceStub(audit.channel)


@pytest.fixture(scope="session")
def store(audit: Served) -> Store:
    return Store(audit.pool)


@pytest.fixture
def tampering(database: Database) -> Planter:
    """``async with tampering() as connection``: the owner of the tables, every trigger disabled."""

    @asynccontextmanager
    async def plant() -> AsyncIterator[Any]:
        async with (await database.admin()).acquire() as connection:
            await connection.execute("SET search_path = audit")
            await connection.execute("SET session_replication_role = replica")
            try:
                yield connection
            finally:
                await connection.execute("RESET session_replication_role; RESET search_path")

    return plant
