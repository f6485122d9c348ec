"""The named queries of review, and how their rows are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg

from kit.db import load_queries
from kit.errors import Refused
from services.review.domain.reasons import Reason

sql = load_queries(*sorted((Path(__file__).parents[1] / "queries").glob("*.sql")))


async def rows(found: AsyncIterator[asyncpg.Record]) -> list[asyncpg.Record]:
    """All the rows of a query."""
    return [row async for row in found]


def moved(row: Any) -> None:
    """Holds that a move found its row in the state it left from. Refused: ``CHANGED_MEANWHILE``."""
    if row is None:
        raise Refused(Reason.CHANGED_MEANWHILE)


def opaque(value: Any) -> str | None:
    """An id as the domain writes it."""
    return None if value is None else str(value)
