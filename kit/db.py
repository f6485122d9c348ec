"""PostgreSQL through asyncpg: the pool, named queries from files, forward migrations in plain SQL."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosql
import asyncpg
from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from kit.errors import Refused

PLUMBING = Path(__file__).parent / "plumbing.sql"


async def open_pool(url: str, *, schema: str, size: int = 8) -> asyncpg.Pool:
    """A pool whose connections see their own schema only; statements are bounded in time."""
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=15,
        max_inactive_connection_lifetime=300,
        server_settings={
            "application_name": f"jalon-{schema}",
            "search_path": schema,
            "statement_timeout": "10000",
            "idle_in_transaction_session_timeout": "15000",
            # a list's filters are mostly empty: one plan for all of them, kept from the sixth call, reads everything
            "plan_cache_mode": "force_custom_plan",
            "timezone": "UTC",
        },
    )


def load_queries(*paths: Path) -> Any:
    """The named queries of SQL files: coroutine functions taking a connection and keyword parameters."""
    return aiosql.from_str("\n".join(path.read_text() for path in paths), "asyncpg")


async def rows_of(found: AsyncIterator[Any]) -> list[Any]:
    """Every row of a named query that gives several."""
    return [row async for row in found]


def moved(result: object) -> None:
    """A guarded change that touched no row was overtaken by another one: refused (``CHANGED_MEANWHILE``)."""
    if result is None:
        raise Refused("CHANGED_MEANWHILE")


async def now(connection: Any) -> datetime:
    """The installation's clock."""
    instant: datetime = await connection.fetchval("SELECT clock.now()")
    return instant


def migrate(admin_url: str, *, service: str, folder: Path) -> None:
    """Brings one service's schema to the newest migration of ``folder``, forward only, all in one transaction.

    A migration is a pair of files: ``0001_start.py`` (its place in the chain) and ``0001_start.sql`` (what it does,
    unqualified names meaning the service's schema).
    """
    asyncio.run(_migrate(admin_url, service, folder))


async def _migrate(admin_url: str, service: str, folder: Path) -> None:
    engine = create_async_engine(re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", admin_url))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, service, folder)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, service: str, folder: Path) -> None:
    script = ScriptDirectory(str(folder), version_locations=[str(folder)])
    with EnvironmentContext(Config(), script, fn=lambda revision, _: script._upgrade_revs("head", revision)) as env:
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{service}"'))
        connection.execute(text(f'SET search_path = "{service}"'))
        env.configure(connection=connection, version_table_schema=service, transaction_per_migration=False)
        with env.begin_transaction():
            env.run_migrations()


def run_sql(*paths: Path) -> None:
    """Called by a migration: runs whole SQL files on its connection."""
    driver: Any = op.get_bind().connection.driver_connection
    for path in paths:
        await_only(driver.execute(path.read_text()))
